"""The whole product starts, answers, and leaves nothing behind when it is asked to stop."""

import signal
import socket
import subprocess
import sys
import time

import pytest

from statsoffice.running import occupancy, programs
from tests.servers.process import has_ended, is_running

pytestmark = pytest.mark.slow

STOPPED_WITHIN_SECONDS = 15


@pytest.fixture
def surroundings(process_environment, tmp_path):
    """Give the environment of a machine that has no broker and no run of its own yet."""
    return {name: value for name, value in process_environment.items() if name != "REDIS_URL"} | {
        "STATSOFFICE_VAR": str(tmp_path)
    }


def free_port():
    """Find a port at which nobody listens."""
    with socket.create_server((occupancy.LOOPBACK, 0)) as server:
        return server.getsockname()[1]


def descendants(pid):
    """List the processes that a process has started, directly or not."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in map(str.split, listed.splitlines())}
    found, generation = set(), {pid}
    while generation:
        generation = {child for child, parent in parents.items() if parent in generation}
        found |= generation
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_the_product_answers_and_stops_without_leaving_a_process(surroundings, number):
    port = free_port()
    command = [sys.executable, "-m", "statsoffice.running", "--no-demo", "--port", str(port)]
    with subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, text=True) as run:
        printed = []
        while not any("Ctrl-C" in line for line in printed):
            line = run.stdout.readline()
            assert line, printed
            printed.append(line)
        assert f"Open http://127.0.0.1:{port}/ in a browser." in printed[-1]
        assert programs.web_answers(port)
        started = descendants(run.pid)
        assert len(started) >= 5  # a broker, a web server and its workers, a Celery worker, a beat
        assert all(map(is_running, started))
        run.send_signal(number)
        began = time.monotonic()
        assert "Everything has stopped." in run.stdout.read()
    assert run.returncode == 0
    assert time.monotonic() - began < STOPPED_WITHIN_SECONDS
    assert all(has_ended(pid) for pid in started)
