"""Messages to webhooks, posted to a real server on loopback: a reference and a link, and nothing else."""

import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from statsoffice.notifications.delivery import FIRST_WAIT, deliver_messages
from statsoffice.notifications.models import Channel, Message
from tests.servers.ports import free_port
from tests.support.notify_server import serving

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 6, 30, 8, 33, tzinfo=UTC)
LINK = "http://127.0.0.1:8000/reports/breach-schools/"


class Room:
    """The posted data, and the status of the answer."""

    def __init__(self):
        self.posted, self.status = [], 200


@pytest.fixture
def room(settings):
    """Run a server that takes posts, as a webhook named press."""
    kept = Room()

    class Posted(BaseHTTPRequestHandler):
        def do_POST(self):  # http.server's name
            kept.posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(kept.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words):
            """Say nothing."""

    with serving(Posted) as port:
        settings.WEBHOOKS = {"press": f"json://127.0.0.1:{port}/told/secret-part/"}
        yield kept


def a_message(webhook="press"):
    return Message.objects.create(
        event=f"report-submitted-{webhook}",
        channel=Channel.WEBHOOK,
        recipient=webhook,
        subject="breach-schools",
        text=LINK,
        created_at=NOW,
        due_at=NOW,
    )


def stored(webhook="press"):
    return Message.objects.get(recipient=webhook)


def test_a_webhook_is_posted_a_reference_and_a_link_once(room):
    a_message()
    assert deliver_messages(now=NOW) == 1
    ((path, body),) = room.posted
    posted = json.loads(body)
    assert path == "/told/secret-part/"
    assert (posted["title"], posted["message"], posted["attachments"]) == ("breach-schools", LINK, [])
    assert stored().sent_at >= NOW
    assert deliver_messages(now=NOW + timedelta(days=1)) == 0
    assert len(room.posted) == 1


def test_a_webhook_that_refuses_is_tried_again_and_its_address_is_shown_nowhere(room):
    room.status = 500
    a_message()
    assert deliver_messages(now=NOW) == 0
    assert stored().attempts == 1
    assert "press" in stored().last_error
    assert "500" in stored().last_error
    assert "secret-part" not in stored().last_error
    room.status = 200
    assert deliver_messages(now=NOW + FIRST_WAIT + timedelta(seconds=5)) == 1


def test_a_webhook_that_is_away_holds_no_other_up(room, settings):
    settings.WEBHOOKS = {"away": f"json://127.0.0.1:{free_port()}/", **settings.WEBHOOKS}
    a_message("away")
    a_message()
    assert deliver_messages(now=NOW) == 1
    assert len(room.posted) == 1
    assert "Connection error" in stored("away").last_error


def test_a_webhook_that_was_taken_out_of_the_settings_gets_no_notification(room, settings):
    settings.WEBHOOKS = {}
    a_message()
    assert deliver_messages(now=NOW) == 0
    assert stored().last_error == "STATSOFFICE_WEBHOOKS holds no webhook named press."
    assert room.posted == []
