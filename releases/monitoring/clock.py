"""The clock of monitoring, and the sources that confirm it: the kernel, chrony and NTP servers.

All other modules of monitoring get the time from here.
"""

import ctypes
import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol
from urllib.parse import urlsplit

import ntplib

from releases.rules.clock_error import (
    SCRIPTED,
    ClockError,
    ClockMonitor,
    ClockSample,
    Figures,
    of_chrony,
    of_kernel,
    of_ntp,
)

logger = logging.getLogger(__name__)

CHRONY = ("chronyc", "-n", "-c", "tracking")
CHRONY_INTERVAL_SECONDS = 16.0
# RFC 5905 allows a client to query a server more often than this only for a short time.
NTP_INTERVAL_SECONDS = 64.0
NTP_PORT = 123
NOT_SYNCHRONISED = 3  # the leap indicator of a server that is not synchronised
ANSWERED_WITHIN_SECONDS = 3.0
# If the system has a clock that also runs while the machine sleeps, use this clock. If the clock stopped during sleep,
# the wall clock would seem to jump when the machine wakes up.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Returns the time and waits for an instant. For a replay of a past morning, the clock jumps instead of waiting."""

    def now(self) -> datetime: ...

    def sleep_until(self, instant: datetime) -> None:
        """Wait until an aware instant."""

    def error(self) -> ClockError:
        """Return how far the clock may be off, and which source confirms this.

        This must be fast, because it is called at every check.
        """

    def compare_with_host(self, host: str, *, sent_at: datetime, completed_at: datetime, date: datetime) -> None:
        """Compare the clock with `date`, the time in a response of an unrelated host."""


class RealClock:
    def __init__(
        self,
        figures: Callable[[], Sequence[Figures]] = lambda: (),
        *,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = lambda: time.clock_gettime(_STEADY),
    ) -> None:
        """
        :param figures: returns the figures of the sources that confirm the machine's clock. It must not block.
        :param wall: returns the present time as an aware UTC instant.
        :param monotonic: returns the seconds of a clock that cannot be set.
        """
        self._figures, self._wall, self._monotonic = figures, wall, monotonic
        self._monitor = ClockMonitor()
        self._one_at_a_time = threading.Lock()

    def now(self) -> datetime:
        return self._wall()

    def sleep_until(self, instant: datetime) -> None:
        time.sleep(max(0.0, (instant - self.now()).total_seconds()))

    def error(self) -> ClockError:
        with self._one_at_a_time:
            return self._monitor.take(self._read(), self._figures())

    def compare_with_host(self, host: str, *, sent_at: datetime, completed_at: datetime, date: datetime) -> None:
        with self._one_at_a_time:
            self._monitor.compare_with_host(host, sent_at=sent_at, completed_at=completed_at, date=date)

    def _read(self) -> ClockSample:
        before = self._monotonic()
        wall = self._wall()
        after = self._monotonic()
        return ClockSample(wall=wall, steady=timedelta(seconds=before), uncertain=timedelta(seconds=after - before))


class ScriptedClock:
    """A base class for clocks that follow a script. Their error is zero."""

    def error(self) -> ClockError:
        return SCRIPTED

    def compare_with_host(self, host: str, *, sent_at: datetime, completed_at: datetime, date: datetime) -> None:
        """Do nothing, because the scripted time is not the real time of other hosts."""


class StoppedClock(ScriptedClock):
    """A clock that always returns the same instant, to record checks of a rehearsal at a time in the past."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        return self._instant

    def sleep_until(self, instant: datetime) -> None:
        """Return at once, because this clock never reaches another instant."""


class _Timex(ctypes.Structure):
    """The `struct timex` of <sys/timex.h>. The fields after the last one that we need have no names."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        # Room for about 150 more bytes that the kernel writes.
        ("rest", ctypes.c_byte * 256),
    )


@cache
def _adjtimex() -> Callable[..., int]:
    """Return the function of the C library. Loading it takes longer than calling it."""
    return ctypes.CDLL(None, use_errno=True).adjtimex


def kernel() -> Figures | None:
    """Ask the kernel how far its clock may be off.

    Return None if the kernel does not know, or if the system is not Linux.
    """
    if not sys.platform.startswith("linux"):
        return None
    timex = _Timex()  # if `modes` is 0, the call changes nothing
    state = _adjtimex()(ctypes.byref(timex))
    return of_kernel(state=state, status=timex.status, maxerror=timex.maxerror, offset=timex.offset)


def chrony(command: Sequence[str]) -> Figures | None:
    """Query chrony, and return its figures. Return None if chrony is not installed or has no external source.

    :param command: the command that prints chrony's tracking report as one line of fields.
    :raises OSError, subprocess.SubprocessError, ValueError: if the program fails, or its output cannot be read.
    """
    program = shutil.which(command[0])
    if program is None:
        return None
    printed = subprocess.run(  # noqa: S603  # the operator's own program, without a shell
        [program, *command[1:]],
        capture_output=True,
        text=True,
        timeout=ANSWERED_WITHIN_SECONDS,
        check=True,
        stdin=subprocess.DEVNULL,
    ).stdout
    return of_chrony(printed)


def ntp(servers: Sequence[str]) -> Figures | None:
    """Query NTP servers, and return the figures with the smallest error bound.

    Return None if there are no servers, or if all servers respond but none of them is synchronised.

    :param servers: host names. If the port is not 123, the name includes the port.
    :raises OSError, ntplib.NTPException: if a query fails, and no other server returns figures.
    """
    figures: list[Figures] = []
    faults: list[Exception] = []
    for server in servers:
        try:
            answered = _query_server(server)
        except (OSError, ntplib.NTPException) as fault:
            faults.append(fault)
        else:
            figures += [answered] if answered else []
    if faults and not figures:
        raise faults[0]
    return min(figures, key=lambda each: each.bound, default=None)


def _query_server(server: str) -> Figures | None:
    parts = urlsplit(f"//{server}")
    answer = ntplib.NTPClient().request(
        parts.hostname, version=4, port=parts.port or NTP_PORT, timeout=ANSWERED_WITHIN_SECONDS
    )
    return of_ntp(
        offset=answer.offset,
        delay=answer.delay,
        root_delay=answer.root_delay,
        root_dispersion=answer.root_dispersion,
        is_synchronised=answer.leap != NOT_SYNCHRONISED and 0 < answer.stratum < 16,
        answered_at=answer.dest_time,
    )


class _InBackground:
    """A source that is queried in a separate thread, so that checks do not have to wait for its response."""

    def __init__(
        self,
        query: Callable[[], Figures | None],
        *,
        name: str,
        every_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._query, self._name, self._every_seconds, self._monotonic = query, name, every_seconds, monotonic
        self._said: Figures | None = None
        self._queried_at: float | None = None
        self._asking: threading.Thread | None = None

    def latest(self) -> Figures | None:
        """Return the last result without waiting. If the last query is old, start a new one in the background."""
        now = self._monotonic()
        idle = self._asking is None or not self._asking.is_alive()
        if idle and (self._queried_at is None or now - self._queried_at >= self._every_seconds):
            self._queried_at = now
            self._asking = threading.Thread(target=self._take, daemon=True)
            self._asking.start()
        return self._said

    def wait(self) -> None:
        if self._asking:
            self._asking.join()

    def _take(self) -> None:
        try:
            self._said = self._query()
        except (OSError, subprocess.SubprocessError, ValueError, ntplib.NTPException) as fault:
            # If a source does not respond, its earlier result is no longer used.
            logger.warning("%s does not say how far the clock may be off: %s", self._name, fault)
            self._said = None


class ClockSource:
    """The sources that confirm this machine's time, the more reliable ones first."""

    def __init__(
        self,
        *,
        command: Sequence[str] = CHRONY,
        kernel: Callable[[], Figures | None] = kernel,
        servers: Sequence[str] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        :param command: the command that prints chrony's tracking report as one line of fields.
        :param servers: the host names of NTP servers. If the port is not 123, the name includes the port.
        """
        self._chrony = _InBackground(
            lambda: chrony(command), name="chrony", every_seconds=CHRONY_INTERVAL_SECONDS, monotonic=monotonic
        )
        self._servers = _InBackground(
            lambda: ntp(servers), name="NTP", every_seconds=NTP_INTERVAL_SECONDS, monotonic=monotonic
        )
        self._sources = (self._chrony.latest, kernel, *([self._servers.latest] if servers else []))

    def __call__(self) -> tuple[Figures, ...]:
        """Return the known figures without waiting. Figures of chrony and NTP servers come from the last response."""
        return tuple(figures for source in self._sources if (figures := source()))

    def wait(self) -> None:
        """Wait until every open query has a response or has timed out."""
        self._chrony.wait()
        self._servers.wait()
