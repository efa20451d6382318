"""Faults of monitoring, by its sweeps and its rehearsals, and the words for them."""

from datetime import timedelta

import pytest

from releases.evidence import coverage
from releases.models import Coverage
from statsoffice.self_monitoring import status
from statsoffice.self_monitoring.models import Heartbeat
from statsoffice.self_monitoring.status import Problem, Trouble, condition, problem_from_json
from tests.integration.statsoffice.self_monitoring.record import a_rehearsal, a_sweep, a_watcher_that_is_well
from tests.integration.statsoffice.self_monitoring.self_test import MORNING as NOW
from tests.support.factories import ReleaseFactory, london_slot

pytestmark = pytest.mark.django_db


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def said():
    found = condition(now=NOW)
    return " ".join(
        [
            status.status_sentence(found, now=NOW),
            *(status.describe_problem(problem, now=NOW) for problem in found.problems),
        ]
    )


def troubles():
    return [problem.trouble for problem in condition(now=NOW).problems]


def test_nothing_that_was_never_begun_is_ill():
    found = condition(now=NOW)
    assert (found.ever_active, found.problems, found.is_well) == (False, (), False)
    assert said() == "Monitoring has not started. We are not checking any releases."


def test_a_monitoring_process_that_is_well_says_when_it_last_proved_itself():
    a_watcher_that_is_well(at=NOW)
    assert condition(now=NOW).is_well
    assert said() == "Monitoring is working. Last self-test passed at 9:19am."


def test_before_the_first_rehearsal_has_ended_nothing_is_wrong_and_nothing_is_proved():
    a_sweep(at=NOW)
    found = condition(now=NOW)
    assert (found.is_well, found.rehearsed_at) == (True, None)
    assert said() == "Monitoring is working. The first self-test is running."


def test_no_sweep_for_longer_than_a_minute_is_told_with_the_time_of_the_last():
    a_watcher_that_is_well(at=NOW)
    Heartbeat.objects.update(begun_at=ago(3600), finished_at=ago(3600))
    Coverage.objects.update(began_at=ago(3600), ended_at=ago(3600))
    assert troubles() == ["sweep_silent"]
    assert said() == (
        "Monitoring has a problem. Until this is fixed, check each release yourself when it is due. Monitoring stopped "
        "at 8:20am. We are not checking any releases."
    )


@pytest.mark.parametrize(
    ("due_in", "rehearsal", "silent"),
    [(4, False, True), (-4, False, True), (6, False, False), (-6, False, False), (4, True, False)],
)
def test_within_five_minutes_of_a_due_instant_eleven_seconds_without_a_sweep_are_too_many(due_in, rehearsal, silent):
    release = ReleaseFactory(confirmed=True, slot=london_slot(NOW.date()), rehearsal=rehearsal)
    now = release.due_at - timedelta(minutes=due_in)
    a_watcher_that_is_well(at=now)
    Heartbeat.objects.update(begun_at=now - timedelta(seconds=11), finished_at=now - timedelta(seconds=11))
    Coverage.objects.update(began_at=now - timedelta(hours=1), ended_at=now - timedelta(seconds=11))
    assert [one.trouble for one in condition(now=now).problems] == (["sweep_silent"] if silent else [])
    Heartbeat.objects.update(finished_at=now - timedelta(seconds=9))
    assert condition(now=now).problems == ()


def test_sweeps_that_fail_are_distinguished_from_none():
    a_watcher_that_is_well(at=NOW)
    Heartbeat.objects.update(begun_at=ago(3), finished_at=ago(90), failed_at=ago(2))
    assert troubles() == ["sweep_fails"]
    assert "Monitoring has an error, and we may not be checking some releases." in said()
    assert "It last worked at 9:18am." in said()


@pytest.mark.parametrize(
    ("found", "expected_words"),
    [
        ("cannot_tell", "The result of the self-test at 9:19am was ‘cannot tell’. The expected result was ‘on time’."),
        ("not_seen", "The result of the self-test at 9:19am was ‘not live’. The expected result was ‘on time’."),
        ("on_time", "The self-test at 9:19am had the expected result ‘on time’, but with the wrong times."),
        ("", "The self-test at 9:19am ended with an error. The expected result was ‘on time’."),
    ],
    ids=["nothing found", "something else found", "wrong interval", "error"],
)
def test_a_rehearsal_that_came_out_wrong_is_told_with_what_was_expected_and_found(found, expected_words):
    a_watcher_that_is_well(at=NOW)
    a_rehearsal(finished_at=NOW, right=False, found=found)
    assert troubles() == ["canary_wrong"]
    assert "Do not rely on the monitoring. " + expected_words in said()


def test_a_wrong_rehearsal_is_held_against_the_monitoring_process_until_two_in_a_row_came_out_right():
    a_sweep(at=NOW)
    a_rehearsal(finished_at=ago(120), right=False, found="late")
    a_rehearsal(finished_at=ago(60))
    assert troubles() == ["canary_wrong"]
    a_rehearsal(finished_at=NOW)
    assert troubles() == []


def test_a_chain_that_is_right_every_other_time_is_never_well():
    a_sweep(at=NOW)
    for number in range(6):
        a_rehearsal(finished_at=ago(150 - number * 25), right=number % 2 == 0, found="on_time")
        assert troubles() == (["canary_wrong"] if number else [])


def test_a_right_rehearsal_of_long_ago_proves_nothing():
    a_sweep(at=NOW)
    a_rehearsal(finished_at=ago(181))
    assert troubles() == ["canary_overdue"]
    assert "No self-test has finished since 9:16am." in said()


def test_a_self_test_that_never_came_to_an_end_is_overdue_after_three_minutes():
    coverage.mark_alive("watcher", at=ago(240))
    a_sweep(at=NOW)
    assert troubles() == ["canary_overdue"]
    assert "No self-test has finished yet." in said()


def test_a_clock_that_is_wrong_is_told():
    a_watcher_that_is_well(at=NOW)
    a_rehearsal(finished_at=NOW, clock_off=True)
    assert troubles() == ["clock_off"]
    assert "The monitoring clock is wrong." in said()


def test_a_self_test_that_is_switched_off_is_said_to_be_so_and_holds_nothing_against_the_monitoring_process(settings):
    settings.CANARY = False
    a_sweep(at=NOW)
    a_rehearsal(finished_at=NOW, right=False, found="late")
    assert said() == "Monitoring is working. Self-tests are switched off."


def test_what_a_clock_that_was_ahead_wrote_is_not_when_it_was_last_active():
    a_sweep(at=ago(120))
    coverage.mark_alive("another", at=ago(-3600))
    assert "Monitoring stopped at 9:18am" in said()


def test_times_of_another_day_are_named_with_their_day():
    problem = Problem(Trouble.SWEEP_SILENT, NOW - timedelta(days=1))
    assert "at 9:20am on 29 June 2020." in status.describe_problem(problem, now=NOW)


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_has_words_and_is_read_as_it_was_kept(trouble):
    problem = Problem(trouble, NOW, "late", "on_time")
    assert problem_from_json(problem.as_json()) == problem
    assert status.describe_problem(problem, now=NOW).endswith(".")
