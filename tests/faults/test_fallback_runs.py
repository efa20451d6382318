"""The fallback of a worker is judged by the times of its ticks, and not by how busy the machine was."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.fallback_runs import ticks, without_cause

BEGAN = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
NUMBER = "0123abcd-0000-4000-8000-{:012d}"


def line(seconds, text):
    at = BEGAN + timedelta(seconds=seconds)
    return f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03} {text}"


def received(step, seconds, number):
    return line(seconds, f"INFO celery.worker.strategy: Task {step}[{NUMBER.format(number)}] received")


def done(step, seconds, number, *, lasted=0.1):
    how = f"succeeded in {lasted}s: None"
    return line(seconds, f"INFO celery.app.trace: Task {step}[{NUMBER.format(number)}] {how}")


def tick(step, seconds, *, ended=None):
    """The lines of one tick that came at an instant, was worked on at once, and ended soon or at the given instant."""
    ended = seconds + 0.2 if ended is None else ended
    number = int(seconds * 1000) * 10 + len(step)
    return [received(step, seconds, number), done(step, ended, number, lasted=round(ended - seconds - 0.05, 3))]


def every(step, pause, *, start=0.0, end=200.0):
    """The lines of a step whose ticks all come in time."""
    return [written for n in range(int((end - start) / pause)) for written in tick(step, start + n * pause)]


def stood_in(step, seconds):
    said = f"{step} makes no progress here, so this worker runs the job itself"
    return line(seconds, f"WARNING statsoffice.celery: {said}")


def stood_alone(seconds):
    return line(seconds, "WARNING statsoffice.celery: no job was triggered here for 12 seconds (Celery beat or")


def log(*lines):
    return "\n".join([line(0, "INFO celery.worker: it begins"), *sorted(lines), "no line of the log"])


IN_TIME = every("draft", 2) + every("sweep", 5, start=0.5)


@pytest.mark.parametrize("step", ["draft", "sweep"])
@pytest.mark.parametrize("at", [3, 14, 100, 190.4])
def test_the_fallback_that_runs_while_ticks_come_in_time_has_no_cause(step, at):
    assert without_cause(log(*IN_TIME, stood_in(step, at))) == [stood_in(step, at)]


@pytest.mark.parametrize("at", [3, 14, 100, 190.4])
def test_who_runs_every_job_while_ticks_come_in_time_has_no_cause(at):
    assert without_cause(log(*IN_TIME, stood_alone(at))) == [stood_alone(at)]


def test_nothing_replaces_it_and_nothing_is_told():
    assert without_cause(log(*IN_TIME)) == []


def test_a_gap_of_all_ticks_longer_than_the_patience_is_a_cause():
    seldom = every("draft", 2, end=100) + every("draft", 2, start=112.5)
    assert without_cause(log(*seldom, stood_alone(112.4))) == []


def test_a_gap_shorter_than_the_patience_is_none():
    seldom = every("draft", 2, end=100) + every("draft", 2, start=109)
    assert without_cause(log(*seldom, stood_alone(109.5))) != []


def test_a_gap_that_ended_long_ago_is_none():
    seldom = every("draft", 2, end=100) + every("draft", 2, start=115)
    assert without_cause(log(*seldom, stood_alone(116))) == []
    assert without_cause(log(*seldom, stood_alone(125))) != []


def test_ticks_that_came_too_late_to_be_worked_on_end_no_gap():
    discarded = [received("draft", 100 + n, 10**9 + n) for n in range(12)]
    seldom = every("draft", 2, end=100) + discarded
    assert without_cause(log(*seldom, stood_alone(111.5))) == []


def test_a_tick_that_waited_in_the_worker_may_have_begun_at_its_end_only():
    waited = [received("sweep", 101, 1), done("sweep", 111.6, 1, lasted=0.1)]
    seldom = every("draft", 2, end=99) + waited
    assert without_cause(log(*seldom, stood_alone(111.2))) == []


def test_before_its_first_tick_a_worker_has_waited_for_somewhat_longer_than_its_log_tells():
    late = every("draft", 2, start=20)
    assert without_cause(log(*late, stood_alone(11.9))) == []
    assert without_cause(log(*late, stood_alone(1))) != []


def test_one_step_of_many_is_missing_only_after_a_minute_and_twelve_of_its_ticks():
    assert without_cause(log(*every("draft", 2), stood_in("sweep", 49))) != []
    assert without_cause(log(*every("draft", 2), stood_in("sweep", 61))) == []
    assert without_cause(log(*every("draft", 2), stood_in("preflight", 169))) != []
    assert without_cause(log(*every("draft", 2), stood_in("preflight", 181))) == []


def test_what_failed_had_come_too():
    failed = received("draft", 10, 1), line(10.2, f"ERROR celery.app.trace: Task draft[{NUMBER.format(1)}] raised it")
    assert [one.step for one in ticks(log(*failed))] == ["draft"]
