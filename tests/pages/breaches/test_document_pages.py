"""The documents and the history of a report, as its pages return them."""

import pytest

from breaches import pdf
from breaches.models import ApprovedDocument
from breaches.rules.lifecycle import WITH_DOCUMENT, ReportStatus
from releases.rules.canonical import sha256_hex
from tests.integration.breaches.pdf.documents import text_of
from tests.support.people import ACTIONS, IMPACT, move_report, write_sections
from tests.support.report_forms import page_of, send, status_of, words

pytestmark = pytest.mark.django_db


def test_a_document_that_cannot_be_printed_refuses_the_approval_and_changes_nothing(
    client, office, submitted_report, monkeypatch
):
    def broken(document):
        message = "the font is gone"
        raise pdf.NotRendered(message)

    monkeypatch.setattr(pdf, "render_pdf", broken)
    client.force_login(office.head)
    answer = send(client, page_of(submitted_report, "approve"))
    assert answer.status_code == 409
    assert "could not create the PDF" in words(answer.text)
    assert (status_of(submitted_report), submitted_report.versions.count()) == (
        ReportStatus.WITH_HOP,
        submitted_report.version,
    )
    draft = client.get(page_of(submitted_report, "draft_pdf"), follow=True)
    assert "the font is gone" in words(draft.text)


def test_what_was_approved_is_downloaded_byte_for_byte_after_reopening_and_a_second_approval(
    client, office, submitted_report
):
    client.force_login(office.head)
    send(client, page_of(submitted_report, "approve"))
    first = ApprovedDocument.objects.get()
    before = client.get(page_of(submitted_report, "approved_pdf", version=first.version))
    assert before.headers["Content-Type"] == "application/pdf"
    assert before.content.startswith(b"%PDF-")
    assert sha256_hex(before.content) == first.pdf_sha256
    send(client, page_of(submitted_report, "reopen"), reason="A user wrote to us.")
    send(client, f"/reports/{submitted_report.reference}/impact/", impact="A user wrote to us a week later.")
    send(client, page_of(submitted_report, "approve"))
    assert ApprovedDocument.objects.count() == 2
    assert client.get(page_of(submitted_report, "approved_pdf", version=first.version)).content == before.content
    second = ApprovedDocument.objects.latest("version")
    assert client.get(page_of(submitted_report, "approved_pdf", version=second.version)).content != before.content
    assert client.get(page_of(submitted_report, "approved_pdf", version=1)).status_code == 404


def test_the_page_of_an_approved_report_says_what_its_document_says(client, office, approved_report):
    client.force_login(office.statistician)
    page = words(client.get(page_of(approved_report, "version", number=approved_report.version)).text)
    assert f"Approved by {office.head}, Head of Profession for Statistics, at 11:02am on 30 June 2020." in page
    assert "DRAFT" not in page
    assert "DRAFT" in words(client.get(page_of(approved_report, "version", number=approved_report.version - 1)).text)


def test_each_download_is_kept_with_name_role_and_time(client, office, submitted_report, quick_printer):
    client.force_login(office.head)
    client.get(page_of(submitted_report, "draft_pdf"))
    send(client, page_of(submitted_report, "approve"))
    submitted_report.refresh_from_db()
    client.get(page_of(submitted_report, "approved_pdf", version=submitted_report.version))
    kept = [
        (event.kind, event.actor, event.facts["role"])
        for event in submitted_report.events.filter(kind__contains="download")
    ]
    assert kept == [
        ("draft_downloaded", office.head, "head_of_profession"),
        ("downloaded", office.head, "head_of_profession"),
    ]
    history = words(client.get(page_of(submitted_report, "history")).text)
    assert "Approved document downloaded (version 5)" in history
    assert f"{office.head}, Head of Profession" in history


@pytest.mark.parametrize("status", WITH_DOCUMENT)
def test_what_was_approved_has_no_draft_any_more_and_leads_to_its_document(client, office, status, draft_report):
    report = move_report(draft_report, office, status)
    client.force_login(office.head)
    document = report.approved_documents.latest("version")
    for annex in ("", "?annex=1"):
        answer = client.get(page_of(report, "draft_pdf") + annex)
        assert answer.status_code == 302
        assert answer.url == page_of(report, "approved_pdf", version=document.version)
    assert not report.events.filter(kind="draft_downloaded").exists()
    assert client.get(answer.url).content == bytes(document.pdf)


def test_a_draft_says_on_every_page_that_it_is_one(client, office, draft_report):
    from io import BytesIO

    import pypdf

    client.force_login(office.statistician)
    file = client.get(page_of(draft_report, "draft_pdf")).content
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(file)).pages]
    assert pages
    assert all("DRAFT: suspected breach, not yet decided" in page for page in pages)
    assert ACTIONS.split(".")[0] in "".join(pages)


def test_the_history_tells_who_did_what_in_order_and_opens_every_version(client, office, returned_report):
    client.force_login(office.statistician)
    page = client.get(page_of(returned_report, "history")).text
    order = ("Drafted automatically", "Edited: Impact", "Submitted", "Returned", "Say more.")
    places = [words(page).index(part) for part in order]
    assert places == sorted(places)
    for number in range(1, returned_report.version + 1):
        shown = client.get(page_of(returned_report, "version", number=number))
        assert shown.status_code == 200
        assert (IMPACT in words(shown.text)) is (number > 1)
    assert client.get(page_of(returned_report, "version", number=99)).status_code == 404


def test_the_submitter_sees_the_heads_version(client, office, submitted_report):
    report = write_sections(submitted_report, by=office.head, impact="The head's words.")
    client.force_login(office.statistician)
    assert "The head's words." in words(client.get(page_of(report, "report")).text)
    assert office.head.name in words(client.get(page_of(report, "history")).text)


def test_a_dismissed_report_is_not_called_undecided(client, office, dismissed_report):
    client.force_login(office.head)
    page = words(client.get(page_of(dismissed_report, "version", number=dismissed_report.version)).text)
    assert "DISMISSED: suspected breach, decided not to be a breach" in page
    assert "not yet decided" not in page


def test_a_breach_kept_in_the_log_is_marked_so_and_says_who_decided_and_why(client, office, recorded_report):
    client.force_login(office.statistician)
    page = words(client.get(page_of(recorded_report, "report")).text)
    assert f"{office.head} recorded it in our breach log only at 11am on 30 June 2020" in page
    whole = words(client.get(page_of(recorded_report, "version", number=recorded_report.version)).text)
    assert "RECORDED: in the office’s breach log only, not reported" in whole
    assert "Little or no effect on users. " in whole
    assert f"{office.head}, Head of Profession, at 11am on 30 June 2020: No reader saw the old page." in whole
    assert "DRAFT" not in whole


def test_an_earlier_version_of_what_is_kept_in_the_log_does_not_carry_the_later_decision(
    client, office, recorded_report
):
    client.force_login(office.statistician)
    assert "No reader saw the old page." not in words(client.get(page_of(recorded_report, "version", number=1)).text)


def test_the_note_for_the_log_is_downloaded_as_a_pdf_that_says_so(client, office, recorded_report, tmp_path):
    client.force_login(office.head)
    assert "for our breach log (PDF)" in client.get(page_of(recorded_report, "report")).text
    answer = client.get(page_of(recorded_report, "draft_pdf"))
    name = f"{recorded_report.number}-breach-log-{recorded_report.version}.pdf"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{name}"'
    note = tmp_path / "note.pdf"
    note.write_bytes(answer.content)
    text = text_of(note)
    assert "RECORDED: in the office’s breach log only, not reported" in text
    assert "No reader saw the old page." in text
