"""Messages by GOV.UK Notify, spoken to a stub of its protocol on a real socket: once, later, or refused for good."""

from datetime import UTC, datetime, timedelta

import pytest

from statsoffice.notifications.delivery import FIRST_WAIT, deliver_messages
from statsoffice.notifications.models import CONDITIONS, MOST_ATTEMPTS, Channel, DeliveryState, Message
from tests.servers.ports import free_port
from tests.support.notify_server import KEY, SECRET, SERVICE, TEMPLATE, notify_stub

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 6, 30, 8, 33, tzinfo=UTC)
SOON = NOW + FIRST_WAIT + timedelta(seconds=5)


@pytest.fixture
def keyed(settings):
    """Set Notify up at a port of loopback on which nothing listens yet."""
    port = free_port()
    settings.NOTIFY_KEY, settings.NOTIFY_TEMPLATE = KEY, TEMPLATE
    settings.NOTIFY_ADDRESS = f"http://127.0.0.1:{port}"
    return port


@pytest.fixture
def notify(keyed):
    with notify_stub(keyed) as stub:
        yield stub


def a_message(recipient="person@example.gov.uk", channel=Channel.NOTIFY, **fields):
    fields = {"event": "report-submitted-1", "subject": "Report submitted", "text": "Read it – here.\n"} | fields
    return Message.objects.create(recipient=recipient, channel=channel, created_at=NOW, due_at=NOW, **fields)


def stored():
    return Message.objects.get()


def test_a_message_is_taken_with_a_signed_token_and_then_marked_sent(notify):
    a_message()
    assert deliver_messages(now=NOW) == 1
    (taken,) = notify.taken
    assert taken["email_address"] == "person@example.gov.uk"
    assert taken["template_id"] == TEMPLATE
    assert taken["personalisation"] == {"subject": "Report submitted", "text": "Read it – here.\n"}
    assert stored().sent_at >= NOW
    assert (deliver_messages(now=NOW + timedelta(days=1)), notify.asked) == (0, 1)


def test_each_attempt_carries_the_same_reference(notify):
    a_message()
    deliver_messages(now=NOW)
    Message.objects.update(sent_at=None)
    deliver_messages(now=NOW)
    assert notify.taken[0]["reference"] == notify.taken[1]["reference"] != ""


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        pytest.param(f"release_desk-{SERVICE}-{SERVICE}", "API key not found", id="another secret"),
        pytest.param(f"release_desk-{SECRET}-{SECRET}", "service not found", id="another service"),
    ],
)
def test_no_message_is_lost_while_a_key_is_forbidden_and_the_reason_is_stored(notify, settings, key, reason):
    settings.NOTIFY_KEY = key
    a_message()
    a_message("colleague@example.gov.uk")
    assert (deliver_messages(now=NOW), notify.asked) == (0, 1)
    tried = Message.objects.get(attempts=1)
    assert f"403 AuthError: Invalid token: {reason}" in tried.last_error
    assert SECRET not in tried.last_error
    assert Message.objects.filter(CONDITIONS[DeliveryState.WAITING]).count() == 2
    settings.NOTIFY_KEY = KEY
    assert deliver_messages(now=SOON) == 2
    assert len(notify.taken) == 2


def test_a_wrong_request_is_refused_for_good_and_the_others_are_notified(notify):
    a_message("nobody")
    a_message()
    assert deliver_messages(now=NOW) == 1
    refused = Message.objects.get(recipient="nobody")
    assert refused.attempts == MOST_ATTEMPTS
    assert "400 ValidationError: email_address Not a valid email address" in refused.last_error


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(403, "403 AuthError: Error: Your system clock"), (429, "429 RateLimitError"), (500, "500 Exception")],
    ids=["a wrong clock", "too many", "its own fault"],
)
def test_what_passes_is_tried_again_after_a_pause_and_ends_the_round(notify, fault, reason):
    notify.fault = fault
    a_message()
    a_message("colleague@example.gov.uk")
    assert (deliver_messages(now=NOW), notify.asked) == (0, 1)
    tried = Message.objects.get(attempts=1)
    assert reason in tried.last_error
    assert tried.due_at >= NOW + FIRST_WAIT
    notify.fault = None
    assert deliver_messages(now=SOON) == 2
    assert len(notify.taken) == 2


def test_while_notify_is_away_a_message_stays_and_goes_out_once_when_it_is_back(keyed):
    a_message()
    assert deliver_messages(now=NOW) == 0
    assert (stored().sent_at, stored().attempts) == (None, 1)
    assert stored().last_error == "GOV.UK Notify cannot be reached: ConnectionError"
    with notify_stub(keyed) as notify:
        assert deliver_messages(now=SOON) == 1
        assert len(notify.taken) == 1


def test_notify_that_is_away_holds_no_mail_up(keyed, mailbox):
    for number in range(3):
        a_message(f"notified.{number}@example.gov.uk")
    a_message("mailed@example.gov.uk", Channel.MAIL)
    assert deliver_messages(now=NOW) == 1
    assert mailbox.recipients == ["mailed@example.gov.uk"]


def test_a_mail_server_that_is_away_holds_nothing_of_notify_up(notify, smtp_port):
    a_message("mailed@example.gov.uk", Channel.MAIL)
    a_message()
    assert deliver_messages(now=NOW) == 1
    assert len(notify.taken) == 1


def test_without_a_key_a_message_waits_and_says_why(settings):
    settings.NOTIFY_KEY = ""
    a_message()
    assert deliver_messages(now=NOW) == 0
    assert stored().last_error == "STATSOFFICE_NOTIFY_KEY is not set."
