"""A past morning played again: a clock that jumps and takes the rehearsal site's clock with it."""

from collections.abc import Callable
from datetime import datetime

from releases.monitoring.clock import ScriptedClock
from statsoffice.fake_publisher.client import RehearsalSite


class ReplayClock(ScriptedClock):
    """A clock of the sweep that jumps to the next instant and sets the practice site's clock too."""

    def __init__(
        self, site: RehearsalSite, start: datetime, *, meanwhile: Callable[[datetime], object] = lambda now: None
    ) -> None:
        """:param meanwhile: called with each instant of the replay, for what others do meanwhile."""
        self._site, self._meanwhile = site, meanwhile
        self._now = start
        site.freeze(start)

    def now(self) -> datetime:
        return self._now

    def sleep_until(self, instant: datetime) -> None:
        if instant > self._now:
            self._now = instant
            self._site.freeze(instant)
            self._meanwhile(instant)
