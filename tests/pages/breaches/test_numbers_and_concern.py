"""The number of a report on its pages, the short concern, and the technical details."""

from io import BytesIO

import pypdf
import pytest
from selectolax.lexbor import LexborHTMLParser

from breaches import pdf
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import current_version
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from tests.support.people import IMPACT, add_role, create_office, create_report, move_report
from tests.support.report_forms import page_of, words

pytestmark = pytest.mark.django_db


def text_of_file(answer):
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(answer.content)).pages).split())


def test_pages_show_the_number_and_no_reference(client, office, draft_report):
    client.force_login(office.head)
    for name in ("report", "check", "history", "timeline", "actions", "cause"):
        page = client.get(page_of(draft_report, name)).text
        assert f"eport BR-2020-001, {office.producer}" in LexborHTMLParser(page).css_first("title").text()
        page = words(page)
        assert f"Report BR-2020-001, {office.producer}" in page
        assert draft_report.reference not in page
    for address in ("/reports/", "/reports/register/"):
        page = words(client.get(address).text)
        assert "Report BR-2020-001" in page
        assert draft_report.reference not in page


@pytest.mark.parametrize("typed", ["BR-2020-001", "br-2020-1", "the reference"])
def test_a_number_or_reference_leads_to_its_report(client, office, draft_report, typed):
    client.force_login(office.statistician)
    number = draft_report.reference if typed == "the reference" else typed
    answer = client.get("/reports/", {"number": number})
    assert answer.status_code == 302
    assert answer.url == page_of(draft_report, "report")


@pytest.mark.parametrize("number", ["BR-2020-099", "schools", "BR-2020-001"])
def test_a_number_that_is_not_found_or_not_the_persons_is_refused_in_the_same_way(client, office, draft_report, number):
    client.force_login(office.statistician if number != "BR-2020-001" else create_office(slug="other").statistician)
    answer = client.get("/reports/", {"number": number})
    assert answer.status_code == 200
    assert "We found no report with this number. Check the number and try again." in words(answer.text)


def test_an_empty_number_asks_for_one(client, office):
    client.force_login(office.statistician)
    assert "Enter a report number" in words(client.get("/reports/?number=").text)


def test_a_number_of_two_producers_lists_both_reports_with_their_producers(client, office, draft_report):
    other = create_office(name="Another Office", slug="other")
    create_report(other, ReportStatus.DISMISSED, reference="other")
    add_role(office.head, other.producer, Role.AUDITOR)
    client.force_login(office.head)
    page = words(client.get("/reports/?number=BR-2020-001").text)
    assert "Reports with this number" in page
    assert page.count("Report BR-2020-001") == 2
    assert "Another Office. Report BR-2020-001" in page


def test_files_are_named_by_the_number(client, office, draft_report):
    client.force_login(office.head)
    files = [
        client.get(page_of(draft_report, name)).headers["Content-Disposition"] for name in ("draft_pdf", "concern_pdf")
    ]
    version = draft_report.version
    files.append(client.get(f"{page_of(draft_report, 'draft_pdf')}?annex=1").headers["Content-Disposition"])
    assert files == [
        f'inline; filename="BR-2020-001-draft-{version}.pdf"',
        f'attachment; filename="BR-2020-001-short-concern-draft-{version}.pdf"',
        f'inline; filename="BR-2020-001-draft-{version}-with-annex.pdf"',
    ]


def test_the_short_concern_of_a_draft_is_marked_and_its_download_is_recorded(client, office, draft_report):
    client.force_login(office.statistician)
    answer = client.get(page_of(draft_report, "concern_pdf"))
    assert answer.headers["Content-Type"] == "application/pdf"
    text = text_of_file(answer)
    assert "DRAFT: suspected breach, not yet decided" in text
    assert IMPACT.split(".")[0] in text
    event = draft_report.events.get(kind="concern_downloaded")
    assert (event.actor, event.facts["role"]) == (office.statistician, "statistician")
    assert event.facts["sha256"] == sha256_hex(answer.content)
    assert "Short concern downloaded" in words(client.get(page_of(draft_report, "history")).text)


def test_the_short_concern_of_an_approved_report_has_the_approved_text(client, office, approved_report):
    client.force_login(office.head)
    text = text_of_file(client.get(page_of(approved_report, "concern_pdf")))
    assert "DRAFT" not in text
    assert f"From report BR-2020-001. Approved by {office.head}" in text
    assert IMPACT.split(".")[0] in text


def test_the_short_concern_of_a_withdrawn_report_says_so(client, office, draft_report):
    report = move_report(draft_report, office, ReportStatus.WITHDRAWN)
    client.force_login(office.head)
    assert "WITHDRAWN: this report was withdrawn" in text_of_file(client.get(page_of(report, "concern_pdf")))


@pytest.mark.parametrize("role", list(Role))
def test_those_who_may_download_the_report_may_download_the_short_concern(client, office, draft_report, role):
    client.force_login(office.people[role])
    answers = [client.get(page_of(draft_report, name)).status_code for name in ("draft_pdf", "concern_pdf")]
    assert answers[0] == answers[1]
    assert not draft_report.events.filter(kind="concern_downloaded").exists() or answers[1] == 200


def test_a_short_concern_that_cannot_be_printed_says_so(client, office, draft_report, monkeypatch):
    def broken(document):
        message = "The font is gone."
        raise pdf.NotRendered(message)

    monkeypatch.setattr(pdf, "render_concern", broken)
    client.force_login(office.head)
    answer = client.get(page_of(draft_report, "concern_pdf"), follow=True)
    assert "We could not create the PDF. The font is gone." in words(answer.text)
    assert not draft_report.events.filter(kind="concern_downloaded").exists()


def test_the_hashes_are_under_technical_details_and_not_in_the_history(client, office, approved_report):
    client.force_login(office.statistician)
    document = approved_report.approved_documents.get()
    page = words(client.get(page_of(approved_report, "technical_details")).text)
    for shown in (
        approved_report.reference,
        document.pdf_sha256,
        document.content_sha256,
        document.evidence_sha256,
        current_version(approved_report).content_sha256,
    ):
        assert shown in page
    assert document.content_sha256 not in client.get(page_of(approved_report, "history")).text
    assert page_of(approved_report, "technical_details") in client.get(page_of(approved_report, "report")).text


def test_the_technical_details_of_a_draft_say_that_nothing_is_approved(client, office, draft_report):
    client.force_login(office.statistician)
    page = words(client.get(page_of(draft_report, "technical_details")).text)
    assert "There are no approved documents yet." in page


def test_where_a_report_is_started_the_process_of_the_form_and_the_short_concern_are_named(client, office):
    client.force_login(office.head)
    page = words(client.get("/reports/start/").text)
    assert page.count("The report uses the 2018 to 2021 form.") == 1
    assert "a Head of Profession can send a half-page short concern" in page
