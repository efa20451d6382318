"""The health that monitors ask for: green only while everything is well, and never a word of any release."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.urls import reverse

from releases import judge
from releases.evidence import coverage
from releases.models import TimeStamp, TimeStampRequest
from statsoffice import anchors, broker
from tests.integration.statsoffice.self_monitoring.record import a_rehearsal, a_sweep, a_watcher_that_is_well
from tests.integration.statsoffice.self_monitoring.self_test import MORNING as NOW
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observations

READY = reverse("health_ready")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def standing_clock(time_machine):
    """Stop the pages' clock."""
    time_machine.move_to(NOW, tick=False)


def ill(client):
    """Ask for the health, and return the names of the failing checks."""
    response = client.get(READY)
    found = {name for name, check in response.json()["checks"].items() if not check["well"]}
    assert response.json()["ready"] is not bool(found)
    assert response.status_code == (503 if found else 200)
    return found


def a_made_anchor(*, at):
    """Make an anchor of a record that has rows."""
    ReleaseFactory(announced=True)
    anchor = anchors.make_now(now=at)
    assert anchor
    return anchor


def test_a_process_that_answers_says_so_whatever_else_is_wrong(client, monkeypatch):
    monkeypatch.setattr("statsoffice.health.connection.cursor", None)
    response = client.get(reverse("health_live"))
    assert (response.status_code, response.json()) == (200, {"live": True})


def test_everything_well_is_ready_and_says_so_in_words(client):
    a_watcher_that_is_well(at=NOW)
    assert ill(client) == set()
    checks = client.get(READY).json()["checks"]
    assert checks["canary"]["says"] == "Last self-test passed at 9:19am."
    assert checks["clock"]["says"] == "The clock is confirmed."
    assert set(checks) == {"database", "broker", "watcher", "canary", "clock", "record", "anchor"}


def test_a_fresh_installation_is_not_ready_and_says_why(client):
    assert ill(client) == {"watcher", "canary"}
    checks = client.get(READY).json()["checks"]
    assert "has not started" in checks["watcher"]["says"]
    assert checks["canary"]["says"] == "No self-test has run yet. Start a worker."
    assert checks["clock"]["says"] == "No recent check has tested the clock."


def test_nothing_is_ready_before_the_first_rehearsal_came_out_right(client):
    a_sweep(at=NOW)
    assert ill(client) == {"canary"}


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        pytest.param(lambda: a_rehearsal(finished_at=NOW, right=False, found="late"), {"canary"}, id="wrong verdict"),
        pytest.param(lambda: a_rehearsal(finished_at=NOW, clock_off=True), {"clock"}, id="clock off"),
    ],
)
def test_what_goes_wrong_takes_the_green_away(client, harm, expected):
    a_watcher_that_is_well(at=NOW)
    harm()
    assert ill(client) == expected


def test_what_was_well_some_minutes_ago_is_not_ready_now(client, time_machine):
    a_watcher_that_is_well(at=NOW)
    time_machine.move_to(NOW + timedelta(minutes=4), tick=False)
    assert ill(client) == {"watcher", "canary"}


def test_a_self_test_that_is_switched_off_is_said_to_be_so_and_does_not_hold_up(client, settings):
    settings.CANARY = False
    a_sweep(at=NOW)
    assert ill(client) == set()
    assert client.get(READY).json()["checks"]["canary"]["says"] == "Self-tests are switched off."


@pytest.mark.both_databases
def test_a_database_that_does_not_answer_is_told_and_is_no_error_of_the_page(client, monkeypatch):
    def away(*_):
        message = "the database is away"
        raise DatabaseError(message)

    monkeypatch.setattr("statsoffice.health.connection.cursor", away)
    assert ill(client) == {"database"}
    assert "the database is away" not in client.get(READY).text


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_a_broker_that_does_not_answer_is_told(client, monkeypatch, tmp_path, kind):
    a_watcher_that_is_well(at=NOW)
    address = f"redis+socket://{tmp_path / 'no.sock'}" if kind == "unix" else "redis://127.0.0.1:1/0"
    monkeypatch.setenv("REDIS_URL", address)
    assert ill(client) == {"broker"}


def test_a_rabbitmq_that_does_not_answer_is_told(client, monkeypatch):
    # No test runs a RabbitMQ: docs/operations/rehearsed.md describes a rehearsal with one.
    a_watcher_that_is_well(at=NOW)
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://127.0.0.1:1//")
    assert ill(client) == {"broker"}


def test_a_broker_that_answers_is_well(client, monkeypatch, redis_url):
    a_watcher_that_is_well(at=NOW)
    monkeypatch.setenv("REDIS_URL", redis_url)
    assert ill(client) == set()
    assert client.get(READY).json()["checks"]["broker"]["says"] == "The broker responds."


def test_the_private_broker_counts_only_where_one_was_begun(client, monkeypatch, settings, tmp_path):
    a_watcher_that_is_well(at=NOW)
    monkeypatch.delenv("REDIS_URL", raising=False)
    settings.VAR_DIR = tmp_path
    assert client.get(READY).json()["checks"]["broker"] == {"well": True, "says": "No broker is used."}
    broker.server_command(var=tmp_path)
    broker.socket_path(tmp_path).touch()
    assert ill(client) == {"broker"}


class TestAnchor:
    def says(self, client):
        return client.get(READY).json()["checks"]["anchor"]["says"]

    def test_it_is_well_for_26_hours(self, client, time_machine):
        made = a_made_anchor(at=NOW - timedelta(hours=25, minutes=59))
        a_watcher_that_is_well(at=NOW)
        assert ill(client) == set()
        assert self.says(client) == f"Anchor {made.position} of the record was made at 7:21am on 29 June 2020."
        time_machine.move_to(NOW + timedelta(minutes=1), tick=False)
        assert ill(client) == {"anchor"}
        assert self.says(client).endswith("One should be made each day.")

    def test_it_is_not_well_if_none_was_made_in_26_hours_of_monitoring(self, client):
        a_watcher_that_is_well(at=NOW)
        assert ill(client) == set()
        assert self.says(client) == "No anchor of the record has been made yet."
        coverage.mark_alive("watcher", at=NOW - timedelta(hours=26))
        assert ill(client) == {"anchor"}

    def test_it_says_whether_a_requested_time_stamp_was_received(self, client):
        anchor = a_made_anchor(at=NOW)
        TimeStampRequest.objects.create(anchor=anchor, due_at=NOW)
        assert self.says(client).endswith("It has no time stamp yet.")
        TimeStamp.append(
            [TimeStamp(anchor=anchor, authority="https://tsa.example.gov.uk", stamped_at=NOW, response=b"")]
        )
        assert self.says(client).endswith("It has a time stamp.")


def test_a_suspicion_shows_nowhere_in_the_health(client):
    release = ReleaseFactory(announced=True)
    create_observations(release, "not_live", start=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(release, now=SEED_DUE + timedelta(minutes=5))
    a_watcher_that_is_well(at=NOW)
    text = client.get(READY).text
    for secret in (release.reference, release.title, release.series.producer.name, "suspect", "breach"):
        assert secret not in text


def test_the_health_is_cheap_and_is_not_kept_by_a_cache(client, django_assert_max_num_queries):
    a_watcher_that_is_well(at=NOW)
    with django_assert_max_num_queries(7):
        response = client.get(READY)
    assert "no-store" in response.headers["Cache-Control"]
    assert client.post(READY).status_code == 405
