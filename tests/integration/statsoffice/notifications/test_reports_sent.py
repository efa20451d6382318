"""The mail by which a report leaves the house: to a real mail server, with the very document that was approved."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from breaches import decisions, publication
from breaches.models import Report
from breaches.register import with_outcome
from breaches.rules.lifecycle import ReportStatus
from breaches.text import event_title
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import DeliveryRefused, deliver_messages, retry_dispatch
from statsoffice.notifications.models import Message
from tests.support.people import AT, REGULATOR, approve, create_office, create_report
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
    return decisions.send_report(approved_report, recipient=REGULATOR, by=office.head, at=AT)


def leave(at=LATER):
    """Write the due messages, send them, and return the number of messages to the regulator's address."""
    outbox.create_missing(now=at)
    deliver_messages(now=at)
    return Message.objects.filter(recipient=REGULATOR, sent_at__isnull=False).count()


def refuse(for_good):
    """Return a function that sends messages to a mail server that refuses those to the regulator."""

    def send(message):
        if message.recipient == REGULATOR:
            raise DeliveryRefused("550 no such mailbox", for_good=for_good, only_this=True)

    return send


def leave_with(send, at=LATER):
    outbox.create_missing(now=at)
    deliver_messages(now=at, send=send)
    return Message.objects.filter(recipient=REGULATOR).order_by("pk")


def correct(report, office):
    """The corrected report as it is sent, after a notice of the correction."""
    draft = decisions.send_correction(report, notice="The time was wrong.", by=office.head, at=LATER)
    again = decisions.submit_report(draft, by=office.statistician, at=LATER)
    return decisions.send_report(approve(again, office), recipient=REGULATOR, by=office.head, at=LATER)


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
    correct(sent, office)
    assert [leave(), leave(), leave()] == [1, 2, 3]
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


@pytest.mark.parametrize("attempts", [1, 5])
def test_no_notice_or_corrected_report_overtakes_a_report_that_waits(office, sent_report, attempts):
    correct(sent_report, office)
    for hour in range(attempts):
        messages = leave_with(refuse(for_good=False), LATER + timedelta(hours=5 * hour))
    assert [message.attempts for message in messages] == [attempts]
    assert [leave_with(lambda message: None, LATER + timedelta(days=days)).count() for days in (2, 3, 4)] == [1, 2, 3]
    assert [message.subject.endswith("corrected: " + str(sent_report.producer)) for message in messages.all()] == [
        False,
        True,
        False,
    ]


def test_a_report_counts_as_sent_on_the_day_on_which_the_mail_server_accepted_it(office, sent_report):
    leave_with(refuse(for_good=False))
    assert publication.reported_dates(sent_report).on is None
    assert with_outcome(Report.objects.filter(pk=sent_report.pk)).get().sent_on is None
    accepted_at = LATER + timedelta(days=2)
    leave_with(lambda message: None, accepted_at)
    assert publication.reported_dates(sent_report).on == accepted_at.date()
    assert with_outcome(Report.objects.filter(pk=sent_report.pk)).get().sent_on == accepted_at.date()
    event = sent_report.events.get(kind="email_accepted")
    assert (event.at.date(), event.actor, event.facts["version"]) == (accepted_at.date(), None, sent_report.version)
    assert event_title(event) == f"Email accepted by the mail server: report (version {sent_report.version})"


def test_a_report_that_was_refused_for_good_does_not_count_and_can_be_sent_again_once(office, sent_report):
    (message,) = leave_with(refuse(for_good=True))
    assert publication.reported_dates(sent_report).on is None
    dispatch = sent_report.dispatches.get()
    with pytest.raises(ValueError, match="none of the roles"), transaction.atomic():
        retry_dispatch(dispatch, by=office.statistician, at=LATER)
    assert [retry_dispatch(dispatch, by=office.deputy, at=LATER) for _ in range(2)] == [True, False]
    event = sent_report.events.get(kind="email_retried")
    assert (event.actor, event.facts["role"], event.facts["dispatch"]) == (office.deputy, "deputy", dispatch.pk)
    assert [(one.pk, one.attempts) for one in leave_with(refuse(for_good=False))] == [(message.pk, 1)]
    assert not retry_dispatch(dispatch, by=office.head, at=LATER)
    leave_with(lambda message: None, LATER + timedelta(hours=1))
    assert publication.reported_dates(sent_report).on == LATER.date()
    assert not retry_dispatch(dispatch, by=office.head, at=LATER + timedelta(hours=2))


def test_the_notice_about_a_report_that_was_refused_for_good_waits_until_the_report_is_sent_again(office, sent_report):
    decisions.send_withdrawal(sent_report, notice="It was on time.", by=office.head, at=LATER)
    leave_with(refuse(for_good=True))
    assert leave_with(lambda message: None).count() == 1
    # The notice is sent even if the person decides long afterwards.
    much_later = LATER + timedelta(days=40)
    assert leave_with(lambda message: None, much_later).count() == 1
    assert retry_dispatch(sent_report.dispatches.first(), by=office.head, at=much_later)
    assert leave_with(lambda message: None, much_later).count() == 1
    messages = leave_with(lambda message: None, much_later + timedelta(seconds=5))
    assert [bool(message.sent_at) for message in messages] == [True, True]
    assert messages[1].subject.startswith(f"Breach report {sent_report.number} withdrawn")
    assert leave_with(lambda message: None, much_later + timedelta(days=1)).count() == 2


def test_if_the_corrected_report_was_refused_the_withdrawal_goes_to_who_has_the_version_before(office, sent_report):
    leave_with(lambda message: None)
    corrected = correct(sent_report, office)
    leave_with(lambda message: None)
    leave_with(refuse(for_good=True))
    assert publication.reported_dates(corrected).on is None
    decisions.send_withdrawal(corrected, notice="It was on time.", by=office.head, at=LATER)
    messages = leave_with(lambda message: None)
    assert [bool(message.sent_at) for message in messages] == [True, True, False, True]
    assert messages[3].subject.startswith(f"Breach report {sent_report.number} withdrawn")
    first, _notice, refused, withdrawal = corrected.dispatches.order_by("pk")
    assert withdrawal.document == first.document
    # The corrected report must not arrive after the withdrawal.
    assert not retry_dispatch(refused, by=office.head, at=LATER)


def test_a_corrected_report_replaces_nothing_that_was_refused_for_good(office, sent_report):
    leave_with(refuse(for_good=True))
    correct(sent_report, office)
    first, corrected = leave_with(lambda message: None)
    assert (first.sent_at, bool(corrected.sent_at)) == (None, True)
    assert corrected.document.version > first.document.version
    assert "It replaces" not in corrected.text
    # The earlier version must not arrive after the corrected one.
    assert not retry_dispatch(sent_report.dispatches.first(), by=office.head, at=LATER)
    assert leave_with(lambda message: None, LATER + timedelta(hours=1)).count() == 2


def test_leads_see_why_a_report_was_not_sent_and_send_it_again(client, office, sent_report):
    leave_with(refuse(for_good=True))
    dispatch = sent_report.dispatches.get()
    page = reverse("breaches:report", args=[sent_report.reference])
    address = reverse("outbox:retry_dispatch", args=[sent_report.reference, dispatch.pk])
    not_sent = "Not sent. We have stopped trying. Reason: 550 no such mailbox"
    for role in (Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.AUDITOR, Role.CALENDAR_MANAGER):
        client.force_login(office.people[role])
        assert client.post(address).status_code == 404
        assert address not in client.get(page).text
    client.force_login(office.people[Role.AUDITOR])
    assert not_sent in words(client.get(page).text)
    client.force_login(office.head)
    assert not_sent in words(client.get(page).text)
    assert address in client.get(page).text
    assert client.get(address).url == page
    assert client.post(reverse("outbox:retry_dispatch", args=[sent_report.reference, 10**6])).status_code == 404
    again = words(client.post(address, follow=True).text)
    assert "We will try to send the email again." in again
    assert "Waiting for the mail server." in again
    assert "Try again" not in again
    assert "You did not make any changes." in words(client.post(address, follow=True).text)
    assert sent_report.events.filter(kind="email_retried").count() == 1


def test_the_page_says_that_a_notice_waits_for_a_report_that_was_refused(client, office, sent_report):
    decisions.send_withdrawal(sent_report, notice="It was on time.", by=office.head, at=LATER)
    leave_with(refuse(for_good=True))
    client.force_login(office.head)
    page = words(client.get(reverse("breaches:report", args=[sent_report.reference])).text)
    assert "Not sent, because we could not send the report that it is about." in page
    assert "was approved and sent" not in page
    assert "draft" not in page


@pytest.mark.parametrize("name", ["correct", "withdraw"])
def test_the_form_for_a_notice_says_if_its_report_has_not_left(client, office, sent_report, name):
    client.force_login(office.head)
    address = reverse(f"breaches:{name}", args=[sent_report.reference])
    assert "The mail server has not accepted the email with the report." in words(client.get(address).text)
    leave_with(lambda message: None)
    form = words(client.get(address).text)
    assert f"We email the notice below to {REGULATOR} now." in form
    assert "has not accepted" not in form


def test_the_page_of_a_correction_says_that_the_earlier_version_has_not_left(client, office, sent_report):
    decisions.send_correction(sent_report, notice="The time was wrong.", by=office.head, at=LATER)
    client.force_login(office.people[Role.AUDITOR])
    page = words(client.get(reverse("breaches:report", args=[sent_report.reference])).text)
    assert "The email with the earlier version has not been accepted by the mail server." in page
    assert "This is a suspected breach." not in page
