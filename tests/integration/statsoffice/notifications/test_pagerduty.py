"""Problems of monitoring to PagerDuty, posted to a real server on loopback: one incident, which ends by itself."""

import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from apprise.plugins import pagerduty

from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Channel, Message
from statsoffice.self_monitoring.models import Incident
from tests.integration.statsoffice.notifications.test_monitoring_problems import NOW, an_alarm
from tests.support.notify_server import serving

pytestmark = pytest.mark.django_db

ADDRESS = "pagerduty://INTEGRATION-KEY@API-KEY/releases.example.gov.uk"


@pytest.fixture
def posted(settings, monkeypatch):
    """The events that a server in PagerDuty's place receives at the address of its Events API."""
    received = []

    class Events(BaseHTTPRequestHandler):
        def do_POST(self):  # http.server's name
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words):
            """Say nothing."""

    with serving(Events) as port:
        monkeypatch.setitem(pagerduty.PAGERDUTY_API_LOOKUP, "us", f"http://127.0.0.1:{port}/v2/enqueue")
        settings.WEBHOOKS = {"pager": ADDRESS, "press": f"json://127.0.0.1:{port}/"}
        yield received


def notify(*, now):
    outbox.create_missing(now=now)
    deliver_messages(now=now)


def test_a_problem_of_monitoring_begins_an_incident_and_its_end_resolves_the_same(posted):
    incident = an_alarm()
    for _run in range(2):
        notify(now=NOW)
    (begun,) = posted
    assert (begun["routing_key"], begun["event_action"]) == ("INTEGRATION-KEY", "trigger")
    assert begun["payload"]["severity"] == "critical"
    assert begun["payload"]["source"] == "releases.example.gov.uk"
    assert "onitoring" in begun["payload"]["summary"]
    assert "http://127.0.0.1:8000" in begun["payload"]["summary"]
    assert "images" not in begun
    Incident.objects.filter(pk=incident.pk).update(ended_at=NOW + timedelta(minutes=9), is_open=False)
    notify(now=NOW + timedelta(minutes=10))
    ended = posted[1]
    assert (ended["event_action"], ended["dedup_key"]) == ("resolve", begun["dedup_key"])
    assert len(posted) == 2


def test_the_end_of_a_problem_of_more_than_a_week_resolves_its_incident_too(posted):
    incident, ended_at = an_alarm(), NOW + timedelta(days=8)
    notify(now=NOW)
    Incident.objects.filter(pk=incident.pk).update(ended_at=ended_at, is_open=False)
    notify(now=ended_at)
    begun, ended = posted
    assert (ended["event_action"], ended["dedup_key"]) == ("resolve", begun["dedup_key"])


def test_people_and_the_pager_learn_of_the_end_of_a_problem_that_ended_before_its_alarm_was_written(settings, posted):
    settings.OPERATORS = ["operator@example.gov.uk"]
    incident = an_alarm(ended_at=NOW + timedelta(seconds=5))
    for seconds in (10, 20, 30):
        outbox.create_missing(now=NOW + timedelta(seconds=seconds))
    events = [f"watcher-ill-{incident.pk}", f"watcher-restored-{incident.pk}"]
    assert list(Message.objects.order_by("pk").values_list("event", "channel", "recipient")) == [
        (event, channel, recipient)
        for event in events
        for channel, recipient in ((Channel.MAIL, "operator@example.gov.uk"), (Channel.WEBHOOK, "pager"))
    ]


def test_no_other_webhook_gets_it_and_no_email_goes_to_the_name_of_a_webhook(posted):
    incident = an_alarm()
    notify(now=NOW)
    Incident.objects.filter(pk=incident.pk).update(ended_at=NOW + timedelta(minutes=9), is_open=False)
    notify(now=NOW + timedelta(minutes=10))
    webhooks = Message.objects.filter(channel=Channel.WEBHOOK).values_list("recipient", flat=True)
    assert list(webhooks) == ["pager", "pager"]
    assert not Message.objects.filter(channel=Channel.MAIL, recipient="pager").exists()
