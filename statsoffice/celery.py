"""The Celery application, which triggers the jobs in `jobs.py`, and the worker's fallback.

Celery only triggers jobs. The database shows which work is due, so no work is lost if a message is lost. If the worker
gets no messages from Celery beat, it runs the jobs itself. So all jobs run even if beat is not used, or if beat or the
broker is down.
"""

import contextlib
import fcntl
import logging
import mmap
import os
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import django
from celery import Celery, bootsteps, signals
from django.apps import apps
from django.conf import settings
from django.utils.log import configure_logging
from kombu import Exchange, Queue

from statsoffice import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statsoffice.settings")
if not apps.ready:
    django.setup()  # the imports below need the models

from statsoffice.fault_isolation import run_safely
from statsoffice.jobs import INTERVAL_JOBS, JOBS, QUEUES, Job

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 12.0
"""If no job was triggered for this long, the worker assumes that beat or the broker is down.

Most jobs are triggered every five seconds.
"""
OTHERS_PATIENCE = 5
"""A worker that gets messages for other jobs runs a job itself only after this many times `PATIENCE_SECONDS`.

Until then, the messages for the job may be going to another worker.
"""
OTHERS_TICKS = 12
"""A worker that gets messages for other jobs runs a job itself only after this many intervals of the job.

If a job has a long interval, all of its messages may be going to another worker.
"""


class Progress:
    """Memory that all processes of one worker share.

    The memory stores when each job last made progress, and whether all jobs should end. Create the object before the
    worker forks. Times are in seconds of the monotonic clock, which is the same in all processes.
    """

    _WHEN = struct.Struct("d")

    def __init__(self, names: Collection[str]) -> None:
        self._places = {name: place * self._WHEN.size for place, name in enumerate(["", *names], start=1)}
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)

    def begin(self) -> None:
        self._memory[0] = 0
        self.note(*self._places)

    def note(self, *names: str) -> None:
        for name in names:
            self._WHEN.pack_into(self._memory, self._places[name], time.monotonic())

    def note_tick(self) -> None:
        self.note("")

    def seconds_since(self, name: str) -> float:
        (when,) = self._WHEN.unpack_from(self._memory, self._places[name])
        return time.monotonic() - float(when)

    def seconds_since_tick(self) -> float:
        return self.seconds_since("")

    def end(self) -> None:
        self._memory[0] = 1

    def is_ending(self) -> bool:
        return bool(self._memory[0])


class Slots:
    """A number of slots that the processes of one worker share. A process can take one of them.

    Create the object before the worker forks. The kernel frees the slot of a process that dies.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        # The locks are record locks of the process, not `flock`, which every process that inherits the file would hold.
        self._file, path = tempfile.mkstemp()
        os.unlink(path)

    @contextlib.contextmanager
    def take(self) -> Iterator[bool]:
        """Take a slot for the duration of a `with` block. Yield whether a slot was free."""
        slot = next((slot for slot in range(self._number) if self._lock(slot)), None)
        try:
            yield slot is not None
        finally:
            if slot is not None:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, slot)

    def _lock(self, slot: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
        except OSError:
            return False
        return True


progress = Progress([job.name for job in INTERVAL_JOBS])
_jobs = {job.name: job for job in INTERVAL_JOBS}
_slots = {job.name: Slots(job.at_once) for job in INTERVAL_JOBS if job.at_once is not None}


def run_tick(job: Job) -> None:
    """Run a job, or the jobs that cover it, in a process of the worker."""
    progress.note_tick()
    for part in [_jobs[name] for name in job.covered_by] or [job]:
        with _slots[part.name].take() if part.name in _slots else contextlib.nullcontext(enter_result=True) as may_run:
            if may_run:
                _run_part(part)


def _run_part(job: Job) -> None:
    # If a job is not run because its slots are taken, no progress is noted. So if all processes that run the job hang,
    # the fallback runs the job.
    def stop() -> bool:
        progress.note(job.name)
        return progress.is_ending()

    progress.note(job.name)
    job.run(stop)


def patience_among_workers(interval_seconds: float, *, patience_seconds: float = PATIENCE_SECONDS) -> float:
    """Return how many seconds a worker waits before it runs a job itself, if it gets messages only for other jobs."""
    return max(OTHERS_PATIENCE * patience_seconds, OTHERS_TICKS * interval_seconds)


class Fallback:
    """Threads that run jobs in a worker's main process if Celery does not trigger them. Each job has one thread."""

    def __init__(self, jobs: Collection[Job], *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.jobs = tuple(jobs)
        self._patience_seconds = patience_seconds
        self._ending = threading.Event()
        self._alone = False
        self._alone_lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._stand_by, args=(job,), name=f"fallback-{job.name}", daemon=True)
            for job in self.jobs
        ]

    def start(self) -> None:
        progress.begin()
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ending.set()

    def join(self) -> None:
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _stand_by(self, job: Job) -> None:
        logged_missing = False
        others_seconds = patience_among_workers(job.interval_seconds, patience_seconds=self._patience_seconds)
        while not self._ending.wait(job.interval_seconds):
            alone = self._is_alone()
            missing = progress.seconds_since(job.name) > (self._patience_seconds if alone else others_seconds)
            if missing != logged_missing and not alone:
                logged_missing = missing
                what = (
                    "makes no progress here, so this worker runs the job itself until it makes progress again"
                    if missing
                    else "makes progress again"
                )
                logger.warning("%s %s", job.name, what)
            if missing:
                run_safely(partial(job.run, progress.is_ending), name=job.name)

    def _is_alone(self) -> bool:
        """Return whether no job has been triggered in this worker for a while. Log each change."""
        with self._alone_lock:
            before, self._alone = self._alone, progress.seconds_since_tick() > self._patience_seconds
            if self._alone and not before:
                logger.warning(
                    "no job was triggered here for %g seconds (Celery beat or the broker may be down, or every process "
                    "may be busy), so this worker runs every job itself until a job is triggered again",
                    self._patience_seconds,
                )
            elif before and not self._alone:
                progress.note(*(job.name for job in self.jobs))  # restart the waiting time of each job
                logger.warning("jobs are triggered here again")
            return self._alone


class FallbackStep(bootsteps.StartStopStep):
    """A worker step that starts the fallback after the worker has forked its processes."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._fallback: Fallback | None = None

    def start(self, worker: Any) -> None:
        queues = worker.app.amqp.queues.consume_from
        self._fallback = Fallback([job for job in INTERVAL_JOBS if job.queue in queues])
        self._fallback.start()

    def close(self, worker: Any) -> None:
        """Tell running jobs in the pool and in the fallback to end early, before the worker starts to wait for them."""
        progress.end()
        if self._fallback:
            self._fallback.end()

    def stop(self, worker: Any) -> None:
        if self._fallback:
            self._fallback.join()


KILLED_AFTER_SECONDS = 60.0
"""If a job has not ended this long after SoftTimeLimitExceeded, Celery kills the process."""
LARGEST_PROCESS = 400_000
"""Celery replaces a worker process that uses more than this many kilobytes of memory after a job.

A process starts with 160,000 kilobytes, and needs 360,000 for 10,000 releases (docs/reference/performance.md).
"""

app = Celery("statsoffice")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_transport_options=broker.transport_options(var=settings.VAR_DIR),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    timezone="Europe/London",
    enable_utc=True,
    # A worker without `-Q` consumes all of these queues. If a queue after `-Q` is misspelt, the worker does not start.
    task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
    task_default_queue="celery",
    task_create_missing_queues=False,
    task_default_delivery_mode="transient",
    task_ignore_result=True,
    task_annotations={
        job.name: {
            "soft_time_limit": job.time_limit.total_seconds(),
            "time_limit": job.time_limit.total_seconds() + KILLED_AFTER_SECONDS,
        }
        for job in JOBS
        if job.time_limit
    },
    # Run one process for each queue, whatever the number of processors, because a sweep occupies its process for a
    # whole morning, and the other jobs mostly wait for the network or the database.
    worker_concurrency=len(QUEUES),
    worker_prefetch_multiplier=1,
    # Celery checks this limit after each job, so the limit never interrupts a sweep.
    worker_max_memory_per_child=LARGEST_PROCESS,
    worker_hijack_root_logger=False,
    worker_soft_shutdown_timeout=3.0,
    beat_schedule_filename=str(settings.VAR_DIR / "celerybeat-schedule"),
    beat_schedule={
        job.name: {
            "task": job.name,
            "schedule": job.schedule,
            "options": {"queue": job.queue, "expires": job.expires_seconds},
        }
        for job in JOBS
    },
)
app.steps["worker"].add(FallbackStep)


def _task(job: Job) -> Callable[[], None]:
    def run() -> None:
        run_tick(job)

    return run


for _job in JOBS:
    app.task(name=_job.name)(_task(_job))


@signals.setup_logging.connect
def configure_worker_logging(**_: Any) -> None:
    """Use the log format of the web processes for the worker and beat too."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
