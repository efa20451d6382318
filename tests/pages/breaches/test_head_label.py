"""The form's label for the owner of the report: with or without the Lead Official, by the office's setting."""

import pytest
from django.urls import reverse

from breaches import decisions, dispatches, pdf
from breaches.layout import lay_out_draft, lay_out_report
from breaches.models import ApprovedDocument, Report
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import content_of, current_version
from tests.integration.breaches.pdf.documents import text_of
from tests.integration.breaches.pdf.documents import words as words_of
from tests.support.people import AT, dispatch_report, render_text
from tests.support.report_forms import send, words

pytestmark = pytest.mark.django_db

ALONE = "Name and contact details of Head of Profession for Statistics"
BOTH = f"{ALONE} or Lead Official"


def page_of(report, name, *args):
    return reverse(f"breaches:{name}", args=[report.reference, *args])


def labels(document):
    return [label for label, _entries in document.sections[0].rows]


@pytest.mark.parametrize(("lead_official", "label"), [(False, ALONE), (True, BOTH)], ids=["off", "on"])
def test_draft_form_and_printed_draft_show_the_label_of_the_setting(
    client, office, draft_report, settings, tmp_path, lead_official, label
):
    settings.LEAD_OFFICIAL = lead_official
    client.force_login(office.statistician)
    check = words(client.get(page_of(draft_report, "check")).text)
    form = words(client.get(page_of(draft_report, "section", ReportSection.CORE_INFORMATION)).text)
    path = tmp_path / "draft.pdf"
    path.write_bytes(client.get(page_of(draft_report, "draft_pdf")).content)
    for shown in (check, form, words_of(text_of(path))):
        assert label in shown
        assert (BOTH in shown) is lead_official


def test_the_label_is_part_of_what_is_approved_and_printed_with_it_for_ever(client, office, submitted_report, settings):
    settings.LEAD_OFFICIAL = True
    document = decisions.approve_report(submitted_report, by=office.head, at=AT, render=pdf.render_pdf)
    settings.LEAD_OFFICIAL = False
    approved = document.report
    assert content_of(approved).lead_official
    assert BOTH in labels(lay_out_report(approved, current_version(approved)))
    client.force_login(office.head)
    assert BOTH in words(client.get(page_of(approved, "version", document.version)).text)
    assert client.get(page_of(approved, "approved_pdf", document.version)).content == bytes(document.pdf)
    assert lay_out_report(approved, current_version(approved)).content_hash == document.content_sha256


def test_what_was_approved_under_the_seeds_label_keeps_it_when_the_setting_changes(
    client, office, settings, submitted_report
):
    document = decisions.approve_report(submitted_report, by=office.head, at=AT, render=pdf.render_pdf)
    settings.LEAD_OFFICIAL = True
    assert ALONE in labels(lay_out_report(document.report, current_version(document.report)))
    client.force_login(office.head)
    assert client.get(page_of(document.report, "approved_pdf", document.version)).content == bytes(document.pdf)
    assert pdf.render_pdf(lay_out_report(document.report, current_version(document.report))) == bytes(document.pdf)


def test_an_approval_of_what_was_read_under_another_label_is_refused(client, office, submitted_report, settings):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "approve")).text
    settings.LEAD_OFFICIAL = True
    assert send(client, page_of(submitted_report, "approve"), page).status_code == 409
    assert not ApprovedDocument.objects.exists()


@pytest.mark.parametrize("again", ["reopen", "correct"])
def test_a_report_that_is_taken_up_again_follows_the_setting(office, settings, again, submitted_report):
    from breaches import decisions

    settings.LEAD_OFFICIAL = True
    document = decisions.approve_report(submitted_report, by=office.head, at=AT, render=render_text)
    if again == "reopen":
        report = decisions.reopen_report(document.report, reason="A user wrote.", by=office.head, at=AT)
    else:
        sent = dispatch_report(document.report, office, ReportStatus.SENT)
        report = dispatches.send_correction(sent, notice="A corrected report follows.", by=office.head, at=AT)
    assert not content_of(report).lead_official
    settings.LEAD_OFFICIAL = False
    assert ALONE in labels(lay_out_draft(Report.objects.get(pk=report.pk)))
