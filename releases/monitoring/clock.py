"""The clock of monitoring. No other part of the product reads the time."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from releases.rules.clock_error import SCRIPTED, ClockError, ClockMonitor, ClockSample, Figures

# Where the system has it, a clock that runs on while the machine sleeps: waking up is no step.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Returns the time and waits for an instant; a rehearsal of a past morning has a clock that jumps."""

    def now(self) -> datetime: ...

    def sleep_until(self, instant: datetime) -> None:
        """Return once an aware instant has come."""

    def error(self) -> ClockError:
        """Return how far the clock may be off, and what confirms it; quick enough to be called at every check."""

    def compare_with_host(self, host: str, *, sent_at: datetime, completed_at: datetime, date: datetime) -> None:
        """Compare the clock with the time that an unrelated host gave in a response."""


def no_voucher() -> Sequence[Figures]:
    return ()


class RealClock:
    def __init__(
        self,
        figures: Callable[[], Sequence[Figures]] = no_voucher,
        *,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = lambda: time.clock_gettime(_STEADY),
    ) -> None:
        """
        :param figures: returns what confirms the machine's clock; must not block.
        :param wall: returns the aware UTC instant.
        :param monotonic: returns seconds by a clock that cannot be set.
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
    """The error of a clock that plays a script: none."""

    def error(self) -> ClockError:
        return SCRIPTED

    def compare_with_host(self, host: str, *, sent_at: datetime, completed_at: datetime, date: datetime) -> None:
        """Ignore the present time: the script plays another one."""


class StoppedClock(ScriptedClock):
    """A clock that stays at one instant, to record checks of a rehearsal at a time in the past."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        return self._instant

    def sleep_until(self, instant: datetime) -> None:
        """Return at once: this clock never comes to another instant."""
