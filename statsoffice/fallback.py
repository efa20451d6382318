"""The worker's fallback: where no message from Celery beat arrives, the worker runs the jobs itself.

So a plain `celery worker` without beat does everything, and so does one whose broker or beat is down.
"""

import logging
import mmap
import struct
import threading
import time
from collections.abc import Collection
from functools import partial
from typing import Any

from celery import bootsteps

from statsoffice.fault_isolation import run_safely
from statsoffice.jobs import INTERVAL_JOBS, Job

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 12.0
"""If no job was triggered for this long, beat or the broker is down: most jobs are triggered every five seconds."""
OTHERS_PATIENCE = 5
"""While jobs are triggered, another worker may get the messages of one job. It is missing after five times as long,"""
OTHERS_TICKS = 12
"""and after this many of its intervals, because another worker may get all messages of a job with a long interval."""


class Progress:
    """Memory that all processes of one worker share: when each job last made progress, and whether all are to end.

    It must be made before the worker forks. Times are monotonic seconds, which are the same in all processes.
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


progress = Progress([job.name for job in INTERVAL_JOBS])


def run_tick(job: Job) -> None:
    names = job.covered_by or (job.name,)

    def stop() -> bool:
        progress.note(*names)
        return progress.is_ending()

    progress.note_tick()
    progress.note(*names)
    job.run(stop)


def patience_among_workers(interval_seconds: float, *, patience_seconds: float = PATIENCE_SECONDS) -> float:
    """Return how many seconds a job may be without a trigger in a worker in which other jobs are triggered."""
    return max(OTHERS_PATIENCE * patience_seconds, OTHERS_TICKS * interval_seconds)


class Fallback:
    """Threads of a worker's main process, one for each job, which are idle while Celery triggers the jobs."""

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
                    "is not triggered here: this worker runs it itself until it is" if missing else "is triggered again"
                )
                logger.warning("%s %s", job.name, what)
            if missing:
                run_safely(partial(job.run, progress.is_ending), name=job.name)

    def _is_alone(self) -> bool:
        """Return whether no job is triggered in this worker, and log each change of that once."""
        with self._alone_lock:
            before, self._alone = self._alone, progress.seconds_since_tick() > self._patience_seconds
            if self._alone and not before:
                logger.warning(
                    "no job was triggered here for %g seconds (no Celery beat, no broker, or every process is busy): "
                    "this worker runs every job itself until one is",
                    self._patience_seconds,
                )
            elif before and not self._alone:
                progress.note(*(job.name for job in self.jobs))  # restart the waiting time of each job
                logger.warning("jobs are triggered here again")
            return self._alone


class Step(bootsteps.StartStopStep):
    """The fallback as a step of a Celery worker, which starts it after forking its processes."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._fallback: Fallback | None = None

    def start(self, worker: Any) -> None:
        queues = worker.app.amqp.queues.consume_from
        self._fallback = Fallback([job for job in INTERVAL_JOBS if job.queue in queues])
        self._fallback.start()

    def close(self, worker: Any) -> None:
        """End long jobs early, in the pool's processes and here, before the worker waits for them."""
        progress.end()
        if self._fallback:
            self._fallback.end()

    def stop(self, worker: Any) -> None:
        if self._fallback:
            self._fallback.join()
