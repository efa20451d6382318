"""The pages of attachments: the list with its form, the download, and the deletion of a file."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from breaches import attachments
from breaches.models import Attachment
from releases.rules.lifecycle import Role
from statsoffice.audit.models import AccountEvent, What
from statsoffice.audit.trail import describe_entry
from tests.support.people import AT, create_joint_report, create_report
from tests.support.report_forms import error_links, page_of, words

pytestmark = pytest.mark.django_db

LOG = b"09:31 publish queued\n10:26 publish done\n"


def add(report, by, *, name="cms.log", body=LOG):
    return attachments.add_attachment(report, name=name, body=body, by=by, at=AT)


def upload(client, report, **given):
    fields = {"file": SimpleUploadedFile("cms.log", LOG), "checked": "on"} | given
    return client.post(page_of(report, "attachments"), {name: value for name, value in fields.items() if value})


def test_the_page_asks_that_the_file_has_no_unreleased_figures(client, office, draft_report):
    client.force_login(office.statistician)
    page = client.get(page_of(draft_report, "attachments")).text
    assert "There are no attachments yet." in words(page)
    assert "must not contain unreleased figures" in words(page)
    assert "No scanner is set up" in words(page)
    assert 'enctype="multipart/form-data"' in page
    assert "#id_checked" in error_links(upload(client, draft_report, checked="").text)
    assert "#id_file" in error_links(upload(client, draft_report, file="").text)
    wrong = upload(client, draft_report, file=SimpleUploadedFile("cms.png", LOG)).text
    assert "The content of the selected file does not match its name." in words(wrong)
    assert "#id_file" in error_links(wrong)
    assert upload(client, draft_report).status_code == 302
    assert "OFFICIAL-SENSITIVE Not scanned" in words(client.get(page_of(draft_report, "attachments")).text)
    assert "cms.log (CMS log, 40" in words(client.get(page_of(draft_report, "report")).text)


def test_a_file_that_is_too_large_is_refused(client, office, draft_report, monkeypatch):
    monkeypatch.setattr(attachments, "LARGEST", 10)
    client.force_login(office.statistician)
    assert "MB or smaller" in words(upload(client, draft_report).text)


@pytest.mark.parametrize("checked", ["on", ""], ids=["complete", "incomplete"])
def test_a_file_for_a_draft_that_was_combined_meanwhile_leads_to_the_report_that_says_where_to_add_it(
    client, office, draft_report, checked
):
    client.force_login(office.statistician)
    joint = create_joint_report(office, draft_report)
    answer = upload(client, draft_report, checked=checked)
    assert answer.headers["Location"] == page_of(draft_report, "report")
    page = client.get(answer.headers["Location"]).text
    assert "Add the file to the report that replaced it." in words(page)
    assert page_of(joint, "report") in page
    assert not Attachment.objects.exists()


def test_a_download_is_a_file_that_no_browser_opens_and_is_on_record(client, office, draft_report):
    added = add(draft_report, office.statistician, name="CMS “log”.log")
    client.force_login(office.people[Role.AUDITOR])
    answer = client.get(reverse("breaches:attachment", args=[draft_report.reference, added.pk]))
    assert answer.content == LOG
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    event = draft_report.events.get(kind="attachment_downloaded", actor=office.people[Role.AUDITOR])
    assert describe_entry("documents", event) == (
        f"Downloaded an attachment of report {draft_report.number} ({office.producer})"
    )
    assert not AccountEvent.objects.filter(kind=What.FILE_TAKEN).exists(), "recorded once"


def test_only_the_head_of_profession_deletes_a_file_after_giving_a_reason(client, office, draft_report):
    added = add(draft_report, office.statistician)
    address = reverse("breaches:delete_attachment", args=[draft_report.reference, added.pk])
    client.force_login(office.statistician)
    assert client.post(address, {"why": "It names a person."}).status_code == 404
    assert address not in client.get(page_of(draft_report, "attachments")).text
    client.force_login(office.head)
    assert address in client.get(page_of(draft_report, "attachments")).text
    assert "#id_why" in error_links(client.post(address, {"why": ""}).text)
    assert client.post(address, {"why": "It names a person."}).status_code == 302
    page = words(client.get(page_of(draft_report, "attachments")).text)
    assert "File deleted" in page
    assert "Download" not in page
    for gone in (address, reverse("breaches:attachment", args=[draft_report.reference, added.pk])):
        assert "This file was deleted." in words(client.get(gone, follow=True).text)


def test_an_attachment_of_another_report_does_not_exist(client, office, draft_report):
    added = add(create_report(office, reference="another"), office.statistician)
    client.force_login(office.head)
    assert client.get(reverse("breaches:attachment", args=[draft_report.reference, added.pk])).status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_those_who_write_or_decide_add_and_those_who_download_read(client, office, draft_report, role):
    client.force_login(office.people[role])
    writes = role in {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
    reads = writes or role is Role.AUDITOR
    assert client.get(page_of(draft_report, "attachments")).status_code == (200 if reads else 404)
    assert upload(client, draft_report).status_code == (302 if writes else 404)
