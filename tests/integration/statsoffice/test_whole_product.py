"""The whole product starts, answers, and leaves nothing behind when it is asked to stop."""

import contextlib
import signal
import subprocess
import sys
import time

import pytest

from statsoffice import processes
from tests.servers.ports import free_port
from tests.servers.process import has_ended, is_running

pytestmark = pytest.mark.slow

STARTED_WITHIN_SECONDS = 30
STOPPED_WITHIN_SECONDS = 60  # the workers and then the broker get 8 seconds each; a busy machine adds to that


@pytest.fixture
def surroundings(process_environment, tmp_path):
    """Return the environment of a machine without a broker, on which the product has not run yet."""
    return {name: value for name, value in process_environment.items() if name != "REDIS_URL"} | {
        "STATSOFFICE_VAR": str(tmp_path)
    }


def descendants(pid):
    """List the processes that a process has started itself, and all that these have started in turn."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in map(str.split, listed.splitlines())}
    generation = children = {child for child, parent in parents.items() if parent == pid}
    found = set()
    while generation:
        found |= generation
        generation = {child for child, parent in parents.items() if parent in generation}
    return children, found


def wait_for_descendants(pid, *, number):
    """Wait until a process has at least so many descendants: one worker may answer before the next is started."""
    until = time.monotonic() + STARTED_WITHIN_SECONDS
    while time.monotonic() < until:
        children, started = descendants(pid)
        if len(started) >= number:
            return children, started
        time.sleep(0.1)
    pytest.fail(f"{len(started)} processes instead of {number} after {STARTED_WITHIN_SECONDS} s: {started}")


def answers_within(port, *, seconds):
    """Return whether the web server answers before the time is over."""
    until = time.monotonic() + seconds
    while not (answered := processes.web_answers(port)) and time.monotonic() < until:
        time.sleep(0.1)
    return answered


@contextlib.contextmanager
def ended_with_the_test(run):
    """Ask a run to stop also where the test fails: the end of its `with` block waits for that."""
    try:
        yield
    finally:
        run.terminate()


@pytest.mark.parametrize(
    "number",
    [pytest.param(signal.SIGINT, id="ctrl-c"), pytest.param(signal.SIGTERM, id="term", marks=pytest.mark.full)],
)
def test_the_product_answers_and_stops_without_leaving_a_process(surroundings, number):
    port = free_port()
    command = [sys.executable, "-m", "statsoffice.processes", "--no-demo", "--port", str(port)]
    with (
        subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, text=True) as run,
        ended_with_the_test(run),
    ):
        printed = []
        while not any("Ctrl-C" in line for line in printed):
            line = run.stdout.readline()
            assert line, printed
            printed.append(line)
        assert f"Open http://127.0.0.1:{port}/desk/ in a browser" in printed[-1]
        assert answers_within(port, seconds=STARTED_WITHIN_SECONDS)  # each worker imports Django first
        children, started = wait_for_descendants(run.pid, number=6)  # with the two workers of the web server
        assert len(children) == 3  # a broker, a web server, a Celery worker with its beat
        assert all(map(is_running, children))  # of what these start, some ends soon, as a check for a library
        run.send_signal(number)
        rest, _ = run.communicate(timeout=STOPPED_WITHIN_SECONDS)
        assert "Everything has stopped." in rest
        assert run.returncode == 0
    assert all(has_ended(pid) for pid in started)
