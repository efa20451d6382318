"""The watcher's clock: the one thing in the product that knows what time it is."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits for it; a rehearsal of a past morning gives one that jumps."""

    def now(self) -> datetime:
        """Return the present UTC instant."""

    def sleep_until(self, instant: datetime) -> None:
        """Return once an aware instant has come."""


class RealClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present UTC instant."""
        return datetime.now(UTC)

    def sleep_until(self, instant: datetime) -> None:
        """Return once an aware instant has come."""
        time.sleep(max(0.0, (instant - self.now()).total_seconds()))


class StoppedClock:
    """A clock that stands at one instant, to record looks of a rehearsal at a time of the past."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        """Return the instant at which the clock stands."""
        return self._instant

    def sleep_until(self, instant: datetime) -> None:
        """Return at once: this clock never comes to another instant."""
