"""The figures that Prometheus reads are the record's own, and name no one and nothing."""

import contextlib
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from breaches import drafting
from releases import judge
from releases.detection.finding import CheckOutcome
from releases.evidence import coverage
from releases.models import CheckSchedule, Coverage, Verification
from releases.monitoring import targets
from releases.verdict.address import Outcome
from statsoffice.metrics import ObservationCounter
from statsoffice.notifications.models import Message
from tests.integration.statsoffice.self_monitoring.record import a_rehearsal, a_sweep, a_watcher_that_is_well
from tests.integration.statsoffice.self_monitoring.self_test import MORNING as NOW
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observation, create_observations

pytestmark = pytest.mark.django_db


def a_message(**fields):
    """Put a message into the outbox."""
    told = {"event": "e", "recipient": "person@example.gov.uk", "subject": "s", "text": "t", "due_at": NOW}
    return Message.objects.create(**(told | {"created_at": NOW} | fields))


def create_late_release(**fields):
    """A release that was seen not to be there at the end of its tolerance."""
    release = ReleaseFactory(announced=True, **fields)
    create_observations(release, "not_live", start=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(release, now=SEED_DUE + timedelta(minutes=5))
    return release


def test_on_a_fresh_installation_every_count_is_nought_and_no_age_is_told(measured):
    figures = measured()
    assert {figures["looks_total", result] for result in CheckOutcome} == {0}
    assert {figures["verdicts", outcome] for outcome in Outcome} == {0}
    assert figures["outbox_age_seconds",] == figures["sweep_lag_seconds",] == figures["watchers",] == 0
    assert ("sweep_finished_age_seconds",) not in figures
    assert ("watcher_alive_age_seconds",) not in figures
    assert (figures["check_well", "database"], figures["check_well", "watcher"]) == (1, 0)


@pytest.mark.both_databases
def test_checks_are_counted_by_what_they_showed(measured):
    release = ReleaseFactory(announced=True)
    create_observations(release, "not_live", "not_live", "unreachable", start=SEED_DUE)
    figures = measured()
    found = {result: figures["looks_total", result] for result in CheckOutcome if figures["looks_total", result]}
    assert found == {"not_live": 2, "unreachable": 1}


@pytest.mark.both_databases
def test_only_checks_that_were_added_are_counted_again():
    release = ReleaseFactory(announced=True)
    create_observations(release, "not_live", "not_live", start=SEED_DUE)
    counted = ObservationCounter()
    assert counted.count_by_result() == {"not_live": 2}
    create_observations(release, "live", start=SEED_DUE + timedelta(minutes=1))
    with CaptureQueriesContext(connection) as asked:
        assert counted.count_by_result() == {"not_live": 2, "live": 1}
    assert '"position" > 2' in next(query["sql"] for query in asked if "COUNT" in query["sql"])
    assert ObservationCounter().count_by_result() == {"not_live": 2, "live": 1}


def test_after_a_restore_to_another_record_the_checks_are_counted_again():
    release, counted = ReleaseFactory(announced=True), ObservationCounter()
    with contextlib.suppress(Restored), transaction.atomic():
        create_observations(release, "not_live", "live", start=SEED_DUE)
        assert counted.count_by_result() == {"not_live": 1, "live": 1}
        raise Restored
    create_observations(release, "unreachable", "unreachable", "unreachable", start=SEED_DUE)
    assert counted.count_by_result() == {"unreachable": 3}


class Restored(Exception):
    """The written rows are gone again."""


@pytest.mark.both_databases
def test_verdicts_count_real_releases_by_the_schedule_in_force(measured):
    create_late_release()
    rehearsal = ReleaseFactory(confirmed=True, reference="rehearsal", rehearsal=True)
    create_observations(rehearsal, "not_live", start=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(rehearsal, now=SEED_DUE + timedelta(minutes=5))
    assert Verification.objects.count() == 2
    assert measured()["verdicts", "not_seen"] == 1
    Verification.objects.update(schedule_version=99)
    assert measured()["verdicts", "not_seen"] == 0


@pytest.mark.both_databases
def test_the_lag_is_that_of_the_check_which_is_most_overdue(measured):
    for reference in ("one", "two"):
        ReleaseFactory(announced=True, reference=reference, due_at=NOW + timedelta(minutes=10))
    targets.enrol_addresses(targets.monitored_addresses(now=NOW), now=NOW - timedelta(minutes=1))
    CheckSchedule.objects.update(next_check_at=NOW + timedelta(seconds=3))
    assert measured()["sweep_lag_seconds",] == 0
    CheckSchedule.objects.filter(address__release__reference="one").update(next_check_at=NOW - timedelta(seconds=7))
    assert measured()["sweep_lag_seconds",] == 7


def test_the_plan_of_an_older_schedule_is_no_lag(measured):
    ReleaseFactory(announced=True, due_at=NOW + timedelta(minutes=10))
    targets.enrol_addresses(targets.monitored_addresses(now=NOW), now=NOW)
    CheckSchedule.objects.update(next_check_at=NOW - timedelta(days=1), schedule_version=99)
    assert measured()["sweep_lag_seconds",] == 0


def test_the_heartbeat_and_the_monitoring_processes_are_told_by_age_and_number(measured):
    a_sweep(at=NOW - timedelta(seconds=20))
    coverage.mark_alive("one", at=NOW - timedelta(seconds=4))
    coverage.mark_alive("two", at=NOW - timedelta(seconds=2))
    figures = measured()
    assert figures["sweep_finished_age_seconds",] == 20
    assert figures["watcher_alive_age_seconds",] == 2
    assert figures["watchers",] == 2


@pytest.mark.both_databases
def test_coverage_is_the_part_of_the_time_that_was_watched(measured):
    for minutes in range(30, 0, -1):
        coverage.mark_alive("one", at=NOW - timedelta(minutes=minutes))
    figures = measured()
    assert figures["coverage_ratio", "1h"] == 0  # a mark a minute leaves holes between
    began_at = NOW - timedelta(minutes=30)
    Coverage.objects.create(watcher="two", began_at=began_at, ended_at=NOW, recorded_until=NOW)
    figures = measured()
    assert figures["coverage_ratio", "1h"] == pytest.approx(0.5)
    assert figures["coverage_ratio", "24h"] == pytest.approx(30 / 1440)


@pytest.mark.both_databases
def test_the_outbox_tells_how_many_wait_and_for_how_long_and_how_many_were_given_up(measured):
    a_message(event="old", created_at=NOW - timedelta(minutes=9), due_at=NOW + timedelta(hours=1))
    a_message(event="new", created_at=NOW - timedelta(minutes=1))
    a_message(event="left", created_at=NOW - timedelta(days=9), attempts=15)
    a_message(event="sent", created_at=NOW - timedelta(days=9), sent_at=NOW)
    figures = measured()
    assert (figures["outbox_messages", "waiting"], figures["outbox_messages", "left"]) == (2, 1)
    assert figures["outbox_age_seconds",] == 540


def test_the_checks_of_the_health_are_told_one_by_one(measured):
    a_watcher_that_is_well(at=NOW)
    a_rehearsal(finished_at=NOW, right=False, found="late")
    figures = measured()
    well = {key[1]: value for key, value in figures.items() if key[0] == "check_well"}
    assert well == {"database": 1, "broker": 1, "watcher": 1, "canary": 0, "clock": 1, "record": 1, "anchor": 1}


def test_where_the_database_does_not_answer_that_is_told_and_nothing_is_made_up(measured, monkeypatch):
    def away(*_):
        message = "the database is away"
        raise DatabaseError(message)

    monkeypatch.setattr("statsoffice.health.connection.cursor", away)
    figures = measured()
    assert figures["check_well", "database"] == 0
    assert {key[0] for key in figures} == {"check_well"}


def test_nothing_of_a_suspected_release_is_named_and_no_label_is_free_text(asked):
    release = create_late_release()
    create_observation(release.addresses.get(role="page"), "not_live", at=NOW, text="what was seen")
    a_message(subject="Suspected breach", last_error="SMTPRecipientsRefused: person@example.gov.uk")
    assert drafting.draft_missing(now=NOW)
    text = asked().text
    producer = release.series.producer
    names = (release.reference, release.title, producer.name, producer.slug)
    for secret in (*names, "example.gov.uk", "suspect", "person"):
        assert secret.lower() not in text.lower()


def test_the_cost_does_not_grow_with_the_record(asked, django_assert_num_queries):
    a_watcher_that_is_well(at=NOW)
    create_late_release()
    asked()
    with CaptureQueriesContext(connection) as before:
        asked()
    for number in range(4):
        create_late_release(reference=f"release-{number}")
        a_message(event=f"message-{number}")
        coverage.mark_alive(f"watcher-{number}", at=NOW)
    with django_assert_num_queries(len(before) + 1):  # the checks that were added are counted once
        asked()
    with django_assert_num_queries(len(before)):
        asked()
