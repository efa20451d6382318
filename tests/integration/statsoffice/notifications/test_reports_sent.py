"""The mail by which a report leaves the house: to a real mail server, with the very document that was approved."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from breaches import decisions, dispatches, editing, publication, versions
from breaches.models import Report
from breaches.permissions import moves_open_to
from breaches.register import with_outcome
from breaches.rules.lifecycle import ReportStatus
from breaches.text import event_author, event_title
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import FieldRefused, Role, WrongRole, WrongState
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import DeliveryRefused, deliver_messages, retry_dispatch
from statsoffice.notifications.models import Message
from tests.support.people import AT, REGULATOR, approve, create_office, create_report
from tests.support.report_forms import send, words
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
    return dispatches.send_report(approved_report, recipient=REGULATOR, by=office.head, at=AT)


def leave(at=LATER):
    """Write the due messages, send them, and return the number of messages to the regulator's address."""
    outbox.create_missing(now=at)
    deliver_messages(now=at)
    return Message.objects.filter(recipient=REGULATOR, sent_at__isnull=False).count()


def refuse(for_good, recipient=REGULATOR):
    """Return a function that sends messages to a mail server that refuses those to one recipient."""

    def send(message):
        if message.recipient == recipient:
            raise DeliveryRefused("550 no such mailbox", for_good=for_good, only_this=True)

    return send


def leave_with(send, at=LATER):
    outbox.create_missing(now=at)
    deliver_messages(now=at, send=send)
    return Message.objects.filter(recipient=REGULATOR).order_by("pk")


def correct(report, office):
    """The corrected report as it is sent, after a notice of the correction."""
    draft = dispatches.send_correction(report, notice="The time was wrong.", by=office.head, at=LATER)
    again = decisions.submit_report(draft, by=office.statistician, at=LATER)
    return dispatches.send_report(approve(again, office), recipient=REGULATOR, by=office.head, at=LATER)


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
    dispatches.record_sent_outside(report, recipient=REGULATOR, sent_on=AT.date(), by=office.head, at=LATER)
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
    dispatches.send_report(report, recipient=office.head.email, by=office.head, at=LATER)
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
    dispatches.send_withdrawal(sent_report, notice="It was on time.", by=office.head, at=LATER)
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
    dispatches.send_withdrawal(corrected, notice="It was on time.", by=office.head, at=LATER)
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
    dispatches.send_withdrawal(sent_report, notice="It was on time.", by=office.head, at=LATER)
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
    assert "The mail server has not accepted the email with the report yet." in words(client.get(address).text)
    leave_with(lambda message: None)
    form = words(client.get(address).text)
    assert f"email your notice to {REGULATOR}" in form
    assert "has not accepted" not in form


def test_the_page_of_a_correction_says_that_the_earlier_version_has_not_left(client, office, sent_report):
    dispatches.send_correction(sent_report, notice="The time was wrong.", by=office.head, at=LATER)
    client.force_login(office.people[Role.AUDITOR])
    page = words(client.get(reverse("breaches:report", args=[sent_report.reference])).text)
    assert "The email with the earlier version has not been accepted by the mail server." in page
    assert "This is a suspected breach." not in page


CORRECTED = "breaches@regulator.example"


@pytest.fixture
def failed_report(office, sent_report):
    """A report whose email was refused for good. Its state is read again, because the failure is recorded."""
    leave_with(refuse(for_good=True))
    return Report.objects.select_related("producer").get(pk=sent_report.pk)


def send_otherwise(report, by, *, way="email", recipient=CORRECTED, at=LATER):
    if way == "email":
        return dispatches.send_report(report, recipient=recipient, by=by, at=at)
    return dispatches.record_sent_outside(report, recipient="OSR", sent_on=at.date(), by=by, at=at)


def test_a_failure_for_good_is_an_event_of_the_report_that_stays_after_the_next_attempt(office, failed_report):
    event = failed_report.events.last()
    assert (event.kind, event.actor, event.facts["version"]) == ("email_failed", None, failed_report.version)
    assert event_title(event) == f"Email could not be delivered: report (version {failed_report.version})"
    assert event_author(event) == "Email delivery"
    retry_dispatch(failed_report.dispatches.get(), by=office.head, at=LATER)
    leave_with(refuse(for_good=True))
    kinds = failed_report.events.filter(kind__startswith="email_").order_by("position").values_list("kind", flat=True)
    assert list(kinds) == ["email_failed", "email_retried", "email_failed"]


def test_a_report_that_failed_is_sent_to_the_corrected_address_once_and_its_notices_too(office, failed_report):
    sent = send_otherwise(failed_report, office.deputy)
    failed, again = sent.dispatches.order_by("pk")
    assert (failed.recipient, again.recipient, again.by) == (REGULATOR, CORRECTED, office.deputy)
    assert (again.document, again.role, sent.status) == (failed.document, "deputy", "sent")
    event = sent.events.get(kind="sent", actor=office.deputy)
    assert event_title(event) == f"Sent by email to {CORRECTED} (version {sent.version})"
    assert not retry_dispatch(failed, by=office.head, at=LATER)
    withdrawn = dispatches.send_withdrawal(sent, notice="It was on time.", by=office.head, at=LATER)
    for seconds in range(3):
        leave_with(lambda message: None, LATER + timedelta(seconds=5 * seconds))
    messages = Message.objects.filter(recipient=CORRECTED).order_by("pk")
    assert [bool(message.sent_at) for message in messages] == [True, True]
    assert messages[0].document == again.document
    assert "It replaces" not in messages[0].text
    assert messages[1].subject.startswith(f"Breach report {sent.number} withdrawn")
    assert Message.objects.get(recipient=REGULATOR).sent_at is None
    assert publication.reported_dates(withdrawn).on == LATER.date()


def test_a_report_that_failed_is_recorded_as_sent_in_another_way_and_counts_from_that_day(office, failed_report):
    sent = send_otherwise(failed_report, office.head, way="outside")
    failed, outside = sent.dispatches.order_by("pk")
    assert (failed.outside, outside.outside, outside.recipient) == (False, True, "OSR")
    assert publication.reported_dates(sent).on == LATER.date()
    assert with_outcome(Report.objects.filter(pk=sent.pk)).get().sent_on == LATER.date()
    assert not retry_dispatch(failed, by=office.head, at=LATER)
    dispatches.send_withdrawal(sent, notice="It was on time.", by=office.head, at=LATER)
    assert sent.dispatches.last().outside, "no notice goes to the address that failed"
    assert leave_with(lambda message: None).count() == 1


@pytest.mark.parametrize("way", ["email", "outside"])
def test_only_leads_send_a_report_in_another_way_and_only_while_its_email_has_failed(office, sent_report, way):
    leave_with(refuse(for_good=False))
    with pytest.raises(WrongState, match="only if its email could not be delivered"):
        send_otherwise(sent_report, office.head, way=way)
    leave_with(refuse(for_good=True), LATER + timedelta(hours=1))
    with pytest.raises(WrongRole):
        send_otherwise(sent_report, office.statistician, way=way)
    retry_dispatch(sent_report.dispatches.get(), by=office.head, at=LATER)
    with pytest.raises(WrongState, match="only if its email could not be delivered"):
        send_otherwise(sent_report, office.head, way=way)
    leave_with(refuse(for_good=True))
    closed = decisions.close_report(sent_report, by=office.head, at=LATER)
    sent = send_otherwise(closed, office.head, way=way)
    assert sent.status == "sent"
    with pytest.raises(WrongState, match="only if its email could not be delivered"):
        send_otherwise(sent, office.head, way=way)
    assert sent.dispatches.count() == 2


def test_the_address_that_failed_is_retried_and_not_sent_to_a_second_time(office, failed_report):
    with pytest.raises(WrongState, match="Select ‘Try again’, or ask an administrator to correct the address"):
        send_otherwise(failed_report, office.head, recipient=REGULATOR)


@pytest.mark.parametrize("way", ["email", "outside"])
def test_a_report_is_not_sent_in_another_way_if_its_email_is_retried_at_the_same_time(
    office, failed_report, way, monkeypatch
):
    locked = versions.lock_report

    def retry_first(report):
        monkeypatch.undo()
        assert retry_dispatch(failed_report.dispatches.get(), by=office.deputy, at=LATER)
        return locked(report)

    monkeypatch.setattr(versions, "lock_report", retry_first)
    with pytest.raises(WrongState, match="only if its email could not be delivered"):
        send_otherwise(failed_report, office.head, way=way)
    assert failed_report.dispatches.count() == 1


def test_a_conflict_of_interest_opens_no_second_way_to_send(office, sent_report):
    leave_with(lambda message: None)
    editing.declare_own_act(sent_report, by=office.head, at=LATER)
    assert "send" not in moves_open_to(office.head, sent_report)


def test_a_corrected_report_is_sent_to_an_address_that_failed_for_the_version_before(office, failed_report):
    corrected = correct(failed_report, office)
    assert corrected.dispatches.last().recipient == REGULATOR


def test_a_withdrawal_follows_a_corrected_report_to_its_new_recipient(office, sent_report):
    leave_with(lambda message: None)
    corrected = correct(sent_report, office)
    leave_with(lambda message: None)
    leave_with(refuse(for_good=True))
    again = dispatches.send_report(corrected, recipient=CORRECTED, by=office.head, at=LATER)
    dispatches.send_withdrawal(again, notice="It was on time.", by=office.head, at=LATER)
    withdrawal = again.dispatches.last()
    assert (withdrawal.recipient, withdrawal.document.version) == (CORRECTED, again.version)


def test_a_report_is_not_sent_again_to_the_first_of_two_addresses_for_which_its_email_failed(office, failed_report):
    second = dispatches.send_report(failed_report, recipient=CORRECTED, by=office.head, at=LATER)
    leave_with(refuse(for_good=True, recipient=CORRECTED))
    with pytest.raises(WrongState, match="We could not deliver the email to this address"):
        dispatches.send_report(second, recipient=REGULATOR, by=office.head, at=LATER)
    assert second.dispatches.count() == 2


def test_a_page_to_send_a_closed_report_says_that_it_opens_the_report_again(client, office, failed_report):
    decisions.close_report(failed_report, by=office.head, at=LATER)
    client.force_login(office.head)
    page = reverse("breaches:sent_outside", args=[failed_report.reference])
    assert "The report is closed. Recording this opens it again." in words(client.get(page).text)


def test_the_page_of_a_report_that_failed_offers_other_ways_to_leads(client, office, failed_report, settings):
    page, email, outside = (
        reverse(f"breaches:{name}", args=[failed_report.reference]) for name in ("report", "send", "sent_outside")
    )
    settings.REPORT_RECIPIENT = REGULATOR
    client.force_login(office.people[Role.AUDITOR])
    assert outside not in client.get(page).text
    client.force_login(office.head)
    shown = client.get(page).text
    assert f"Reports are sent to {REGULATOR}. If this address is wrong, ask an administrator to correct" in words(shown)
    assert (email in shown, outside in shown) == (False, True)
    assert "Select ‘Try again’, or ask an administrator" in words(client.get(email, follow=True).text)
    settings.REPORT_RECIPIENT = CORRECTED
    shown = client.get(page).text
    assert f"Send by email to {CORRECTED}" in words(shown)
    form = client.get(email).text
    assert f"to {CORRECTED} and to no one else" in words(form)
    assert send(client, email, form).url == page
    shown = words(client.get(page).text)
    assert f"to {REGULATOR} Not sent. We have stopped trying. Reason: 550 no such mailbox" in shown
    assert f"to {CORRECTED} Sent by {office.head} at" in shown
    assert "Try again" not in shown
    assert (email in client.get(page).text, outside in client.get(page).text) == (False, False)
    assert client.get(email).url == page


def test_a_lead_records_on_the_page_that_a_report_that_failed_was_sent_by_post(client, office, failed_report):
    page, outside = (reverse(f"breaches:{name}", args=[failed_report.reference]) for name in ("report", "sent_outside"))
    client.force_login(office.head)
    day = {"sent_on__day": "30", "sent_on__month": "6", "sent_on__year": "2020"}
    assert send(client, outside, recipient="OSR", reference="Letter 7", **day).url == page
    shown = words(client.get(page).text)
    assert "Not sent. We have stopped trying. Reason: 550 no such mailbox" in shown
    assert "Version 5 to OSR Sent outside this service on 30 June 2020" in shown
    assert f"Recorded by {office.head}. Reference: Letter 7." in shown
    assert outside not in client.get(page).text


def test_a_notice_that_waits_for_the_second_email_is_not_said_to_be_held(client, office, failed_report):
    sent = send_otherwise(failed_report, office.head)
    dispatches.send_withdrawal(sent, notice="It was on time.", by=office.head, at=LATER)
    client.force_login(office.head)
    page = words(client.get(reverse("breaches:report", args=[sent.reference])).text)
    assert "because we could not send the report that it is about" not in page
    assert page.count("Waiting for the mail server.") == 2


@pytest.fixture
def failed_notice(office, sent_report):
    """A notice of a withdrawal whose email was refused for good. Its report has arrived."""
    leave_with(lambda message: None)
    withdrawn = dispatches.send_withdrawal(sent_report, notice="It was on time.", by=office.head, at=LATER)
    leave_with(refuse(for_good=True))
    return withdrawn.dispatches.last()


def record_notice(notice, by, *, sent_on=None):
    on = sent_on or LATER.date()
    dispatches.record_notice_dispatch(notice, recipient=" OSR ", reference="Letter 8", sent_on=on, by=by, at=LATER)


def test_a_notice_that_failed_is_recorded_as_sent_in_another_way_once(office, failed_notice):
    record_notice(failed_notice, office.deputy)
    report = failed_notice.report
    _sent, failed, outside = report.dispatches.order_by("pk")
    assert (failed.pk, failed.outside, failed.recipient) == (failed_notice.pk, False, REGULATOR)
    assert (outside.outside, outside.recipient, outside.reference, outside.role) == (True, "OSR", "Letter 8", "deputy")
    assert (outside.nature, outside.document_id) == ("withdrawal_notice", failed.document_id)
    event = report.events.last()
    assert (event.kind, event.actor, event.facts["dispatch"]) == ("notice_sent", office.deputy, outside.pk)
    assert event_title(event).startswith("Recorded as sent outside this service: withdrawal notice (version ")
    with pytest.raises(WrongState, match="only if its email could not be delivered, and only once"):
        record_notice(failed_notice, office.head)
    assert not retry_dispatch(failed_notice, by=office.head, at=LATER), "the recipient has the notice"
    assert leave_with(lambda message: None, LATER + timedelta(hours=1)).filter(sent_at=None).count() == 1


def test_only_leads_record_a_notice_and_only_while_its_email_has_failed(office, failed_notice):
    with pytest.raises(ValueError, match="none of the roles"), transaction.atomic():
        record_notice(failed_notice, office.statistician)
    with pytest.raises(WrongState, match="only if its email could not be delivered"):
        record_notice(failed_notice.report.dispatches.first(), office.head)
    retry_dispatch(failed_notice, by=office.head, at=LATER)
    with pytest.raises(WrongState, match="only if its email could not be delivered"):
        record_notice(failed_notice, office.head)
    leave_with(refuse(for_good=True))
    record_notice(failed_notice, office.head)
    assert failed_notice.report.dispatches.count() == 3


@pytest.mark.parametrize(
    ("days", "sentence"),
    [(1, "The date sent must be today or in the past."), (-1, "before it was written on 30 June 2020")],
)
def test_a_notice_was_sent_between_the_day_of_its_text_and_today(office, failed_notice, days, sentence):
    with pytest.raises(FieldRefused, match=sentence):
        record_notice(failed_notice, office.head, sent_on=LATER.date() + timedelta(days=days))
    assert failed_notice.report.dispatches.count() == 2


def test_a_notice_of_a_correction_is_recorded_while_the_report_is_corrected(office, sent_report):
    leave_with(lambda message: None)
    draft = dispatches.send_correction(sent_report, notice="The time was wrong.", by=office.head, at=LATER)
    leave_with(refuse(for_good=True))
    record_notice(draft.dispatches.last(), office.head)
    again = decisions.submit_report(draft, by=office.statistician, at=LATER)
    dispatches.send_report(approve(again, office), recipient=REGULATOR, by=office.head, at=LATER)
    sent = leave_with(lambda message: None, LATER + timedelta(hours=1)).exclude(sent_at=None)
    assert [bool(message.document_id) for message in sent] == [True, True]


def test_a_lead_records_on_the_page_that_a_notice_that_failed_was_sent_by_post(client, office, failed_notice):
    reference = failed_notice.report.reference
    page = reverse("breaches:report", args=[reference])
    form = reverse("breaches:notice_sent", args=[reference, failed_notice.pk])
    client.force_login(office.people[Role.AUDITOR])
    assert form not in client.get(page).text
    assert client.get(form).status_code == 404
    client.force_login(office.head)
    assert form in client.get(page).text
    assert "It was on time." in words(client.get(form).text)
    day = {"sent_on__day": "30", "sent_on__month": "6"}
    refused = send(client, form, recipient="OSR", sent_on__year="2030", **day)
    assert "The date sent must be today or in the past." in words(refused.text)
    day["sent_on__year"] = "2020"
    opened = client.get(form).text
    for _click in range(2):
        assert send(client, form, page=opened, recipient="OSR", reference="Letter 8", **day).url == page
    client.force_login(office.deputy)
    refused = send(client, form, page=opened, recipient="OSR", reference="Letter 9", **day)
    assert refused.status_code == 409
    assert "and only once" in words(refused.text)
    assert "Letter 9" in words(refused.text)
    client.force_login(office.head)
    shown = words(client.get(page).text)
    assert "Not sent. We have stopped trying. Reason: 550 no such mailbox" in shown
    assert "Withdrawal notice to OSR Sent outside this service on 30 June 2020" in shown
    assert f"Recorded by {office.head}. Reference: Letter 8." in shown
    assert "Try again" not in shown
    assert form not in client.get(page).text
    assert "only if its email could not be delivered" in words(client.get(form, follow=True).text)
    sent_report = failed_notice.report.dispatches.first()
    assert client.get(reverse("breaches:notice_sent", args=[reference, sent_report.pk])).status_code == 404


def test_a_notice_that_follows_a_report_sent_outside_is_not_said_to_be_sent(client, office, failed_report):
    sent = send_otherwise(failed_report, office.head, way="outside")
    dispatches.send_withdrawal(sent, notice="It was on time.", by=office.head, at=LATER)
    client.force_login(office.head)
    page = words(client.get(reverse("breaches:report", args=[sent.reference])).text)
    assert f"Withdrawal notice to OSR Not sent by this service. {office.head} is responsible for sending it." in page
