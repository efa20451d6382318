"""The schedule of checks from a day before the due time until a week after it, and the chance of detection."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from itertools import islice
from typing import NamedTuple

FIRST_CHECK = timedelta(days=1)
"""How long before the due instant monitoring begins."""
GIVE_UP = timedelta(days=7)
"""How long after the due instant monitoring ends if the release is not live by then."""
LAST_BEFORE_DUE = timedelta(seconds=5)
"""How long before the due instant the last check is made that must find the release "not live"."""
OVERDUE = timedelta(seconds=1)
"""A planned check that was not made this long after its planned instant counts as missed."""
CLOSEST = timedelta(seconds=1)
"""The shortest time between two checks, in the first minute after the due instant and around the limit."""
CONFIRMING = timedelta(seconds=1)
"""How long after the limit another check is made. By then even a clock that is a second ahead is past the limit."""
LONGEST_GAP_AFTER_LIMIT = timedelta(seconds=15)
"""The longest time between checks in the first minutes after the limit: one and a half times their interval."""


class _Period(NamedTuple):
    """One check every `step` from `first` to `last` (both included), counted from the due instant."""

    first: timedelta
    last: timedelta
    step: timedelta


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


_BEFORE_DUE = (
    _Period(-FIRST_CHECK, -_minutes(75), _minutes(15)),
    _Period(-_minutes(60), -_minutes(11), _minutes(1)),
    _Period(-_minutes(10), -_minutes(1.25), timedelta(seconds=15)),
    _Period(-_minutes(1), -2 * LAST_BEFORE_DUE, timedelta(seconds=5)),
)
_FIRST_MINUTE = _minutes(1)
_AROUND_LIMIT = timedelta(seconds=5)
_DENSE = _minutes(2)
_DENSE_STEP = timedelta(seconds=5)
_AFTER_DENSE = (
    # each row: the end of a period, counted from the due instant, and the interval of its checks
    (_minutes(10), timedelta(seconds=10)),
    (_minutes(60), timedelta(seconds=30)),
    (_minutes(360), _minutes(2)),
    (GIVE_UP, _minutes(15)),
)
_AFTER_LIVE = (
    # each row: the end of a period, counted from the first live check (or the limit if later), and the interval
    (_minutes(10), _minutes(1)),
    (_minutes(60), _minutes(5)),
    (_minutes(360), _minutes(30)),
)
_CONFIRM_EARLY = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60))


def next_check_at(
    *,
    due_at: datetime,
    limit_at: datetime,
    after: datetime | None,
    now: datetime,
    key: str,
    closest: timedelta = CLOSEST,
    live_since: datetime | None = None,
    live_early: datetime | None = None,
    may_follow: timedelta = timedelta(0),
) -> datetime | None:
    """Plan the next check of a release.

    Checks are made exactly five seconds before the due instant, at the due instant, at the limit and a second after the
    limit. All other checks are made at intervals, which are `closest` in the first minute after the due instant and
    within five seconds of the limit. Each of these checks is shifted by up to half its interval, so that releases are
    not all checked at once. The shift is derived from the key and always the same. If planned checks were missed, or
    monitoring begins late, one check is made at once. A release that was found live is checked rarely for another six
    hours, in case it disappears.

    :param key: identifies the release; each key has its own shift.
    :param closest: the result of `host_budget.closest_checks`; more than five seconds where many addresses share a
        host.
    :param live_early: the planned instant of the only check so far that found the release before it was due, else None.
        If it is given, further checks follow soon, to distinguish a temporary fault from an early release.
    :param may_follow: how long after the limit of the release this part is still on time. Checks are also made exactly
        at this later limit and a second after it, and at short intervals around it.
    :returns: an instant later than `after`, or None if monitoring has ended: a week after the due time, or six hours
        after the release was found live and the limit had passed.
    :raises ValueError: if the limit lies before the due instant.
    """
    if limit_at < due_at:
        raise ValueError(f"The limit ({limit_at.isoformat()}) lies before the due instant ({due_at.isoformat()}).")
    limit = limit_at - due_at
    plan = _Plan(
        limit=limit,
        part_limit=limit + may_follow,
        phase=_phase(key),
        closest=closest,
        fixed=_fixed({limit, limit + may_follow}, due_at=due_at, live_early=live_early),
        live_since=None if live_since is None else live_since - due_at,
    )
    following = plan.first_after(-2 * FIRST_CHECK if after is None else after - due_at)
    missed_until = now - OVERDUE
    if following is None or due_at + following > missed_until:
        return None if following is None else due_at + following
    if now > due_at + plan.end:
        return None
    # Missed checks are not repeated one by one. If a check is due just now, return its planned instant instead of
    # `now`, because a check counts for the due instant or the limit only if it was planned for that instant. If several
    # are due, the fixed ones (due time, limit) come first.
    recent = sorted(each for each in plan.fixed if missed_until < due_at + each <= now)
    current = recent[0] if recent else plan.first_after(missed_until - due_at)
    return due_at + current if current is not None and due_at + current <= now else now


def _phase(key: str) -> float:
    """Derive a number from a key, at least 0 and less than 1/2; it is the same on every machine."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**33


def _fixed(limits: set[timedelta], *, due_at: datetime, live_early: datetime | None) -> tuple[timedelta, ...]:
    at_limits = (each for limit in sorted(limits) for each in (limit, limit + CONFIRMING))
    fixed = (-LAST_BEFORE_DUE, timedelta(0), *at_limits)
    if live_early is None:
        return fixed
    confirming = (live_early - due_at + each for each in _CONFIRM_EARLY)
    return (*fixed, *(each for each in confirming if each < -LAST_BEFORE_DUE))


class _Plan(NamedTuple):
    limit: timedelta
    part_limit: timedelta
    phase: float
    closest: timedelta
    fixed: tuple[timedelta, ...]
    live_since: timedelta | None

    @property
    def end(self) -> timedelta:
        if self.live_since is None:
            return GIVE_UP
        return min(GIVE_UP, max(self.limit, self.live_since) + _AFTER_LIVE[-1][0])

    def first_after(self, offset: timedelta) -> timedelta | None:
        if self.live_since is None:
            fixed, periods = self.fixed, _periods(self.limit, closest=self.closest)
            if self.part_limit > self.limit:
                around = _periods_around(self.part_limit, closest=self.closest)
                near = (self._first_in(period, offset) for period in around if period.last + period.step > offset)
                fixed = (*fixed, *(each for each in near if each is not None))
        else:
            # The checks at the due instant and the limit no longer decide anything, and other releases have priority.
            offset = max(offset, self.live_since + _AFTER_LIVE[0][1] / 2)
            fixed, periods = (), _periods_once_live(max(self.limit, self.live_since))
        shifted = (self._first_in(period, offset) for period in periods if period.last + period.step > offset)
        # The shift may move the last check of a period behind the first check of the next period, but no further. So
        # the first checks of two periods are enough.
        first_two = islice((each for each in shifted if each is not None), 2)
        return min((each for each in (*fixed, *first_two) if each > offset), default=None)

    def _first_in(self, period: _Period, offset: timedelta) -> timedelta | None:
        shift = period.step * self.phase
        position = max(0, (offset - shift - period.first) // period.step + 1)
        nominal = period.first + position * period.step
        return nominal + shift if nominal <= period.last and nominal + shift <= self.end else None


def _periods(limit: timedelta, *, closest: timedelta) -> Iterator[_Period]:
    yield from _BEFORE_DUE
    dense_step = max(_DENSE_STEP, closest)
    before_limit, reached = limit - _AROUND_LIMIT, max(limit + _AROUND_LIMIT, _FIRST_MINUTE)
    if before_limit <= _FIRST_MINUTE:
        yield _Period(timedelta(0), reached, closest)
    else:
        yield _Period(timedelta(0), _FIRST_MINUTE, closest)
        yield _Period(_FIRST_MINUTE, before_limit, dense_step)
        yield _Period(before_limit, reached, closest)
    yield _Period(reached, _DENSE, dense_step)
    reached = max(reached, _DENSE)
    for until, step in _AFTER_DENSE:
        yield _Period(reached + step, until, max(step, closest))
        reached = max(reached, until)


def _periods_around(part_limit: timedelta, *, closest: timedelta) -> Iterator[_Period]:
    """Yield the additional periods of checks around the later limit of a part that may follow."""
    yield _Period(part_limit - _AROUND_LIMIT, part_limit + _AROUND_LIMIT, closest)
    yield _Period(part_limit + _AROUND_LIMIT, part_limit + _DENSE, max(_DENSE_STEP, closest))


def longest_gap_until(limit: timedelta) -> timedelta:
    """Return the longest time between two checks that counts as monitored, for a part that may follow.

    It is twice the longest interval of the planned checks up to the limit.

    :param limit: the limit of the part, counted from the due instant.
    """
    begins = (timedelta(0), *(until for until, _ in _AFTER_DENSE))
    return 2 * max(step for since, (_, step) in zip(begins, _AFTER_DENSE, strict=False) if since < limit)


def _periods_once_live(counted_from: timedelta) -> Iterator[_Period]:
    # The checks are counted from the due instant and not from the first live check, so that a restarted process plans
    # the same checks.
    reached = timedelta(0)
    for until, step in _AFTER_LIVE:
        first = -(-reached // step) * step
        yield _Period(first, counted_from + until, step)
        reached = counted_from + until


# The plan is relative to the due instant, so any instant will do.
_DUE = datetime(2000, 1, 3, 9, 30, tzinfo=UTC)
# Each release has its own shift of the plan; the chance is the mean over this many shifts.
_KEYS = tuple(f"release {number}" for number in range(24))


class Begins(Enum):
    """The period in which an exposure begins, as durations before the due instant."""

    DAY_BEFORE = timedelta(hours=24), timedelta(hours=1)
    LAST_HOUR = timedelta(hours=1), timedelta(minutes=10)
    LAST_TEN_MINUTES = timedelta(minutes=10), timedelta(minutes=1)
    LAST_MINUTE = timedelta(minutes=1), timedelta(0)


LENGTHS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 900))
"""The durations of an early exposure in the tables of the documentation and the dashboard."""


@dataclass(frozen=True, slots=True)
class Chance:
    """The probabilities that at least one check finds the exposure (a person is asked), and that two do (EARLY)."""

    detected: float
    proven: float


@cache
def chance_of_detection(length: timedelta, begins: Begins) -> Chance:
    """Return the probability that the planned checks of one address find an exposure of some length.

    The exposure begins at any instant of the period with the same probability. The duration of checks, and waits at a
    crowded host, are ignored. Exposures that begin before the first check are excluded, because a marker that matched
    from the first check on proves nothing.

    :param length: how long the exposure lasts; time after the due instant does not count.
    """
    each = [_chance(length, begins, key=key) for key in _KEYS]
    return Chance(
        detected=sum(one.detected for one in each) / len(each),
        proven=sum(one.proven for one in each) / len(each),
    )


def _chance(length: timedelta, begins: Begins, *, key: str) -> Chance:
    checks = _list_checks(key)
    start, end = (_DUE - before for before in begins.value)
    previous = start = max(start, checks[0])
    detected = proven = timedelta(0)
    for check in checks:
        # An exposure that begins between `first` and `last` is found by this check and by no earlier one. It is proven
        # if it lasts until the second check.
        first, last = max(previous, check - length), min(check, end)
        if first < last:
            detected += last - first
            second = _find_second_check(check, key)
            if second is not None:
                proven += max(timedelta(0), last - max(first, second - length))
        previous = max(check, start)
    return Chance(detected=detected / (end - start), proven=proven / (end - start))


@cache
def _list_checks(key: str) -> tuple[datetime, ...]:
    """Return the instants of all checks before the due instant, for a release that none of them finds live."""

    def planned() -> Iterator[datetime]:
        instant = _next(None, key=key)
        while instant is not None and instant < _DUE:
            yield instant
            instant = _next(instant, key=key)

    return tuple(planned())


@cache
def _find_second_check(first: datetime, key: str) -> datetime | None:
    second = _next(first, key=key, live_early=first)
    return second if second is not None and second < _DUE else None


def _next(after: datetime | None, *, key: str, live_early: datetime | None = None) -> datetime | None:
    now = after or _DUE - 2 * FIRST_CHECK
    return next_check_at(due_at=_DUE, limit_at=_DUE, after=after, now=now, key=key, live_early=live_early)


FRESH_AFTER = (timedelta(seconds=5), timedelta(minutes=10), timedelta(hours=1))
"""How long after the due instant additional checks bypass caches, as long as the release is not live."""


def count_fresh_checks(planned_at: datetime, *, due_at: datetime) -> int:
    """Return how many checks that bypass caches an address should have had by the time of a plain check."""
    return sum(planned_at >= due_at + after for after in FRESH_AFTER)
