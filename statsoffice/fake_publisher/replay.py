"""A past morning played again: a clock that jumps and takes the rehearsal site's clock with it."""

from collections.abc import Callable
from datetime import datetime

from releases.monitoring.clock import ScriptedClock
from statsoffice.fake_publisher.client import RehearsalSite


class ReplayClock(ScriptedClock):
    """A clock for the watcher that comes to the next instant that matters without waiting for it."""

    def __init__(
        self, site: RehearsalSite, start: datetime, *, meanwhile: Callable[[datetime], object] = lambda now: None
    ) -> None:
        """Set both clocks.

        :param start: the aware instant at which the replay begins.
        :param meanwhile: called with each instant to which the replay has come, for what others do meanwhile.
        """
        self._site, self._meanwhile = site, meanwhile
        self._now = start
        site.freeze(start)

    def now(self) -> datetime:
        """Return the instant to which the replay has come."""
        return self._now

    def sleep_until(self, instant: datetime) -> None:
        """Come to an aware instant at once."""
        if instant > self._now:
            self._now = instant
            self._site.freeze(instant)
            self._meanwhile(instant)
