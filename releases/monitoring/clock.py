"""The clock of monitoring. No other part of the product reads the time."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from releases.rules.clock_error import SCRIPTED, ClockError, ClockWatch, Figures, Reading

# Where the system has it, a clock that runs on while the machine sleeps: waking up is no step.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Tells the time and waits for it; a rehearsal of a past morning gives one that jumps."""

    def now(self) -> datetime:
        """Return the present UTC instant."""

    def sleep_until(self, instant: datetime) -> None:
        """Return once an aware instant has come."""

    def error(self) -> ClockError:
        """Return how far the clock may be off, and who says so; quick enough to be asked at every look."""

    def hear(self, host: str, *, sent_at: datetime, completed_at: datetime, date: datetime) -> None:
        """Take in the time that an unrelated host told while it was asked, to know when this clock is wrong."""


def no_voucher() -> Sequence[Figures]:
    """Return the figures of a machine on which nothing vouches for the clock."""
    return ()


class RealClock:
    """The machine's own clock."""

    def __init__(
        self,
        figures: Callable[[], Sequence[Figures]] = no_voucher,
        *,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = lambda: time.clock_gettime(_STEADY),
    ) -> None:
        """Begin to watch the clock for steps.

        :param figures: asks the machine who vouches for its clock; must not block.
        :param wall: gives the aware UTC instant.
        :param monotonic: gives seconds from any beginning, by a clock that nobody can set.
        """
        self._figures, self._wall, self._monotonic = figures, wall, monotonic
        self._watch = ClockWatch()
        self._one_at_a_time = threading.Lock()

    def now(self) -> datetime:
        """Return the present UTC instant."""
        return self._wall()

    def sleep_until(self, instant: datetime) -> None:
        """Return once an aware instant has come."""
        time.sleep(max(0.0, (instant - self.now()).total_seconds()))

    def error(self) -> ClockError:
        """Return how far the clock may be off, and who says so; quick enough to be asked at every look."""
        with self._one_at_a_time:
            return self._watch.take(self._read(), self._figures())

    def hear(self, host: str, *, sent_at: datetime, completed_at: datetime, date: datetime) -> None:
        """Take in the time that an unrelated host told while it was asked, to know when this clock is wrong."""
        with self._one_at_a_time:
            self._watch.hear(host, sent_at=sent_at, completed_at=completed_at, date=date)

    def _read(self) -> Reading:
        before = self._monotonic()
        wall = self._wall()
        after = self._monotonic()
        return Reading(wall=wall, steady=timedelta(seconds=before), uncertain=timedelta(seconds=after - before))


class ScriptedClock:
    """What a clock that plays a script knows of its own error: it has none."""

    def error(self) -> ClockError:
        """Return that the clock is what it says."""
        return SCRIPTED

    def hear(self, host: str, *, sent_at: datetime, completed_at: datetime, date: datetime) -> None:
        """Leave the present's time aside: the script is of another one."""


class StoppedClock(ScriptedClock):
    """A clock that stands at one instant, to record looks of a rehearsal at a time of the past."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        """Return the instant at which the clock stands."""
        return self._instant

    def sleep_until(self, instant: datetime) -> None:
        """Return at once: this clock never comes to another instant."""
