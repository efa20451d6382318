"""The clock of monitoring. No other part of the product reads the time."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from releases.rules.clock_error import SCRIPTED, ClockError, ClockMonitor, ClockSample, Figures

# Where available, a clock that runs while the machine sleeps, so that waking up does not look like a step.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Returns the time and waits for an instant; the replay of a past morning has a clock that jumps."""

    def now(self) -> datetime: ...

    def sleep_until(self, instant: datetime) -> None:
        """Return once an aware instant has come."""

    def error(self) -> ClockError:
        """Return how far the clock may be off, and what confirms it; fast enough to be called at every check."""

    def compare_with_host(self, host: str, *, sent_at: datetime, completed_at: datetime, date: datetime) -> None:
        """Compare the clock with the time in a response of an unrelated host."""


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
    """A scripted clock, whose error is zero."""

    def error(self) -> ClockError:
        return SCRIPTED

    def compare_with_host(self, host: str, *, sent_at: datetime, completed_at: datetime, date: datetime) -> None:
        """Do nothing, because the script has another time than the present."""


class StoppedClock(ScriptedClock):
    """A clock that stands still, to record checks of a rehearsal at a time in the past."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        return self._instant

    def sleep_until(self, instant: datetime) -> None:
        """Return at once, because this clock never reaches another instant."""
