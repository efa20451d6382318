"""The worker's fallback: idle while jobs are triggered, at work where they are not, and nowhere but in a worker."""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from statsoffice.celery import Fallback, _jobs, _slots, progress, run_tick
from statsoffice.jobs import JOBS, Job

PATIENCE = 0.3  # seconds


@contextmanager
def run_fallback(*, every=0.05, **acts):
    """Run a fallback for some jobs with an interval, in seconds."""
    fallback = Fallback(
        [
            Job(
                name=name,
                schedule=timedelta(seconds=every),
                queue="celery",
                expires_seconds=1,
                function=lambda _stop, act=act: act(),
            )
            for name, act in acts.items()
        ],
        patience_seconds=PATIENCE,
    )
    fallback.start()
    yield
    fallback.end()
    fallback.join()


def until(condition, *, seconds=5):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_it_does_nothing_while_a_job_is_triggered():
    done = []
    with run_fallback(draft=lambda: done.append(1)):
        for _ in range(20):
            progress.note("draft")
            time.sleep(PATIENCE / 6)
    assert done == []


def test_a_job_that_is_not_triggered_is_run_again_and_again_and_no_other_is():
    drafted, delivered = [], []
    with run_fallback(draft=lambda: drafted.append(1), deliver=lambda: delivered.append(1)):
        assert until(lambda: progress.note("deliver") or len(drafted) >= 3)
    assert delivered == []


def test_while_other_jobs_are_triggered_another_worker_may_get_the_messages_of_one(caplog):
    done = []
    with run_fallback(draft=lambda: done.append(1)):
        for _ in range(12):
            progress.note_tick()
            time.sleep(PATIENCE / 4)
        assert done == []
        assert until(lambda: progress.note_tick() or done)
        assert progress.seconds_since("draft") > 4.5 * PATIENCE
    assert [record.message for record in caplog.records] == [
        "draft makes no progress here, so this worker runs the job itself until it makes progress again"
    ]


def test_a_job_with_a_long_interval_is_missing_only_after_many_of_them():
    done = []
    with run_fallback(every=PATIENCE, preflight=lambda: done.append(progress.seconds_since("preflight"))):
        assert until(lambda: progress.note_tick() or done, seconds=30)
    assert done[0] > 12 * PATIENCE


def test_without_any_trigger_it_runs_every_job_and_logs_that_once(caplog):
    drafted, delivered = [], []
    with run_fallback(draft=lambda: drafted.append(1), deliver=lambda: delivered.append(1)):
        assert until(lambda: len(drafted) > 3 and len(delivered) > 3)
    said = (
        "no job was triggered here for 0.3 seconds (Celery beat or the broker may be down, or every process may be "
        "busy), so this worker runs every job itself until a job is triggered again"
    )
    assert [record.message for record in caplog.records] == [said]


def test_it_stops_running_a_job_once_it_is_triggered_again(caplog):
    done = []
    with run_fallback(sweep=lambda: done.append(1)):
        assert until(lambda: done)
        progress.note_tick()
        progress.note("sweep")
        assert until(lambda: "jobs are triggered here again" in caplog.text)
        so_far = len(done)
        for _ in range(10):
            progress.note("sweep")
            time.sleep(PATIENCE / 6)
        assert len(done) == so_far


def test_it_waits_at_its_end_for_a_job_that_runs():
    ended = []

    def slow():
        time.sleep(0.3)
        ended.append(1)

    with run_fallback(sweep=slow):
        time.sleep(PATIENCE + 0.2)
    assert ended


def test_another_process_of_the_worker_learns_that_it_ends():
    script = """
import os, sys, time, django
django.setup()
from statsoffice.celery import Progress
progress = Progress(['draft', 'sweep'])
progress.begin()
child = os.fork()
if not child:
    while not progress.is_ending():
        time.sleep(0.01)
    progress.note("draft")
    os._exit(0)
time.sleep(0.3)
progress.end()
os.waitpid(child, 0)
assert progress.seconds_since("draft") < 0.25 <= progress.seconds_since("sweep"), "the note did not come back"
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=20)


@pytest.mark.parametrize("job", ["sweep", "draft", "deliver", "webhooks"])
def test_two_processes_of_a_worker_may_run_a_job_at_once_and_a_killed_one_frees_its_place(job):
    script = """
import os, signal, sys, time
from dataclasses import replace
from statsoffice.celery import _jobs, progress, run_tick
job = _jobs[sys.argv[1]]
progress.begin()
begun, begins = os.pipe()
os.set_blocking(begun, False)
children = []

def run_in_a_child():
    def hang(stop):
        os.write(begins, b".")
        time.sleep(60)

    child = os.fork()
    if not child:
        run_tick(replace(job, function=hang))
        os._exit(0)
    children.append(child)

def try_to_run():
    ran = []
    run_tick(replace(job, function=ran.append))
    return len(ran)

def has_begun():
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            return os.read(begun, 1) == b"."
        except BlockingIOError:
            time.sleep(0.01)
    return False

try:
    run_in_a_child()
    assert has_begun()
    assert try_to_run(), "no second run is possible while the first one hangs"
    run_in_a_child()
    assert has_begun()
    time.sleep(0.3)
    assert not try_to_run(), "a third run takes a process from other jobs"
    assert progress.seconds_since(job.name) > 0.25, "the fallback does not learn that both hang"
    assert progress.seconds_since_tick() < 0.25
    killed = children.pop()
    os.kill(killed, signal.SIGKILL)
    os.waitpid(killed, 0)
    assert try_to_run(), "the killed process has kept its place"
finally:
    for child in children:
        os.kill(child, signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script, job], check=True, timeout=60)


def test_the_job_of_half_past_nine_notes_only_the_part_that_runs(monkeypatch):
    ran = []

    def run_part(name, stop):
        stop()
        ran.append((name, min(["sweep", "draft"], key=progress.seconds_since)))

    for name in ("sweep", "draft"):
        part = replace(_jobs[name], function=partial(run_part, name))
        monkeypatch.setitem(_jobs, name, part)
    progress.begin()
    run_tick(next(job for job in JOBS if job.name == "verify_releases_at_0930"))
    assert ran == [("sweep", "sweep"), ("draft", "draft")]


@contextmanager
def no_slot():
    yield False


def test_the_job_of_half_past_nine_drafts_although_it_may_not_sweep(monkeypatch):
    ran = []
    for name in ("sweep", "draft"):
        monkeypatch.setitem(_jobs, name, replace(_jobs[name], function=lambda _stop, name=name: ran.append(name)))
    monkeypatch.setattr(_slots["sweep"], "take", no_slot)
    run_tick(next(job for job in JOBS if job.name == "verify_releases_at_0930"))
    assert ran == ["draft"]


@pytest.mark.parametrize("module", ["statsoffice.celery", "statsoffice.jobs", "statsoffice.wsgi"])
def test_nothing_but_a_worker_starts_it(module):
    script = f"import django, threading; django.setup(); import {module}; assert threading.active_count() == 1"
    environment = {"DJANGO_SETTINGS_MODULE": "statsoffice.settings"}
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, env=os.environ | environment)
    assert not [one for one in threading.enumerate() if one.name.startswith("fallback")]
