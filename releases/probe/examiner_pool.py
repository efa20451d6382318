"""A pool of processes that examine pages with hard limits on time and memory."""

import fcntl
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
import weakref
from collections import Counter, deque
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from releases.probe.child_process import close_pipes, end_all, send_some
from releases.probe.examiner import (
    GROWN,
    OUT_OF_MEMORY,
    READY,
    Request,
    Result,
    read_result,
    take_message,
    write_request,
)

logger = logging.getLogger(__name__)

MOST_PROCESSES = 4
"""The maximum number of processes. A process uses 26 MB at rest and up to 282 MB, so more processes would exceed the
memory of a service unit."""
SECONDS_ON_THE_CLOCK = 30.0
"""The limit of elapsed time for one page. It is needed because a child process that is stopped or starved never reaches
the limit of processor time."""
SECONDS_TO_BEGIN = 60.0
"""The time limit for the start of a child process. It is long enough for a very busy machine."""
SECONDS_TO_END = 0.5
MOST_AT_ONCE = 64
"""The maximum number of pages in the queue of a child process. The queue keeps the child busy while the parent process
stores or judges checks, which may take a tenth of a second."""
MOST_BYTES_AT_ONCE = 512 * 1024
LATE_FROM = 2
"""If an address has exceeded a limit this many times, it is examined after all other addresses."""
_FAILED_STARTS = 3
_START_AGAIN_SECONDS = 1.0
"""If the system cannot start a further process, the pool waits this long before it tries again."""
_READ_AT_A_TIME = 256 * 1024
ROOT = Path(__file__).resolve().parents[2]


class Overrun(Enum):
    """The reasons why a page has no result.

    TIME and MEMORY mean that the page exceeded a limit. ENDED means that the process ended for another reason or could
    not be started, or that the examination was given up.
    """

    TIME = "time"
    MEMORY = "memory"
    ENDED = "ended"


type Examined = Result | Overrun


@dataclass(slots=True)
class _Job:
    """A page to examine. `size` is the number of bytes that were written to the child process that has the page."""

    key: Hashable
    request: Request
    size: int = 0

    @property
    def url(self) -> str:
        return self.request.answer.requested_url


@dataclass(slots=True)
class _Child:
    """A child process and its queue of pages. The process is examining the first page of the queue."""

    process: subprocess.Popen[bytes]
    jobs: deque[_Job] = field(default_factory=deque)
    unsent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    begun_at: float = 0.0
    is_ready: bool = False
    too_slow: bool = False

    @property
    def has_room(self) -> bool:
        given = sum(job.size for job in self.jobs)
        return not self.jobs or (len(self.jobs) < MOST_AT_ONCE and given < MOST_BYTES_AT_ONCE)


class Examiners:
    """A pool of processes that examine pages. It may only be used by the process and thread that created it."""

    def __init__(
        self,
        *,
        most: int | None = None,
        seconds_on_the_clock: float = SECONDS_ON_THE_CLOCK,
        options: Sequence[str] = (),
    ) -> None:
        """
        :param most: the maximum number of processes. By default, one for each processor, up to four.
        :param seconds_on_the_clock: if the examination of a page takes longer than this, its process is killed.
        :param options: command-line options for the processes. Tests use them to set other limits.
        """
        self._most = most or min(os.cpu_count() or 1, MOST_PROCESSES)
        self._seconds_on_the_clock = seconds_on_the_clock
        self._command = [sys.executable, "-m", "releases.probe.examiner", *options]
        self._children: list[_Child] = []
        self._waiting: deque[_Job] = deque()
        self._last: deque[_Job] = deque()
        self._overruns: Counter[str] = Counter()
        self._done: list[tuple[Hashable, Examined]] = []
        self._failed_starts = 0
        self._start_again_at = 0.0
        self._until: float | None = None
        # This ends the processes even if the pool is never closed.
        weakref.finalize(self, end_all, self._children, _end, of_process=os.getpid())

    def __len__(self) -> int:
        """Return the number of pages whose results have not been collected yet."""
        return len(self._waiting) + len(self._last) + len(self._done) + sum(len(child.jobs) for child in self._children)

    @property
    def processes(self) -> list[int]:
        return [child.process.pid for child in self._children]

    def begin(self, key: Hashable, request: Request) -> None:
        """Begin to examine a page. `collect` returns the result together with this key."""
        if self._is_over:
            self._done.append((key, Overrun.ENDED))
            return
        job = _Job(key, request)
        (self._last if self.is_last(job.url) else self._waiting).append(job)
        self._hand_out()

    def collect(self, timeout_seconds: float = 0.0) -> list[tuple[Hashable, Examined]]:
        """Wait until all pages have results or the timeout has passed, and return the available results."""
        until = time.monotonic() + timeout_seconds
        while True:
            is_complete = len(self._done) == len(self)
            self._exchange(0 if is_complete else max(0.0, until - time.monotonic()))
            self._end_what_is_too_slow()
            self._hand_out()
            if is_complete or time.monotonic() >= until:
                done, self._done = self._done, []
                return done

    def examine(self, request: Request) -> Examined:
        """Examine one page and wait for its result. The results of other pages can still be collected later."""
        key, others = object(), list[tuple[Hashable, Examined]]()
        self.begin(key, request)
        while True:
            for found, result in self.collect(1.0):
                if found is key:
                    self._done = others + self._done
                    return result
                others.append((found, result))

    def is_last(self, url: str) -> bool:
        """Return whether an address is examined after all others, because it has exceeded a limit too often."""
        return self._overruns[url] >= LATE_FROM

    def give_up_after(self, seconds: float | None) -> None:
        """Set a deadline, unless a deadline is already set.

        Pages that have no result by the deadline, and pages that are begun later, are reported as `Overrun.ENDED`.

        :param seconds: the time until the deadline. None removes the deadline.
        """
        if seconds is None:
            self._until = None
        elif self._until is None:
            self._until = time.monotonic() + seconds

    @property
    def _is_over(self) -> bool:
        return self._until is not None and time.monotonic() > self._until

    def close(self) -> None:
        """End all processes. Pages without a result are not examined, and results that were not collected are lost."""
        end_all(self._children, _end, of_process=os.getpid())
        self._waiting.clear()
        self._last.clear()
        self._done.clear()

    def _hand_out(self) -> None:
        while self._waiting or self._last:
            child = self._free_child()
            if child is None:
                return
            job = (self._waiting or self._last).popleft()
            # The message is written only now, because each waiting page would otherwise be in memory twice.
            try:
                message = write_request(job.request)
            except Exception:  # our own fault, or too little memory; the other pages are still examined
                logger.exception("%s cannot be given to a process that examines it", job.url)
                self._done.append((job.key, Overrun.ENDED))
                continue
            if not child.jobs and child.is_ready:
                child.begun_at = time.monotonic()
            child.jobs.append(job)
            job.size = len(message)
            child.unsent += message

    def _free_child(self) -> _Child | None:
        """Return a child process that can take another page, or None if there is none.

        An idle child is preferred. If no child is idle and the pool is not full, a new child is started. If the pool is
        full, or no child can be started, the child with the fewest pages is used, provided that its queue has room.
        """
        idle = next((child for child in self._children if not child.jobs), None)
        if idle is not None:
            return idle
        if len(self._children) < self._most and (started := self._start()):
            return started
        if not self._children:
            return None
        fewest = min(self._children, key=lambda child: len(child.jobs))
        if not (self._waiting and fewest.has_room):
            return None
        # A page that is examined last may take a long time, so no other page is queued behind it.
        is_late = bool(self._overruns) and any(self.is_last(job.url) for job in fewest.jobs)
        return None if is_late else fewest

    def _start(self) -> _Child | None:
        if self._failed_starts >= _FAILED_STARTS:
            self._report_all(Overrun.ENDED)
            return None
        if self._children and time.monotonic() < self._start_again_at:
            return None
        try:
            process = subprocess.Popen(  # noqa: S603  # our own program, with no word from outside
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=ROOT
            )
        except OSError:
            # The system has too little memory, or too many processes or open files.
            logger.exception("a process that examines pages cannot be started")
            self._start_again_at = time.monotonic() + _START_AGAIN_SECONDS
            if not self._children:
                self._failed_starts += 1
            return None
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018, S101  # as asked for
        os.set_blocking(process.stdin.fileno(), False)
        os.set_blocking(process.stdout.fileno(), False)
        with suppress(AttributeError, OSError):
            # By default, a pipe holds 64 kB, which is much less than the pages in the queue of a child. Only Linux can
            # enlarge a pipe.
            fcntl.fcntl(process.stdin, fcntl.F_SETPIPE_SZ, MOST_BYTES_AT_ONCE)
        child = _Child(process, begun_at=time.monotonic())
        self._children.append(child)
        return child

    def _exchange(self, timeout_seconds: float) -> None:
        """Exchange data with the child processes. If no pipe is ready, wait up to the timeout."""
        # A poll selector suffices for a few pipes. An epoll selector would need a file descriptor for each call.
        with selectors.PollSelector() as selector:
            for child in self._children:
                assert child.process.stdin is not None and child.process.stdout is not None  # noqa: PT018, S101
                selector.register(child.process.stdout, selectors.EVENT_READ, child)
                if child.unsent:
                    selector.register(child.process.stdin, selectors.EVENT_WRITE, child)
            if not selector.get_map():
                return
            limit = min((self._deadline(child) for child in self._children if child.jobs), default=timeout_seconds)
            if self._until is not None:
                limit = min(limit, self._until - time.monotonic() + 0.01)
            for key, event in selector.select(max(0.0, min(timeout_seconds, limit))):
                if key.data not in self._children:
                    continue
                if event == selectors.EVENT_WRITE:
                    send_some(key.data)
                else:
                    self._receive(key.data)

    def _receive(self, child: _Child) -> None:
        assert child.process.stdout is not None  # noqa: S101
        try:
            some = os.read(child.process.stdout.fileno(), _READ_AT_A_TIME)
        except BlockingIOError:
            return
        child.received += some
        try:
            while (content := take_message(child.received)) is not None:
                if content == READY:
                    child.is_ready, child.begun_at = True, time.monotonic()
                    continue
                result = read_result(content)
                self._done.append((child.jobs.popleft().key, result))
                child.begun_at = time.monotonic()
                self._failed_starts = 0
        except (ValueError, KeyError, IndexError):
            logger.exception("a process that examines pages returned something other than a result")
            child.process.kill()
            some = b""
        if not some:
            self._replace(child)

    def _replace(self, child: _Child) -> None:
        """Remove an ended child process from the pool.

        An `Overrun` is reported for the first page in its queue, unless the child exited with `GROWN`. The other pages
        are given to other children.
        """
        self._children.remove(child)
        _end(child)
        code = child.process.returncode
        if child.jobs and code != GROWN:
            job = child.jobs.popleft()
            if child.too_slow or code == -signal.SIGPROF:
                overrun = Overrun.TIME
            else:
                overrun = Overrun.MEMORY if code == OUT_OF_MEMORY else Overrun.ENDED
            if overrun is Overrun.ENDED and not child.is_ready:
                self._failed_starts += 1
            self._overruns[job.url] += 1
            self._done.append((job.key, overrun))
            logger.error(
                "the examination of %s has no result (reason: %s, exit code: %s)", job.url, overrun.value, code
            )
        for later in reversed(child.jobs):
            (self._last if self.is_last(later.url) else self._waiting).appendleft(later)

    def _deadline(self, child: _Child) -> float:
        seconds = self._seconds_on_the_clock if child.is_ready else SECONDS_TO_BEGIN
        return child.begun_at + seconds - time.monotonic()

    def _end_what_is_too_slow(self) -> None:
        if self._is_over and len(self) > len(self._done):
            self._report_all(Overrun.ENDED)
        for child in [child for child in self._children if child.jobs and self._deadline(child) <= 0]:
            child.too_slow = True
            child.process.kill()
            self._replace(child)

    def _report_all(self, overrun: Overrun) -> None:
        """End all processes, and report `overrun` for all pages without a result. Later pages start new processes."""
        jobs = [*(job for child in self._children for job in child.jobs), *self._waiting, *self._last]
        end_all(self._children, _end, of_process=os.getpid())
        logger.error("the examination of %d pages was given up (reason: %s)", len(jobs), overrun.value)
        self._done += [(job.key, overrun) for job in jobs]
        self._waiting.clear()
        self._last.clear()
        self._failed_starts = 0


def _end(child: _Child) -> None:
    close_pipes(child)
    try:
        # The process may have closed its output and still be running.
        child.process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        child.process.kill()
        child.process.wait()
