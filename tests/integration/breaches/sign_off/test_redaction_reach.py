"""Where a redaction reaches besides the report itself, and where the marker has no room."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from breaches import corrective_actions, editing, merging, redaction
from breaches.drafting import ReportSubject, start_report
from breaches.models import Report
from breaches.rules.lifecycle import ReportKind, ReportStatus, ReportTerm
from breaches.versions import content_of, record_report_event
from releases.models import ReleaseTask, Statement
from releases.models.event import record_rows
from releases.rules.lifecycle import MissingFields
from releases.tasks import DONE
from statsoffice import verification
from statsoffice.redaction import redact
from tests.integration.breaches.drafting.test_merge import a_morning
from tests.integration.breaches.sign_off.test_redaction import where
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.people import AT, move_report, reload_reports, write_sections

pytestmark = pytest.mark.django_db

NAME = "Quillon Featherstonehaugh"
WHY = "A member of staff is named who has nothing to do with the breach."
LATER = AT + timedelta(days=40)
MARKER = "[removed on 9 August 2020]"


def test_of_a_report_that_someone_started_what_was_said_of_its_release_is_reached(office):
    release = ReleaseFactory(series=SeriesFactory(producer=office.producer))
    Statement.objects.create(
        release=release, schedule_version=1, kind=Statement.Kind.NOT_IT, text_digest="0" * 64,
        words=f"{NAME} saw it.", stated_by=office.statistician, stated_at=AT,
    )  # fmt: skip
    started = start_report(
        ReportSubject(office.producer, release=release),
        kind=ReportKind.WRONG_CONTENT, occurred_on=(AT.date(),), by=office.statistician, at=LATER, form_key=uuid4(),
    )[0]  # fmt: skip
    assert redact(started, words=NAME, why=WHY, by=office.head, at=LATER).rows == {"releases.statement": 1}
    assert Statement.objects.get().words == f"{MARKER} saw it."


def test_an_action_that_is_a_task_is_reached_there_and_where_it_was_ticked_off(office, draft_report):
    series = draft_report.suspicions.get().release.series
    later = ReleaseFactory(confirmed=True, series=series, reference="later", due_at=SEED_DUE + timedelta(days=30))
    plan = corrective_actions.Plan(f"{NAME} is trained", ReportTerm.SHORT, "Head of dissemination")
    action = corrective_actions.add_action(draft_report, plan, next_release_of=series, by=office.statistician, at=AT)
    corrective_actions.finish_action(action, done=True, by=office.statistician, at=AT)
    redact(draft_report, words=NAME, why=WHY, by=office.head, at=LATER)
    assert where(NAME) == set()
    assert ReleaseTask.objects.get().text == f"{MARKER} is trained"
    assert later.events.get(kind=DONE).words == f"{MARKER} is trained"
    assert {one.why for one in verification.check_evidence(now=timezone.now())} == {None}


def test_of_a_joint_report_the_drafts_from_which_it_was_joined_are_reached(office):
    drafts = a_morning(office, 2)
    editing.write_note(drafts[0], text=f"{NAME} rang.", happened_at=AT, by=office.statistician, at=AT)
    drafts[0].refresh_from_db()
    write_sections(drafts[0], by=office.statistician, impact=f"{NAME} told two users.")
    joint = merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=AT)
    assert NAME in content_of(joint).impact
    redact(joint, words=NAME, why=WHY, by=office.head, at=LATER)
    assert where(NAME) == set()
    assert content_of(Report.objects.get(pk=drafts[0].pk)).impact == f"{MARKER} told two users."
    assert {one.why for one in verification.check_evidence(now=timezone.now())} == {None}


@pytest.mark.parametrize("is_split", [False, True], ids=["combined", "separated"])
def test_of_a_draft_the_joint_reports_that_copied_its_text_are_reached_and_other_drafts_are_not(office, is_split):
    drafts = a_morning(office, 3)
    for draft, users in zip(drafts, ("two", "six"), strict=False):
        write_sections(draft, by=office.statistician, impact=f"{NAME} told {users} users.")
        statement = Statement.objects.create(
            release=draft.suspicions.get().release, schedule_version=1, kind=Statement.Kind.NOT_IT,
            text_digest="0" * 64, words=f"{NAME} saw it.", stated_by=office.statistician, stated_at=AT,
        )  # fmt: skip
        record_rows({Statement: [statement.pk]})
    first, other, third = reload_reports(drafts)
    joint = merging.merge_drafts([first, other], by=office.statistician, at=AT)
    editing.write_note(joint, text=f"{NAME} rang.", happened_at=AT, by=office.statistician, at=AT)
    last = merging.merge_drafts(reload_reports([joint, third]), by=office.statistician, at=AT)
    if is_split:
        for one in (last, joint):
            (one,) = reload_reports([one])
            merging.split_report(one, by=office.statistician, at=AT)
    first, other, joint, last = reload_reports([first, other, joint, last])
    redact(first, words=NAME, why=WHY, by=office.head, at=LATER)
    assert (
        content_of(joint).impact == content_of(last).impact == f"{MARKER} told two users.\n\n{MARKER} told six users."
    )
    assert joint.timeline_notes.get().text == f"{MARKER} rang."
    assert content_of(other).impact == f"{NAME} told six users."
    said = Statement.objects.order_by("release__reference").values_list("words", flat=True)
    assert list(said) == [f"{MARKER} saw it.", f"{NAME} saw it."]
    for report in (joint, last):
        removals = redaction.removals_of(report, report.versions.all())
        assert {event.report for found in removals.values() for event in found} == {first}
    assert {one.why for one in verification.check_evidence(now=timezone.now())} == {None}


def test_the_approved_document_of_a_joint_report_is_named_where_a_draft_is_redacted(office):
    drafts = a_morning(office, 2)
    write_sections(drafts[0], by=office.statistician, impact=f"{NAME} told two users.")
    joint = merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=AT)
    approved = move_report(
        write_sections(joint, by=office.statistician, impact=content_of(joint).impact), office, ReportStatus.APPROVED
    )
    found = redact(reload_reports(drafts)[0], words=NAME, why=WHY, by=office.head, at=LATER)
    assert found.documents == []
    assert found.drafts_documents == [f"{approved.number}, {approved.version}"]


@pytest.mark.parametrize("redacted", ["draft", "joint"])
def test_events_with_facts_that_stay_are_counted_in_combined_reports_too(office, redacted):
    drafts = a_morning(office, 3)
    write_sections(drafts[0], by=office.statistician, impact=f"{NAME} told two users.")
    joint = merging.merge_drafts(reload_reports(drafts[:2]), by=office.statistician, at=AT)
    reports = {"draft": reload_reports(drafts)[0], "joint": joint}
    for report in (*reports.values(), drafts[2]):
        record_report_event(report, "edited", at=LATER, by=office.head, fields=["impact"], noticed_by=NAME)
    assert redact(reports[redacted], words=NAME, why=WHY, by=office.head, at=LATER).facts == 2


@pytest.mark.parametrize("dry_run", [True, False], ids=["tried", "done"])
def test_where_the_marker_has_no_room_that_is_said_and_nothing_is_removed(office, draft_report, dry_run):
    owner = f"{NAME}, " * 7
    plan = corrective_actions.Plan("A person looks at 9:30am", ReportTerm.SHORT, f"{owner}Ann", None)
    corrective_actions.add_action(draft_report, plan, next_release_of=None, by=office.statistician, at=AT)
    with pytest.raises(MissingFields, match="Enter some of the surrounding text too"):
        redact(draft_report, words="Ann", why=WHY, by=office.head, at=LATER, dry_run=dry_run)
    assert draft_report.actions.get().owner.endswith("Ann")
