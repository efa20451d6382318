"""The list of reports, by page and by command."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches import dispatches
from breaches.layout import lay_out_report
from breaches.models import Report
from breaches.permissions import TABLE, Action
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import current_version
from breaches.views import report as report_module
from releases.rules.lifecycle import Role
from tests.support.factories import ReleaseFactory, SeriesFactory, UserFactory
from tests.support.people import AT, REGULATOR, create_office, create_report, render_text
from tests.support.report_evidence import london
from tests.support.report_forms import words
from tests.support.report_mornings import (
    EARLY_MORNING,
    LATE_PART,
    NOT_SEEN_MORNING,
    create_draft,
    create_draft_about_a_part,
    create_late_release,
    record_checks,
    record_coverage,
)

pytestmark = pytest.mark.django_db


def listed(**options):
    out = StringIO()
    call_command("breach_reports", stdout=out, **options)
    return json.loads(out.getvalue()) if options.get("json") else out.getvalue()


def test_an_empty_list_says_why_it_is_empty(client):
    client.force_login(create_office().head)
    assert "There are no open reports." in words(client.get("/reports/").text)
    assert "There are no decided reports." in words(client.get("/reports/?show=decided").text)


@pytest.mark.parametrize("role", list(Role))
def test_the_person_who_reads_no_reports_is_told_that_and_not_that_there_are_none(client, role, office, draft_report):
    client.force_login(office.people[role])
    waiting, decided = (words(client.get(address).text) for address in ("/reports/", "/reports/?show=decided"))
    reads = role in TABLE[Action.VIEW]
    for page in (waiting, decided):
        assert ("You do not have permission to read breach reports." in page) is not reads
        assert ("Open reports" in page or "Decided reports" in page) is reads
    assert (draft_report.number in waiting) is reads


def test_the_person_who_has_no_role_is_told_so_too(client):
    client.force_login(UserFactory())
    assert "You do not have permission to read breach reports." in words(client.get("/reports/").text)


def test_a_person_sees_the_reports_of_their_producers_and_no_others(client):
    office, other = create_office(), create_office()
    mine = create_report(office)
    theirs = create_report(other, reference="not-mine")
    client.force_login(office.statistician)
    page = words(client.get("/reports/").text)
    assert mine.number in page
    assert theirs.producer.name not in page


def test_a_report_is_listed_with_kind_day_status_and_whether_it_is_a_rehearsal(client, office):
    create_report(office, ReportStatus.WITH_HOP, rehearsal=True)
    client.force_login(office.head)
    page = words(client.get("/reports/").text)
    for part in ("Late 30 June 2020", "Awaiting decision", "Rehearsal", office.producer.name):
        assert part in page


def test_a_report_about_a_late_part_says_how_long_after_the_first_part_it_was(client, office):
    create_draft(producer=office.producer)
    report = create_draft_about_a_part(office.producer)
    client.force_login(office.head)
    page = client.get("/reports/")
    spread = {row["report"].reference: row["parts"] for row in page.context["rows"]}
    assert spread.pop(report.reference) == [LATE_PART]
    assert list(spread.values()) == [[]]
    assert f"Report {report.number} {LATE_PART}" in words(page.text)


def test_what_waits_for_the_reader_comes_first(client, office, subtests):
    to_decide = create_report(office, ReportStatus.WITH_HOP, reference="to-decide").number
    returned = create_report(office, ReportStatus.RETURNED, reference="sent-back").number
    draft = create_report(office, reference="still-written").number
    approved = create_report(office, ReportStatus.APPROVED, reference="approved").number
    # Reports that are no tasks are listed with the newest first.
    Report.objects.filter(reference="breach-approved").update(drafted_at=AT + timedelta(hours=1))
    Report.objects.filter(reference="breach-to-decide").update(drafted_at=AT + timedelta(hours=2))
    for who, expected, has_tasks in (
        (Role.HEAD_OF_PROFESSION, [to_decide, approved, draft, returned], True),
        (Role.STATISTICIAN, [draft, returned, to_decide, approved], True),
        (Role.AUDITOR, [to_decide, approved, draft, returned], False),
    ):
        with subtests.test(who):
            client.force_login(office.people[who])
            page = client.get("/reports/")
            numbers = [row["report"].number for row in page.context["rows"]]
            assert numbers == expected
            assert ("Your tasks come first, then the newest reports." in page.text) is has_tasks
            waiting = client.get("/desk/").context["waiting"]
            tasks = [*waiting.incidents, *waiting.to_approve, *waiting.to_send, *waiting.to_complete]
            assert {task.number for task in tasks} == set(numbers[: len(tasks)])
            assert bool(tasks) is has_tasks


@pytest.mark.both_databases
def test_an_approved_report_is_open_until_it_is_sent(client, office, approved_report):
    create_report(office, ReportStatus.WITH_HOP, reference="to-decide")
    newest = create_report(office, reference="newest")
    client.force_login(office.head)

    def is_listed(report):
        pages = [words(client.get(address).text) for address in ("/reports/", "/reports/?show=decided")]
        return [report.number in page for page in pages]

    assert is_listed(approved_report) == [True, False]
    page = words(client.get("/reports/").text)
    assert page.index(approved_report.number) < page.index(newest.number)
    sent = dispatches.send_report(approved_report, recipient=REGULATOR, by=office.head, at=AT)
    assert is_listed(sent) == [False, True]
    dispatches.record_failure(sent.dispatches.get(), at=AT)
    assert is_listed(sent) == [True, False]
    assert "Sent Email could not be delivered" in words(client.get("/reports/").text)
    outside = dispatches.record_sent_outside(sent, recipient="OSR", sent_on=AT.date(), by=office.head, at=AT)
    assert is_listed(outside) == [False, True]


@pytest.mark.parametrize("status", [ReportStatus.RECORDED, ReportStatus.DISMISSED, ReportStatus.WITHDRAWN])
def test_a_report_that_needs_no_sending_is_not_open(client, office, status):
    report = create_report(office, status)
    client.force_login(office.head)
    assert report.number not in words(client.get("/reports/").text)
    assert report.number in words(client.get("/reports/?show=decided").text)


@pytest.mark.both_databases
def test_a_heading_sorts_the_list(client, office):
    numbers = [create_report(office, reference=name).number for name in ("one", "two", "three")]
    Report.objects.filter(reference="breach-two").update(occurred_on="2020-07-01")
    Report.objects.filter(reference="breach-three").update(occurred_on=None)
    client.force_login(office.head)
    Report.objects.filter(reference="breach-one").update(person_dealing=office.head, dealing_since=AT)
    for name in ("report", "kind", "occurred", "person", "status"):
        for sort in (name, f"-{name}"):
            page = client.get("/reports/", {"sort": sort})
            assert {row["report"].number for row in page.context["rows"]} == set(numbers)
            assert page.text.count("aria-sort=") == 1
    by_day = client.get("/reports/", {"sort": "-occurred"}).context["rows"]
    assert [row["report"].number for row in by_day] == [numbers[1], numbers[0], numbers[2]]
    for sort in ("person", "-person"):
        by_person = client.get("/reports/", {"sort": sort}).context["rows"]
        assert by_person[0]["report"].number == numbers[0]
    unsorted = client.get("/reports/", {"sort": "salt"}).text
    assert "aria-sort" not in unsorted
    assert "Your tasks come first, then the newest reports." in unsorted


def test_decided_reports_begin_with_the_latest_breach_and_the_heading_says_so(client, office):
    numbers = [create_report(office, ReportStatus.DISMISSED, reference=name).number for name in ("one", "two")]
    Report.objects.filter(reference="breach-one").update(occurred_on="2020-07-01")
    client.force_login(office.head)
    page = client.get("/reports/", {"show": "decided"})
    assert [row["report"].number for row in page.context["rows"]] == numbers
    assert [one.direction for one in page.context["order"].headings] == ["", "", "descending", "", ""]


def test_a_long_list_is_paged_with_as_many_queries_as_one_report_takes(client, django_assert_num_queries, monkeypatch):
    from breaches.drafting import draft_missing

    monkeypatch.setattr(report_module, "REPORTS_ON_A_PAGE", 5)
    office = create_office()
    series = SeriesFactory(producer=office.producer)
    client.force_login(office.head)
    create_late_release(series=series, reference="release-00")
    draft_missing(now=london("10:27:02"))
    with CaptureQueriesContext(connection) as few:
        client.get("/reports/")
    for number in range(1, 8):
        create_late_release(series=series, reference=f"release-{number:02}")
    draft_missing(now=london("10:27:02"))
    with django_assert_num_queries(len(few)):
        first = words(client.get("/reports/").text)
    assert first.count("Report BR-2020-") == 5
    assert words(client.get("/reports/?page=2").text).count("Report BR-2020-") == 3


def test_the_command_lists_what_programs_need(django_assert_max_num_queries, office, approved_report):
    early = ReleaseFactory(
        confirmed=True, series=SeriesFactory(producer=office.producer), reference="early", rehearsal=True
    )
    record_coverage(early)
    record_checks(early, *EARLY_MORNING)
    unseen = ReleaseFactory(confirmed=True, series=early.series, reference="unseen")
    record_coverage(unseen)
    record_checks(unseen, *NOT_SEEN_MORNING)
    from breaches.drafting import draft_missing

    draft_missing(now=london("10:28"))
    with django_assert_max_num_queries(4):
        entries = {entry["release"]: entry for entry in listed(json=True)}
    assert entries["schools-march-2020"] == {
        "reference": approved_report.reference,
        "release": "schools-march-2020",
        "kind": "late",
        "kinds": ["late"],
        "status": "approved",
        "practices": ["T3.6"],
        "occurred_at": "2020-06-30T08:30:00+00:00",
        "delay_seconds": [3415.0, 3420.0],
        "number": "BR-2020-001",
    }
    assert (entries["early"]["kind"], entries["early"]["occurred_at"]) == ("early", "2020-06-30T08:10:00+00:00")
    assert entries["early"]["delay_seconds"] == [-1800.0, -1200.0]
    assert entries["unseen"]["delay_seconds"] == [120.0, None]


def test_the_command_speaks_to_people_too():
    assert "There are no breach reports." in listed()
    report = create_draft()
    assert f"{report.reference}  draft  late, 9:30am on 30 June 2020" in listed()
    assert listed(json=True)[0]["reference"] == report.reference


def test_an_approved_report_is_exported_as_it_was_stored(tmp_path, approved_report):
    file = tmp_path / "report.pdf"
    call_command("export_report", approved_report.reference, output=file, stdout=StringIO())
    assert file.read_bytes() == bytes(approved_report.approved_documents.get().pdf)
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]


@pytest.mark.parametrize(
    ("status", "mark"),
    [
        (ReportStatus.RETURNED, "DRAFT: suspected breach, not yet decided"),
        (ReportStatus.DISMISSED, "DISMISSED: suspected breach, decided not to be a breach"),
    ],
    ids=["returned", "dismissed"],
)
def test_any_other_report_is_exported_with_its_mark(tmp_path, monkeypatch, status, mark):
    from breaches import pdf

    marks = []
    monkeypatch.setattr(pdf, "render_pdf", lambda document: marks.extend(document.marks) or render_text(document))
    report = create_report(create_office(), status)
    call_command("export_report", report.reference, output=tmp_path / "draft.pdf", stdout=StringIO())
    assert marks == [mark]
    assert (tmp_path / "draft.pdf").read_bytes().startswith(b"%PDF-")


def test_an_approved_report_about_a_rehearsal_is_printed_as_one():
    report = create_report(create_office(), ReportStatus.APPROVED, rehearsal=True)
    assert lay_out_report(report, current_version(report)).marks == ("REHEARSAL: no real release and no real breach",)


def test_an_export_that_cannot_be_is_refused_in_one_line(tmp_path, monkeypatch):
    from breaches import pdf

    monkeypatch.setattr(pdf, "render_pdf", render_text)
    report = create_draft()
    with pytest.raises(CommandError, match="There is no breach report breach-nothing"):
        call_command("export_report", "breach-nothing", output=tmp_path / "x.pdf")
    with pytest.raises(CommandError, match="could not be written: No such file or directory"):
        call_command("export_report", report.reference, output=tmp_path / "no" / "x.pdf")

    def broken(document):
        message = "no font"
        raise pdf.NotRendered(message)

    monkeypatch.setattr(pdf, "render_pdf", broken)
    with pytest.raises(CommandError, match="could not be printed: no font"):
        call_command("export_report", report.reference, output=tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []
    assert Report.objects.get().status == ReportStatus.DRAFT
