"""The heartbeat of monitoring is a sweep that finished, or one clearly at work; never a process that is up."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, OperationalError

from releases.evidence import coverage
from releases.models import Coverage
from releases.monitoring.sweep import SweepFaults
from statsoffice import jobs
from statsoffice.self_monitoring import status
from statsoffice.self_monitoring.models import Heartbeat
from tests.integration.statsoffice.self_monitoring.self_test import MORNING as NOW

pytestmark = pytest.mark.django_db

NAME = "host:1"


def ago(seconds):
    return None if seconds is None else NOW - timedelta(seconds=seconds)


def beats(*, begun=None, finished=None, failed=None, alive=None, by=NAME):
    """Return the heartbeat if the sweep began, finished and failed, and the last sign of life was, so long ago."""
    if alive is not None:
        coverage.mark_alive(NAME, at=ago(alive))
    found = Heartbeat(step="sweep", begun_at=ago(begun), begun_by=by, finished_at=ago(finished), failed_at=ago(failed))
    return status.is_beating(found, now=NOW)


@pytest.mark.parametrize(
    ("known", "heartbeat"),
    [
        pytest.param({"begun": 61, "finished": 60}, True, id="finished a minute ago"),
        pytest.param({"begun": 62, "finished": 61}, False, id="finished longer ago"),
        pytest.param({"begun": 600, "finished": 605, "alive": 2}, True, id="long at work and alive"),
        pytest.param({"begun": 600, "finished": 605, "alive": 16}, False, id="long at work and hanging"),
        pytest.param({"begun": 600, "finished": 605, "alive": 2, "by": "host:2"}, False, id="alive is another one"),
        pytest.param({"begun": 4, "finished": 605, "alive": 2}, False, id="the last of many that died at work"),
        pytest.param({"begun": 600, "finished": 590, "alive": 2}, False, id="alive and never begun again"),
        pytest.param({"begun": 5, "finished": 90, "failed": 4, "alive": 2}, False, id="fails each time"),
        pytest.param({"begun": 5, "finished": 90, "failed": 9, "alive": 2}, False, id="just begun after a failure"),
        pytest.param({"begun": 80, "finished": 99, "failed": 85, "alive": 2}, True, id="at work since a failure"),
        pytest.param({"begun": 3, "alive": 2}, True, id="the very first one at work"),
        pytest.param({}, False, id="never begun"),
        pytest.param({"begun": 3, "finished": -3600}, False, id="finished by a clock that was ahead"),
    ],
)
def test_only_a_sweep_that_finishes_or_is_at_work_counts(known, heartbeat):
    assert beats(**known) is heartbeat


@pytest.mark.parametrize("began_last", ["host:2", "host:3"], ids=["one that hangs", "one that has just begun"])
def test_a_sweep_that_has_run_for_long_counts_although_another_began_later(began_last):
    Coverage.objects.create(watcher="host:1", began_at=ago(1800), ended_at=ago(2), recorded_until=ago(2))
    begun = {"host:2": 1795, "host:3": 5}[began_last]
    assert beats(begun=begun, finished=1800, by=began_last)


@pytest.fixture
def kept():
    """Return the stored record of the sweeps."""
    return lambda: Heartbeat.objects.get(step="sweep")


def test_a_sweep_by_the_tick_notes_when_it_began_and_finished(kept):
    jobs.sweep()
    assert kept().begun_at <= kept().finished_at
    assert kept().begun_by == jobs.process_name()
    assert kept().failed_at is None


def test_a_sweep_that_fails_is_noted_as_failed_and_its_fault_surfaces(kept, monkeypatch):
    def fail(*_, **__):
        message = "no such table"
        raise LookupError(message)

    monkeypatch.setattr("releases.monitoring.sweep.Sweep.run", fail)
    with pytest.raises(LookupError):
        jobs.sweep()
    assert kept().failed_at is not None
    assert kept().finished_at is None


@pytest.fixture
def fail_one_sweep(monkeypatch):
    """Return a function that runs a sweep that fails, and then one that ends normally."""

    def run(fault):
        def fail(*_, **__):
            raise fault

        with monkeypatch.context() as patched:
            patched.setattr("releases.monitoring.sweep.Sweep.run", fail)
            with pytest.raises(type(fault)):
                jobs.sweep()
        jobs.sweep()

    return run


def test_the_error_of_a_sweep_is_reported_for_three_minutes_although_another_sweep_ends_normally(fail_one_sweep, kept):
    fail_one_sweep(LookupError("no such page"))
    failed_at = kept().failed_at
    assert kept().finished_at > failed_at
    assert [one.trouble for one in status.condition(now=failed_at + timedelta(seconds=59)).problems] == ["sweep_fails"]
    for seconds, troubles in ((180, ["sweep_fails"]), (181, [])):
        now = failed_at + timedelta(seconds=seconds)
        Heartbeat.objects.filter(step="sweep").update(finished_at=now)
        found = [one.trouble for one in status.condition(now=now).problems]
        assert [trouble for trouble in found if trouble == "sweep_fails"] == troubles


def test_a_sweep_that_the_database_ended_for_a_moment_is_no_error_of_our_own(fail_one_sweep, kept):
    fail_one_sweep(OperationalError("the database is locked"))
    assert "sweep_fails" not in [one.trouble for one in status.condition(now=kept().finished_at).problems]


def test_an_error_is_reported_while_the_sweep_goes_on(monkeypatch):
    def report_and_look(sweep, **_):
        sweep._faults.append(LookupError("no such page"))
        sweep._report_faults()
        now = jobs.CLOCK.now()
        Heartbeat.objects.filter(step="sweep").update(finished_at=now)
        assert [one.trouble for one in status.condition(now=now).problems] == ["sweep_fails"]

    jobs.sweep()
    monkeypatch.setattr("releases.monitoring.sweep.Sweep.run", report_and_look)
    jobs.sweep()


def test_a_database_that_takes_no_note_holds_up_no_sweep(monkeypatch, caplog):
    def away(*_, **__):
        message = "the database is away"
        raise DatabaseError(message)

    swept = []
    monkeypatch.setattr(Heartbeat.objects, "filter", away)
    with status.record_step("sweep", now=lambda: NOW, by=NAME):
        swept.append(1)
    assert swept == [1]
    assert "the database is away" in caplog.text


def test_the_faults_that_a_sweep_reported_itself_are_not_reported_again_at_its_end():
    def end(fault):
        with pytest.raises(type(fault)), status.record_step("sweep", now=lambda: NOW, by=NAME):
            raise fault
        return Heartbeat.objects.filter(step="sweep fault").exists()

    assert not end(SweepFaults("our own code failed on 1 checks or releases", [ValueError()]))
    assert end(ValueError("a fault that ended the sweep"))
