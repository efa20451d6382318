"""The rhythm of a series: how often its releases came so far, and which expected period has none."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from releases.core.dates.calendar import Precision

DAYS_OF_A_MONTH = 365.25 / 12
# Parts of one edition come out within days of each other, and are one beat.
SAME_BEAT = timedelta(days=10)
# What a series did long ago says little of what it does now.
BEATS_THAT_COUNT = 13
FEWEST_INTERVALS = 2


class Pace(StrEnum):
    """How often releases of a series come."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


MONTHS = {Pace.MONTHLY: 1, Pace.QUARTERLY: 3, Pace.YEARLY: 12}


@dataclass(frozen=True, slots=True)
class Gap:
    """Expected periods in a row that have no release: how many, and the first days of the months of first and last."""

    first: date
    last: date
    periods: int


def beat(on: date, *, precision: Precision) -> date:
    """Return the day that stands for a release: its own, or the middle of the months that it is planned for."""
    if precision is Precision.EXACT:
        return on
    first = on.replace(day=1)
    return first + timedelta(days=15) if precision is Precision.MONTH else _months_later(first, 1)


def pace_of(past: Iterable[date]) -> Pace | None:
    """Infer from the days of past releases how often they come; None where their intervals do not say.

    Two thirds of the latest intervals must be closer to one pace than to any other: a release now and then that came
    late or not at all changes no rhythm.
    """
    beats = _parted(past)[-BEATS_THAT_COUNT:]
    intervals = [(later - earlier).days for earlier, later in pairwise(beats)]
    if len(intervals) < FEWEST_INTERVALS:
        return None
    for pace in Pace:
        fitting = sum(_fits(days, pace) for days in intervals)
        if 3 * fitting >= 2 * len(intervals):
            return pace
    return None


def gaps(planned: Iterable[date], pace: Pace, *, start: date, end: date) -> list[Gap]:
    """Find the expected periods from one day to another in which nothing is planned.

    A period is expected one pace after the release before it, and one that comes within half a pace of that fills it;
    so the rhythm follows a series that drifts.

    :param planned: the days of all releases, past and to come, before and after the days asked about as well.
    :param start: the first day of which a gap is told.
    :param end: the last one.
    """
    beats = _parted(planned)
    months = MONTHS[pace]
    missing: list[date] = []
    for earlier, later in pairwise(beats):
        periods = round((later - earlier).days / (months * DAYS_OF_A_MONTH))
        missing += [_months_later(earlier, months * number) for number in range(1, periods)]
    if beats:
        number = 1
        while (expected := _months_later(beats[-1], months * number)) <= end:
            missing.append(expected)
            number += 1
    return _joined([day for day in missing if start <= day <= end], months)


def _parted(days: Iterable[date]) -> list[date]:
    """Put days in order and leave out those that belong to the beat before."""
    beats: list[date] = []
    for day in sorted(days):
        if not beats or day - beats[-1] > SAME_BEAT:
            beats.append(day)
    return beats


def _fits(days: int, pace: Pace) -> bool:
    return 0.6 <= days / (MONTHS[pace] * DAYS_OF_A_MONTH) < 1.5


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def _joined(missing: Sequence[date], months: int) -> list[Gap]:
    joined: list[Gap] = []
    for day in missing:
        month = day.replace(day=1)
        if joined and month <= _months_later(joined[-1].last, months):
            joined[-1] = Gap(joined[-1].first, month, joined[-1].periods + 1)
        else:
            joined.append(Gap(month, month, 1))
    return joined
