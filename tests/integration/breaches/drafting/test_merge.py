"""Several drafts of one morning in one report, and taken apart again: nothing is lost, each suspicion counts once."""

from datetime import timedelta

import pytest

from breaches import decisions, dispatches, drafting, editing, merging, publication
from breaches.merging import drafts_of, mergeable_drafts, morning_of_drafts
from breaches.models import JoinedDraft, Report, Suspicion
from breaches.permissions import declared_own_act, find_unlisted_reports
from breaches.rules.content import ReportSection, content_from_json, content_to_json
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import content_of, current_version
from releases.models.append_only import AppendOnlyRow
from releases.rules.lifecycle import MoveRefused, Role, WrongRole, WrongState
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import (
    AT,
    approve,
    create_office,
    dispatch_report,
    reload_reports,
    render_text,
    write_sections,
)
from tests.support.published_reports import LATER, made_public
from tests.support.report_evidence import DUE, london
from tests.support.report_mornings import (
    EARLY_MORNING,
    LIVE,
    NOT_LIVE,
    NOT_SEEN_MORNING,
    create_late_release,
    record_checks,
    record_coverage,
)
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

DAY = DUE.date()


def a_morning(office, count=3, *, seen=NOT_SEEN_MORNING, **fields):
    """Drafts of as many releases of one producer that were not seen on the seed's morning."""
    series = SeriesFactory(producer=office.producer)
    for number in range(count):
        release = ReleaseFactory(
            confirmed=True, series=series, reference=f"release-{number:02}", title=f"Release {number}", **fields
        )
        record_coverage(release)
        record_checks(release, *seen)
    drafting.draft_missing(now=london("09:32:02"))
    return list(Report.objects.order_by("pk"))


@shared_fixture
def drafts(office):
    return a_morning(office, 2)


@shared_fixture
def three_drafts(office):
    return a_morning(office, 3)


def test_ten_suspicions_become_one_report_with_ten_outputs(office):
    drafts = a_morning(office, 10)
    suspicions = set(Suspicion.objects.values_list("pk", "release", "raised_at"))
    assert len(drafts) == len(suspicions) == 10
    joint = merging.merge_drafts(drafts, by=office.statistician, at=AT)
    content = content_of(joint)
    assert [output.title for output in content.outputs] == [f"Release {number}" for number in range(10)]
    assert content.producers == (office.producer.name,)
    assert content.occurred_on == (DAY,)
    assert [practice.code for practice in content.practices] == ["T3.6"]
    assert (joint.status, joint.kind) == ("draft", "late")
    assert joint.reference == f"breach-{office.producer.slug}-2020-06-30"
    for number, account in enumerate(content.circumstances.split("\n\n")):
        assert f"Release {number}" in account
        assert (account.count(". ") < 4, len(account.split()) <= 80) == (True, True)
    assert set(Suspicion.objects.values_list("pk", "release", "raised_at")) == suspicions
    assert set(Suspicion.objects.values_list("report", flat=True)) == {joint.pk}


def test_the_drafts_stay_as_they_were_and_say_where_they_went(office, three_drafts):
    before = [content_of(draft) for draft in three_drafts]
    joint = merging.merge_drafts(three_drafts, by=office.statistician, at=AT)
    for draft, content in zip(three_drafts, before, strict=True):
        draft.refresh_from_db()
        assert (draft.status, draft.decided_at) == ("joined", None)
        assert content_of(draft) == content
        event = draft.events.last()
        assert (event.kind, event.actor, event.facts["joint"]) == ("joined", office.statistician, joint.reference)
        assert event.facts["role"] == Role.STATISTICIAN
    event = joint.events.get()
    assert (event.kind, event.facts["drafts"]) == ("joint_drafted", [draft.reference for draft in three_drafts])
    assert not Report.objects.undecided().exclude(pk=joint.pk).exists()
    with pytest.raises(AppendOnlyRow):
        JoinedDraft.objects.all().delete()


def test_what_no_one_edited_is_the_records_own_text_and_is_refreshed_on(office, drafts):
    joint = merging.merge_drafts(drafts, by=office.statistician, at=AT)
    assert current_version(joint).is_untouched("circumstances")
    assert content_to_json(content_of(joint))["circumstances"] == joint.machine["circumstances"]
    release = Suspicion.objects.first().release
    record_checks(release, ("10:26:55", NOT_LIVE), ("10:27", LIVE))
    drafting.draft_missing(now=london("10:27:02"))
    joint.refresh_from_db()
    assert "just under an hour" in content_of(joint).circumstances
    assert Report.objects.count() == 3


def test_what_people_wrote_in_the_drafts_is_in_the_joint_report(office, drafts):
    write_sections(drafts[0], by=office.statistician, impact="One user asked.")
    write_sections(drafts[1], by=office.head, impact="A journalist rang.")
    told = "Our scheduler stood still."
    drafts[0].refresh_from_db()
    content = content_of(drafts[0])
    values = {
        "practices": content.practices,
        "other_practices": "",
        "occurred_on": content.occurred_on,
        "circumstances": told,
    }
    editing.save_section(
        drafts[0],
        section=ReportSection.CIRCUMSTANCES,
        values=values,
        expected_version=drafts[0].version,
        by=office.statistician,
        at=AT,
    )
    joint = merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=AT)
    content = content_of(joint)
    assert content.impact == "One user asked.\n\nA journalist rang."
    assert content.circumstances == f"{told}\n\n{content_of(Report.objects.get(pk=drafts[1].pk)).circumstances}"
    assert not current_version(joint).is_untouched("circumstances")
    assert "Release 0" in joint.machine["circumstances"]


def test_the_person_who_wrote_a_draft_does_not_approve_the_joint_text_where_two_people_are_wanted():
    office = create_office(two_person_approval=True)
    drafts = a_morning(office, 2)
    write_sections(drafts[0], by=office.head)
    joint = merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=AT)
    assert decisions.is_author_or_submitter(joint, office.head)
    assert decisions.has_chosen_cause(joint, office.head)
    joint = write_sections(joint, by=office.statistician)
    with pytest.raises(decisions.TwoPeopleNeeded):
        decisions.approve_report(joint, by=office.head, at=AT, render=render_text)
    assert not decisions.is_author_or_submitter(joint, office.deputy)


def test_an_own_act_declared_of_a_draft_holds_for_the_joint_report_and_back(office, drafts):
    editing.declare_own_act(drafts[0], by=office.head, at=AT)
    joint = merging.merge_drafts(drafts, by=office.statistician, at=AT)
    assert declared_own_act(office.head, joint)
    editing.declare_own_act(joint, by=office.deputy, at=AT)
    merging.split_report(joint, by=office.statistician, at=AT)
    assert all(declared_own_act(office.deputy, draft) for draft in drafts)


def test_early_and_late_of_one_morning_join_and_each_suspicion_keeps_its_kind(office):
    (late,) = a_morning(office, 1)
    early = ReleaseFactory(confirmed=True, series=SeriesFactory(producer=office.producer), reference="early")
    record_coverage(early)
    record_checks(early, *EARLY_MORNING)
    drafting.draft_missing(now=london("09:33"))
    joint = merging.merge_drafts(list(Report.objects.all()), by=office.head, at=AT)
    assert sorted(joint.suspicions.values_list("kind", flat=True)) == ["early", "late"]
    assert late.reference in joint.events.get().facts["drafts"]


# Reports that are not joined


def test_drafts_of_another_producer_day_or_rehearsal_are_not_joined(office):
    (draft,) = a_morning(office, 1)
    other = create_late_release(series=SeriesFactory(), reference="another-producer")
    rehearsal = create_late_release(series=draft.suspicions.get().release.series, reference="rehearsed", rehearsal=True)
    drafting.draft_missing(now=london("10:28"))
    for release in (other, rehearsal):
        unlike = Report.objects.get(suspicions__release=release)
        head = create_office().head
        for producer in (office.producer, unlike.producer):
            head.memberships.get_or_create(producer=producer, role=Role.HEAD_OF_PROFESSION)
        with pytest.raises(MoveRefused, match="due on the same day"):
            merging.merge_drafts([draft, unlike], by=head, at=AT)
    assert not JoinedDraft.objects.exists()


def test_one_draft_alone_or_named_twice_is_not_joined(office):
    (draft,) = a_morning(office, 1)
    for reports in ([draft], [draft, draft], []):
        with pytest.raises(MoveRefused, match="at least two"):
            merging.merge_drafts(reports, by=office.head, at=AT)


def test_what_is_submitted_or_joined_already_is_refused_and_nothing_moves(office, three_drafts):
    joint = merging.merge_drafts(three_drafts[:2], by=office.head, at=AT)
    with pytest.raises(WrongState):
        merging.merge_drafts(three_drafts, by=office.head, at=AT)
    decisions.submit_report(write_sections(three_drafts[2], by=office.statistician), by=office.statistician, at=AT)
    with pytest.raises(WrongState):
        merging.merge_drafts([joint, three_drafts[2]], by=office.head, at=AT)
    assert JoinedDraft.objects.count() == 2


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER])
def test_those_who_do_not_write_reports_join_and_part_nothing(office, drafts, role):
    with pytest.raises(WrongRole):
        merging.merge_drafts(drafts, by=office.people[role], at=AT)
    joint = merging.merge_drafts(drafts, by=office.head, at=AT)
    with pytest.raises(WrongRole):
        merging.split_report(joint, by=office.people[role], at=AT)
    assert Report.objects.get(pk=joint.pk).status == ReportStatus.DRAFT


# Taken apart again


def test_taken_apart_the_drafts_go_on_with_their_suspicions(office, three_drafts):
    origin = dict(Suspicion.objects.values_list("pk", "report"))
    joint = merging.merge_drafts(three_drafts, by=office.statistician, at=AT)
    write_sections(joint, by=office.statistician, impact="Written meanwhile.")
    joint.refresh_from_db()
    parted = merging.split_report(joint, by=office.deputy, at=AT + timedelta(minutes=1))
    assert parted.status == ReportStatus.PARTED
    assert dict(Suspicion.objects.values_list("pk", "report")) == origin
    for draft in three_drafts:
        draft.refresh_from_db()
        assert (draft.status, draft.events.last().kind) == ("draft", "resumed")
    assert content_from_json(parted.versions.last().content).impact == "Written meanwhile."
    again = merging.merge_drafts(three_drafts, by=office.head, at=AT)
    assert again.reference == f"{joint.reference}-2"
    assert set(JoinedDraft.objects.in_force().values_list("joint", flat=True)) == {again.pk}


def test_facts_that_came_while_they_were_joined_reach_the_drafts(office, drafts):
    joint = merging.merge_drafts(drafts, by=office.statistician, at=AT)
    release = drafts[0].joined_into.get().joint.suspicions.first().release
    record_checks(release, ("10:26:55", NOT_LIVE), ("10:27", LIVE))
    drafting.draft_missing(now=london("10:27:02"))
    joint.refresh_from_db()
    merging.split_report(joint, by=office.statistician, at=AT)
    drafting.draft_missing(now=AT + timedelta(minutes=1))
    drafts[0].refresh_from_db()
    assert "just under an hour" in content_of(drafts[0]).circumstances


@pytest.mark.parametrize("then", ["submitted", "taken back", "approved and reopened"])
def test_once_it_was_submitted_or_decided_on_it_stays_whole(office, drafts, then):
    joint = merging.merge_drafts(drafts, by=office.statistician, at=AT)
    joint = write_sections(joint, by=office.statistician)
    if then == "approved and reopened":
        document = decisions.approve_report(joint, by=office.head, at=AT, render=render_text)
        joint = decisions.reopen_report(document.report, reason="Again.", by=office.head, at=AT)
    else:
        joint = decisions.submit_report(joint, by=office.statistician, at=AT)
        if then == "taken back":
            joint = decisions.take_back_report(joint, by=office.statistician, at=AT)
    assert not merging.can_be_split(joint)
    with pytest.raises(MoveRefused):
        merging.split_report(joint, by=office.head, at=AT)
    assert Suspicion.objects.filter(report=joint).count() == 2


def test_a_report_that_was_not_joined_is_not_taken_apart(office):
    (draft,) = a_morning(office, 1)
    assert not merging.can_be_split(draft)
    with pytest.raises(MoveRefused, match="not combined"):
        merging.split_report(draft, by=office.head, at=AT)


# Which drafts are offered


def test_a_morning_with_several_drafts_is_offered_to_those_who_write_them(office, three_drafts):
    morning = morning_of_drafts(three_drafts[0])
    assert (morning.producer, morning.on, morning.rehearsal, morning.drafts) == (office.producer, DAY, False, 3)
    for role, person in office.people.items():
        offered = mergeable_drafts(person, most=20, unlisted=find_unlisted_reports())
        assert offered == ([morning] if role in {"statistician", "head_of_profession", "deputy"} else [])
    assert mergeable_drafts(create_office().head, most=20, unlisted=()) == []
    assert set(drafts_of(office.producer, on=DAY, rehearsal=False)) == set(three_drafts)
    assert not drafts_of(office.producer, on=DAY, rehearsal=True)
    assert not drafts_of(office.producer, on=DAY - timedelta(days=1), rehearsal=False)


def test_one_draft_is_offered_with_nothing_and_a_joint_report_automatically_neither(office, drafts):
    joint = merging.merge_drafts(drafts, by=office.head, at=AT)
    assert morning_of_drafts(joint) is None
    drafts[0].refresh_from_db()
    assert morning_of_drafts(drafts[0]) is None
    assert mergeable_drafts(office.head, most=20, unlisted=find_unlisted_reports()) == []


@pytest.fixture(params=["sent", "published"])
def issued(request, office, three_drafts, settings):
    """A draft that was sent to the regulator, or was public, before it became a draft again."""
    settings.BREACHES_PUBLIC = True
    approved = approve(write_sections(three_drafts[0], by=office.statistician), office)
    if request.param == "sent":
        sent = dispatch_report(approved, office, ReportStatus.SENT)
        return dispatches.send_correction(sent, notice="A time was wrong.", by=office.head, at=AT)
    public = made_public(approved, office)
    publication.withdraw_statement(public, by=office.head, at=LATER)
    return decisions.reopen_report(reload_reports([public])[0], reason="Again.", by=office.head, at=LATER)


def test_a_draft_that_was_sent_or_public_before_is_neither_offered_nor_combined(office, three_drafts, issued):
    others = three_drafts[1:]
    assert issued.status == ReportStatus.DRAFT
    assert set(drafts_of(office.producer, on=DAY, rehearsal=False)) == set(others)
    (offered,) = mergeable_drafts(office.head, most=20, unlisted=())
    assert (offered.drafts, morning_of_drafts(issued), morning_of_drafts(others[0])) == (2, None, offered)
    with pytest.raises(MoveRefused, match="You cannot combine a report that was sent or published before"):
        merging.merge_drafts([issued, others[0]], by=office.head, at=LATER)
    assert not JoinedDraft.objects.exists()
    assert merging.merge_drafts(others, by=office.head, at=LATER).suspicions.count() == 2
