"""The mail by which a report leaves the house: to a real mail server, with the very document that was approved."""

from datetime import timedelta

import pytest
from django.urls import reverse

from breaches import decisions
from breaches.rules.lifecycle import ReportStatus
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Message
from tests.support.people import AT, REGULATOR, approve, create_office, create_report, dispatch_report
from tests.support.report_forms import words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=10)


@shared_fixture
def office():
    return create_office(name="Office for Invented Numbers")


@shared_fixture
def approved_report(office):
    return create_report(office, ReportStatus.APPROVED)


@shared_fixture
def sent_report(approved_report, office):
    return dispatch_report(approved_report, office, ReportStatus.SENT)


def leave(at=LATER):
    """Write the due messages, send them, and return the number of messages to the regulator's address."""
    outbox.create_missing(now=at)
    deliver_messages(now=at)
    return Message.objects.filter(recipient=REGULATOR, sent_at__isnull=False).count()


def mails_to(mailbox, recipient):
    return [mail for mail in mailbox.mails if mail["To"] == recipient]


def test_a_report_leaves_once_with_the_approved_document_byte_for_byte(mailbox, office, sent_report):
    report = sent_report
    assert (leave(), leave(LATER + timedelta(hours=1))) == (1, 1)
    (mail,) = mails_to(mailbox, REGULATOR)
    (attached,) = mail.iter_attachments()
    document = report.approved_documents.get()
    assert attached.get_content() == bytes(document.pdf)
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == f"{report.number}-version-{document.version}.pdf"
    assert mail["Reply-To"] == office.head.email
    assert mail["Subject"] == f"Breach report {report.number}: {report.producer}"
    text = mail.get_body(("plain",)).get_content()
    assert f"{office.head}, Head of Profession, Office for Invented Numbers" in text
    technical = f"Technical details\n\nSHA-256 of the attached file: {sha256_hex(bytes(document.pdf))}"
    assert text.replace("\r\n", "\n").strip().endswith(technical)
    assert f"It reports on ‘{report.suspicions.get().release.title}’." in " ".join(text.split())


def test_nothing_leaves_because_a_report_is_approved(mailbox, office, approved_report):
    assert leave() == 0


def test_what_was_sent_outside_is_not_sent_again_from_here(mailbox, office, approved_report):
    report = approved_report
    decisions.record_sent_outside(report, recipient=REGULATOR, sent_on=AT.date(), by=office.head, at=LATER)
    assert leave() == 0


def test_the_notice_of_a_correction_and_the_corrected_report_follow_each_other(mailbox, office, sent_report):
    sent = sent_report
    draft = decisions.send_correction(sent, notice="The time was wrong.", by=office.head, at=LATER)
    again = decisions.submit_report(draft, by=office.statistician, at=LATER)
    decisions.send_report(approve(again, office), recipient=REGULATOR, by=office.head, at=LATER)
    assert leave() == 3
    first, notice, second = mails_to(mailbox, REGULATOR)
    assert [len(list(mail.iter_attachments())) for mail in (first, notice, second)] == [1, 0, 1]
    assert notice["Subject"] == f"Breach report {sent.number} to be corrected: {sent.producer}"
    title = sent.suspicions.get().release.title
    told = " ".join(notice.get_body(("plain",)).get_content().split())
    assert "The time was wrong." in told
    assert f"It reports on ‘{title}’. A corrected report will follow." in told
    replaced = sent.approved_documents.order_by("version").first()
    assert f"It replaces version {replaced.version}, sent on 30 June 2020." in second.get_body(("plain",)).get_content()


def test_a_rehearsal_goes_to_who_sends_it_and_says_what_it_is(mailbox, office):
    report = create_report(office, ReportStatus.APPROVED, rehearsal=True)
    decisions.send_report(report, recipient=office.head.email, by=office.head, at=LATER)
    leave()
    mails = [mail for mail in mails_to(mailbox, office.head.email) if "Breach report" in mail["Subject"]]
    assert [mail["Subject"].startswith("Rehearsal: ") for mail in mails] == [True]
    assert "This is a rehearsal" in mails[0].get_body(("plain",)).get_content()


def test_the_reports_page_says_whether_the_mail_has_left(client, office, smtp_port, sent_report):
    report = sent_report
    address = reverse("breaches:report", args=[report.reference])
    client.force_login(office.people[Role.AUDITOR])
    assert "Waiting for the mail server." in words(client.get(address).text)
    # A server that cannot be reached ends a round, and others come first.
    for minutes in range(15):
        leave(LATER + timedelta(minutes=minutes))
    assert "Not delivered yet: " in words(client.get(address).text)
    Message.objects.filter(recipient=REGULATOR).update(sent_at=LATER, last_error="")
    assert "The mail server accepted it at" in words(client.get(address).text)
