"""The worker's backstop: idle while ticks come, at work where they do not, and nowhere but in a worker."""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from statsoffice import celery
from statsoffice.steps import progress
from statsoffice.steps.backstop import Backstop, Step

PATIENCE = 0.3  # seconds


@contextmanager
def standing_by(*, every=0.05, **acts):
    """Run a backstop whose steps are looked after so often, in seconds."""
    backstop = Backstop({name: (act, every) for name, act in acts.items()}, patience_seconds=PATIENCE)
    backstop.start()
    yield
    backstop.end()
    backstop.join()


def until(condition, *, seconds=5):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_it_does_nothing_while_tasks_come():
    done = []
    with standing_by(draft=lambda: done.append(1)):
        for _ in range(20):
            progress.note("draft")
            time.sleep(PATIENCE / 6)
    assert done == []


def test_a_step_whose_tasks_stay_away_is_done_again_and_again_and_no_other_is():
    drafted, delivered = [], []
    with standing_by(draft=lambda: drafted.append(1), deliver=lambda: delivered.append(1)):
        assert until(lambda: progress.note("deliver") or len(drafted) >= 3)
    assert delivered == []


def test_while_ticks_of_other_steps_come_another_worker_may_have_those_of_one():
    done = []
    with standing_by(draft=lambda: done.append(1)):
        for _ in range(12):
            progress.note_tick()
            time.sleep(PATIENCE / 4)
        assert done == []
        assert until(lambda: progress.note_tick() or done)
        assert progress.seconds_since("draft") > 4.5 * PATIENCE


def test_a_step_that_comes_seldom_is_missed_only_after_many_of_its_own_ticks():
    done = []
    with standing_by(every=PATIENCE, preflight=lambda: done.append(progress.seconds_since("preflight"))):
        assert until(lambda: progress.note_tick() or done, seconds=30)
    assert done[0] > 12 * PATIENCE


def test_it_stops_doing_a_step_once_its_tasks_come_again(caplog):
    done = []
    with standing_by(sweep=lambda: done.append(1)):
        assert until(lambda: done)
        progress.note("sweep")
        assert until(lambda: "sweep comes again" in caplog.text)
        so_far = len(done)
        for _ in range(10):
            progress.note("sweep")
            time.sleep(PATIENCE / 6)
        assert len(done) == so_far
    assert "no sweep came" in caplog.text


def test_it_waits_at_its_end_for_what_is_under_way():
    ended = []

    def slow():
        time.sleep(0.3)
        ended.append(1)

    with standing_by(sweep=slow):
        time.sleep(PATIENCE + 0.2)
    assert ended


def test_another_process_of_the_worker_hears_that_all_is_to_end():
    script = """
import os, sys, time
from statsoffice.steps import progress
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


def test_a_worker_stands_in_for_every_step_that_beat_wakes():
    # The roll call of 9.30am is owed until it is called: the draft's step calls it too.
    woken = set(celery.app.conf.beat_schedule) - {"verify_releases_at_0930"}
    assert woken == set(Step(SimpleNamespace()).steps()) == set(progress.STEPS)


@pytest.mark.parametrize("module", ["statsoffice.celery", "statsoffice.tasks", "statsoffice.wsgi"])
def test_nothing_but_a_worker_starts_it(module):
    script = f"import django, threading; django.setup(); import {module}; assert threading.active_count() == 1"
    environment = {"DJANGO_SETTINGS_MODULE": "statsoffice.settings"}
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, env=os.environ | environment)
    assert not [one for one in threading.enumerate() if one.name.startswith("backstop")]
