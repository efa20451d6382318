"""A Head of Profession removes a name: a dated marker is left, and the record still proves what it did."""

import io
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, models, transaction
from django.urls import reverse
from django.utils import timezone

from breaches import attachments, corrective_actions, decisions, dispatches, editing, redaction
from breaches.models import (
    CorrectiveAction,
    Dispatch,
    Published,
    Report,
    ReportEvent,
    ReportVersion,
    SectionComment,
    TimelineNote,
)
from breaches.redaction import KIND, NothingToRedact
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportStatus, ReportTerm
from breaches.versions import content_of, record_report_event
from releases.models.append_only import AppendOnlyRow, allow_redaction
from releases.rules.lifecycle import MissingFields, Role
from statsoffice import verification
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message, MessageRowRecord
from statsoffice.redaction import redact
from tests.integration.statsoffice.test_verify_evidence import tamper
from tests.pages.statsoffice.test_no_personal_names import tables
from tests.support.people import AT, create_office, create_report, name_person_in_impact, render_text
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NAME = "Quillon Featherstonehaugh"
WHY = "A member of staff is named who has nothing to do with the breach."
LATER = AT + timedelta(days=40)
KEPT = "are kept as they were written"
MARKER = "[removed on 9 August 2020]"


@shared_fixture
def report(office):
    """An approved and sent report that names someone wherever people write."""
    report = create_report(office)
    editing.write_note(
        report, text=f"{NAME} rang at 9:32am.", happened_at=AT, by=office.statistician, at=AT, printed=True
    )  # fmt: skip
    report.refresh_from_db()
    plan = corrective_actions.Plan(f"{NAME} is trained", ReportTerm.SHORT, NAME, (AT + timedelta(days=9)).date())
    corrective_actions.add_action(report, plan, next_release_of=None, by=office.statistician, at=AT)
    attachments.add_attachment(report, name=f"{NAME}.log", body=b"09:31 queued", by=office.statistician, at=AT)
    report.refresh_from_db()
    report = decisions.submit_report(
        name_person_in_impact(NAME, report, by=office.statistician), by=office.statistician, at=AT
    )
    report = decisions.return_report(
        report, comment=f"Why did {NAME} wait?", sections={ReportSection.IMPACT: f"Ask {NAME}."}, by=office.head, at=AT
    )
    report = decisions.submit_report(report, by=office.statistician, at=AT + timedelta(minutes=1))
    decisions.approve_report(report, by=office.head, at=AT + timedelta(minutes=2), render=render_text)
    report = Report.objects.get(pk=report.pk)
    words = f"With regards of {NAME}."
    dispatches.send_report(
        report, recipient="regulation@example.gov.uk", words=words, by=office.head, at=AT + timedelta(hours=1)
    )
    outbox.create_missing(now=AT + timedelta(hours=2))
    told = Message.objects.filter(report=report)
    told.update(text=f"{NAME} has returned the report.")
    MessageRowRecord.record({Message: list(told.values_list("pk", flat=True))})
    return Report.objects.select_related("producer").get(pk=report.pk)


def where(words):
    """Each table and column that contains some words, read by the database's own catalogue."""
    return {
        (table, column)
        for table, columns, rows in tables()
        for row in rows
        for column, text in zip(columns, row, strict=True)
        if words in text
    }


def holds():
    return {one.why for one in verification.check_evidence(now=timezone.now())} == {None}


@pytest.mark.both_databases
def test_a_name_is_gone_from_every_table_and_a_dated_marker_is_in_its_place(office, report):
    places = where(NAME)
    assert {
        ("breaches_reportversion", "content"), ("breaches_timelinenote", "text"), ("breaches_sectioncomment", "words"),
        ("breaches_reportevent", "words"), ("breaches_dispatch", "words"), ("breaches_correctiveaction", "text"),
        ("breaches_correctiveaction", "owner"), ("breaches_attachment", "name"), ("outbox_message", "text"),
    } <= places  # fmt: skip
    found = redact(report, words=NAME, why=WHY, by=office.head, at=LATER)
    assert where(NAME) == set()
    assert where(MARKER) == places
    assert content_of(Report.objects.get(pk=report.pk)).impact == f"{MARKER} told two users."
    assert found.rows["breaches.timelinenote"] == 1


@pytest.mark.both_databases
def test_the_chains_still_hold_and_the_redaction_is_the_last_event_with_who_and_why(office, report):
    assert holds()
    redact(report, words=NAME, why=f" {WHY} ", by=office.head, at=LATER)
    assert holds()
    event = report.events.last()
    assert (event.kind, event.actor, event.words, event.at) == (KIND, office.head, WHY, LATER)
    assert event.facts["role"] == Role.HEAD_OF_PROFESSION
    assert event.facts["rows"]["breaches.timelinenote"] == 1
    assert {one["chain"] for one in event.facts["events"]} == {"breaches.event"}
    emptied = ReportEvent.objects.exclude(words_digest="")
    assert {row.position for row in emptied} == {one["position"] for one in event.facts["events"]}


def test_the_approved_document_is_not_altered_and_that_it_holds_the_words_is_said(office, report, client):
    document = report.approved_documents.get()
    before = bytes(document.pdf)
    found = redact(report, words=NAME, why=WHY, by=office.head, at=LATER)
    assert found.documents == [document.version]
    assert report.events.last().facts["documents"] == [document.version]
    client.force_login(office.head)
    answer = client.get(reverse("breaches:approved_pdf", args=[report.reference, document.version]))
    assert b"".join(answer) == before


def test_the_history_tells_of_it_and_shows_the_marker(office, report, client):
    redact(report, words=NAME, why=WHY, by=office.head, at=LATER)
    client.force_login(office.statistician)
    page = client.get(reverse("breaches:history", args=[report.reference])).text
    assert "Text redacted in the report and its history" in page
    assert WHY in page
    assert MARKER in page
    assert NAME not in page


def test_a_second_name_can_be_removed_from_the_same_words(office, report):
    redact(report, words=NAME, why=WHY, by=office.head, at=LATER)
    redact(report, words="rang at 9:32am", why="Who rang when is theirs.", by=office.head, at=LATER)
    assert where("rang at 9:32am") == set()
    assert holds()
    with pytest.raises(NothingToRedact):
        redact(report, words=NAME, why=WHY, by=office.head, at=LATER)
    assert report.events.filter(kind=KIND).count() == 2


def test_no_one_but_the_head_of_profession_of_the_office_redacts(office, report, subtests):
    places = where(NAME)
    others = {role: person for role, person in office.people.items() if role != Role.HEAD_OF_PROFESSION}
    for who, person in {**others, "head of another office": create_office().head}.items():
        with subtests.test(str(who)), pytest.raises(ValueError, match="none of the roles"):
            redact(report, words=NAME, why=WHY, by=person, at=LATER)
    assert where(NAME) == places


def test_what_is_missing_is_said_and_nothing_is_removed(office, report, subtests):
    places = where(NAME)
    for case, words, why, field in (
        ("no words", "", WHY, "words"),
        ("too few", "of", WHY, "words"),
        ("no reason", NAME, " ", "why"),
        ("a reason with the name", NAME, f"{NAME.upper()} left.", "why"),
    ):
        with subtests.test(case):
            with pytest.raises(MissingFields) as missing:
                redact(report, words=words, why=why, by=office.head, at=LATER)
            assert missing.value.field == field
    assert where(NAME) == places
    assert not report.events.filter(kind=KIND).exists()


@pytest.mark.both_databases
def test_words_in_an_events_facts_are_told_and_not_altered(office, report):
    record_report_event(report, "edited", at=LATER, by=office.head, fields=["impact"], noticed_by=NAME)
    assert redact(report, words=NAME, why=WHY, by=office.head, at=LATER).facts == 1
    assert where(NAME) == {("breaches_reportevent", "facts")}
    assert holds()


def test_blanks_around_the_words_do_not_count_in_any_place(office, report):
    record_report_event(report, "edited", at=LATER, by=office.head, fields=["impact"], noticed_by=NAME)
    found = redact(report, words=f" {NAME} ", why=WHY, by=office.head, at=LATER, dry_run=True)
    assert (found.facts, found.documents) == (1, [report.approved_documents.get().version])


def test_words_that_stand_in_a_day_are_refused_and_the_report_can_still_be_read(office, report):
    before = content_of(report)
    for dry_run in (True, False):
        with pytest.raises(MissingFields, match="part of a date or time in the report") as refused:
            redact(report, words=str(before.occurred_on[0]), why=WHY, by=office.head, at=LATER, dry_run=dry_run)
        assert refused.value.field == "words"
    assert content_of(Report.objects.get(pk=report.pk)) == before
    assert holds()


def test_another_report_of_the_same_office_keeps_its_words(office, report):
    other = create_report(office, ReportStatus.DRAFT, reference="another")
    editing.write_note(other, text=f"{NAME} rang again.", happened_at=AT, by=office.statistician, at=AT)
    redact(report, words=NAME, why=WHY, by=office.head, at=LATER)
    assert other.timeline_notes.get().text == f"{NAME} rang again."


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            "UPDATE breaches_reportevent SET words_digest = {digest}, words = 'All was well.'", id="other-words"
        ),
        pytest.param("UPDATE breaches_reportevent SET words_digest = {digest}, words = ''", id="no-words"),
    ],
)
def test_words_that_were_changed_without_a_redaction_are_named_though_the_hashes_fit(report, statement):
    event = report.events.exclude(words="").first()
    digest = event.payload()["words"]
    tamper(statement.format(digest=f"'{digest}'") + f" WHERE id = {event.pk}")
    (why,) = {one.why for one in verification.check_evidence(now=timezone.now())} - {None}
    assert why == f"the words of row {event.position} were changed without a recorded redaction"


def test_words_put_back_after_a_redaction_are_named(office, report):
    redact(report, words=NAME, why=WHY, by=office.head, at=LATER)
    event = ReportEvent.objects.exclude(words_digest="").first()
    tamper(f"UPDATE breaches_reportevent SET words = 'Other words.' WHERE id = {event.pk}")  # noqa: S608  # a number
    assert not holds()


@pytest.mark.both_databases
def test_rows_stay_append_only_for_everyone_else(office, report):
    redact(report, words=NAME, why=WHY, by=office.head, at=LATER)
    with pytest.raises(AppendOnlyRow):
        TimelineNote.objects.update(text="Other words.")
    if connection.vendor != "postgresql":
        return
    for statement in ("UPDATE breaches_timelinenote SET text = 'x'", "DELETE FROM breaches_timelinenote"):
        with pytest.raises(DatabaseError, match=KEPT), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(DatabaseError, match=KEPT), allow_redaction(), connection.cursor() as cursor:
        cursor.execute("UPDATE breaches_reportversion SET number = 99")


def command(report, by, monkeypatch, *options, words=NAME):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{words}\n"))
    call_command("redact_report", report.reference, "--by", by, "--why", WHY, *options, stdout=out)
    return out.getvalue()


def test_the_command_says_where_the_words_stand_before_it_removes_them(office, report, monkeypatch):
    told = command(report, office.head.email, monkeypatch, "--dry-run")
    assert "breaches.timelinenote: 1 row\n" in told
    assert f"version {report.approved_documents.get().version} contains the words" in told
    assert "Nothing was removed yet." in told
    assert where(NAME)
    assert "Removed and recorded." in command(report, office.head.email, monkeypatch)
    assert where(NAME) == set()


def test_the_command_refuses_in_one_sentence(office, report, monkeypatch, subtests):
    places = where(NAME)
    for by, words, sentence in (
        ("nobody@example.gov.uk", NAME, "There is no active account nobody@example.gov.uk."),
        (office.deputy.email, NAME, "is not Head of Profession of"),
        (office.head.email, "Somebody Else", "We did not find this text in any place where it can be removed."),
        (office.head.email, "", "Enter the text to remove"),
    ):
        with subtests.test(sentence), pytest.raises(CommandError, match=sentence):
            command(report, by, monkeypatch, words=words)
    assert where(NAME) == places


def test_every_place_that_people_write_in_is_known_to_redaction(report):
    """A new table with free text has to be thought of: each text column of the app is a place, or says why not."""
    known = {(place.rows.model, column) for place in redaction.places_of(report) for column in place.columns}
    kinds = (models.TextField, models.JSONField)
    of_reports = (
        Report,
        ReportVersion,
        ReportEvent,
        TimelineNote,
        SectionComment,
        CorrectiveAction,
        Dispatch,
        Published,
    )
    written = {
        (model, each.name) for model in of_reports for each in model._meta.concrete_fields if isinstance(each, kinds)
    }
    assert written - known == {(ReportEvent, "facts")}  # hashed
