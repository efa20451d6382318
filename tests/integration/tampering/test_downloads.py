"""A document that was changed after its approval leaves the office by no way."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from breaches import dispatches
from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Message
from tests.integration.tampering.changes import CHANGES
from tests.integration.tampering.verifying import apply
from tests.support.people import AT, Office, create_office, create_report, move_report
from tests.support.report_forms import page_of, words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

REPLACED = next(change for change in CHANGES if change.name == "an approved PDF replaced")


@shared_fixture
def office() -> Office:
    return create_office()


@shared_fixture
def report(office: Office) -> Report:
    return move_report(create_report(office), office, ReportStatus.APPROVED)


@pytest.mark.both_databases
def test_it_is_not_downloaded_and_no_download_is_recorded(client, office, report):
    apply(REPLACED)
    client.force_login(office.head)
    answer = client.get(page_of(report, "approved_pdf", version=report.version), follow=True)
    assert "This document was changed after its approval" in words(answer.text)
    assert not report.events.filter(kind="downloaded").exists()


def test_it_is_not_exported(report, tmp_path):
    apply(REPLACED)
    with pytest.raises(CommandError, match="was changed after its approval"):
        call_command("export_report", report.reference, output=tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()


def test_it_is_not_sent(office, report, mailoutbox):
    dispatches.send_report(
        report, recipient="regulation@example.gov.uk", words="", by=office.head, at=AT + timedelta(hours=1)
    )
    outbox.create_missing(now=AT + timedelta(hours=2))
    apply(REPLACED)
    deliver_messages(now=AT + timedelta(hours=2))
    message = Message.objects.exclude(document=None).get()
    assert (message.sent_at, "was changed after its approval" in message.last_error) == (None, True)
    assert not any(mail.attachments for mail in mailoutbox)
