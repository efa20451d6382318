"""The one table of periodic jobs. Celery beat, manage.py watch and the worker's fallback are built from it."""

import contextlib
import faulthandler
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path

from celery.schedules import crontab
from django.conf import settings

from breaches import drafting
from releases import announcements, date_changes, judge, morning_summary, preflight
from releases.announcements import compare_release
from releases.host_budgets import budgets_from_settings
from releases.imports import uploads
from releases.models import Address, PreflightRun
from releases.monitoring import spool
from releases.monitoring.adhoc_checks import AdhocMeans
from releases.monitoring.clock import Clock, RealClock
from releases.monitoring.sweep import Sweep
from releases.probe.adapters import ADAPTERS
from releases.probe.clock_source import ClockSource
from releases.probe.probe import Probe, probe_from_settings
from statsoffice import anchoring, retention
from statsoffice.fault_isolation import run_logged, run_steps
from statsoffice.logs import log_context
from statsoffice.notifications import delivery, outbox
from statsoffice.self_monitoring import status, synthetic_check

_probes: dict[int, Probe] = {}


def run_due_checks(*, clock: Clock, watcher: str, stop: Callable[[], bool] = lambda: False) -> None:
    """Make the checks, snapshots and comparisons that are due or were requested; once a day remove old evidence.

    Around a due instant nothing begins; a later run makes the checks that are left.

    :raises ExceptionGroup: in the end, if parts failed.
    """
    if not preflight.is_quiet_time(now=clock.now()):
        return

    @cache
    def means() -> AdhocMeans:
        # Made by the first step that looks: what looks at nothing is done even where no probe can be made.
        return means_of(make_adhoc_probe(now=clock.now), clock=clock, watcher=watcher, stop=stop)

    run_steps(
        partial(preflight.request_missing_preflights, at=settings.PREFLIGHT_AT),
        lambda now: preflight.run_requested_preflights(
            means=means(), now=now, quiet=lambda at: preflight.is_quiet_time(now=at)
        ),
        lambda now: announcements.make_due_snapshots(means=means(), now=now),
        lambda now: retention.prune_evidence_daily(clock=clock, by=watcher, stop=stop),
        retention.remove_expired_sessions,
        lambda now: announcements.make_due_comparisons(at=settings.COMPARISON_AT, means=means(), now=now),
        now=clock.now,
        stop=stop,
    )


def check_now(releases: Collection[int], *, clock: Clock, watcher: str) -> list[PreflightRun]:
    """Make the requested checks of some releases, by their keys; return those that could be made."""
    with probe_from_settings(now=clock.now, beside=True) as look:
        means = means_of(look, clock=clock, watcher=watcher)
        done = preflight.run_requested_preflights(means=means, now=clock.now(), only=releases)
    made = PreflightRun.objects.filter(pk__in=done).select_related("release")
    return list(made.order_by("release__due_at", "pk"))


def compare_now(announcements: Collection[Address], *, clock: Clock, watcher: str) -> int:
    """Compare some announcements; return how many could be compared."""
    with probe_from_settings(now=clock.now, beside=True) as look:
        means = means_of(look, clock=clock, watcher=watcher)
        return compare_release(announcements, means=means, now=clock.now())


def make_adhoc_probe(*, now: Callable[[], datetime]) -> Probe:
    """Return this process's own probe for looks beside the watch; a sweep in another thread has its own."""
    return _probes.setdefault(os.getpid(), probe_from_settings(now=now, beside=True))


def means_of(look: Probe, *, clock: Clock, watcher: str, stop: Callable[[], bool] = lambda: False) -> AdhocMeans:
    """Put together with what looks are made beside the watch, as the operator set it up."""
    return AdhocMeans(
        look=look,
        # A sweep of the same process holds leases too; giving back ours must not give back its own.
        holder=f"{watcher} beside",
        budgets=budgets_from_settings(),
        clock_error=clock.error(),
        clock_largest_error=settings.CLOCK_LARGEST_ERROR,
        stop=stop,
        watcher_ill=status.is_told(),
    )


type Stop = Callable[[], bool]

CLOCK = RealClock(ClockSource(servers=settings.CLOCK_SERVERS))
SWEEP_STUCK_AFTER_SECONDS = 600.0
"""A sweep asks whether to end every few seconds. Waiting for the database takes it at most some tens of seconds."""
_make_probes: dict[tuple[int, int], Probe] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of the table.

    :param name: of the Celery task and the beat entry. Messages that wait in a broker carry it: do not rename.
    :param schedule: how often; only an interval for what must never pause, because a crontab skips October's repeated
        hour. Of an interval, Celery counts between two beginnings, the other two between an end and a beginning.
    :param queue: of Celery; `-Q` gives a worker some of them.
    :param expires_seconds: a Celery message that has waited longer is dropped: the next one asks the same question.
    :param run: called with a function that says whether the process is ending; a long job must ask it often.
    :param time_limit: after which Celery raises SoftTimeLimitExceeded in the job, and a minute later kills the process.
    :param covered_by: jobs that together do the same anyway. `manage.py watch` and the fallback run only these.
    """

    name: str
    schedule: timedelta | crontab
    queue: str
    expires_seconds: float
    run: Callable[[Stop], None]
    time_limit: timedelta | None = None
    covered_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.schedule, crontab) and not self.covered_by:
            message = f"{self.name}: a crontab runs by Celery beat alone. Name the jobs with an interval that cover it."
            raise ValueError(message)

    @property
    def interval_seconds(self) -> float:
        assert isinstance(self.schedule, timedelta), self.name  # noqa: S101  # of INTERVAL_JOBS only
        return self.schedule.total_seconds()


def never() -> bool:
    return False


def watcher_name() -> str:
    """Return the name under which this process or thread stores checks, coverage and leases; unique per machine."""
    name, thread = f"{socket.gethostname()}:{os.getpid()}", threading.current_thread()
    return name if thread is threading.main_thread() else f"{name}:{thread.name}"


def sweep(stop: Stop = never) -> None:
    with (
        log_context(watcher=watcher_name()),
        status.beating(status.SWEEP, now=CLOCK.now, by=watcher_name()),
        exit_when_stuck(stop, seconds=SWEEP_STUCK_AFTER_SECONDS) as asked,
    ):
        Sweep(
            clock=CLOCK,
            probe=_probe(),
            name=watcher_name(),
            controls=settings.PROBE_CONTROLS,
            clock_largest_error=settings.CLOCK_LARGEST_ERROR,
            spool=_spool_folder(),
        ).run(stop=asked)


def draft(stop: Stop = never) -> None:
    run_steps(
        _judge_unchecked, drafting.draft_missing, morning_summary.record_missing_summaries, now=CLOCK.now, stop=stop
    )


def deliver(stop: Stop = never) -> None:
    run_steps(
        _note_spool,
        status.record_incidents,
        date_changes.lapse_overtaken,
        outbox.create_missing,
        delivery.deliver,
        now=CLOCK.now,
        stop=stop,
    )


def run_synthetic_check(stop: Stop = never) -> None:
    synthetic_check.take_turn(clock=CLOCK, stop=stop)


def run_preflights(stop: Stop = never) -> None:
    run_due_checks(clock=CLOCK, watcher=watcher_name(), stop=stop)


def imports(stop: Stop = never) -> None:
    uploads.run_due_import(uploads.ImportMeans(now=CLOCK.now, adapters=ADAPTERS.keys(), stop=stop))


def erase_names(stop: Stop = never) -> None:
    run_steps(retention.redact_pre_release_names, retention.redact_old_details, now=CLOCK.now, stop=stop)


def anchor(stop: Stop = never) -> None:
    run_steps(anchoring.make_due, anchoring.stamp_due, now=CLOCK.now, stop=stop)


def verify_releases_at_0930(stop: Stop = never) -> None:
    sweep(stop)
    draft(stop)


# The sweep comes first: `run_until` runs it in the main thread, under whose name the checks are stored.
#
# The time limits end a process that hangs, and none that is busy: each is many times the longest run that we know.
# A sweep has none. On a long morning it rightly goes on for hours, so its duration shows nothing; it ends its process
# when it makes no progress (SWEEP_STUCK_AFTER_SECONDS).
JOBS = (
    Job(name="sweep", schedule=timedelta(seconds=5), queue="watch", expires_seconds=4, run=sweep),
    Job(
        name="draft",
        schedule=timedelta(seconds=2),
        queue="draft",
        expires_seconds=1.8,
        run=draft,
        time_limit=timedelta(minutes=20),
    ),
    Job(
        name="deliver",
        schedule=timedelta(seconds=5),
        queue="deliver",
        expires_seconds=4,
        run=deliver,
        # A hundred messages by each of three channels, of which one that answers slowly takes 20 s for each.
        time_limit=timedelta(hours=2),
    ),
    Job(
        name="canary",
        schedule=timedelta(seconds=5),  # it keeps the minute between two self-tests itself
        queue="canary",
        expires_seconds=4,
        run=run_synthetic_check,
        time_limit=timedelta(minutes=5),
    ),
    Job(
        name="preflight",
        schedule=timedelta(seconds=15),
        queue="preflight",
        expires_seconds=12,
        run=run_preflights,
        # Thousands of checks within the request limits of one host, and the comparison of a whole calendar.
        time_limit=timedelta(hours=4),
    ),
    Job(
        name="erase_names",
        schedule=timedelta(hours=1),
        queue="celery",
        expires_seconds=3500,
        run=erase_names,
        time_limit=timedelta(hours=2),
    ),
    Job(
        name="imports",
        schedule=timedelta(seconds=3),
        queue="imports",
        expires_seconds=2.5,
        run=imports,
        time_limit=timedelta(hours=2),
    ),
    Job(
        name="anchor",
        schedule=timedelta(seconds=10),
        queue="celery",
        expires_seconds=8,
        run=anchor,
        # Five requests to an authority that answers slowly, and the digest of all rows of a large record.
        time_limit=timedelta(minutes=30),
    ),
    Job(
        name="verify_releases_at_0930",
        schedule=crontab(hour="9", minute="30", day_of_week="mon-fri"),
        queue="watch",
        expires_seconds=600,
        run=verify_releases_at_0930,
        covered_by=("sweep", "draft"),
    ),
)
INTERVAL_JOBS = tuple(job for job in JOBS if not job.covered_by)
QUEUES = tuple(dict.fromkeys(job.queue for job in JOBS))


def run_until(stop: threading.Event) -> None:
    """Run every job in this process until `stop`, each in a thread and again an interval after it has ended.

    The sweep runs in the calling thread. Return once every thread has ended.
    """

    def repeat(job: Job) -> None:
        while not stop.is_set():
            run_logged(lambda: job.run(stop.is_set), name=job.name)
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
    """Yield a `stop` for the block. If the block does not call it for so many seconds, end this process.

    The tracebacks of all threads go to standard error. A thread of the C library does this: a regular expression or a
    decoder that hangs never gives control back to Python, so that neither its signals nor its threads run.
    """
    armed_at = float("-inf")

    def asked() -> bool:
        nonlocal armed_at
        # Arming starts a thread, and a busy sweep asks hundreds of times in a second.
        if time.monotonic() - armed_at > seconds / 10:
            faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__ or 2)
            armed_at = time.monotonic()
        return stop()

    try:
        asked()
        yield asked
    finally:
        faulthandler.cancel_dump_traceback_later()


def _probe() -> Probe:
    """Return this thread's own probe: connections are shared neither with others nor with a forked process."""
    own = (os.getpid(), threading.get_ident())
    if own not in _make_probes:
        _make_probes[own] = probe_from_settings(now=CLOCK.now)
    return _make_probes[own]


def _spool_folder() -> Path:
    return Path(settings.VAR_DIR) / "unstored"


def _note_spool(*, now: datetime) -> None:
    status.record_spool(_spool_folder(), machine=socket.gethostname(), now=now)


def _judge_unchecked(*, now: datetime) -> None:
    # Checks that wait in the spool may show that the release was checked.
    if not spool.is_any_waiting(_spool_folder()):
        judge.judge_unobserved(now=now)
