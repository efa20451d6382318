"""The same release a year later: on which day, and under what title and reference."""

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from releases.core.dates.calendar import Nation, Precision, Slot, no_release_day

# A year of four digits, and after it perhaps the last two of the next: "2025-26", "2025/26". "2026-07" is a month.
_YEARS = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)(?:(?P<between>[-/–])(?P<next>\d\d)(?!\d))?(?!\d)")


class Rule(StrEnum):
    """Which day of the next year stands for a day of this one."""

    SAME_DATE = "same_date"
    SAME_WEEKDAY = "same_weekday"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a release comes to lie a year later, and the days without releases that lay in the way, in order."""

    slot: Slot
    in_the_way: tuple[date, ...] = ()


def place(slot: Slot, *, rule: Rule, nation: Nation) -> Placed:
    """Find the day a year later; from a weekend or a bank holiday of the nation it goes on to the next working day.

    A date that is known to the month only stays so vague.
    """
    if slot.precision is not Precision.EXACT:
        return Placed(replace(slot, on=_same_date(slot.on)))
    on = _same_weekday(slot.on) if rule is Rule.SAME_WEEKDAY else _same_date(slot.on)
    in_the_way = []
    while no_release_day(on, nation=nation):
        in_the_way.append(on)
        on += timedelta(days=1)
    return Placed(replace(slot, on=on), tuple(in_the_way))


def title(this: str) -> str:
    """Write a title for the next year: every year in it grows by one."""
    return _YEARS.sub(_grown, this)


def reference(this: str, *, year: int) -> str:
    """Write a reference for the next year; one that names no year gets it at its end.

    :param year: the year for which the new release is planned.
    """
    grown = title(this)
    return grown if grown != this else f"{this}-{year}"


def _same_date(on: date) -> date:
    last = monthrange(on.year + 1, on.month)[1]
    return date(on.year + 1, on.month, min(on.day, last))


def _same_weekday(on: date) -> date:
    """Return the same weekday of the month, such as the second Tuesday; a fifth one stands for the last."""
    first = date(on.year + 1, on.month, 1)
    day = 1 + (on.weekday() - first.weekday()) % 7 + 7 * ((on.day - 1) // 7)
    last = monthrange(first.year, first.month)[1]
    return first.replace(day=day if day <= last else day - 7)


def _grown(found: re.Match[str]) -> str:
    year = int(found["year"]) + 1
    if found["next"] is None:
        return str(year)
    if int(found["next"]) == year % 100:
        return f"{year}{found['between']}{(year + 1) % 100:02}"
    return f"{year}{found['between']}{found['next']}"
