"""Processes start in turn, are monitored, and all stop together."""

import os
import signal
import subprocess
import sys
import time
from textwrap import dedent

import pytest

from statsoffice import processes
from statsoffice.processes import ProcessEnded, Processes, StopRequested
from tests.servers.process import has_ended, is_running

ENDLESS = "import time; print('at work', flush=True); time.sleep(60)"
DEAF = "from signal import *; signal(SIGTERM, SIG_IGN); signal(SIGQUIT, SIG_IGN);" + ENDLESS
WITH_CHILD = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True);" + ENDLESS


@pytest.fixture
def impatient(monkeypatch):
    """Shorten the seconds that a process is given to end."""
    monkeypatch.setattr(processes, "ENDING", tuple((number, 0.3) for number, _ in processes.ENDING))


def python(code):
    """Return a command that runs some Python."""
    return [sys.executable, "-c", code]


def says(log, words):
    """Return a question whether a log holds some words."""
    return lambda: words in log.read_text()


def start_all(several, tmp_path, **codes):
    """Start several Python processes in parallel and return their ids, once each is at work."""
    for name, code in codes.items():
        several.start(name, python(code), answers=says(tmp_path / f"{name}.log", "at work"))
    return [member.process.pid for member in several._members]


def test_a_signal_stops_every_process(tmp_path):
    with Processes(tmp_path, os.environ) as several:
        pids = start_all(several, tmp_path, web=ENDLESS, worker=ENDLESS)
        assert all(map(is_running, pids))
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StopRequested):
            several.wait()
    assert not any(map(is_running, pids))


def test_a_process_that_ends_is_named_with_the_end_of_its_log(tmp_path):
    failing = "print('at work', flush=True); import time; time.sleep(.3); raise SystemExit('no such table')"
    with Processes(tmp_path, os.environ) as several:
        pids = start_all(several, tmp_path, web=ENDLESS, worker=failing)
        with pytest.raises(ProcessEnded) as told:
            several.wait()
    assert "worker has ended unexpectedly (exit code 1)." in str(told.value)
    assert "no such table" in str(told.value)
    assert not any(map(is_running, pids))


def test_a_process_that_never_answers_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "SECONDS_TO_ANSWER", 0.2)
    told = "web does not answer after 0 seconds"
    with Processes(tmp_path, os.environ) as several, pytest.raises(ProcessEnded, match=told):
        several.start("web", python(ENDLESS), answers=lambda: False)


def test_a_process_deaf_to_polite_signals_is_killed_in_the_end(tmp_path, impatient):
    began = time.monotonic()
    with Processes(tmp_path, os.environ) as several:
        pids = start_all(several, tmp_path, broker=ENDLESS, worker=DEAF)
    assert not any(map(is_running, pids))
    assert 0.6 < time.monotonic() - began < 10


def test_children_of_a_process_that_was_killed_do_not_stay(tmp_path, impatient):
    with Processes(tmp_path, os.environ) as several:
        [pid] = start_all(several, tmp_path, worker=WITH_CHILD)
        child = int((tmp_path / "worker.log").read_text().split()[0])
        assert is_running(child)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ProcessEnded, match="signal SIGKILL"):
            several.wait()
    assert has_ended(child)


def test_what_a_completed_process_printed_is_given_back(tmp_path):
    with Processes(tmp_path, os.environ) as several:
        assert several.complete("demo", python("print('hop@example.gov.uk')")) == "hop@example.gov.uk\n"


def test_a_step_that_fails_stops_the_others(tmp_path):
    with Processes(tmp_path, os.environ) as several:
        pids = start_all(several, tmp_path, web=ENDLESS)
        with pytest.raises(ProcessEnded, match=r"demo has failed \(exit code 3\)"):
            several.complete("demo", python("raise SystemExit(3)"))
    assert not any(map(is_running, pids))


def test_nothing_stays_when_the_parent_is_killed_outright(tmp_path):
    # Only Linux tells a child that its parent died; ./test runs on Linux.
    parent = f"""
        import os, sys
        from pathlib import Path
        from statsoffice.processes import Processes
        with Processes(Path({str(tmp_path)!r}), os.environ) as several:
            several.start("web", [sys.executable, "-c", {ENDLESS!r}], answers=lambda: True)
            print(several._members[0].process.pid, flush=True)
            several.wait()
    """
    with subprocess.Popen(python(dedent(parent)), stdout=subprocess.PIPE, text=True) as run:
        child = int(run.stdout.readline())
        run.kill()
    assert has_ended(child)
