"""Submitting, returning, approving, dismissing, reopening: what each needs, keeps and refuses."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection

from breaches import decisions, editing, merging
from breaches.models import ApprovedDocument, Report, ReportEvent
from breaches.rules.content import content_digest
from breaches.rules.lifecycle import Cause, DismissalReason, ReportStatus
from breaches.versions import Incomplete, content_of, current_version, was_done_by
from releases.models import Producer
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import ChangedMeanwhile, MissingFields, Role, WrongState
from tests.support.people import (
    AT,
    PDF,
    add_role,
    create_office,
    create_report,
    move_report,
    reload_reports,
    render_text,
    write_sections,
)
from tests.support.report_evidence import london
from tests.support.report_mornings import create_draft

pytestmark = pytest.mark.django_db


def state_of(report):
    """Everything that a refused move must leave as it was."""
    fresh = Report.objects.values().get(pk=report.pk)
    return fresh, report.versions.count(), report.events.count(), report.approved_documents.count()


def test_an_incomplete_report_cannot_be_submitted_and_each_gap_is_named(office):
    report = create_draft(producer=office.producer)
    before = state_of(report)
    with pytest.raises(Incomplete) as refused:
        decisions.submit_report(report, by=office.statistician, at=AT)
    assert [remark.field for remark in refused.value.remarks] == ["impact", "corrective_actions", "cause"]
    assert state_of(report) == before


def test_an_incomplete_report_cannot_be_approved(office):
    report = create_draft(producer=office.producer)
    before = state_of(report)
    with pytest.raises(Incomplete):
        decisions.approve_report(report, by=office.head, at=AT, render=render_text)
    assert state_of(report) == before


def test_a_complete_report_goes_to_the_head_of_profession_with_an_event_that_names_who_and_what(office, draft_report):
    report = decisions.submit_report(draft_report, by=office.statistician, at=AT)
    assert (report.status, report.submitted_by) == (ReportStatus.WITH_HOP, office.statistician)
    event = report.events.last()
    assert (event.kind, event.actor, event.facts["role"]) == ("submitted", office.statistician, "statistician")
    assert event.facts["status"] == ["draft", "with_hop"]
    assert event.facts["content_sha256"] == current_version(report).content_sha256


def test_a_returned_report_keeps_its_earlier_versions_and_the_comment(office, submitted_report):
    versions = list(submitted_report.versions.values_list("number", "content_sha256"))
    returned = decisions.return_report(submitted_report, comment="  Say who was told. ", by=office.deputy, at=AT)
    assert returned.status == ReportStatus.RETURNED
    assert list(returned.versions.values_list("number", "content_sha256")) == versions
    assert returned.events.last().words == "Say who was told."
    again = decisions.submit_report(returned, by=office.statistician, at=AT)
    assert [event.words for event in again.events.filter(kind="returned")] == ["Say who was told."]


def test_a_submission_that_is_taken_back_is_a_draft_again_with_its_text_and_the_reason_in_the_history(
    office, submitted_report
):
    before = current_version(submitted_report).content_sha256
    taken_back = decisions.take_back_report(submitted_report, reason=" One more fact. ", by=office.statistician, at=AT)
    assert (taken_back.status, taken_back.submitted_by) == (ReportStatus.DRAFT, None)
    assert current_version(taken_back).content_sha256 == before
    assert (taken_back.events.last().kind, taken_back.events.last().words) == ("taken_back", "One more fact.")


def test_approval_dates_the_report_and_binds_the_stored_document_to_the_hash_of_its_content(office, submitted_report):
    late_in_the_evening = london("23:30", "2020-07-01")
    document = decisions.approve_report(submitted_report, by=office.head, at=late_in_the_evening, render=render_text)
    submitted_report.refresh_from_db()
    content = content_of(submitted_report)
    assert (submitted_report.status, submitted_report.decided_at) == (ReportStatus.APPROVED, late_in_the_evening)
    assert content.report_date == date(2020, 7, 1)
    assert document.content_sha256 == content_digest(content) == current_version(submitted_report).content_sha256
    assert (document.version, document.approved_role) == (submitted_report.version, Role.HEAD_OF_PROFESSION)
    stored = ApprovedDocument.objects.get()
    assert bytes(stored.pdf).startswith(PDF)
    assert stored.pdf_sha256 == sha256_hex(bytes(stored.pdf))
    assert content_digest(content).encode() in bytes(stored.pdf)


def test_a_document_that_cannot_be_printed_is_not_approved_and_nothing_changes():
    def out_of_paper(document):
        raise OSError("no paper")

    office = create_office()
    report = create_report(office, ReportStatus.WITH_HOP)
    before = state_of(report)
    with pytest.raises(decisions.NotPrinted, match=r"could not create the PDF.*no paper"):
        decisions.approve_report(report, by=office.head, at=AT, render=out_of_paper)
    assert state_of(report) == before


def test_where_two_people_are_required_no_one_approves_what_they_wrote():
    office = create_office(two_person_approval=True)
    report = write_sections(create_draft(producer=office.producer), by=office.head)
    before = state_of(report)
    with pytest.raises(decisions.TwoPeopleNeeded):
        decisions.approve_report(report, by=office.head, at=AT, render=render_text)
    assert state_of(report) == before
    assert not decisions.approve_report(report, by=office.deputy, at=AT, render=render_text).one_person


def test_where_two_people_are_required_no_one_approves_what_they_submitted():
    office = create_office(two_person_approval=True)
    report = decisions.submit_report(create_report(office), by=office.deputy, at=AT)
    with pytest.raises(decisions.TwoPeopleNeeded):
        decisions.approve_report(report, by=office.deputy, at=AT, render=render_text)
    report = decisions.return_report(report, comment="Again.", by=office.head, at=AT)
    report = decisions.submit_report(report, by=office.statistician, at=AT)
    with pytest.raises(decisions.TwoPeopleNeeded):
        decisions.approve_report(report, by=office.deputy, at=AT, render=render_text)
    assert decisions.approve_report(report, by=office.head, at=AT, render=render_text).version == report.version + 1


@pytest.mark.parametrize(
    "chosen",
    [
        editing.ChosenCause(Cause.HUMAN_ERROR, available_unknown="No one saw it."),
        editing.ChosenCause(Cause.SCHEDULER_FAULT, available_at=london("10:26:57")),
    ],
    ids=["cause", "time"],
)
def test_where_two_people_are_required_no_one_approves_a_cause_or_a_time_that_they_chose(chosen):
    office = create_office(two_person_approval=True)
    report = editing.choose_cause(create_report(office), chosen, by=office.head, at=AT)
    another = editing.ChosenCause(Cause.OUTAGE, available_unknown="No one saw it.")
    report = editing.choose_cause(report, another, by=office.statistician, at=AT)
    report = decisions.submit_report(report, by=office.statistician, at=AT)
    with pytest.raises(decisions.TwoPeopleNeeded):
        decisions.approve_report(report, by=office.head, at=AT, render=render_text)
    assert not decisions.approve_report(report, by=office.deputy, at=AT, render=render_text).one_person


def test_elsewhere_the_choice_of_a_cause_does_not_make_a_person_an_author(office):
    report = create_report(office, ReportStatus.WITH_HOP)
    report = editing.choose_cause(report, editing.ChosenCause(Cause.HUMAN_ERROR), by=office.head, at=AT)
    assert not decisions.approve_report(report, by=office.head, at=AT, render=render_text).one_person


NOTE = "The duty editor rang the digital team."


def note_by(person, report, **more):
    return editing.write_note(report, text=NOTE, happened_at=AT, by=person, at=AT, **more)


def printing(report, office, *notes):
    """The report whose timeline prints some notes, as its statistician chooses them and submits it."""
    (report,) = reload_reports([report])
    sources = [editing.entry_of_note(note).source for note in notes]
    report = editing.choose_entries(
        report, sources=sources, expected_version=report.version, by=office.statistician, at=AT
    ).report
    return decisions.submit_report(report, by=office.statistician, at=AT)


def test_where_two_people_are_required_no_one_approves_a_note_that_they_wrote():
    office = create_office(two_person_approval=True)
    report = create_report(office)
    report = printing(report, office, note_by(office.deputy, report))
    before = state_of(report)
    assert not decisions.has_second_person(report, office.deputy)
    with pytest.raises(decisions.TwoPeopleNeeded):
        decisions.approve_report(report, by=office.deputy, at=AT, render=render_text)
    assert state_of(report) == before
    assert not decisions.approve_report(report, by=office.head, at=AT, render=render_text).one_person


def test_where_two_people_are_required_a_correction_by_another_person_does_not_make_the_note_theirs_alone():
    office = create_office(two_person_approval=True)
    report = create_report(office)
    note = note_by(office.deputy, report)
    for by in (office.statistician, office.people[Role.PUBLISHING_TEAM]):
        note = note_by(by, report, corrects=note)
    report = printing(report, office, note)
    with pytest.raises(decisions.TwoPeopleNeeded):
        decisions.approve_report(report, by=office.deputy, at=AT, render=render_text)


def test_elsewhere_the_record_says_that_one_person_wrote_a_printed_note_and_approved_it(office, draft_report):
    report = printing(draft_report, office, note_by(office.deputy, draft_report))
    assert decisions.approve_report(report, by=office.deputy, at=AT, render=render_text).one_person


def test_a_note_that_is_not_printed_makes_no_one_an_author():
    office = create_office(two_person_approval=True)
    report = create_report(office)
    note_by(office.deputy, report)
    report = printing(report, office, note_by(office.statistician, report))
    assert not decisions.approve_report(report, by=office.deputy, at=AT, render=render_text).one_person


def test_of_a_joint_report_only_the_notes_that_it_prints_count():
    office = create_office(two_person_approval=True)
    drafts = [create_report(office), create_report(office, reference="second")]
    printing_draft = editing.choose_entries(
        drafts[0],
        sources=[editing.entry_of_note(note_by(office.deputy, drafts[0])).source],
        expected_version=drafts[0].version,
        by=office.statistician,
        at=AT,
    ).report
    assert decisions.is_author_or_submitter(printing_draft, office.deputy)
    joint = merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=AT)
    assert not decisions.is_author_or_submitter(joint, office.deputy)  # the notes stay in the drafts
    joint = printing(write_sections(joint, by=office.statistician), office, note_by(office.deputy, joint))
    with pytest.raises(decisions.TwoPeopleNeeded):
        decisions.approve_report(joint, by=office.deputy, at=AT, render=render_text)


def test_a_requirement_of_two_people_counts_from_the_moment_it_is_switched_on_even_during_an_approval(office):
    def render_while_it_is_switched_on(document):
        Producer.objects.filter(pk=office.producer.pk).update(two_person_approval=True)
        return render_text(document)

    report = write_sections(create_draft(producer=office.producer), by=office.head)
    before = state_of(report)
    with pytest.raises(decisions.TwoPeopleNeeded):
        decisions.approve_report(report, by=office.head, at=AT, render=render_while_it_is_switched_on)
    assert state_of(report) == before


def test_elsewhere_the_record_says_that_one_person_did_both(office):
    report = write_sections(create_draft(producer=office.producer), by=office.head)
    document = decisions.approve_report(report, by=office.head, at=AT, render=render_text)
    assert document.one_person
    assert report.events.last().facts["one_person"] is True


def test_two_people_who_did_one_thing_each_are_not_noted_as_one(office, submitted_report):
    assert not decisions.approve_report(submitted_report, by=office.head, at=AT, render=render_text).one_person


def test_someone_with_two_roles_decides_in_the_weightier_one(office, submitted_report):
    add_role(office.statistician, office.producer, Role.DEPUTY)
    document = decisions.approve_report(submitted_report, by=office.statistician, at=AT, render=render_text)
    assert (document.approved_role, document.one_person) == (Role.DEPUTY, True)


@pytest.mark.parametrize(
    ("reason", "words", "field"),
    [("", "A mistake.", "reason"), ("no such", "A mistake.", "reason"), (DismissalReason.OTHER, "  ", "words")],
    ids=["no reason", "a reason that is not in the list", "no words"],
)
def test_a_dismissal_needs_a_reason_of_the_list_and_words(reason, words, field, office, draft_report):
    before = state_of(draft_report)
    with pytest.raises(MissingFields) as refused:
        decisions.dismiss_report(draft_report, reason=reason, words=words, by=office.head, at=AT)
    assert refused.value.field == field
    assert state_of(draft_report) == before


def test_an_incomplete_draft_can_be_dismissed(office):
    report = create_report(office, ReportStatus.DISMISSED, complete=False)
    assert (report.status, report.decision_reason) == (ReportStatus.DISMISSED, DismissalReason.CHECK_ERROR)
    assert report.events.last().words == "The check was wrong."


@pytest.mark.parametrize("status", [ReportStatus.APPROVED, ReportStatus.DISMISSED])
def test_reopening_makes_a_new_version_without_a_date_and_keeps_what_was_approved(status, office, draft_report):
    report = move_report(draft_report, office, status)
    kept = [(d.version, bytes(d.pdf), d.pdf_sha256) for d in report.approved_documents.all()]
    reopened = decisions.reopen_report(report, reason="A user wrote to us.", by=office.head, at=AT + timedelta(days=1))
    assert (reopened.status, reopened.version) == (ReportStatus.DRAFT, report.version + 1)
    assert (reopened.decided_at, reopened.decision_reason, reopened.submitted_by) == (None, "", None)
    assert content_of(reopened).report_date is None
    assert [(d.version, bytes(d.pdf), d.pdf_sha256) for d in reopened.approved_documents.all()] == kept
    second = decisions.approve_report(
        write_sections(reopened, by=office.statistician, impact="More."), by=office.head, at=AT, render=render_text
    )
    documents = second.report.approved_documents
    assert documents.count() == len(kept) + 1
    assert [(d.version, bytes(d.pdf), d.pdf_sha256) for d in documents.exclude(pk=second.pk)] == kept


def test_a_decision_upon_a_copy_that_is_no_longer_true_is_refused(office, submitted_report):
    mine, theirs = Report.objects.get(pk=submitted_report.pk), Report.objects.get(pk=submitted_report.pk)
    decisions.approve_report(theirs, by=office.deputy, at=AT, render=render_text)
    before = state_of(submitted_report)
    for move, details in (
        (decisions.approve_report, {"render": render_text}),
        (decisions.return_report, {"comment": "No."}),
        (decisions.dismiss_report, {"reason": "other", "words": "No."}),
    ):
        with pytest.raises(ChangedMeanwhile):
            move(mine, by=office.head, at=AT, **details)
    assert state_of(submitted_report) == before


def test_a_text_that_changed_since_it_was_read_is_not_approved(office, submitted_report):
    read = Report.objects.get(pk=submitted_report.pk)
    write_sections(submitted_report, by=office.deputy, impact="Other words.")
    with pytest.raises(ChangedMeanwhile):
        decisions.approve_report(read, by=office.head, at=AT, render=render_text)
    assert not ApprovedDocument.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_people_approving_at_once_make_one_decision_one_document_and_one_event():
    office = create_office()
    report = create_report(office, ReportStatus.WITH_HOP)
    both_printed = threading.Barrier(2, timeout=20)
    outcomes = []

    def print_together(document):
        both_printed.wait()
        return render_text(document)

    def approve(person):
        try:
            decisions.approve_report(Report.objects.get(pk=report.pk), by=person, at=AT, render=print_together)
            outcomes.append("approved")
        except ChangedMeanwhile:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=(person,)) for person in (office.head, office.deputy)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approved", "refused"]
    assert ApprovedDocument.objects.count() == 1
    assert ReportEvent.objects.filter(kind="approved").count() == 1
    report.refresh_from_db()
    assert report.versions.count() == report.version


def test_the_same_move_again_by_the_same_person_is_recognised_and_by_another_is_not(office, draft_report):
    read = draft_report.last_change
    moved = decisions.submit_report(draft_report, by=office.statistician, at=AT)
    assert was_done_by(moved, "submitted", read=read, person=office.statistician)
    assert not was_done_by(moved, "submitted", read=read, person=office.head)
    assert not was_done_by(moved, "submitted", read=read - 1, person=office.statistician)
    with pytest.raises(WrongState):
        decisions.submit_report(moved, by=office.statistician, at=AT)
