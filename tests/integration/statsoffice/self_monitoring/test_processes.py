"""The real processes: with a web server and `manage.py watch` the health is green and pings until `watch` is killed."""

import json
import signal
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest

from statsoffice import processes
from tests.integration.statsoffice.self_monitoring.switch import dead_mans_switch
from tests.servers.ports import free_port
from tests.servers.process import running

pytestmark = [pytest.mark.slow, pytest.mark.waits]

GREEN_WITHIN_SECONDS = 80
GREY_WITHIN_SECONDS = 80


def health(address):
    """Ask for the health, and return the status and the checks."""
    try:
        with urllib.request.urlopen(f"{address}/health/ready") as answer:  # noqa: S310  # a server of the tests
            return answer.status, json.load(answer)["checks"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["checks"]


def wait_for(status, *, address, within_seconds):
    """Ask once a second until the health has a status, and return the checks."""
    until = time.monotonic() + within_seconds
    while True:
        found, checks = health(address)
        if found == status:
            return checks
        assert time.monotonic() < until, checks
        time.sleep(1)


def test_the_health_is_green_by_a_right_verdict_and_not_after_the_watch_was_killed(process_environment, tmp_path):
    port = free_port()
    address = processes.local_address(port)
    with ExitStack() as stack:
        switch = stack.enter_context(dead_mans_switch())
        environment = process_environment | {
            "STATSOFFICE_CANARY": "on",
            "STATSOFFICE_ADDRESS": address,
            "STATSOFFICE_HEALTH_PING": switch.url,
        }

        def run(command, name, answers):
            log = tmp_path / f"{name}.log"
            return stack.enter_context(running(command, answers=answers, log=log, environment=environment))

        run([*processes.web_command(port), "--workers", "1"], "web", lambda: processes.web_answers(port))
        status, checks = health(address)
        assert (status, checks["watcher"]["well"], switch.asked) == (503, False, [])
        watch = run([sys.executable, "manage.py", "watch"], "watch", lambda: True)
        checks = wait_for(200, address=address, within_seconds=GREEN_WITHIN_SECONDS)
        assert "Last self-test passed" in checks["canary"]["says"]
        until = time.monotonic() + 5
        while not switch.asked and time.monotonic() < until:
            time.sleep(0.1)
        assert len(switch.asked) == 1
        watch.send_signal(signal.SIGKILL)
        checks = wait_for(503, address=address, within_seconds=GREY_WITHIN_SECONDS)
        assert "stopped at" in checks["watcher"]["says"]
        assert len(switch.asked) == 1
