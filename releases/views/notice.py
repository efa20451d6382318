"""How much notice a date gives, for the page that confirms it and for the record of the release."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from releases.core.dates import calendar
from releases.core.status import Status
from releases.models import DateChange, Release


@dataclass(frozen=True, slots=True)
class Notice:
    """The days from the day on which a date was, or is to be, confirmed; negative where that was past already.

    `given_at` is that instant (aware). `is_short_for_markets` speaks of market-sensitive series alone.
    """

    days: int
    given_at: datetime
    is_short: bool
    is_short_for_markets: bool


def to_be_given(release: Release, *, now: datetime) -> Notice:
    """Return the notice that confirming a release gives at an aware instant."""
    return _notice(release, given_at=now)


def given(release: Release, changes: Sequence[DateChange]) -> Notice | None:
    """Return the notice that the present date of a release was given, or None if it was never confirmed.

    :param changes: its changes of date, in order; the last one that was agreed to gave the present date.
    """
    if release.confirmed_at is None or release.status not in {Status.CONFIRMED, Status.PUBLISHED}:
        return None
    agreed = [change.agreed_at for change in changes if change.agreed_at]
    return _notice(release, given_at=max([release.confirmed_at, *agreed]))


def _notice(release: Release, *, given_at: datetime) -> Notice:
    on = release.planned_on
    is_exact = release.due_at is not None
    return Notice(
        days=calendar.days_of_notice(on, given_at=given_at),
        given_at=given_at,
        is_short=is_exact and not release.rehearsal and calendar.is_short_notice(on, given_at=given_at),
        is_short_for_markets=is_exact
        and release.series.market_sensitive
        and calendar.is_short_for_markets(on, given_at=given_at),
    )
