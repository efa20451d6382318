"""The timeline of a report: recorded facts and people's notes, in order, printed only where ticked."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pypdf
import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from breaches import decisions, drafting, editing, pdf, versions
from breaches.models import Report, TimelineNote
from breaches.redaction import redact_report
from breaches.rules.content import ReportContent, TimelineEntry, content_digest, content_from_json, content_to_json
from breaches.rules.document import lay_out
from breaches.rules.lifecycle import ReportStatus
from breaches.text import EVENTS
from breaches.versions import content_of, current_version, record_report_event
from releases.models.append_only import AppendOnlyRow
from releases.rules.lifecycle import FieldRefused, MissingFields, Role, WrongState
from releases.rules.parts import Part
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import AT, create_office, render_text
from tests.support.report_evidence import LIVE, NOT_LIVE, london
from tests.support.report_forms import error_links, send, words
from tests.support.report_mornings import (
    NOT_SEEN_MORNING,
    SEED_MORNING,
    create_draft_about_a_part,
    record_checks,
    record_coverage,
)

pytestmark = pytest.mark.django_db

TOLD = "The duty statistician told the digital team by phone."
CHECKED = "The digital team found the page unpublished."


def page_of(report, name="timeline", *more):
    return reverse(f"breaches:{name}", args=[report.reference, *more])


def write(report, office, clock="09:35", text=TOLD, **more):
    report.refresh_from_db()
    details = {"happened_at": london(clock), "by": office.statistician, "at": AT} | more
    return editing.write_note(report, text=text, **details)


def test_what_is_entered_out_of_order_is_printed_in_order(office, draft_report):
    write(draft_report, office, "09:50", CHECKED, printed=True)
    write(draft_report, office, "09:35", TOLD, printed=True)
    section = lay_out(content_of(Report.objects.get(pk=draft_report.pk)), number="a", version=1).sections[1]
    assert list(section.timeline) == [
        ("9:35am on 30 June 2020", (TOLD,)),
        ("9:50am on 30 June 2020", (CHECKED,)),
    ]


def test_the_document_puts_a_timeline_in_order_whatever_its_content():
    entries = (TimelineEntry(london("10:00"), "Later.", "b"), TimelineEntry(london("09:00"), "Sooner.", "a"))
    laid_out = lay_out(ReportContent(timeline=entries), number="a", version=1)
    assert [lines for _when, lines in laid_out.sections[1].timeline] == [("Sooner.",), ("Later.",)]


def test_a_note_is_printed_only_where_it_was_ticked(office, draft_report):
    write(draft_report, office)
    assert content_of(Report.objects.get(pk=draft_report.pk)).timeline == ()
    ticked = write(draft_report, office, "09:50", CHECKED, printed=True)
    (entry,) = content_of(Report.objects.get(pk=draft_report.pk)).timeline
    assert entry == TimelineEntry(london("09:50"), CHECKED, f"note-{ticked.pk}")


def test_recorded_facts_can_be_printed_next_to_notes(office, draft_report):
    write(draft_report, office)
    stand = editing.timeline_entries(draft_report)
    facts = [(entry.at, entry.text) for entry in stand if entry.source.startswith("verdict-")]
    title = draft_report.suspicions.get().release.title
    assert facts == [
        (london("09:30"), f"‘{title}’ was due to be released."),
        (london("09:30"), f"The automatic check did not find ‘{title}’."),
        (london("10:26:55"), f"The automatic check did not find ‘{title}’."),
        (london("10:27"), f"The automatic check found ‘{title}’ for the first time."),
    ]
    sources = [entry.source for entry in stand]
    editing.choose_entries(
        draft_report, sources=sources, expected_version=draft_report.version, by=office.statistician, at=AT
    )
    assert content_of(Report.objects.get(pk=draft_report.pk)).timeline == stand


def test_entries_about_attachments_name_them_as_the_annex_does_and_print_no_address(office):
    urls = tuple(f"https://www.example.gov.uk/statistics/{name}/download" for name in ("a", "b", "c", "d"))
    series = SeriesFactory(producer=office.producer)
    release = ReleaseFactory(confirmed=True, series=series, attachments=urls)
    page, first, second, third, fourth = release.addresses.order_by("pk")
    type(page).objects.filter(pk__in=[third.pk, fourth.pk]).update(part=Part.TABLES)
    record_coverage(release)
    record_checks(release, ("09:29:55", NOT_LIVE), ("09:30", LIVE), ("09:32", LIVE), address=page)
    for address in (first, second, third, fourth):
        checks = (("10:28", NOT_LIVE), ("10:29", NOT_LIVE), ("10:40", LIVE))
        record_checks(release, *SEED_MORNING, *checks, address=address)
    (report,) = drafting.draft_missing(now=london("10:45"))
    entries = [entry.text for entry in editing.timeline_entries(report)]
    for name in ("attachment 1", "attachment 2", "tables 1", "tables 2"):
        what = f"{name} of ‘{release.title}’"
        assert [text for text in entries if what in text] == [
            f"The automatic check did not find {what}.",
            f"The automatic check did not find {what}.",
            f"The automatic check found {what} for the first time.",
            f"The automatic check did not find {what} there any more.",
            f"The automatic check found {what} there again.",
        ]
    assert "http" not in " ".join(entries)


def test_entries_about_files_name_them_as_the_account_does(office):
    urls = tuple(f"https://www.example.gov.uk/statistics/{name}" for name in ("tables.csv", "a/data.csv", "b/data.csv"))
    release = ReleaseFactory(confirmed=True, series=SeriesFactory(producer=office.producer), attachments=urls)
    record_coverage(release)
    page, *files = release.addresses.order_by("pk")
    record_checks(release, ("09:29:55", NOT_LIVE), ("09:30", LIVE), ("09:32", LIVE), address=page)
    for address in files:
        record_checks(release, *SEED_MORNING, address=address)
    (report,) = drafting.draft_missing(now=london("10:45"))
    entries = [entry.text for entry in editing.timeline_entries(report)]
    for name in ("the file ‘tables.csv’", "attachment 2", "attachment 3"):
        assert f"The automatic check found {name} of ‘{release.title}’ for the first time." in entries


def test_entries_about_several_pages_name_each_page_and_say_that_the_release_was_incomplete(office):
    report = create_draft_about_a_part(office.producer)
    title = report.suspicions.get().release.title
    assert [(entry.at, entry.text) for entry in editing.timeline_entries(report)] == [
        (london("09:29:55"), f"The automatic check did not find the English page of ‘{title}’."),
        (london("09:30"), f"The automatic check found the English page of ‘{title}’ for the first time."),
        (london("09:30"), f"‘{title}’ was due to be released."),
        (london("09:47"), f"The automatic check did not find the Welsh page of ‘{title}’."),
        (london("09:52"), f"The automatic check found the Welsh page of ‘{title}’ for the first time."),
        (london("09:52:05"), f"Automatic check: suspected breach (incomplete) in the release of ‘{title}’."),
    ]


def test_the_approved_document_prints_the_timeline_and_its_hash_covers_it(office, draft_report):
    bare = content_digest(decisions.approved_content(draft_report, at=AT))
    write(draft_report, office, "09:50", CHECKED, printed=True)
    write(draft_report, office, "09:35", TOLD, printed=True)
    write(draft_report, office, "09:40", "The duty statistician was away.")
    document = decisions.approve_report(
        Report.objects.get(pk=draft_report.pk), by=office.head, at=AT, render=pdf.render_pdf
    )
    assert document.content_sha256 not in {bare, ""}
    assert document.content_sha256 == current_version(document.report).content_sha256
    text = " ".join("".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(document.pdf)).pages).split())
    assert text.index(TOLD) < text.index(CHECKED)
    assert "was away" not in text


def test_a_note_written_after_the_approval_changes_nothing_that_was_approved(office, approved_report):
    before = content_digest(content_of(approved_report)), bytes(approved_report.approved_documents.get().pdf)
    note = write(approved_report, office, printed=True)
    approved_report.refresh_from_db()
    assert approved_report.timeline_notes.get() == note
    assert (content_digest(content_of(approved_report)), bytes(approved_report.approved_documents.get().pdf)) == before
    with pytest.raises(WrongState):
        editing.choose_entries(
            approved_report,
            sources=[f"note-{note.pk}"],
            expected_version=approved_report.version,
            by=office.head,
            at=AT,
        )


def test_content_of_before_there_were_timelines_keeps_its_digest():
    content = ReportContent(circumstances="What happened.")
    stored = content_to_json(content)
    assert "timeline" not in stored
    assert content_from_json(stored) == content


def test_a_printed_timeline_reads_back_as_it_was_written():
    content = ReportContent(timeline=(TimelineEntry(london("09:35:20"), TOLD, "note-1"),))
    assert content_from_json(content_to_json(content)) == content
    assert content_digest(content) != content_digest(ReportContent())


def test_a_note_is_corrected_by_a_further_one_that_names_it(office, draft_report):
    wrong = write(draft_report, office, "09:53", printed=True)
    right = write(draft_report, office, "09:35", corrects=wrong, printed=True)
    assert right.corrects == wrong
    assert set(draft_report.timeline_notes.values_list("text", "happened_at")) == {
        (TOLD, wrong.happened_at),
        (TOLD, right.happened_at),
    }
    draft_report.refresh_from_db()
    assert [entry.source for entry in content_of(draft_report).timeline] == [f"note-{right.pk}"]
    assert draft_report.events.filter(kind="note_corrected").get().facts["corrects"] == wrong.pk


def test_a_note_has_one_correction(office, draft_report):
    wrong = write(draft_report, office)
    write(draft_report, office, "09:36", corrects=wrong)
    with pytest.raises(FieldRefused, match="already"):
        write(draft_report, office, "09:37", corrects=wrong)
    assert TimelineNote.objects.count() == 2


def test_notes_can_be_neither_changed_nor_deleted(office, draft_report):
    note = write(draft_report, office)
    note.text = "Nobody told anybody."
    for act in (note.save, note.delete, TimelineNote.objects.all().delete):
        with pytest.raises(AppendOnlyRow):
            act()
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE breaches_timelinenote SET text = 'x'")


def test_a_report_that_prints_a_corrected_note_is_not_submitted_until_someone_chooses_again(office, draft_report):
    wrong = write(draft_report, office, "09:53", printed=True)
    publisher = office.people[Role.PUBLISHING_TEAM]
    right = write(draft_report, office, "09:35", corrects=wrong, by=publisher)
    draft_report.refresh_from_db()
    with pytest.raises(versions.Incomplete, match="Choose again"):
        decisions.submit_report(draft_report, by=office.statistician, at=AT)
    chosen = [f"note-{right.pk}"]
    draft_report = editing.choose_entries(
        draft_report, sources=chosen, expected_version=draft_report.version, by=office.statistician, at=AT
    ).report
    assert decisions.submit_report(draft_report, by=office.statistician, at=AT).status == ReportStatus.WITH_HOP


def test_a_printed_check_that_did_not_find_the_release_stays_true_after_a_later_one(office):
    release = ReleaseFactory(confirmed=True, series=SeriesFactory(producer=office.producer))
    record_coverage(release)
    record_checks(release, *NOT_SEEN_MORNING)
    (report,) = drafting.draft_missing(now=london("09:32:02"))
    (absent,) = [entry for entry in editing.timeline_entries(report) if entry.source.endswith("-absent")]
    report = editing.choose_entries(
        report, sources=[absent.source], expected_version=report.version, by=office.statistician, at=london("09:33")
    ).report
    record_checks(release, ("09:44", NOT_LIVE))
    printed = content_of(report)
    assert editing.outdated_entries(report, printed) == ()
    assert "out of date" not in " ".join(one.sentence for one in decisions.needs_for_submission(report, printed))
    # A later entry than the record has is not true.
    (newest,) = [entry for entry in editing.timeline_entries(report) if entry.source == absent.source]
    assert newest.at > absent.at
    later = replace(absent, at=newest.at + timedelta(minutes=1))
    assert editing.outdated_entries(report, replace(printed, timeline=(later,))) == (later,)


def test_the_same_note_sent_twice_is_kept_once(office, draft_report):
    assert write(draft_report, office) == write(draft_report, office, at=AT + timedelta(seconds=2))
    assert draft_report.events.filter(kind="note_written").count() == 1


def test_a_note_tells_of_what_has_happened(office, draft_report):
    with pytest.raises(FieldRefused, match="future"):
        write(draft_report, office, "11:01")
    with pytest.raises(MissingFields):
        write(draft_report, office, text="  ")
    assert TimelineNote.objects.count() == 0


@pytest.mark.parametrize("role", list(Role))
def test_writers_and_the_publishing_team_write_notes_and_no_one_else(client, office, draft_report, role):
    client.force_login(office.people[role])
    fields = {
        "happened_on-day": "30",
        "happened_on-month": "6",
        "happened_on-year": "2020",
        "happened_time": "9:35am",
        "text": TOLD,
    }
    allowed = role in {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.PUBLISHING_TEAM}
    assert client.post(page_of(draft_report, "note"), fields).status_code == (302 if allowed else 404)
    assert TimelineNote.objects.count() == allowed


def test_a_stranger_finds_no_timeline(client, draft_report):
    client.force_login(create_office().head)
    for name in ("timeline", "note", "choose_timeline"):
        assert client.get(page_of(draft_report, name)).status_code == 404


def test_the_page_tells_facts_notes_and_moves_in_order(client, office, submitted_report):
    write(submitted_report, office, "09:35")
    client.force_login(office.people[Role.AUDITOR])
    text = words(client.get(page_of(submitted_report)).text)
    told = ["was due to be released", TOLD, "found", "Drafted automatically", "Submitted to the Head of Profession"]
    assert sorted(told, key=text.index) == told
    assert "Write a note" not in text


def test_the_page_leaves_downloads_out(client, office, draft_report):
    kinds = [kind for kind in EVENTS if "downloaded" in kind]
    for kind in kinds:
        record_report_event(draft_report, kind, at=AT, by=office.statistician, version=1)
    client.force_login(office.statistician)
    assert len(kinds) == 5
    assert "downloaded" not in client.get(page_of(draft_report)).text


def test_a_note_is_written_and_corrected_on_pages_and_ticked_there(client, office, draft_report):
    client.force_login(office.statistician)
    assert "Use job titles" in words(client.get(page_of(draft_report, "note")).text)
    when = {"happened_on__day": "30", "happened_on__month": "6", "happened_on__year": "2020"}
    send(client, page_of(draft_report, "note"), **when, happened_time="9:53am", text=TOLD)
    note = TimelineNote.objects.get()
    assert "Printed" not in words(client.get(page_of(draft_report)).text)
    send(client, page_of(draft_report, "choose_timeline"), sources=[f"note-{note.pk}"])
    assert "Printed" in words(client.get(page_of(draft_report)).text)
    send(client, page_of(draft_report, "correct_note", note.pk), happened_time="9:35am")
    assert [entry.at for entry in content_of(Report.objects.get(pk=draft_report.pk)).timeline] == [london("09:35")]
    assert "Corrected by a later note" in words(client.get(page_of(draft_report)).text)


def test_a_correction_that_was_begun_before_a_redaction_does_not_put_the_removed_words_back(
    client, office, draft_report
):
    note = write(draft_report, office, text="Quillon Featherstonehaugh rang.", printed=True)
    client.force_login(office.statistician)
    page = page_of(draft_report, "correct_note", note.pk)
    opened = client.get(page).text
    draft_report.refresh_from_db()
    redact_report(draft_report, words="Quillon Featherstonehaugh", why="It is a name.", by=office.head, at=AT)
    for answer in (
        send(client, page, opened, happened_time="9:36am"),
        send(client, page, opened, happened_time="9:36am", seen=""),
    ):
        assert answer.status_code == 409
        assert "This note was redacted while you were writing." in words(answer.text)
        assert "[removed on 30 June 2020] rang." in words(answer.text)
        assert TimelineNote.objects.get() == note
    assert send(client, page, answer.text, text="Someone rang.").status_code == 302
    assert [one.text for one in TimelineNote.objects.order_by("pk")] == [
        "[removed on 30 June 2020] rang.",
        "Someone rang.",
    ]


def test_a_note_that_cannot_be_says_where_and_loses_nothing(client, office, draft_report):
    client.force_login(office.statistician)
    page = send(client, page_of(draft_report, "note"), happened_on__day="30", text=TOLD).text
    assert TOLD in page
    assert error_links(page) == {"#id_happened_on-month": True, "#id_happened_time": True}


def test_the_person_who_chose_at_the_same_time_is_told(client, office, draft_report):
    note = write(draft_report, office)
    client.force_login(office.statistician)
    opened = client.get(page_of(draft_report, "choose_timeline")).text
    other = [entry.source for entry in editing.timeline_entries(draft_report)][:1]
    editing.choose_entries(draft_report, sources=other, expected_version=draft_report.version, by=office.deputy, at=AT)
    answer = send(client, page_of(draft_report, "choose_timeline"), opened, sources=[f"note-{note.pk}"])
    assert answer.status_code == 409


def test_what_a_note_prints_is_approved_with_the_report_alone(office, submitted_report):
    write(submitted_report, office, printed=True)
    submitted_report.refresh_from_db()
    assert content_of(submitted_report).timeline == ()  # the text is frozen for its writers
    write(submitted_report, office, "09:36", by=office.head, printed=True)
    submitted_report.refresh_from_db()
    assert len(content_of(submitted_report).timeline) == 1
    decisions.approve_report(submitted_report, by=office.deputy, at=AT, render=render_text)
