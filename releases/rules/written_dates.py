"""Dates written with numbers, such as 15/04/2027 09:30, and the order of day and month in a file."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from releases.rules.calendar import format_day


class DateOrder(StrEnum):
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


class OpenDateOrder(Exception):
    """The dates of a file do not show whether the day or the month comes first.

    `day_first` is a date in the file that can be read with the day first. `month_first` is a date in the file that can
    be read with the month first. If the file has an ambiguous date, both are this date. If it has none, they are two
    dates that contradict each other.
    """

    def __init__(self, *, day_first: str, month_first: str) -> None:
        super().__init__(day_first, month_first)
        self.day_first = day_first
        self.month_first = month_first

    def example(self, order: DateOrder) -> str:
        return self.day_first if order is DateOrder.DAY_FIRST else self.month_first


_NUMERIC = re.compile(
    r"(?P<first>\d{1,2})(?P<sign>[/.-])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})"
    r"(?:,? (?:at )?(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?:[:.]\d{2})?)? ?(?P<half>[ap]m)?)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Numbers:
    text: str
    first: int
    second: int
    year: str
    clock: str = ""

    @property
    def orders(self) -> frozenset[DateOrder]:
        """The orders in which the numbers are a real date. There can be two, one or none."""
        return frozenset(order for order in DateOrder if self._day_in(order))

    @property
    def is_open(self) -> bool:
        return len(self.orders) == 2 and self.first != self.second

    def day_in(self, order: DateOrder) -> date:
        """:raises ValueError: if the numbers are not a date in this order, or the year has only two digits."""
        if len(self.year) == 2:
            raise ValueError(
                f'"{self.text}" has a year of 2 digits. Write the year in full, for example 15/04/2027 09:30.'
            )
        if day := self._day_in(order):
            return day
        if not self.orders:
            raise ValueError(f'"{self.text}" is not a real date. Write it as 15/04/2027 09:30 or 2027-04-15 09:30.')
        name = "day" if order is DateOrder.DAY_FIRST else "month"
        raise ValueError(
            f'We read all dates in this file with the {name} first, but "{self.text}" is not a date in this order.'
        )

    def _day_in(self, order: DateOrder) -> date | None:
        day, month = (self.first, self.second) if order is DateOrder.DAY_FIRST else (self.second, self.first)
        try:
            return date(int(self.year), month, day) if len(self.year) == 4 else None
        except ValueError:
            return None


def rewrite_date(text: str, order: DateOrder) -> str:
    """Rewrite a numeric date as "2027-04-15" or "2027-04-15 09:30", without seconds.

    Any other text is returned unchanged.

    :raises ValueError: if the numbers are not a date in this order, or the year has only two digits. The message can be
        shown to people.
    """
    numbers = _read_numbers(text)
    return f"{numbers.day_in(order).isoformat()} {numbers.clock}".strip() if numbers else text


def describe_date(text: str, order: DateOrder) -> str:
    """Return the day of a numeric date as "3 April 2027". Any other text is returned unchanged.

    :raises ValueError: if the numbers are not a date in this order, or the year has only two digits.
    """
    numbers = _read_numbers(text)
    return format_day(numbers.day_in(order)) if numbers else text


def find_date_order(texts: Iterable[str]) -> DateOrder:
    """Find the order of day and month from all numeric dates of a file. Other texts are ignored.

    If a date is real in only one order, all dates must have this order. If no date shows the order, and no date is
    ambiguous, the day comes first.

    :raises OpenDateOrder: if a date is ambiguous and no other date shows the order, or if two dates contradict each
        other.
    """
    dates = [numbers for text in texts if (numbers := _read_numbers(text))]
    proofs = {order: next((each for each in dates if each.orders == {order}), None) for order in DateOrder}
    day_first, month_first = proofs[DateOrder.DAY_FIRST], proofs[DateOrder.MONTH_FIRST]
    unclear = next((each for each in dates if each.is_open), None)
    if day_first and month_first:
        raise OpenDateOrder(day_first=(unclear or day_first).text, month_first=(unclear or month_first).text)
    if unclear and not (day_first or month_first):
        raise OpenDateOrder(day_first=unclear.text, month_first=unclear.text)
    return DateOrder.MONTH_FIRST if month_first else DateOrder.DAY_FIRST


def _read_numbers(text: str) -> _Numbers | None:
    found = _NUMERIC.fullmatch(" ".join(text.split()))
    if found is None:
        return None
    return _Numbers(text, int(found["first"]), int(found["second"]), found["year"], _read_clock(found))


def _read_clock(found: re.Match[str]) -> str:
    """Return the time of day as "09:30", or "" if there is none.

    If the time is not valid, such as "13pm" or "9", the result is not valid either. So parsing the result later raises
    an error with the reason.
    """
    if not found["hour"]:
        return ""
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        return f"{found['hour']}:{found['minute'] or '00'}{half}"
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif not found["minute"]:
        return found["hour"]
    return f"{hour:02}:{found['minute'] or '00'}"
