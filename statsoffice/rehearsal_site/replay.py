"""A past morning played again: a clock that jumps and takes the rehearsal site's clock with it."""

from datetime import datetime

from statsoffice.rehearsal_site.client import RehearsalSite


class ReplayClock:
    """A clock for the watcher that comes to the next instant that matters without waiting for it."""

    def __init__(self, site: RehearsalSite, start: datetime) -> None:
        """Set both clocks.

        :param start: the aware instant at which the replay begins.
        """
        self._site = site
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
