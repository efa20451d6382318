"""The standard commands of Celery, as real processes on a real Redis: each of them does everything alone."""

import contextlib
import signal
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time

import pytest
import redis
from django.utils import timezone

from breaches.models import Report
from releases.models import Observation, PreflightRun, Verification
from releases.rules import calendar
from releases.rules.calendar import Nation
from releases.verdict.address import Outcome
from statsoffice import processes
from statsoffice.jobs import QUEUES
from statsoffice.notifications.models import Message
from tests.journeys.release_morning import COMING_SOON, LIVE, MARKER, TOLERANCE, a_series_with_people, scenes
from tests.servers.process import running, wait_until
from tests.support.factories import ReleaseFactory
from tests.support.preflight import announce_at

pytestmark = pytest.mark.slow

READY_WITHIN_SECONDS = 90
DONE_WITHIN_SECONDS = 90
HEAD_START = timedelta(seconds=14)
"""A plain worker waits for twelve seconds for Celery beat before its fallback begins."""


def next_working_day():
    day = calendar.local_date(timezone.now()) + timedelta(days=1)
    while calendar.no_release_day(day, nation=Nation.UNITED_KINGDOM):
        day += timedelta(days=1)
    return calendar.from_london(datetime.combine(day, clock_time(9, 30)))


def waiting_messages(redis_url):
    """Count what waits in each queue."""
    with contextlib.closing(redis.Redis.from_url(redis_url.replace("redis+socket", "unix"))) as client:
        return {name: client.llen(name) for name in QUEUES}


def a_release_that_is_late(site, *, due_at):
    """Record a release whose page goes live ten seconds after its limit."""
    live_at = due_at + TOLERANCE + timedelta(seconds=10)
    site.publish("/late", scenes({"body": COMING_SOON}, {"body": LIVE}, starts=live_at))
    return ReleaseFactory(
        confirmed=True,
        series=a_series_with_people(),
        reference="late",
        url=site.url("/late"),
        marker=MARKER,
        due_at=due_at,
        rehearsal=True,
    )


@pytest.mark.parametrize("options", [pytest.param(["-B"], id="with-beat"), pytest.param([], id="plain")])
def test_one_worker_turns_a_late_release_into_a_draft_and_a_notification(
    site, process_environment, redis_url, tmp_path, options
):
    environment = process_environment | {
        "STATSOFFICE_VAR": str(tmp_path),
        "STATSOFFICE_PREFLIGHT_AT": "00:00",
        "STATSOFFICE_PROBE_ALLOW_PRIVATE": site.base_url.removeprefix("http://"),
    }
    log = tmp_path / "worker.log"
    # The checks before tomorrow's release show that the queues of less urgent jobs are consumed too.
    tomorrow = ReleaseFactory(
        confirmed=True, reference="tomorrow", url=site.url("/tomorrow"), due_at=next_working_day()
    )
    announce_at(tomorrow, site.url("/announcement"))
    with running(
        [*processes.WORKER, *options],
        answers=lambda: " ready." in log.read_text(errors="replace"),
        log=log,
        environment=environment,
        within_seconds=READY_WITHIN_SECONDS,
        stop_with=signal.SIGQUIT,
    ):
        earliest = datetime.now(UTC) + HEAD_START
        due_at = earliest.replace(second=0, microsecond=0) + timedelta(minutes=1)
        late = a_release_that_is_late(site, due_at=due_at)
        told = Message.objects.filter(report__isnull=False, sent_at__isnull=False)
        seconds = (due_at - datetime.now(UTC)).seconds + DONE_WITHIN_SECONDS
        wait_until(told.exists, logs=[log], seconds=seconds)
        wait_until(PreflightRun.objects.filter(done_at__isnull=False).exists, logs=[log], seconds=seconds)
        waiting = waiting_messages(redis_url)
    verdict = Verification.objects.get(release=late)
    assert (verdict.due_at, verdict.outcome in {Outcome.LATE, Outcome.NOT_SEEN}) == (due_at, True)
    assert Report.objects.get().suspicions.get().release == late
    assert set(Observation.objects.filter(release=tomorrow).values_list("address__role", flat=True)) == {
        "page",
        "announcement",
    }
    assert {name: count for name, count in waiting.items() if count > 1} == {}
    said = log.read_text(errors="replace")
    assert said.count("this worker runs every job itself until a job is triggered again") == (0 if options else 1)
    assert "makes no progress here" not in said


def test_a_worker_with_a_misspelt_queue_does_not_start(process_environment, tmp_path):
    log = tmp_path / "worker.log"
    with (
        pytest.raises(RuntimeError, match="ended with code"),
        running(
            [*processes.WORKER, "-Q", "wach"],
            answers=lambda: " ready." in log.read_text(errors="replace"),
            log=log,
            environment=process_environment,
            within_seconds=READY_WITHIN_SECONDS,
        ),
    ):
        pass
    assert "wach" in log.read_text()
