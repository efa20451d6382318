"""The one table of periodic jobs. Celery beat, manage.py watch and the worker's fallback are built from it."""

import contextlib
import faulthandler
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path

from celery.schedules import crontab
from django.conf import settings

from breaches import drafting
from releases import (
    announcements,
    date_changes,
    judge,
    minute_briefs,
    morning_summary,
    open_files,
    preflight,
    receipts,
    verdict_queue,
)
from releases.evidence import body_storage, screenshots
from releases.host_budgets import budgets_from_settings
from releases.imports import uploads, year_review
from releases.monitoring import spool
from releases.monitoring.adhoc_checks import AdhocMeans
from releases.monitoring.clock import Clock, ClockSource, RealClock
from releases.monitoring.sweep import Sweep
from releases.probe.adapters import ADAPTERS
from releases.probe.browser import Browser, browser_from_settings
from releases.probe.probe import Probe, probe_from_settings, user_agent_from_settings
from releases.rules.page_view import BrowserState
from statsoffice import anchors, retention
from statsoffice.fault_isolation import run_safely, run_steps
from statsoffice.logs import log_context
from statsoffice.notifications import delivery, outbox
from statsoffice.notifications.recipients import MINUTE_BRIEF
from statsoffice.self_monitoring import status, synthetic_check
from statsoffice.webhooks import deliveries as webhook_deliveries

type Stop = Callable[[], bool]

CLOCK = RealClock(ClockSource(servers=settings.CLOCK_SERVERS))
SWEEP_STUCK_AFTER_SECONDS = 600.0
"""A sweep calls `stop` every few seconds, or after at most some tens of seconds if it waits for the database."""
PAST_YEARS_SECONDS = 20.0
_probes: dict[tuple[int, int, bool], Probe] = {}
_browsers: dict[tuple[int, int], Browser] = {}


def never() -> bool:
    return False


def own_probe(*, now: Callable[[], datetime], adhoc: bool = False) -> Probe:
    """Return this thread's own probe; connections must not be shared with other threads or a forked process."""
    owner = (os.getpid(), threading.get_ident(), adhoc)
    if owner not in _probes:
        _probes[owner] = probe_from_settings(now=now, adhoc=adhoc)
    return _probes[owner]


def own_browser() -> Browser:
    """Return this thread's own browser for screenshots. It starts a process only when there is a page to load."""
    owner = (os.getpid(), threading.get_ident())
    if owner not in _browsers:
        _browsers[owner] = browser_from_settings(user_agent=user_agent_from_settings())
    return _browsers[owner]


def find_browser_state() -> BrowserState:
    """Start a browser, return how it runs, and end it."""
    with browser_from_settings(user_agent=user_agent_from_settings()) as browser:
        return browser.find_state()


def make_adhoc_means(probe: Probe, *, clock: Clock, process: str, stop: Stop = never) -> AdhocMeans:
    return AdhocMeans(
        probe=probe,
        # A separate name, because a sweep of this process also holds leases, which must not be released with ours.
        holder=f"{process} beside",
        budgets=budgets_from_settings(),
        clock_error=clock.error(),
        clock_largest_error=settings.CLOCK_LARGEST_ERROR,
        stop=stop,
        monitoring_unwell=status.is_alarm_sent(),
        browser_state=cache(find_browser_state),
    )


@contextlib.contextmanager
def open_command_means(*, clock: Clock) -> Iterator[AdhocMeans]:
    """Yield the probe, lease holder and clock for the checks of a command."""
    with probe_from_settings(now=clock.now, adhoc=True) as probe:
        yield make_adhoc_means(probe, clock=clock, process=process_name())


def run_due_checks(*, clock: Clock, process: str, stop: Stop = never) -> None:
    """Make the due or requested checks, snapshots and comparisons; once a day remove old evidence.

    Nothing begins around the due time of a release. A later run makes the remaining checks.

    :raises ExceptionGroup: in the end, if parts failed.
    """
    if not preflight.is_quiet_time(now=clock.now()):
        return

    @cache
    def means() -> AdhocMeans:
        # Created by the first step that makes a check; the other steps need no probe.
        return make_adhoc_means(own_probe(now=clock.now, adhoc=True), clock=clock, process=process, stop=stop)

    run_steps(
        partial(preflight.request_missing_preflights, at=settings.PREFLIGHT_AT),
        lambda now: preflight.run_requested_preflights(
            means=means(), now=now, quiet=lambda at: preflight.is_quiet_time(now=at)
        ),
        lambda now: _run_dummy_file_checks(means, now=now),
        lambda now: announcements.make_due_snapshots(means=means(), now=now),
        lambda now: retention.prune_evidence_daily(clock=clock, by=process, stop=stop),
        retention.remove_expired_sessions,
        lambda now: announcements.make_due_comparisons(at=settings.COMPARISON_AT, means=means(), now=now),
        now=clock.now,
        stop=stop,
    )


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table.

    :param name: the name of the Celery task and the beat entry. Do not rename it, because messages waiting in a broker
        contain it.
    :param schedule: a crontab only if other jobs cover it, because a crontab skips October's repeated hour. For Celery
        an interval is the time between two beginnings; for `run_until` and the fallback, between an end and the next
        beginning.
    :param run: is called with a function that returns whether the process is ending; a long job must call it often.
    :param queue: the Celery queue; `-Q` assigns queues to a worker.
    :param expires_seconds: the age from which a Celery message is dropped, because the next one does the same.
    :param time_limit: the time after which Celery raises SoftTimeLimitExceeded in the job; a minute later it kills the
        process.
    :param covered_by: the names of other jobs that together do the same. `manage.py watch` and the fallback run these
        other jobs instead.
    :param is_on: whether the settings of this office use the job.
    """

    name: str
    schedule: timedelta | crontab
    run: Callable[[Stop], None]
    queue: str
    expires_seconds: float
    time_limit: timedelta | None = None
    covered_by: tuple[str, ...] = ()
    is_on: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.schedule, crontab) and not self.covered_by:
            message = f"{self.name}: only Celery beat runs a crontab. Name the jobs with an interval that cover it."
            raise ValueError(message)

    @property
    def interval_seconds(self) -> float:
        assert isinstance(self.schedule, timedelta), self.name  # noqa: S101  # of INTERVAL_JOBS only
        return self.schedule.total_seconds()


def process_name() -> str:
    """Return the name under which this process or thread stores checks, coverage and leases; unique per machine."""
    name, thread = f"{socket.gethostname()}:{os.getpid()}", threading.current_thread()
    return name if thread is threading.main_thread() else f"{name}:{thread.name}"


def sweep(stop: Stop = never) -> None:
    # Recorded only at the main vantage point, because sweeps at a further one do not show that monitoring works.
    as_main = status.record_step(status.SWEEP, now=CLOCK.now, by=process_name())
    with (
        log_context(watcher=process_name()),
        contextlib.nullcontext() if settings.VANTAGE_POINT else as_main,
        exit_when_stuck(stop, seconds=SWEEP_STUCK_AFTER_SECONDS) as stop_noting_progress,
    ):
        Sweep(
            clock=CLOCK,
            probe=own_probe(now=CLOCK.now),
            name=process_name(),
            controls=settings.PROBE_CONTROLS,
            clock_largest_error=settings.CLOCK_LARGEST_ERROR,
            spool=_spool_folder(),
            vantage_point=settings.VANTAGE_POINT,
            judges=not settings.JUDGE_QUEUE,
        ).run(stop=stop_noting_progress)


def give_verdicts(stop: Stop = never) -> None:
    most = max(2, os.cpu_count() or 1)
    verdict_queue.judge_requests(process=process_name(), most=most, now=CLOCK.now, stop=stop)


def draft(stop: Stop = never) -> None:
    run_steps(
        lambda now: verdict_queue.judge_old_requests(process=process_name(), now=now),
        _judge_unchecked,
        _draft_missing,
        drafting.draft_disclosures,
        morning_summary.record_missing_summaries,
        now=CLOCK.now,
        stop=stop,
    )


def deliver(stop: Stop = never) -> None:
    run_steps(
        lambda now: status.record_spool(_spool_folder(), machine=socket.gethostname(), now=now),
        status.record_incidents,
        date_changes.lapse_overtaken,
        receipts.make_due_links,
        receipts.record_silent,
        outbox.create_missing,
        delivery.deliver_messages,
        now=CLOCK.now,
        stop=stop,
    )


def brief(stop: Stop = never) -> None:
    """Make the minute briefs that are due, and send their messages at once. `deliver` sends what this job did not."""
    run_steps(_send_due_briefs, now=CLOCK.now, stop=stop)


def _send_due_briefs(*, now: datetime) -> None:
    if minute_briefs.make_due_briefs(now=now):
        outbox.create_missing(now=now, rules=[outbox.MINUTE_BRIEF_RULE])
        delivery.deliver_messages(now=now, kind=MINUTE_BRIEF)


def send_webhooks(stop: Stop = never) -> None:
    run_steps(
        webhook_deliveries.create_deliveries,
        lambda now: webhook_deliveries.deliver(now=now, stop=stop),
        now=CLOCK.now,
        stop=stop,
    )


def run_synthetic_check(stop: Stop = never) -> None:
    synthetic_check.take_turn(clock=CLOCK, stop=stop)


def take_screenshots(stop: Stop = never) -> None:
    browser = own_browser()
    session = screenshots.Session(browser, now=CLOCK.now, process=process_name(), vantage=settings.PROBE_VANTAGE)
    session.run(stop=stop)
    browser.end_if_idle()


def run_preflights(stop: Stop = never) -> None:
    run_due_checks(clock=CLOCK, process=process_name(), stop=stop)


def imports(stop: Stop = never) -> None:
    uploads.run_due_import(uploads.ImportMeans(now=CLOCK.now, adapters=ADAPTERS.keys(), stop=stop))


def read_past_years(stop: Stop = never) -> None:
    """Read past years of GOV.UK for some seconds, so that the process is soon free for other jobs."""
    if not year_review.is_any_due(now=CLOCK.now()):
        return
    until = time.monotonic() + PAST_YEARS_SECONDS
    checks = make_adhoc_means(own_probe(now=CLOCK.now, adhoc=True), clock=CLOCK, process=process_name(), stop=stop)
    year_review.run_due_reviews(
        year_review.ReviewMeans(checks, now=CLOCK.now, stop=lambda: stop() or time.monotonic() > until)
    )


def erase_names(stop: Stop = never) -> None:
    run_steps(
        retention.redact_pre_release_names,
        retention.redact_old_details,
        lambda now: webhook_deliveries.remove_old_deliveries(now=now, retention=settings.MESSAGES_KEPT),
        now=CLOCK.now,
        stop=stop,
    )


def bodies(stop: Stop = never) -> None:
    def interrupt() -> bool:
        return stop() or not preflight.is_quiet_time(now=CLOCK.now())

    run_steps(
        lambda now: body_storage.move_bodies(now=now, stop=interrupt),
        body_storage.remove_objects,
        now=CLOCK.now,
        stop=interrupt,
    )


def anchor(stop: Stop = never) -> None:
    run_steps(anchors.make_due, anchors.stamp_anchors, now=CLOCK.now, stop=stop)


def verify_releases_at_0930(stop: Stop = never) -> None:
    sweep(stop)
    draft(stop)


SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

# The sweep comes first, because `run_until` runs the first job in the main thread. The checks are then stored under the
# name of the process, without the name of a thread.
#
# A time limit ends a process that hangs. Each is many times the longest run that we know, so it never ends a busy one:
# - sweep: no limit, because it runs for hours on a long morning. It ends its process if it makes no progress
#   (SWEEP_STUCK_AFTER_SECONDS).
# - deliver: a hundred messages by each of three channels may take 20 s each.
# - webhooks: a hundred systems that do not answer may take 15 s each.
# - preflights: thousands of checks within the request limits of one host, and the comparison of the whole calendar.
# - anchors: five requests to a slow authority, and the digests of all rows of a large record.
# - judge: it ends after ten minutes, or when nothing is requested.
ALL_JOBS = (
    Job("sweep", 5 * SECOND, sweep, "watch", expires_seconds=4),
    Job(
        "judge",
        SECOND,
        give_verdicts,
        "judge",
        expires_seconds=0.9,
        time_limit=20 * MINUTE,
        is_on=settings.JUDGE_QUEUE,
    ),
    Job("draft", 2 * SECOND, draft, "draft", expires_seconds=1.8, time_limit=20 * MINUTE),
    # A job of its own, because people need a brief five seconds after the end of the tolerance, before any other
    # notification.
    Job("brief", SECOND, brief, "deliver", expires_seconds=0.9, time_limit=20 * MINUTE),
    Job("deliver", 5 * SECOND, deliver, "deliver", expires_seconds=4, time_limit=2 * HOUR),
    # The function itself waits a minute between two self-tests.
    Job("canary", 5 * SECOND, run_synthetic_check, "canary", expires_seconds=4, time_limit=5 * MINUTE),
    Job("preflight", 15 * SECOND, run_preflights, "preflight", expires_seconds=12, time_limit=4 * HOUR),
    # A run takes at most two attempts of half a minute for each page that is planned now, with two pages at a time.
    Job("screenshots", 5 * SECOND, take_screenshots, "browser", expires_seconds=4, time_limit=30 * MINUTE),
    Job("erase_names", HOUR, erase_names, "celery", expires_seconds=3500, time_limit=2 * HOUR),
    Job("bodies", 10 * MINUTE, bodies, "celery", expires_seconds=590, time_limit=HOUR / 2),
    Job("imports", 3 * SECOND, imports, "imports", expires_seconds=2.5, time_limit=2 * HOUR),
    Job("past_years", 5 * SECOND, read_past_years, "celery", expires_seconds=4, time_limit=10 * MINUTE),
    # A job of its own, so that systems that do not answer delay no notification.
    Job("webhooks", 5 * SECOND, send_webhooks, "celery", expires_seconds=4, time_limit=HOUR),
    Job("anchor", 10 * SECOND, anchor, "celery", expires_seconds=8, time_limit=30 * MINUTE),
    Job(
        "verify_releases_at_0930",
        crontab(hour="9", minute="30", day_of_week="mon-fri"),
        verify_releases_at_0930,
        "watch",
        expires_seconds=600,
        covered_by=("sweep", "draft"),
    ),
)
JOBS = tuple(job for job in ALL_JOBS if job.is_on)
INTERVAL_JOBS = tuple(job for job in JOBS if not job.covered_by)
QUEUES = tuple(dict.fromkeys(job.queue for job in JOBS))


def run_until(stop: threading.Event) -> None:
    """Run every job in this process until `stop`, each in its own thread, with its interval between two runs.

    The sweep runs in the calling thread. Return once every thread has ended.
    """

    def repeat(job: Job) -> None:
        while not stop.is_set():
            run_safely(lambda: job.run(stop.is_set), name=job.name)
            stop.wait(job.interval_seconds)

    first, *others = INTERVAL_JOBS
    threads = [threading.Thread(target=repeat, args=(job,), name=job.name, daemon=True) for job in others]
    for thread in threads:
        thread.start()
    repeat(first)
    for thread in threads:
        thread.join()


@contextlib.contextmanager
def exit_when_stuck(stop: Stop, *, seconds: float) -> Iterator[Stop]:
    """Yield a `stop` for the block. If the block does not call it for this many seconds, end this process.

    The tracebacks of all threads go to standard error. A thread of the C library does this: a regular expression or a
    decoder that hangs never returns control to Python, so Python signals and threads do not run.
    """
    armed_at = float("-inf")

    def rearm() -> bool:
        nonlocal armed_at
        # Arming the timer starts a thread, so not every call arms it: a busy sweep makes hundreds of calls a second.
        if time.monotonic() - armed_at > seconds / 10:
            faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__ or 2)
            armed_at = time.monotonic()
        return stop()

    try:
        rearm()
        yield rearm
    finally:
        faulthandler.cancel_dump_traceback_later()


def _run_dummy_file_checks(means: Callable[[], AdhocMeans], *, now: datetime) -> None:
    # Most offices have no such checks, and then no probe is created.
    if open_files.has_waiting_checks():
        open_files.run_requested_checks(means=means(), now=now, quiet=lambda at: preflight.is_quiet_time(now=at))


def _spool_folder() -> Path:
    return Path(settings.VAR_DIR) / "unstored"


def _draft_missing(*, now: datetime) -> None:
    """Draft reports until none is missing, so that verdicts stored meanwhile do not wait for the next run."""
    while drafting.draft_missing(now=now):
        now = CLOCK.now()


def _judge_unchecked(*, now: datetime) -> None:
    # While checks wait in the spool, a release that seems unchecked may have been checked.
    if not spool.is_any_waiting(_spool_folder()):
        judge.judge_without_checks(now=now)
