"""The browser, which loads pages with Chromium in a separate process and within strict time limits."""

import json
import logging
import os
import secrets
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Self

from django.conf import settings

from releases.probe.browser_process import Settings, read_view, write_page_request
from releases.probe.child_process import close_pipes, end_all, send_some
from releases.probe.connection import bypass_caches
from releases.probe.examiner import take_message
from releases.rules import canonical
from releases.rules.page_view import BrowserState, PageRequest, PageView
from releases.rules.response import Answer, CheckRequest, Failure
from releases.rules.web_address import NotAWebAddressError, is_allowed, parse_address

logger = logging.getLogger(__name__)

OFF = "off"
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MOST_AT_ONCE = 2
"""The maximum number of pages that are loaded at the same time. Each page needs a processor and up to 400 MB."""
SECONDS_OF_A_PAGE = 30.0
SECONDS_TO_BEGIN = 60.0
SECONDS_TO_END = 5.0
MOST_PAGES_OF_A_PROCESS = 200
"""After this many pages the process is replaced, because a browser uses more and more memory."""
_IDLE_SHARE = 0.8
"""A process without a message for this share of its idle time gets no more pages, because it would soon end itself."""
_FAILED_STARTS = 3
_REST_SECONDS = 60.0
"""If `_FAILED_STARTS` processes in a row do not start, no new process is started for this time."""
_MARK = "STATSOFFICE_BROWSER_PROCESS"
ROOT = Path(__file__).resolve().parents[2]


@cache
def find_chromium(written: str) -> str:
    """Return the path of the browser program.

    The result is an empty string if the browser is off, or if Playwright or a browser program is not installed.

    :param written: the value of the setting: a path, "off", or empty to search for a program on this system.
    """
    if written == OFF or find_spec("playwright") is None:
        return ""
    return written or next(filter(None, map(shutil.which, PROGRAMS)), "")


@dataclass(slots=True)
class _Job:
    number: int
    key: Hashable
    request: PageRequest
    begun_at: float = 0.0


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    folder: str
    mark: str
    begun_at: float
    messaged_at: float
    is_ready: bool = False
    pages: int = 0
    unsent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    running: dict[int, _Job] = field(default_factory=dict)


class Browser:
    """Loads up to two pages at the same time, but never two pages with the same address.

    Each instance must be used by one thread only. The thread is not blocked while a page loads. If the browser process
    hangs or crashes, its pages fail, and a new process is started for the next page.
    """

    def __init__(self, options: Settings, *, seconds_of_a_page: float = SECONDS_OF_A_PAGE) -> None:
        self._options = options
        self._seconds = seconds_of_a_page
        self._children: list[_Child] = []
        self._ending: list[_Child] = []
        self._waiting: deque[_Job] = deque()
        self._done: list[tuple[Hashable, PageView]] = []
        self._number = 0
        self._failed_starts = 0
        self._rest_until = 0.0
        for children in (self._children, self._ending):
            weakref.finalize(self, end_all, children, _end, of_process=os.getpid())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """Return the number of pages whose view has not been collected yet."""
        running = sum(len(child.running) for child in self._children)
        return len(self._waiting) + len(self._done) + running

    @property
    def is_installed(self) -> bool:
        return bool(self._options.chromium)

    @property
    def is_full(self) -> bool:
        """Whether a further page would have to wait for its turn."""
        return len(self) >= MOST_AT_ONCE

    def warm_up(self) -> None:
        """Start the process ahead of the first page, or keep a running process from becoming idle."""
        self._exchange(0)
        if self._children:
            _send(self._children[0], write_page_request(0, None))
        elif self._options.chromium and not self._is_resting:
            self._start()

    def find_state(self) -> BrowserState:
        """Start the process if none is running, wait until it is ready, and return the state of the browser."""
        self.warm_up()
        child = self._children[0] if self._children else None
        if child is None:
            return BrowserState.DOES_NOT_START if self.is_installed else BrowserState.NOT_INSTALLED
        while child in self._children and not child.is_ready:
            self._exchange(0.25)
        if not child.is_ready:
            return BrowserState.DOES_NOT_START
        # If the sandbox is on but does not work, Chromium ends. The namespaces confirm that the sandbox is in use.
        is_on = self._options.sandbox and has_namespaces_below(child.process.pid)
        return BrowserState.SANDBOXED if is_on else BrowserState.WITHOUT_SANDBOX

    def begin(self, key: Hashable, request: PageRequest) -> None:
        """Begin to load a page. `collect` returns the view of the page with the same key."""
        self._number += 1
        self._waiting.append(_Job(self._number, key, request))
        self._exchange(0)

    def waits(self, key: Hashable) -> bool:
        """Return whether the page with this key is still waiting for its turn. If so, nothing has been sent yet."""
        return any(job.key == key for job in self._waiting)

    def hand_turn(self, key: Hashable, to: Hashable) -> None:
        """Give a waiting page another key. The address of the page stays the same."""
        next(job for job in self._waiting if job.key == key).key = to

    def collect(self, timeout_seconds: float = 0.0) -> list[tuple[Hashable, PageView]]:
        """Return the complete views. Wait at most `timeout_seconds` for the first view."""
        until = time.monotonic() + timeout_seconds
        while True:
            self._exchange(0 if self._done else max(0.0, min(0.25, until - time.monotonic())))
            if self._done or time.monotonic() >= until:
                done, self._done = self._done, []
                return done

    def end_if_idle(self) -> None:
        """End the process if it has been idle.

        If this method is not called, the process ends itself a little later.
        """
        if self._children or self._ending:
            self._exchange(0)

    def close(self) -> None:
        for child in [child for child in self._children if not child.running]:
            self._children.remove(child)
            self._let_end(child)
        end_all(self._children, _end, of_process=os.getpid())
        for child in self._ending:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(SECONDS_TO_END)
        end_all(self._ending, _end, of_process=os.getpid())
        self._waiting.clear()
        self._done.clear()

    @property
    def _is_resting(self) -> bool:
        return time.monotonic() < self._rest_until

    def _exchange(self, timeout_seconds: float) -> None:
        self._end_what_should_have_ended()
        self._hand_out()
        child = self._children[0] if self._children else None
        if child is None:
            if timeout_seconds and not self._done:
                time.sleep(timeout_seconds)
            return
        assert child.process.stdin and child.process.stdout  # noqa: PT018, S101  # as asked for
        with selectors.PollSelector() as selector:
            selector.register(child.process.stdout, selectors.EVENT_READ)
            if child.unsent:
                selector.register(child.process.stdin, selectors.EVENT_WRITE)
            for _, event in selector.select(timeout_seconds):
                if event == selectors.EVENT_READ:
                    self._receive(child)
                else:
                    send_some(child)
        self._end_what_is_too_slow()
        self._hand_out()

    def _hand_out(self) -> None:
        if self._waiting and (not self._options.chromium or self._is_resting):
            detail = "the browser does not start" if self._options.chromium else "no browser is installed"
            while self._waiting:
                self._fail(self._waiting.popleft(), detail)
            return
        child = self._children[0] if self._children else None
        if child and not child.running and self._is_spent(child):
            self._children.remove(child)
            self._let_end(child)
            child = None
        while job := self._next_job(child):
            child = child or self._start()
            if child is None:
                return
            self._waiting.remove(job)
            job.begun_at = time.monotonic()
            child.running[job.number] = job
            child.pages += 1
            _send(child, write_page_request(job.number, job.request))

    def _next_job(self, child: _Child | None) -> _Job | None:
        """Return the next page that may be loaded, or None.

        Pages with the same address are loaded one after the other.
        """
        running = child.running.values() if child else ()
        if len(running) >= MOST_AT_ONCE or (child and child.pages >= MOST_PAGES_OF_A_PROCESS):
            return None
        urls = {job.request.url for job in running}
        return next((job for job in self._waiting if job.request.url not in urls), None)

    def _is_spent(self, child: _Child) -> bool:
        is_idle = time.monotonic() > child.messaged_at + self._options.idle_seconds * _IDLE_SHARE
        return is_idle or child.pages >= MOST_PAGES_OF_A_PROCESS

    def _start(self) -> _Child | None:
        try:
            folder = tempfile.mkdtemp(prefix="statsoffice-browser-")
        except OSError:
            logger.exception("the browser process has no room for its files")
            self._count_failed_start()
            return None
        mark = secrets.token_hex(16)
        # The environment of the process contains no secrets of the product, and its home directory is empty.
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "HOME": folder, "TMPDIR": folder}
        if path := os.environ.get("PYTHONPATH"):
            environment["PYTHONPATH"] = path
        written = json.dumps(canonical.write_dataclass(self._options))
        try:
            process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-m", "releases.probe.browser_process", written],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                cwd=ROOT,
                env={**environment, _MARK: mark},
                start_new_session=True,
            )
        except OSError:
            # The system has too little memory, or too many processes or open files.
            logger.exception("the browser process cannot be started")
            shutil.rmtree(folder, ignore_errors=True)
            self._count_failed_start()
            return None
        assert process.stdin and process.stdout  # noqa: PT018, S101  # as asked for
        os.set_blocking(process.stdin.fileno(), False)
        os.set_blocking(process.stdout.fileno(), False)
        now = time.monotonic()
        child = _Child(process, folder, mark, begun_at=now, messaged_at=now)
        self._children.append(child)
        return child

    def _receive(self, child: _Child) -> None:
        assert child.process.stdout  # noqa: S101
        try:
            some = os.read(child.process.stdout.fileno(), 1024 * 1024)
        except BlockingIOError:
            return
        child.received += some
        try:
            while (content := take_message(child.received)) is not None:
                number, view = read_view(content)
                if view is None:
                    child.is_ready, self._failed_starts = True, 0
                    for job in child.running.values():
                        job.begun_at = time.monotonic()
                    continue
                self._done.append((child.running.pop(number).key, view))
        except (ValueError, KeyError, IndexError):
            logger.exception("a browser process returned something other than a page")
            some = b""
        if not some and child in self._children:
            self._give_up(child, "the browser process has ended")

    def _end_what_is_too_slow(self) -> None:
        now = time.monotonic()
        for child in list(self._children):
            if not child.is_ready:
                if now > child.begun_at + SECONDS_TO_BEGIN:
                    self._give_up(child, "the browser does not start")
            elif any(now > job.begun_at + self._seconds for job in child.running.values()):
                self._give_up(child, f"the browser took more than {self._seconds:g} seconds")

    def _give_up(self, child: _Child, detail: str) -> None:
        if not child.is_ready:
            self._count_failed_start()
        logger.error("%d pages were not loaded: %s", len(child.running), detail)
        for job in child.running.values():
            self._fail(job, detail)
        child.running.clear()
        self._children.remove(child)
        _end(child)

    def _count_failed_start(self) -> None:
        self._failed_starts += 1
        if self._failed_starts >= _FAILED_STARTS:
            self._failed_starts, self._rest_until = 0, time.monotonic() + _REST_SECONDS

    def _let_end(self, child: _Child) -> None:
        """Ask an idle process to close Chromium and to end. If the process does not end, it is killed later."""
        assert child.process.stdin  # noqa: S101
        child.process.stdin.close()
        child.begun_at = time.monotonic()
        self._ending.append(child)

    def _end_what_should_have_ended(self) -> None:
        for child in list(self._ending):
            if child.process.poll() is not None or time.monotonic() > child.begun_at + SECONDS_TO_END:
                self._ending.remove(child)
                _end(child)

    def _fail(self, job: _Job, detail: str) -> None:
        at = time.monotonic()
        self._done.append((job.key, PageView(sent=job.begun_at or at, done=at, failure=Failure.BROWSER, detail=detail)))


def _send(child: _Child, message: bytes) -> None:
    child.messaged_at = time.monotonic()
    child.unsent += message
    send_some(child)


def _end(child: _Child) -> None:
    """Kill a process and all processes that it has started, and remove their files."""
    for pid in {child.process.pid, *_marked_processes(child.mark)}:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    close_pipes(child)
    with suppress(subprocess.TimeoutExpired):
        child.process.wait(1.0)
    shutil.rmtree(child.folder, ignore_errors=True)


def _marked_processes(mark: str) -> list[int]:
    """Return the IDs of all processes that have the mark in their environment.

    Chromium leaves the session of the process that starts it, so its processes cannot be found by their session.
    """
    found, wanted = [], f"{_MARK}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def has_namespaces_below(pid: int) -> bool:
    """Return whether a descendant of a process is in a nested PID namespace. This only works on Linux."""
    statuses = _read_statuses()
    # A process has one PID in each namespace that contains the process.
    ids = {one: len(lines.get("NSpid", "").split()) for one, lines in statuses.items()}
    return any(ids.get(one, 0) > ids.get(pid, 1) for one in _find_below(pid, statuses))


def find_processes_below(pid: int) -> set[int]:
    """Return the IDs of a process and of all its descendants."""
    return _find_below(pid, _read_statuses())


def _find_below(pid: int, statuses: Mapping[int, Mapping[str, str]]) -> set[int]:
    parents = {one: int(lines.get("PPid", 0)) for one, lines in statuses.items()}
    below, found = set[int](), {pid}
    while found:
        below |= found
        found = {child for child, parent in parents.items() if parent in found and child not in below}
    return below


def _read_statuses() -> dict[int, dict[str, str]]:
    found = {}
    for file in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # the process has ended
            lines = (line.partition(":") for line in file.read_text().splitlines())
            found[int(file.parent.name)] = {name: value.strip() for name, _, value in lines}
    return found


def browser_from_settings(
    *, user_agent: str, also_private: frozenset[str] = frozenset(), seconds_of_a_page: float = SECONDS_OF_A_PAGE
) -> Browser:
    return Browser(
        Settings(
            chromium=find_chromium(settings.BROWSER),
            sandbox=settings.BROWSER_SANDBOX,
            user_agent=user_agent,
            allow_private=tuple(sorted(settings.PROBE_ALLOW_PRIVATE | also_private)),
            proxy=settings.PROBE_PROXY,
        ),
        seconds_of_a_page=seconds_of_a_page,
    )


class PageFetcher:
    """Makes the requests of checks in the browser. `Fetcher` makes requests without a browser."""

    def __init__(self, browser: Browser, *, now: Callable[[], datetime], vantage: str) -> None:
        self._browser, self._now, self._vantage = browser, now, vantage
        self._requests: dict[Hashable, CheckRequest] = {}
        self._done: list[tuple[CheckRequest, Answer]] = []

    @property
    def in_flight(self) -> int:
        return len(self._requests) + len(self._done)

    def start(self, request: CheckRequest, *, wait: tuple[str, datetime] | None = None) -> None:
        """Begin a request. Each request ends with an `Answer`.

        :param wait: the host or page that asked us to wait, and the end of the wait. If given, nothing is requested.
        """
        try:
            address = parse_address(request.url)
            if not is_allowed(address, request.allowed_hosts):
                raise NotAWebAddressError(f'the host of "{address.url}" is not one that may be fetched')
        except NotAWebAddressError as error:
            self._refuse(request, Failure.ADDRESS_REFUSED, str(error))
            return
        if wait:
            who = wait[0].removeprefix("page ")
            until = f"{wait[1].astimezone(UTC):%H:%M:%S} UTC"
            self._refuse(request, Failure.ASKED_TO_WAIT, f"{who} asked not to be asked again before {until}")
            return
        url = (bypass_caches(address) if request.fresh else address).url
        self._requests[request.key] = request
        self._browser.begin(request.key, PageRequest(url, tuple(sorted(request.allowed_hosts)), fresh=request.fresh))

    def waits(self, key: Hashable) -> bool:
        return self._browser.waits(key)

    def hand_turn(self, key: Hashable, request: CheckRequest) -> None:
        before = self._requests.pop(key)
        if (request.url, request.fresh) != (before.url, before.fresh):
            raise ValueError(f"{request.url} cannot replace the waiting request of {before.url}.")
        self._requests[request.key] = request
        self._browser.hand_turn(key, request.key)

    def poll(self) -> list[tuple[CheckRequest, Answer]]:
        """Return the complete responses, without waiting."""
        done, self._done = self._done, []
        for key, view in self._browser.collect(0):
            request = self._requests.pop(key)
            done.append((request, answer_of_view(view, request, now=self._now(), vantage=self._vantage)))
        return done

    def end_if_idle(self) -> None:
        self._browser.end_if_idle()

    def close(self) -> None:
        self._browser.close()

    def _refuse(self, request: CheckRequest, failure: Failure, detail: str) -> None:
        now = self._now()
        answer = Answer(
            requested_url=request.url,
            planned_at=request.planned_at,
            sent_at=now,
            completed_at=now,
            failure=failure,
            failure_detail=detail,
            final_url=request.url,
        )
        self._done.append((request, answer))


def answer_of_view(view: PageView, request: CheckRequest, *, now: datetime, vantage: str) -> Answer:
    """Convert the view of a page to the `Answer` of a check.

    :param now: the current aware instant by the clock of the checks. It is used to convert the monotonic times of the
        view to instants.
    """
    sent_at, completed_at = _instant_of(view.sent, now=now), _instant_of(view.done, now=now)
    return Answer(
        requested_url=request.url,
        planned_at=request.planned_at,
        sent_at=sent_at,
        completed_at=max(sent_at, completed_at),
        failure=view.failure,
        failure_detail=view.detail,
        status=view.status,
        hops=view.hops,
        final_url=view.final_url or request.url,
        left_allowed_hosts=view.left_allowed_hosts,
        headers=view.headers,
        body=view.body,
        vantage=vantage,
        seconds=MappingProxyType({"total": view.done - view.sent, "monotonic": view.sent, "monotonic_done": view.done}),
    )


def _instant_of(monotonic: float, *, now: datetime) -> datetime:
    """Convert a reading of the monotonic clock to an aware instant.

    :param now: the current aware instant by the clock to which the reading is converted.
    """
    return now - timedelta(seconds=time.monotonic() - monotonic)
