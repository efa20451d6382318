"""How likely the watch notices a release that is out before its time for a while only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache

from releases.core.looks import cadence

# The plan counts from the due instant, so that any one does.
_DUE = datetime(2000, 1, 3, 9, 30, tzinfo=UTC)
# Each release has its own shift of the plan; the chance is the mean over so many.
_KEYS = tuple(f"release {number}" for number in range(24))


class Begins(Enum):
    """When an exposure begins: from so long before the due instant, up to so long before it."""

    DAY_BEFORE = timedelta(hours=24), timedelta(hours=1)
    LAST_HOUR = timedelta(hours=1), timedelta(minutes=10)
    LAST_TEN_MINUTES = timedelta(minutes=10), timedelta(minutes=1)
    LAST_MINUTE = timedelta(minutes=1), timedelta(0)


LENGTHS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 900))
"""For how long a release is out before its time, in the tables of the documentation and of the desk."""


@dataclass(frozen=True, slots=True)
class Chance:
    """From 0 to 1: that one look at least sees the exposure, so that a person is asked; that two do, which is EARLY."""

    seen: float
    proven: float


@cache
def chance(length: timedelta, begins: Begins) -> Chance:
    """Return how likely the planned looks at one address see an exposure of some length.

    It may begin at any instant of the stretch with the same likelihood. That a look takes time, and that looks at a
    crowded host wait for their turn, is left out. What begins before the first look is no part of this: a marker that
    matched from the first look on proves nothing.

    :param length: how long it lasts; where that reaches beyond the due instant, up to then.
    """
    each = [_chance(length, begins, key=key) for key in _KEYS]
    return Chance(
        seen=sum(one.seen for one in each) / len(each),
        proven=sum(one.proven for one in each) / len(each),
    )


def _chance(length: timedelta, begins: Begins, *, key: str) -> Chance:
    looks = _looks(key)
    start, end = (_DUE - before for before in begins.value)
    previous = start = max(start, looks[0])
    seen = proven = timedelta(0)
    for look in looks:
        # Of the exposures that this look is the first to see, those that begin late enough to last until the second.
        first, last = max(previous, look - length), min(look, end)
        if first < last:
            seen += last - first
            second = _second_look(look, key)
            if second is not None:
                proven += max(timedelta(0), last - max(first, second - length))
        previous = max(look, start)
    return Chance(seen=seen / (end - start), proven=proven / (end - start))


@cache
def _looks(key: str) -> tuple[datetime, ...]:
    """Return the instants of all looks that are over before the due instant, while none sees anything."""

    def planned() -> Iterator[datetime]:
        instant = _next(None, key=key)
        while instant is not None and instant < _DUE:
            yield instant
            instant = _next(instant, key=key)

    return tuple(planned())


@cache
def _second_look(first: datetime, key: str) -> datetime | None:
    """Return the look after one that saw the release, or None if that comes at the due instant only."""
    second = _next(first, key=key, live_early=first)
    return second if second is not None and second < _DUE else None


def _next(after: datetime | None, *, key: str, live_early: datetime | None = None) -> datetime | None:
    now = after or _DUE - 2 * cadence.FIRST_LOOK
    return cadence.next_look(due_at=_DUE, limit_at=_DUE, after=after, now=now, key=key, live_early=live_early)
