"""Web, worker and beat as processes: with the log as JSON every line can be read, and says what it is about."""

import json
import signal
import time
import urllib.request
from datetime import timedelta

import pytest
from django.utils import timezone

from releases.models import Address
from statsoffice import processes
from tests.servers.ports import free_port
from tests.servers.process import running
from tests.servers.programs import celery_beat
from tests.support.factories import ReleaseFactory

pytestmark = pytest.mark.slow

WITHIN_SECONDS = 90


def lines(log):
    """Read the lines of a log that are JSON, and those that are not."""
    read, other = [], []
    for line in log.read_text(errors="replace").splitlines():
        try:
            read.append(json.loads(line))
        except ValueError:
            other.append(line)
    return read, other


def wait_for(log, wanted):
    """Wait until a line of the log is as wanted, and return it."""
    until = time.monotonic() + WITHIN_SECONDS
    while True:
        found = [line for line in lines(log)[0] if wanted(line)]
        if found:
            return found[0]
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.2)


def test_the_web_tells_a_request_under_the_id_that_the_answer_carries(process_environment, tmp_path):
    port, log = free_port(), tmp_path / "web.log"
    environment = process_environment | {"STATSOFFICE_LOG_FORMAT": "json"}
    with running(
        [*processes.web_command(port), "--workers", "1"],
        answers=lambda: processes.web_answers(port),
        log=log,
        environment=environment,
        within_seconds=60,
    ):
        with urllib.request.urlopen(f"{processes.local_address(port)}/health/live") as answer:  # noqa: S310  # of the tests
            given = answer.headers["X-Request-ID"]
        line = wait_for(log, lambda line: line.get("request") == given)
    assert (line["logger"], line["path"], line["status"]) == ("statsoffice.logs", "/health/live", 200)


def test_what_a_worker_says_of_a_release_names_release_watcher_and_task(process_environment, redis_url, tmp_path):
    soon = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=3)
    release = ReleaseFactory(confirmed=True, due_at=soon, rehearsal=True)
    Address.objects.filter(release=release).update(url="nowhere")
    environment = process_environment | {"STATSOFFICE_LOG_FORMAT": "json"}
    worker, beat = tmp_path / "worker.log", tmp_path / "beat.log"
    command = [*processes.WORKER, "-Q", "watch", "--concurrency", "1"]
    both = {"environment": environment, "stop_with": signal.SIGQUIT}
    with (
        running(command, answers=lambda: True, log=worker, **both),
        running(celery_beat(tmp_path), answers=lambda: True, log=beat, **both),
    ):
        line = wait_for(worker, lambda line: "cannot be checked" in line["message"])
        wait_for(beat, lambda line: "Sending due task sweep" in line["message"])
    assert (line["release"], line["task"]) == (release.reference, "sweep")
    assert line["watcher"].endswith(f":{line['process']}")
    assert line["task_id"]
    for log in (worker, beat):
        # The banner for a start by hand is no line of the log.
        assert [line for line in lines(log)[1] if "Traceback" in line or "ERROR" in line] == []
