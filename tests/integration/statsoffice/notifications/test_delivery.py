"""Sending what the outbox holds, to a real mail server: once, later if it is away, never lost (B12, V14)."""

import itertools
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection

from statsoffice.notifications import delivery
from statsoffice.notifications.delivery import CLAIM, FIRST_WAIT, LONGEST_WAIT, deliver_messages
from statsoffice.notifications.models import MOST_ATTEMPTS, Channel, Message
from tests.support.mail_server import mail_server

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 6, 30, 8, 33, tzinfo=UTC)


def a_message(recipient="person@example.gov.uk", **fields):
    fields = {"event": "suspected-breach-1", "subject": "Suspected breach", "text": "See the record.\n"} | fields
    return Message.objects.create(recipient=recipient, created_at=NOW, due_at=NOW, **fields)


def stored():
    return Message.objects.get()


@pytest.mark.both_databases
def test_a_message_is_accepted_by_the_server_and_then_marked_sent(mailbox):
    a_message(subject="Suspected breach: schools – March")
    assert deliver_messages(now=NOW) == 1
    (mail,) = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("person@example.gov.uk", "Suspected breach: schools – March")
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == "See the record.\n"
    assert stored().sent_at >= NOW
    assert stored().claimed_until is None


def test_a_sent_message_is_not_sent_again(mailbox):
    a_message()
    deliver_messages(now=NOW)
    assert deliver_messages(now=NOW + timedelta(days=1)) == 0
    assert len(mailbox.mails) == 1


def test_while_the_server_is_away_the_message_stays_and_it_goes_out_once_when_it_is_back(smtp_port):
    a_message()
    assert deliver_messages(now=NOW) == 0
    waiting = stored()
    assert (waiting.sent_at, waiting.attempts, waiting.claimed_until) == (None, 1, None)
    assert "refused" in waiting.last_error.lower()
    with mail_server(smtp_port) as mailbox:
        assert deliver_messages(now=NOW + FIRST_WAIT - timedelta(seconds=5)) == 0
        assert deliver_messages(now=NOW + FIRST_WAIT + timedelta(seconds=5)) == 1
        assert deliver_messages(now=NOW + timedelta(hours=2)) == 0
        assert len(mailbox.mails) == 1
    assert stored().last_error == ""


def test_each_wait_is_longer_than_the_one_before_up_to_four_hours(smtp_port):
    a_message()
    at, waits = NOW, []
    for _ in range(MOST_ATTEMPTS - 1):
        deliver_messages(now=at)
        waits.append(stored().due_at - at)
        at = stored().due_at + timedelta(seconds=1)
    assert [round(wait / FIRST_WAIT) for wait in waits[:4]] == [1, 2, 4, 8]
    assert all(later >= earlier - timedelta(seconds=1) for earlier, later in itertools.pairwise(waits))
    assert LONGEST_WAIT <= waits[-1] < LONGEST_WAIT + timedelta(seconds=1)


def test_a_message_that_was_tried_often_enough_is_left_with_its_reason(smtp_port):
    a_message(attempts=MOST_ATTEMPTS - 1)
    deliver_messages(now=NOW)
    assert stored().attempts == MOST_ATTEMPTS
    assert stored().last_error
    with mail_server(smtp_port) as mailbox:
        assert deliver_messages(now=NOW + timedelta(days=30)) == 0
        assert mailbox.mails == []


def test_a_server_that_is_away_ends_the_round_so_that_the_others_keep_their_first_attempt(smtp_port):
    a_message()
    a_message("colleague@example.gov.uk")
    deliver_messages(now=NOW)
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 1]


def test_a_slow_server_ends_the_round_so_that_new_notifications_do_not_wait(monkeypatch):
    for number in range(5):
        a_message(f"person-{number}@example.gov.uk")
    seconds = 0

    def send(_message):
        nonlocal seconds
        seconds += 6

    monkeypatch.setattr(delivery, "time", SimpleNamespace(monotonic=lambda: seconds))
    assert [deliver_messages(now=NOW, send=send) for _ in range(3)] == [2, 2, 1]


def test_a_refused_recipient_is_recorded_and_the_others_are_notified(mailbox):
    mailbox.refusals["gone@example.gov.uk"] = "550 No such mailbox"
    a_message("gone@example.gov.uk")
    a_message()
    assert deliver_messages(now=NOW) == 1
    assert mailbox.recipients == ["person@example.gov.uk"]
    refused = Message.objects.get(recipient="gone@example.gov.uk")
    assert refused.sent_at is None
    assert "No such mailbox" in refused.last_error
    mailbox.refusals.clear()
    assert deliver_messages(now=NOW + timedelta(days=1)) == 0


@pytest.mark.parametrize(
    "reply",
    [
        "554 5.7.1 Relay access denied",
        "553 5.7.1 Sender address rejected: not logged in",
        "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
        "550 5.1.0 Sender address rejected: User unknown in local recipient table",
        "550 5.1.8 Sender address rejected: Domain not found",
        "552 5.2.2 Mailbox full",
        "530 Authentication required",
        "554 Access denied",
    ],
)
def test_a_server_that_refuses_this_service_at_the_recipient_gives_up_no_message(mailbox, reply):
    people = ("person@example.gov.uk", "colleague@example.gov.uk")
    for person in people:
        mailbox.refusals[person] = reply
        a_message(person)
    assert deliver_messages(now=NOW) == 0
    assert list(Message.objects.values_list("attempts", "sent_at")) == [(1, None)] * 2
    mailbox.refusals.clear()
    assert deliver_messages(now=NOW + timedelta(minutes=1)) == 2
    assert sorted(mailbox.recipients) == sorted(people)


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 No such mailbox",
        "556 5.1.10 Domain accepts no mail",
        "550 5.2.1 Mailbox disabled",
        "551 User not local",
        "553 Mailbox name not allowed",
    ],
)
def test_a_message_to_an_address_that_does_not_exist_is_given_up(mailbox, reply):
    mailbox.refusals["gone@example.gov.uk"] = reply
    a_message("gone@example.gov.uk")
    deliver_messages(now=NOW)
    assert (stored().attempts, stored().sent_at) == (MOST_ATTEMPTS, None)


def test_a_recipient_refused_for_now_is_tried_again(mailbox):
    mailbox.refusals["person@example.gov.uk"] = "450 Busy, try later"
    a_message()
    assert deliver_messages(now=NOW) == 0
    mailbox.refusals.clear()
    assert deliver_messages(now=NOW + timedelta(minutes=1)) == 1


def test_a_server_that_refuses_this_service_as_a_sender_ends_the_round_and_all_is_sent_once_it_accepts(mailbox):
    mailbox.refuses_senders = "530 5.7.57 Client not authenticated"
    a_message()
    a_message("colleague@example.gov.uk")
    deliver_messages(now=NOW)
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 1]
    mailbox.refuses_senders = ""
    assert deliver_messages(now=NOW + timedelta(minutes=1)) == 2


def test_a_message_that_is_too_large_does_not_end_the_round(mailbox):
    mailbox.refuses_senders = "552 Message size exceeds fixed limit"
    a_message()
    a_message("colleague@example.gov.uk")
    deliver_messages(now=NOW)
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [1, 1]


def test_a_message_whose_content_is_refused_is_tried_again_and_the_others_are_sent(mailbox):
    mailbox.refuses_content = "552 The quota of the sender is used up"
    a_message()
    a_message("colleague@example.gov.uk")
    deliver_messages(now=NOW)
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [1, 1]
    mailbox.refuses_content = ""
    assert deliver_messages(now=NOW + timedelta(minutes=1)) == 2


@pytest.mark.parametrize(
    "fields",
    [{"subject": "One\r\nBcc: all@example.gov.uk"}, {"recipient": "person@example.gov.uk\r\nBcc: all@example.gov.uk"}],
    ids=["in the subject", "in the recipient"],
)
def test_a_line_end_in_a_header_is_never_sent_and_says_why(mailbox, fields):
    a_message(**fields)
    a_message("colleague@example.gov.uk")
    assert deliver_messages(now=NOW) == 1
    assert mailbox.recipients == ["colleague@example.gov.uk"]
    left = Message.objects.exclude(recipient="colleague@example.gov.uk").get()
    assert left.sent_at is None
    assert left.last_error


def test_a_claim_that_no_process_can_have_made_holds_up_no_message(mailbox):
    a_message(claimed_until=NOW + timedelta(days=365))
    assert deliver_messages(now=NOW) == 1


def test_what_is_not_due_yet_waits(mailbox):
    a_message()
    assert deliver_messages(now=NOW - timedelta(seconds=1)) == 0
    assert mailbox.mails == []


def broken(message):
    """Send as a channel does whose own code has a fault."""
    if message.channel == Channel.MAIL:
        fault = "our own fault"
        raise RuntimeError(fault)


def deliver_with_a_fault(now=NOW):
    with pytest.raises(ExceptionGroup, match="1 of 4 channels") as raised:
        deliver_messages(now=now, send=broken)
    assert [str(fault) for fault in raised.value.exceptions] == ["our own fault"]


def test_a_fault_in_our_own_code_surfaces_and_is_kept_with_the_message_which_is_tried_again(mailbox):
    a_message()
    deliver_with_a_fault()
    left = stored()
    assert (left.sent_at, left.claimed_until, left.attempts) == (None, None, 1)
    assert left.last_error == "RuntimeError: our own fault"
    assert deliver_messages(now=left.due_at) == 1


def test_a_fault_in_our_own_code_for_one_channel_keeps_nothing_back_in_another():
    a_message()
    a_message(channel=Channel.WEBHOOK, recipient="room")
    deliver_with_a_fault()
    assert Message.objects.get(sent_at__isnull=False).channel == Channel.WEBHOOK


def test_after_the_last_attempt_that_met_our_own_fault_the_log_says_that_no_one_was_notified(caplog):
    a_message(attempts=MOST_ATTEMPTS - 1)
    deliver_with_a_fault()
    assert stored().last_error == "RuntimeError: our own fault"
    (line,) = [line for line in caplog.records if line.levelname == "ERROR"]
    assert "was not sent, attempt 15: RuntimeError: our own fault" in line.getMessage()


@pytest.mark.both_databases
def test_a_message_of_a_process_that_died_is_sent_by_another_once_its_claim_has_ended(mailbox):
    a_message()

    def accepted_and_killed(message):
        delivery.send_message(message)
        raise SystemExit

    with pytest.raises(SystemExit):
        deliver_messages(now=NOW, send=accepted_and_killed)
    assert deliver_messages(now=NOW + CLAIM - timedelta(seconds=2)) == 0
    assert deliver_messages(now=NOW + CLAIM + timedelta(seconds=2)) == 1
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_deliverers_at_once_send_one_mail_for_each_message(mailbox):
    for number in range(10):
        a_message(f"person.{number}@example.gov.uk")
    together, sent = threading.Barrier(2), []

    def run():
        together.wait(timeout=10)
        try:
            sent.append(deliver_messages(now=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sum(sent) == 10
    assert sorted(mailbox.recipients) == sorted(f"person.{number}@example.gov.uk" for number in range(10))
    assert not Message.objects.filter(sent_at__isnull=True).exists()
