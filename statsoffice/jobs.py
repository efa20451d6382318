"""The table of periodic jobs, which Celery beat, manage.py watch and the worker's fallback run."""

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
from uuid import uuid4

from celery.schedules import crontab
from django.conf import settings
from django.db import Error

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
from releases.host_budgets import budgets_from_settings, find_screenshot_wait_end, store_pause_of_screenshot
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
from statsoffice.database import let_others_write
from statsoffice.fault_isolation import run_safely, run_steps
from statsoffice.logs import log_context
from statsoffice.notifications import delivery, outbox
from statsoffice.notifications.recipients import MINUTE_BRIEF
from statsoffice.self_monitoring import status, synthetic_check
from statsoffice.webhooks import deliveries as webhook_deliveries

type Stop = Callable[[], bool]

CLOCK = RealClock(ClockSource(servers=settings.CLOCK_SERVERS))
SWEEP_STUCK_AFTER_SECONDS = 600.0
"""If a sweep does not call `stop` for this long, it is stuck.

A sweep calls `stop` every few seconds. While a sweep waits for the database, at most some tens of seconds pass between
two calls.
"""
PAST_YEARS_SECONDS = 20.0
_probes: dict[tuple[int, int, bool], Probe] = {}
_browsers: dict[tuple[int, int], Browser] = {}


def never() -> bool:
    return False


def own_probe(*, now: Callable[[], datetime], adhoc: bool = False) -> Probe:
    """Return the probe of this thread.

    The connections of a probe must not be shared with other threads or with a forked process.
    """
    owner = (os.getpid(), threading.get_ident(), adhoc)
    if owner not in _probes:
        _probes[owner] = probe_from_settings(now=now, adhoc=adhoc)
    return _probes[owner]


def own_browser() -> Browser:
    """Return the browser of this thread for screenshots. It starts a process only when there is a page to load."""
    owner = (os.getpid(), threading.get_ident())
    if owner not in _browsers:
        _browsers[owner] = browser_from_settings(user_agent=user_agent_from_settings())
    return _browsers[owner]


def find_browser_state() -> BrowserState:
    """Start a browser, return its state, and end the browser."""
    with browser_from_settings(user_agent=user_agent_from_settings()) as browser:
        return browser.find_state()


def make_adhoc_means(probe: Probe, *, clock: Clock, process: str, stop: Stop = never) -> AdhocMeans:
    return AdhocMeans(
        probe=probe,
        # The holder must differ from the name of the sweep in this process. With the same name, releasing our leases
        # would also release the leases of the sweep.
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
    """Yield the probe and the settings for checks that a management command makes."""
    with probe_from_settings(now=clock.now, adhoc=True) as probe:
        yield make_adhoc_means(probe, clock=clock, process=process_name())


def run_due_checks(*, clock: Clock, process: str, stop: Stop = never) -> None:
    """Make the ad hoc checks that are due or requested, and remove old evidence once a day.

    The checks are preflights, dummy file checks, and snapshots and comparisons of announcements. If a release is due
    shortly before or after the current time, nothing starts. A later run makes the remaining checks.

    :raises ExceptionGroup: if any steps failed. All other steps run first.
    """
    if not preflight.is_quiet_time(now=clock.now()):
        return

    @cache
    def means() -> AdhocMeans:
        # All steps share one object, which is created when the first step needs it.
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
    """One periodic job.

    :param name: the name of the Celery task and the beat entry. Do not rename jobs, because messages that wait in a
        broker contain the name.
    :param schedule: an interval or a crontab. A crontab skips the repeated hour in October, so it is only allowed if
        other jobs cover this job. Celery starts the job once in each interval. `run_until` and the fallback wait for
        the interval after each run.
    :param function: a function that runs the job, or None if Celery runs the jobs in `covered_by` instead. The argument
        is a function that returns whether the process is ending. A long job must call this argument often.
    :param queue: the Celery queue. The option `-Q` of a worker selects the queues that the worker reads.
    :param expires_seconds: the age at which Celery drops a message. The next message runs the same job.
    :param time_limit: the time after which Celery raises SoftTimeLimitExceeded in the job. One minute later, Celery
        kills the process.
    :param covered_by: the names of the jobs that Celery runs one after the other at the time of this job. `manage.py
        watch` and the fallback do not run this job, because they run the other jobs at their own intervals.
    :param at_once: the number of processes of one worker that can run the job at the same time, or None if there is no
        limit. A second process does the work while the first one hangs. More would take the processes of other jobs.
    :param is_on: whether the settings of this office use the job.
    """

    name: str
    schedule: timedelta | crontab
    function: Callable[[Stop], None] | None
    queue: str
    expires_seconds: float
    time_limit: timedelta | None = None
    covered_by: tuple[str, ...] = ()
    at_once: int | None = 2
    is_on: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.schedule, crontab) and not self.covered_by:
            message = (
                f"{self.name}: only Celery beat runs a job with a crontab. In covered_by, name the jobs with an "
                "interval that do the same work."
            )
            raise ValueError(message)

    @property
    def interval_seconds(self) -> float:
        assert isinstance(self.schedule, timedelta), self.name  # noqa: S101  # of INTERVAL_JOBS only
        return self.schedule.total_seconds()

    def run(self, stop: Stop) -> None:
        assert self.function is not None, self.name  # noqa: S101  # of INTERVAL_JOBS only
        self.function(stop)


def process_name() -> str:
    """Return the name of this process or thread, which is stored with its checks, coverage and leases.

    The name contains the name of the machine, the process id and, except in the main thread, the name of the thread.
    """
    name, thread = f"{socket.gethostname()}:{os.getpid()}", threading.current_thread()
    return name if thread is threading.main_thread() else f"{name}:{thread.name}"


def sweep(stop: Stop = never) -> None:
    # Sweeps are recorded only at the main vantage point, because sweeps at other vantage points do not show that
    # monitoring works.
    as_main = status.record_step(status.SWEEP, now=CLOCK.now, by=process_name())

    def record_fault() -> None:
        if not settings.VANTAGE_POINT:
            status.record_fault(status.SWEEP, at=CLOCK.now())

    with (
        log_context(watcher=process_name()),
        _spool_recorded(),
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
            on_fault=record_fault,
        ).run(stop=stop_noting_progress)


def give_verdicts(stop: Stop = never) -> None:
    most = max(2, os.cpu_count() or 1)
    verdict_queue.judge_requests(process=process_name(), most=most, now=CLOCK.now, stop=stop)


def draft(stop: Stop = never) -> None:
    run_steps(
        lambda now: verdict_queue.judge_old_requests(process=process_name(), now=now),
        _judge_unchecked,
        _draft_new_reports,
        drafting.refresh_reports,
        drafting.draft_disclosures,
        morning_summary.record_missing_summaries,
        now=CLOCK.now,
        stop=stop,
    )


def deliver(stop: Stop = never) -> None:
    run_steps(
        _record_spool,  # also here, because a sweep can last for hours
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
    """Make the minute briefs that are due, and send their messages at once. `deliver` sends any remaining messages."""
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
    session = screenshots.Session(
        browser,
        now=CLOCK.now,
        process=process_name(),
        vantage=settings.PROBE_VANTAGE,
        find_wait_end=lambda url: find_screenshot_wait_end(url, now=CLOCK.now()),
        store_pause=lambda url, view: store_pause_of_screenshot(url, view, now=CLOCK.now()),
    )
    session.run(stop=stop)
    browser.end_if_idle()


def run_preflights(stop: Stop = never) -> None:
    run_due_checks(clock=CLOCK, process=process_name(), stop=stop)


def imports(stop: Stop = never) -> None:
    means = uploads.ImportMeans(now=CLOCK.now, adapters=ADAPTERS.keys(), stop=stop, pause=let_others_write)
    uploads.run_due_import(means)


def read_past_years(stop: Stop = never) -> None:
    """Read past years of GOV.UK. Stop after some seconds, so that the process is soon free for other jobs."""
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


SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

# The sweep comes first, because `run_until` runs the first job in the main thread. The checks are then stored under the
# name of the process, without the name of a thread.
#
# A time limit ends a process that hangs. Each limit is longer than the longest run that we expect, so that a busy
# process is not ended. These are the longest runs:
# - sweep: There is no limit, because a sweep runs for hours on a long morning. A sweep that makes no progress ends its
#   own process (SWEEP_STUCK_AFTER_SECONDS).
# - deliver: A run sends messages for ten seconds on each of four channels. Each message may take 20 s.
# - webhooks: A run calls a hundred systems that do not answer. Each call may take 15 s.
# - preflights: A run makes thousands of checks within the request limits of one host, and compares the whole calendar.
# - anchors: A run sends five requests to a slow authority, and hashes all rows of a large record.
# - judge: A run ends after ten minutes, or when no verdict is requested.
ALL_JOBS = (
    Job("sweep", 5 * SECOND, sweep, "watch", expires_seconds=4),
    Job(
        "judge",
        SECOND,
        give_verdicts,
        "judge",
        expires_seconds=0.9,
        time_limit=20 * MINUTE,
        at_once=None,
        is_on=settings.JUDGE_QUEUE,
    ),
    Job("draft", 2 * SECOND, draft, "draft", expires_seconds=1.8, time_limit=20 * MINUTE),
    # This is a separate job, because people need the brief five seconds after the end of the tolerance and before all
    # other notifications.
    Job("brief", SECOND, brief, "deliver", expires_seconds=0.9, time_limit=20 * MINUTE),
    Job("deliver", 5 * SECOND, deliver, "deliver", expires_seconds=4, time_limit=2 * HOUR),
    # The job starts every five seconds, but the function runs a self-test only about once a minute.
    Job("canary", 5 * SECOND, run_synthetic_check, "canary", expires_seconds=4, time_limit=5 * MINUTE),
    Job("preflight", 15 * SECOND, run_preflights, "preflight", expires_seconds=12, time_limit=4 * HOUR),
    # A run makes at most two attempts for each planned page. Each attempt may take half a minute, and two pages are
    # loaded at a time.
    Job("screenshots", 5 * SECOND, take_screenshots, "browser", expires_seconds=4, time_limit=30 * MINUTE),
    Job("erase_names", HOUR, erase_names, "celery", expires_seconds=3500, time_limit=2 * HOUR),
    Job("bodies", 10 * MINUTE, bodies, "celery", expires_seconds=590, time_limit=HOUR / 2),
    Job("imports", 3 * SECOND, imports, "imports", expires_seconds=2.5, time_limit=2 * HOUR),
    Job("past_years", 5 * SECOND, read_past_years, "celery", expires_seconds=4, time_limit=10 * MINUTE),
    # This is a separate job, so that systems that do not answer cannot delay notifications.
    Job("webhooks", 5 * SECOND, send_webhooks, "celery", expires_seconds=4, time_limit=HOUR),
    Job("anchor", 10 * SECOND, anchor, "celery", expires_seconds=8, time_limit=30 * MINUTE),
    Job(
        "verify_releases_at_0930",
        crontab(hour="9", minute="30", day_of_week="mon-fri"),
        None,
        "watch",
        expires_seconds=600,
        covered_by=("sweep", "draft"),
    ),
)
JOBS = tuple(job for job in ALL_JOBS if job.is_on)
INTERVAL_JOBS = tuple(job for job in JOBS if not job.covered_by)
QUEUES = tuple(dict.fromkeys(job.queue for job in JOBS))


def run_until(stop: threading.Event) -> None:
    """Run all jobs in this process until `stop` is set, and return when all threads have ended.

    The sweep runs in the calling thread. Each other job has its own thread. After each run, a job waits for its
    interval.
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
    """Yield a function to call instead of `stop`. If the block does not call it for `seconds`, end this process.

    Before the process ends, the tracebacks of all threads are written to standard error. A thread of the C library
    does this, because Python signals and threads do not run while a regular expression or a decoder hangs.
    """
    armed_at = float("-inf")

    def rearm() -> bool:
        nonlocal armed_at
        # Arming the timer starts a thread, and a busy sweep calls this function hundreds of times a second. So only
        # some calls arm the timer.
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
    # Most offices have no dummy file checks, and without checks this step needs no probe.
    if open_files.has_waiting_checks():
        open_files.run_requested_checks(means=means(), now=now, quiet=lambda at: preflight.is_quiet_time(now=at))


def _spool_folder() -> Path:
    return Path(settings.VAR_DIR) / "unstored"


def _record_spool(*, now: datetime) -> None:
    status.record_spool(_spool_folder(), owner=_read_spool_id(Path(settings.VAR_DIR) / "spool-id"), now=now)


@contextlib.contextmanager
def _spool_recorded() -> Iterator[None]:
    """Record the spool at the end of a `with` block. If this fails, the next run records the spool."""
    try:
        yield
    finally:
        with contextlib.suppress(Error, OSError):
            _record_spool(now=CLOCK.now())


def _read_spool_id(path: Path) -> str:
    """Return the id of the spool in this folder. Unlike the name of a container, it stays the same after a restart."""
    if not path.exists():
        new = path.with_name(f"{path.name}.{uuid4().hex}")
        new.write_text(new.suffix[1:])
        try:
            path.hardlink_to(new)  # the link appears together with its content
        except FileExistsError:
            pass  # another process was first, and its id applies
        except OSError:  # a file system without hard links
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    return path.read_text()


def _draft_new_reports(*, now: datetime) -> None:
    """Draft reports until no report is missing.

    Verdicts that are stored during a run do not wait for the next run, or until thousands of open reports are read to
    refresh them.
    """
    while drafting.draft_new_reports(now=now):
        now = CLOCK.now()


def _judge_unchecked(*, now: datetime) -> None:
    # While checks wait in the spool, a release without stored checks may have been checked, so it is not judged yet.
    if not spool.is_any_waiting(_spool_folder()):
        judge.judge_without_checks(now=now)
