"""The schedule of checks around the due time of a release, and the chance of detecting an early release."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from itertools import islice
from typing import NamedTuple

FIRST_CHECK = timedelta(days=1)
"""Monitoring begins this long before the due instant."""
GIVE_UP = timedelta(days=7)
"""Monitoring ends this long after the due instant, even if the release is still not live."""
LAST_BEFORE_DUE = timedelta(seconds=5)
"""The last check that must find the release "not live" is made this long before the due instant."""
OVERDUE = timedelta(seconds=1)
"""A planned check counts as missed if it was not made within this time after its planned instant."""
CLOSEST = timedelta(seconds=1)
"""The shortest interval between checks. It is used in the first minute after the due instant and around the limit."""
CONFIRMING = timedelta(seconds=1)
"""Another check is made this long after the limit. By then the limit has passed, even if our clock is a second fast."""
LONGEST_GAP_AFTER_LIMIT = timedelta(seconds=15)
"""The longest time between checks in the first minutes after the limit. It is 1.5 times the planned interval."""


class _Period(NamedTuple):
    """A period with a check every `step`, from `first` to `last` inclusive. Both are relative to the due instant."""

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
    # Each row is the end of a period, relative to the due instant, and the interval between its checks.
    (_minutes(10), timedelta(seconds=10)),
    (_minutes(60), timedelta(seconds=30)),
    (_minutes(360), _minutes(2)),
    (GIVE_UP, _minutes(15)),
)
_AFTER_LIVE = (
    # Each row is the end of a period and the interval between its checks. The end is relative to the first live check
    # or to the limit, whichever is later.
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
    is_judged: bool = True,
) -> datetime | None:
    """Plan the next check of a release.

    Some checks are made at exact instants: five seconds before the due instant, at the due instant, at the limit, and
    one second after the limit. All other checks are made at intervals. The interval is `closest` in the first minute
    after the due instant and within five seconds of the limit. Each of these other checks is shifted by up to half its
    interval, so that releases are not all checked at once. The shift is derived from `key`, so a key always has the
    same shift.

    If planned checks were missed, or monitoring begins late, one check is made at once. After a release was found live,
    it is checked less often for another six hours, in case it disappears.

    :param key: an identifier of the checked page or file, for example its URL.
    :param closest: the result of `host_budget.closest_checks`. If many addresses share a host, it can be more than five
        seconds.
    :param live_early: the planned instant of the check that found the release live before the due instant, if there was
        exactly one such check so far. Further checks then follow soon, to distinguish a temporary fault from an early
        release.
    :param may_follow: for a part that may follow the release, how long after the release's limit the part is still on
        time. Checks are also made exactly at this later limit, one second after it, and at short intervals around it.
    :param is_judged: False if a release that was found live still waits for its verdict. The checks at exact instants
        are then made, because the verdict may need them.
    :returns: an instant later than `after`, or None if monitoring has ended. Monitoring ends at the latest a week after
        the due instant. If the release was found live, monitoring ends six hours after the first live check or the
        limit, whichever is later.
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
        is_judged=is_judged,
    )
    following = plan.first_after(-2 * FIRST_CHECK if after is None else after - due_at)
    missed_until = now - OVERDUE
    if following is None or due_at + following > missed_until:
        return None if following is None else due_at + following
    if now > due_at + plan.end:
        return None
    # Missed checks are not repeated one by one. If a check is due just now, return its planned instant instead of
    # `now`, because a check counts for the due instant or the limit only if it was planned for that instant. If several
    # checks are due, those at exact instants (due instant, limit) come first.
    recent = sorted(each for each in plan.fixed if missed_until < due_at + each <= now)
    current = recent[0] if recent else plan.first_after(missed_until - due_at)
    return due_at + current if current is not None and due_at + current <= now else now


def _phase(key: str) -> float:
    """Derive a number from a key, at least 0 and less than 1/2. The number is the same on every machine."""
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
    is_judged: bool

    @property
    def end(self) -> timedelta:
        if self.live_since is None:
            return GIVE_UP
        return min(GIVE_UP, max(self.limit, self.live_since) + _AFTER_LIVE[-1][0])

    def first_after(self, offset: timedelta) -> timedelta | None:
        spaced_after = offset
        if self.live_since is None:
            fixed, periods = self.fixed, _periods(self.limit, closest=self.closest)
            if self.part_limit > self.limit:
                around = _periods_around(self.part_limit, closest=self.closest)
                near = (self._first_in(period, offset) for period in around if period.last + period.step > offset)
                fixed = (*fixed, *(each for each in near if each is not None))
        else:
            # Once this release is judged live, checks at the due instant and the limit no longer affect the verdict.
            # They are left out, because releases that are not live yet have priority.
            spaced_after = max(offset, self.live_since + _AFTER_LIVE[0][1] / 2)
            fixed = () if self.is_judged else self.fixed
            periods = _periods_once_live(max(self.limit, self.live_since))
        within = (period for period in periods if period.last + period.step > spaced_after)
        shifted = (self._first_in(period, spaced_after) for period in within)
        # The shift can move the last check of a period past the first check of the next period, but not past the
        # second. So it is enough to compare the next checks of two periods.
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
    """Yield the additional periods of checks for a part that may follow the release, around the limit of the part."""
    yield _Period(part_limit - _AROUND_LIMIT, part_limit + _AROUND_LIMIT, closest)
    yield _Period(part_limit + _AROUND_LIMIT, part_limit + _DENSE, max(_DENSE_STEP, closest))


def longest_gap_until(limit: timedelta) -> timedelta:
    """Return the longest permitted time between two checks of a part that may follow the release.

    If the time between two checks is longer, the part does not count as monitored. The result is twice the longest
    interval between planned checks from the due instant to the limit of the part.

    :param limit: the limit of the part, relative to the due instant.
    """
    begins = (timedelta(0), *(until for until, _ in _AFTER_DENSE))
    return 2 * max(step for since, (_, step) in zip(begins, _AFTER_DENSE, strict=False) if since < limit)


def _periods_once_live(counted_from: timedelta) -> Iterator[_Period]:
    # The checks are aligned to the due instant and not to the first live check, so that a restarted process plans the
    # same checks.
    reached = timedelta(0)
    for until, step in _AFTER_LIVE:
        first = -(-reached // step) * step
        yield _Period(first, counted_from + until, step)
        reached = counted_from + until


# Any due instant gives the same chances, because the schedule is relative to the due instant.
_DUE = datetime(2000, 1, 3, 9, 30, tzinfo=UTC)
# The schedule of each release is shifted by a different time. The chance is the mean over the shifts of these keys.
_KEYS = tuple(f"release {number}" for number in range(24))


class Begins(Enum):
    """Periods in which an early exposure begins. Each has a start and an end, as durations before the due instant."""

    DAY_BEFORE = timedelta(hours=24), timedelta(hours=1)
    LAST_HOUR = timedelta(hours=1), timedelta(minutes=10)
    LAST_TEN_MINUTES = timedelta(minutes=10), timedelta(minutes=1)
    LAST_MINUTE = timedelta(minutes=1), timedelta(0)


LENGTHS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 900))
"""The durations of early exposures that the tables in the documentation and on the dashboard show."""


@dataclass(frozen=True, slots=True)
class Chance:
    """The probabilities that checks find an early exposure.

    `detected` is the probability that at least one check finds the exposure, so that a person is asked. `proven` is the
    probability that two checks find the exposure, so that the result is EARLY.
    """

    detected: float
    proven: float


@cache
def chance_of_detection(length: timedelta, begins: Begins) -> Chance:
    """Return the probability that the planned checks of one address find an early exposure.

    The exposure is equally likely to begin at any instant of the period. The calculation ignores how long checks take,
    and how long they wait if many checks are due at the host. It also excludes exposures that begin before the first
    check, because a marker that already matches at the first check proves nothing.

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
        # If an exposure begins between `first` and `last`, this check is the first to find it. The exposure is proven
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
    """Return the instants of all checks before the due instant, if none of these checks finds the release live."""

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
"""While the release is not live, an additional check bypasses caches at each of these times after the due instant."""


def count_fresh_checks(planned_at: datetime, *, due_at: datetime) -> int:
    """Return how many cache-bypassing checks of an address are due by the time of a plain check.

    :param planned_at: the planned instant of the plain check.
    """
    return sum(planned_at >= due_at + after for after in FRESH_AFTER)
