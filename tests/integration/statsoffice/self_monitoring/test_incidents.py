"""Failures of monitoring: one alarm once one has lasted, one 'restored' at its end, even if processed twice (V18)."""

from datetime import timedelta

import pytest

from releases.evidence import coverage
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from statsoffice.notifications.outbox import RULES
from statsoffice.self_monitoring import status
from statsoffice.self_monitoring.models import Heartbeat, Incident
from tests.integration.statsoffice.self_monitoring.record import a_rehearsal, a_sweep, a_watcher_that_is_well
from tests.integration.statsoffice.self_monitoring.self_test import MORNING as NOW
from tests.integration.statsoffice.self_monitoring.self_test import at_once

OPERATOR = "operator@example.gov.uk"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def operators(settings):
    """Let there be one operator to notify."""
    settings.OPERATORS = [OPERATOR]


@pytest.fixture(autouse=True)
def no_other_news(monkeypatch):
    """Write news of monitoring alone: hundreds of ticks would ask for all the other kinds too."""
    monkeypatch.setattr(outbox, "RULES", [rule for rule in RULES if rule.template == "incident"])


def tick(at):
    """Do what the tick of the messages does."""
    status.record_incidents(now=at)
    outbox.create_missing(now=at)


def tick_from(start, *, seconds, every=10):
    """Tick for some seconds, and return the instant after the last tick."""
    for passed in range(0, seconds, every):
        tick(start + timedelta(seconds=passed))
    return start + timedelta(seconds=seconds)


def rehearse_from(start, *, minutes, right=True):
    """Tick for some minutes in which sweeps finish, and rehearsals come out right or not at all."""
    for minute in range(minutes):
        at = start + timedelta(minutes=minute)
        a_rehearsal(finished_at=at, right=right, found=None if right else "cannot_tell")
        for passed in range(0, 60, 10):
            a_sweep(at=at + timedelta(seconds=passed))
            tick(at + timedelta(seconds=passed))
    return start + timedelta(minutes=minutes)


def subjects():
    return list(Message.objects.order_by("pk").values_list("subject", flat=True))


ILL, RESTORED = "Monitoring has a problem", "Monitoring is working again"


def test_a_heartbeat_that_expires_gives_one_alarm_and_its_return_one_restored():
    at = rehearse_from(NOW, minutes=3)
    at = tick_from(at, seconds=80)
    assert subjects() == []
    at = tick_from(at, seconds=300)
    assert subjects() == [ILL]
    at = rehearse_from(at, minutes=5)
    assert subjects() == [ILL, RESTORED]
    rehearse_from(at, minutes=5)
    assert subjects() == [ILL, RESTORED]


def test_a_second_illness_gives_a_second_alarm():
    at = rehearse_from(NOW, minutes=3)
    for _ in range(2):
        at = tick_from(at, seconds=200)
        at = rehearse_from(at, minutes=5)
    assert subjects() == [ILL, RESTORED] * 2


def test_one_rehearsal_that_failed_by_chance_alarms_no_one():
    at = rehearse_from(NOW, minutes=3)
    at = rehearse_from(at, minutes=1, right=False)
    rehearse_from(at, minutes=5)
    assert subjects() == []
    assert Incident.objects.get().is_open is False


def test_rehearsals_that_go_on_failing_alarm_after_three_minutes_and_name_what_was_found():
    at = rehearse_from(NOW, minutes=3)
    at = rehearse_from(at, minutes=3, right=False)
    assert subjects() == []
    at = rehearse_from(at, minutes=1, right=False)
    assert subjects() == [ILL]
    assert "The result of the self-test at" in Message.objects.get().text
    rehearse_from(at, minutes=3)
    assert subjects() == [ILL, RESTORED]


def test_nothing_is_ill_where_nothing_was_ever_watched():
    tick_from(NOW, seconds=600)
    assert not Incident.objects.exists()


def test_a_machine_that_slept_through_the_night_alarms_no_one_when_it_wakes():
    rehearse_from(NOW, minutes=3)
    morning = NOW + timedelta(hours=12)
    tick_from(morning, seconds=10)
    rehearse_from(morning + timedelta(seconds=10), minutes=3)
    assert subjects() == []


def test_what_was_observed_before_a_pause_of_the_ticks_does_not_hasten_the_alarm():
    at = rehearse_from(NOW, minutes=3)
    tick_from(at, seconds=75)
    morning = at + timedelta(hours=12)
    tick(morning)
    assert subjects() == []
    assert Incident.objects.get().began_at == morning


@pytest.mark.parametrize("ahead", [7, 55])
def test_two_processes_of_which_one_has_a_clock_that_is_ahead_give_one_alarm(ahead):
    at = rehearse_from(NOW, minutes=3)
    for passed in range(0, 240, 10):
        tick(at + timedelta(seconds=passed))
        tick(at + timedelta(seconds=passed + 5 + ahead))
    assert subjects() == [ILL]


def test_an_incident_that_began_with_a_clock_that_was_corrected_counts_from_then():
    at = rehearse_from(NOW, minutes=3)
    tick(at + timedelta(days=1))
    tick_from(at + timedelta(seconds=70), seconds=30)
    assert subjects() == []
    tick(at + timedelta(seconds=110))
    assert subjects() == [ILL]


def test_a_sweep_that_is_silent_for_a_moment_alarms_no_one_although_a_self_test_failed_before():
    at = rehearse_from(NOW, minutes=3)
    at = rehearse_from(at, minutes=1, right=False)
    at = tick_from(at, seconds=80)
    trouble = {row["trouble"] for row in Incident.objects.get().why}
    assert trouble == {"sweep_silent", "canary_wrong"}
    assert subjects() == []
    at = tick_from(at, seconds=30)
    assert subjects() == [ILL]


def test_a_self_test_that_failed_and_is_overdue_then_is_one_problem():
    at = rehearse_from(NOW, minutes=3)
    a_rehearsal(finished_at=at, right=False, found="cannot_tell")
    for passed in range(0, 200, 10):
        a_sweep(at=at + timedelta(seconds=passed))
        tick(at + timedelta(seconds=passed))
    assert subjects() == [ILL]
    assert [row["trouble"] for row in Incident.objects.get().why] == ["canary_overdue"]


def test_an_alarm_outlasts_a_pause_of_the_ticks_and_is_not_given_twice():
    at = rehearse_from(NOW, minutes=3)
    at = tick_from(at, seconds=200)
    morning = at + timedelta(hours=12)
    tick_from(morning, seconds=200)
    assert subjects() == [ILL]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_tickers_that_race_give_one_alarm_and_one_restored():
    a_watcher_that_is_well(at=NOW)
    Heartbeat.objects.update(begun_at=NOW, finished_at=NOW)
    for seconds in (70, 95, 110):
        at_once(*[lambda at=NOW + timedelta(seconds=seconds): tick(at)] * 4)
    assert Incident.objects.count() == 1
    assert subjects() == [ILL]
    back = NOW + timedelta(seconds=115)
    a_watcher_that_is_well(at=back)
    at_once(*[lambda: tick(back)] * 4)
    assert subjects() == [ILL, RESTORED]
    assert Incident.objects.filter(is_open=False).count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_monitoring_process_that_falls_ill_and_one_that_is_well_at_the_same_tick_leave_one_record():
    coverage.mark_alive("watcher", at=NOW - timedelta(hours=1))
    at_once(*[lambda: tick(NOW)] * 4)
    assert Incident.objects.filter(is_open=True).count() == 1
