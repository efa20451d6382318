"""What people said of drafts before they became one report holds for that one, as far as it is true of all of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from breaches import decisions, drafting, editing, merging
from breaches.editing import ChosenCause
from breaches.facts import late_titles
from breaches.models import Suspicion
from breaches.rules.lifecycle import Cause, ReportKind
from breaches.text import event_title
from breaches.versions import content_of
from releases.models import Release
from releases.rules.lifecycle import Role
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from tests.integration.breaches.drafting.test_merge import a_morning
from tests.support.people import AT, reload_reports
from tests.support.report_evidence import london
from tests.support.report_forms import send
from tests.support.report_forms import words as words_of
from tests.support.report_mornings import LIVE, NOT_LIVE, record_checks
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

SOON, LATER = london("09:34"), london("09:36")
# Drafted on Tuesday 30 June 2020: reminded of on the Monday before the Tuesday on which it is due.
REMINDED = london("09:00") + timedelta(days=6)


@shared_fixture
def drafts(office):
    return a_morning(office, 3)


def joined(office, drafts, *, at=AT):
    return merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=at)


def told(prefix, *, at):
    outbox.create_missing(now=at)
    return set(Message.objects.filter(event__startswith=prefix).values_list("recipient", flat=True))


def deals(office, report, role, *, at):
    (read,) = reload_reports([report])
    editing.assign_report(read, person=office.people[role], by=office.head, at=at)


def test_who_was_first_to_deal_with_a_draft_deals_with_the_joint_report(office, drafts):
    deals(office, drafts[1], Role.PUBLISHING_TEAM, at=LATER)
    deals(office, drafts[2], Role.STATISTICIAN, at=SOON)
    joint = joined(office, drafts)
    assert (joint.person_dealing, joint.dealing_since) == (office.statistician, SOON)
    assert joint.events.get().facts["person"] == office.statistician.pk


def test_no_one_is_told_that_no_one_deals_with_what_someone_dealt_with_before(office, drafts):
    deals(office, drafts[0], Role.STATISTICIAN, at=SOON)
    joined(office, drafts, at=LATER)
    assert told("unacknowledged-", at=london("10:30")) == set()


def test_where_no_one_dealt_with_any_draft_the_next_contact_is_told(office, drafts):
    joint = joined(office, drafts, at=LATER)
    assert (joint.person_dealing, joint.dealing_since) == (None, None)
    assert told("unacknowledged-", at=london("10:30")) != set()


def test_joining_does_not_begin_the_time_to_decide_again(office, drafts):
    joint = joined(office, drafts, at=REMINDED - timedelta(days=2))
    assert joint.drafted_at == drafts[0].drafted_at
    assert told(f"report-due-{joint.pk}-", at=REMINDED) != set()


def test_the_person_who_was_reminded_of_a_draft_is_not_reminded_again_of_what_it_went_into(office, drafts):
    assert told("report-due-", at=REMINDED) != set()
    joint = joined(office, drafts, at=REMINDED + timedelta(hours=1))
    assert told(f"report-due-{joint.pk}-", at=REMINDED + timedelta(hours=2)) == set()
    assert told(f"report-due-{joint.pk}-", at=REMINDED + timedelta(days=2)) != set()


def says(office, report, **found):
    (read,) = reload_reports([report])
    editing.choose_cause(read, ChosenCause(**found), by=office.statistician, at=AT)


def test_a_cause_that_every_draft_names_is_the_cause_of_the_joint_report(office, drafts):
    for draft, words in zip(drafts, ("The queue stood.", "The queue stood.", "It was never started."), strict=True):
        says(office, draft, cause=Cause.SCHEDULER_FAULT, cause_words=words, available_at=london("10:27"))
    joint = joined(office, drafts)
    words = "The queue stood.\n\nIt was never started."
    assert editing.cause_of(joint) == ChosenCause(Cause.SCHEDULER_FAULT, words, london("10:27"))
    assert joint.events.get().facts["cause"] == Cause.SCHEDULER_FAULT


@pytest.mark.parametrize("other", [None, Cause.OUTAGE], ids=["of which one names none", "that differ"])
def test_causes_are_left_to_be_chosen_again(office, drafts, other):
    for draft in drafts[1:]:
        says(office, draft, cause=Cause.SCHEDULER_FAULT, available_unknown="Nobody saw it come.")
    if other:
        says(office, drafts[0], cause=other, available_at=london("10:27"))
    assert editing.cause_of(joined(office, drafts)) == ChosenCause()
    assert editing.cause_of(reload_reports(drafts)[1]).cause == Cause.SCHEDULER_FAULT


def test_another_cause_is_the_same_only_in_the_same_words(office, drafts):
    for draft in drafts[1:]:
        says(office, draft, cause=Cause.OTHER, cause_words="A mast fell.", available_at=london("10:27"))
    assert editing.cause_of(joined(office, drafts[1:])).cause_words == "A mast fell."


def test_other_causes_in_different_words_are_left_to_be_chosen_again(office, drafts):
    for draft, words in zip(drafts, ("A mast fell.", "A mast fell.", "The site was full."), strict=True):
        says(office, draft, cause=Cause.OTHER, cause_words=words, available_at=london("10:27"))
    assert editing.cause_of(joined(office, drafts)) == ChosenCause(available_at=london("10:27"))


def test_the_latest_time_stated_in_the_drafts_is_when_the_last_release_became_available(office, drafts):
    for draft, minute in zip(drafts, (27, 45, 31), strict=True):
        says(office, draft, cause=Cause.OUTAGE, available_at=london(f"10:{minute}"))
    joint = joined(office, drafts)
    assert editing.cause_of(joint) == ChosenCause(Cause.OUTAGE, "", london("10:45"))
    titles = "‘Release 0’, ‘Release 1’ and ‘Release 2’"
    assert f"The producer states that the last of {titles} was available at 10:45am" in content_of(joint).circumstances


def test_times_stated_in_some_drafts_only_are_not_carried_over(office, drafts):
    for draft in drafts[1:]:
        says(office, draft, cause=Cause.OUTAGE, available_at=london("10:27"))
    says(office, drafts[0], cause=Cause.OUTAGE)
    assert editing.cause_of(joined(office, drafts)) == ChosenCause(Cause.OUTAGE)


def test_two_late_releases_with_the_same_title_are_two_releases(office, drafts):
    Release.objects.update(title="Pupil absence")
    says(office, drafts[0], cause=Cause.OUTAGE, available_at=london("10:27"))
    says(office, drafts[1], cause=Cause.OUTAGE, available_at=london("10:27"))
    joint = joined(office, drafts[:2])
    assert late_titles(joint) == ("Pupil absence", "Pupil absence")
    assert "the last of ‘Pupil absence’ and ‘Pupil absence’ was available" in content_of(joint).circumstances


def test_a_release_that_becomes_late_later_needs_a_new_answer_about_when_the_last_became_available(office, drafts):
    says(office, drafts[0], cause=Cause.OUTAGE, available_at=london("10:27"))
    # The second draft is about an incomplete release, whose page is judged late afterwards.
    Suspicion.objects.filter(report=drafts[1]).update(kind=ReportKind.PARTIAL)
    joint = joined(office, drafts[:2])
    assert editing.cause_of(joint).available_at == london("10:27"), "the draft about another kind does not count"
    says(office, joint, cause=Cause.OUTAGE, available_at=london("10:27"))
    assert "‘Release 0’ was available at 10:27am" in content_of(reload_reports([joint])[0]).circumstances
    drafting.draft_missing(now=LATER)
    (joint,) = reload_reports([joint])
    assert late_titles(joint) == ("Release 0", "Release 1")
    assert editing.cause_of(joint) == ChosenCause(Cause.OUTAGE)
    assert "The producer states" not in content_of(joint).circumstances
    removed = joint.events.filter(kind="cause_chosen").last()
    assert removed.actor is None
    assert removed.facts["was"]["available_at"] == "2020-06-30T09:27:00+00:00"
    title = "Time of availability removed, because another release is late"
    assert event_title(removed) == title
    needed = [remark.sentence for remark in decisions.cause_needs(joint)]
    assert needed == ["Say when the last of ‘Release 0’ and ‘Release 1’ was made available, or why that is not known."]


@pytest.mark.parametrize("stated", [{"available_at": london("10:27")}, {"available_unknown": "No log is kept."}])
def test_two_releases_that_become_late_in_one_run_remove_the_answer_once(client, office, drafts, stated):
    says(office, drafts[0], cause=Cause.OUTAGE, **stated)
    Suspicion.objects.filter(report__in=drafts[1:]).update(kind=ReportKind.PARTIAL)
    joint = joined(office, drafts)
    says(office, joint, cause=Cause.OUTAGE, **stated)
    client.force_login(office.statistician)
    page = client.get(f"/reports/{joint.reference}/cause/").text
    before = joint.events.filter(kind="cause_chosen").count()
    drafting.draft_missing(now=LATER)
    assert joint.events.filter(kind="cause_chosen").count() == before + 1
    (joint,) = reload_reports([joint])
    assert editing.cause_of(joint) == ChosenCause(Cause.OUTAGE)
    # A person who had the form open sees why their answer was not saved.
    answer = send(client, f"/reports/{joint.reference}/cause/", page, cause_words="A cable was cut.")
    assert answer.status_code == 409
    assert "Not saved yet Another release of this report is late now." in words_of(answer.text)


def test_a_release_that_was_late_before_changes_no_answer(office, drafts):
    joint = joined(office, drafts[:2])
    says(office, joint, cause=Cause.OUTAGE, available_at=london("10:27"))
    record_checks(drafts[0].suspicions.model.objects.first().release, ("10:26:55", NOT_LIVE), ("10:27", LIVE))
    drafting.draft_missing(now=london("10:27:02"))
    assert editing.cause_of(reload_reports([joint])[0]).available_at == london("10:27")


def test_the_timeline_prints_what_was_chosen_of_the_record_and_no_notes_which_stay_with_their_draft(office, drafts):
    (draft,) = reload_reports(drafts[:1])
    note = editing.write_note(draft, text="A caller rang.", happened_at=SOON, by=office.statistician, at=AT)
    says(office, draft, cause=Cause.NOT_KNOWN, available_at=london("10:27"))
    (draft,) = reload_reports([draft])
    sources = [entry.source for entry in editing.timeline_entries(draft)]
    assert {f"note-{note.pk}", "available"} < set(sources)
    editing.choose_entries(draft, sources=sources, expected_version=draft.version, by=office.statistician, at=AT)
    joint = joined(office, drafts)
    printed = content_of(joint)
    assert [entry.source for entry in printed.timeline] == [
        source for source in sources if source != "available" and not source.startswith("note-")
    ]
    assert editing.outdated_entries(joint, printed) == ()


def test_who_took_the_joint_report_deals_with_the_drafts_that_had_no_one_once_it_is_taken_apart(office, drafts):
    deals(office, drafts[0], Role.STATISTICIAN, at=SOON)
    joint = joined(office, drafts)
    deals(office, joint, Role.DEPUTY, at=AT + timedelta(minutes=1))
    merging.split_report(reload_reports([joint])[0], by=office.statistician, at=timezone.now())
    assert [draft.person_dealing for draft in reload_reports(drafts)] == [
        office.statistician,
        office.deputy,
        office.deputy,
    ]


def test_taken_apart_a_draft_that_no_one_dealt_with_has_no_one_of_another_draft(office, drafts):
    deals(office, drafts[0], Role.STATISTICIAN, at=SOON)
    merging.split_report(joined(office, drafts), by=office.statistician, at=AT)
    assert [draft.person_dealing for draft in reload_reports(drafts)] == [office.statistician, None, None]
