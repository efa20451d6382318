"""A corrected report names the version that it replaces, and says so each time that it is laid out."""

from datetime import timedelta

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import decisions, dispatches, pdf
from breaches.layout import lay_out_draft, lay_out_report, lay_out_short_concern
from breaches.models import Report
from breaches.rules.content import content_digest
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import content_of, current_version
from releases import published_corrections
from releases.published_corrections import CorrectionFacts
from releases.rules.calendar import local_date
from tests.integration.breaches.pdf.documents import text_of
from tests.integration.breaches.pdf.documents import words as words_of
from tests.support.people import AT, REGULATOR, accept_dispatch, create_report, dispatch_report, render_text
from tests.support.report_forms import page_of, words

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(hours=1)
REPLACED = "Corrected report. This replaces version {}, sent to {} on 30 June 2020."
NO_ANNEX = "was sent with an evidence annex. This version has no annex."


def start_correction(report, office):
    draft = dispatches.send_correction(report, notice="The time was wrong.", by=office.head, at=LATER)
    return decisions.submit_report(draft, by=office.statistician, at=LATER)


def approve_again(report, office, *, render=pdf.render_pdf):
    return decisions.approve_report(report, by=office.head, at=LATER, render=render)


def printed(file, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(bytes(file))
    return words_of(text_of(path))


def test_a_corrected_report_prints_which_version_it_replaces_to_whom_and_when_it_was_sent(
    client, office, sent_report, tmp_path
):
    number = sent_report.version
    document = approve_again(start_correction(sent_report, office), office)
    sentence = REPLACED.format(number, REGULATOR)
    text = printed(document.pdf, tmp_path)
    assert sentence in text
    assert f"Report {document.report.number}, version {document.version}" in text
    assert document.content_sha256 == content_digest(content_of(document.report))
    concern = printed(pdf.render_concern(lay_out_short_concern(document.report)), tmp_path)
    assert sentence in concern
    assert f"From report {document.report.number}, version {document.version}. Approved by" in concern
    client.force_login(office.head)
    assert sentence in words(
        client.get(reverse("breaches:version", args=[document.report.reference, document.version])).text
    )
    first = sent_report.versions.get(number=number)
    assert lay_out_report(sent_report, first).correction == ""


def test_a_corrected_report_prints_the_same_again_after_it_was_sent_and_corrected_once_more(office, sent_report):
    document = approve_again(start_correction(sent_report, office), office)
    version = current_version(document.report)
    sent = dispatches.send_report(document.report, recipient=REGULATOR, by=office.head, at=LATER)
    accept_dispatch(sent, at=LATER)
    again = start_correction(sent, office)
    assert pdf.render_pdf(lay_out_report(again, version)) == bytes(document.pdf)
    assert lay_out_draft(again).correction == REPLACED.format(document.version, REGULATOR)


def test_a_report_sent_outside_is_replaced_with_the_recipient_and_the_day_on_record(office, approved_report):
    number, day = approved_report.version, local_date(AT)
    sent = dispatches.record_sent_outside(approved_report, recipient="OSR", sent_on=day, by=office.head, at=LATER)
    document = approve_again(start_correction(sent, office), office, render=render_text)
    layout = lay_out_report(document.report, current_version(document.report))
    assert layout.correction == REPLACED.format(number, "OSR")


def test_an_email_that_is_accepted_after_the_approval_changes_no_approved_document(office, approved_report):
    sent = dispatches.send_report(approved_report, recipient=REGULATOR, by=office.head, at=LATER)
    dispatch = sent.dispatches.get()
    document = approve_again(start_correction(sent, office), office)
    dispatches.record_acceptance(dispatch, at=LATER + timedelta(minutes=1))
    layout = lay_out_report(document.report, current_version(document.report))
    assert layout.correction == ""
    assert pdf.render_pdf(layout) == bytes(document.pdf)


def test_a_report_that_was_reopened_before_it_was_sent_replaces_nothing(office, approved_report):
    reopened = decisions.reopen_report(approved_report, reason="A figure was wrong.", by=office.head, at=LATER)
    assert lay_out_draft(reopened).correction == ""
    document = approve_again(reopened, office, render=render_text)
    assert lay_out_report(document.report, current_version(document.report)).correction == ""


@pytest.mark.parametrize("annex", [True, False], ids=["with-annex", "without"])
def test_the_approval_page_shows_the_correction_and_that_the_annex_is_missing(client, office, submitted_report, annex):
    document = decisions.approve_report(submitted_report, annex=annex, by=office.head, at=AT, render=render_text)
    client.force_login(office.head)
    corrected = start_correction(dispatch_report(document.report, office, "sent"), office)
    page = words(client.get(page_of(corrected, "approve")).text)
    assert REPLACED.format(document.version, REGULATOR) in page
    assert (f"Version {document.version} {NO_ANNEX}" in page) is annex
    assert NO_ANNEX not in words(client.get(f"{page_of(corrected, 'approve')}?annex=1").text)


def test_a_draft_of_a_correction_that_was_withdrawn_replaces_nothing(office, sent_report):
    draft = dispatches.send_correction(sent_report, notice="The time was wrong.", by=office.head, at=LATER)
    version = current_version(draft)
    assert lay_out_report(draft, version).correction
    withdrawn = dispatches.send_withdrawal(draft, notice="It was on time.", by=office.head, at=LATER)
    laid_out = lay_out_report(withdrawn, version)
    assert laid_out.correction == ""
    assert not any("correction" in mark for mark in laid_out.marks)


def test_a_draft_of_a_correction_is_marked_as_one_and_not_as_undecided(office, sent_report):
    number = sent_report.version
    draft = dispatches.send_correction(sent_report, notice="The time was wrong.", by=office.head, at=LATER)
    mark = f"DRAFT: correction of version {number}, not yet approved"
    fresh = Report.objects.get(pk=draft.pk)
    for document in (
        lay_out_draft(fresh),
        lay_out_report(fresh, current_version(fresh)),
        lay_out_short_concern(fresh),
    ):
        assert document.marks == (mark,)


@pytest.mark.parametrize("shown_on", ["/reports/", "/reports/register/", "report", "search"])
def test_lists_and_the_page_say_that_a_report_is_being_corrected_and_then_that_its_correction_is_not_sent(
    client, office, sent_report, shown_on
):
    client.force_login(office.head)
    pages = {"report": page_of(sent_report, "report"), "search": f"/search/?q={sent_report.number}"}
    address = pages.get(shown_on, shown_on)

    def marks():
        tags = {tag.text(strip=True) for tag in LexborHTMLParser(client.get(address).text).css(".govuk-tag")}
        return tags & {"Being corrected", "Correction not sent"}

    create_report(office, ReportStatus.APPROVED, reference="never-sent")
    assert marks() == set()
    draft = dispatches.send_correction(sent_report, notice="The time was wrong.", by=office.head, at=LATER)
    assert marks() == {"Being corrected"}
    submitted = decisions.submit_report(draft, by=office.statistician, at=LATER)
    assert marks() == {"Being corrected"}
    approved = approve_again(submitted, office, render=render_text).report
    assert marks() == {"Correction not sent"}
    dispatches.send_report(approved, recipient=REGULATOR, by=office.head, at=LATER)
    assert marks() == set()


def test_the_page_of_a_release_says_that_its_report_is_being_corrected(client, office, sent_report):
    client.force_login(office.head)
    release = sent_report.suspicions.get().release
    address = reverse("releases:release", args=[release.reference])
    assert f"{sent_report.number} , sent" in words(client.get(address).text)
    dispatches.send_correction(sent_report, notice="The time was wrong.", by=office.head, at=LATER)
    assert f"{sent_report.number} , draft, being corrected" in words(client.get(address).text)
    approve_again(Report.objects.get(pk=sent_report.pk), office, render=render_text)
    assert f"{sent_report.number} , approved, correction not sent" in words(client.get(address).text)


def test_the_page_of_corrected_statistics_says_that_a_report_about_the_release_is_being_corrected(
    client, office, sent_report
):
    client.force_login(office.head)
    release = sent_report.suspicions.get().release
    facts = CorrectionFacts("The wrong file was uploaded.", AT, LATER, "")
    published_corrections.record_correction(release, facts, by=office.head, at=LATER, seen=0)
    address = reverse("releases:correction", args=[release.reference, 1])
    assert f"{sent_report.number} , late, sent" in words(client.get(address).text)
    dispatches.send_correction(sent_report, notice="The time was wrong.", by=office.head, at=LATER)
    assert f"{sent_report.number} , late, draft, being corrected" in words(client.get(address).text)


def test_the_page_of_a_correction_does_not_call_its_breach_suspected(client, office, sent_report):
    dispatches.send_correction(sent_report, notice="The time was wrong.", by=office.head, at=LATER)
    client.force_login(office.head)
    page = words(client.get(page_of(sent_report, "report")).text)
    assert "Kind of breach: late" in page
    assert "Suspected breach" not in page
