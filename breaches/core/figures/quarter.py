"""Quarters of calendar years, the periods by which the register counts."""

from datetime import date, timedelta
from typing import NamedTuple

MONTHS = 3
NUMBERS = (1, 2, 3, 4)


class Quarter(NamedTuple):
    """One quarter: its year, and its number from 1 to 4. Quarters sort by time."""

    year: int
    number: int

    @property
    def first(self) -> date:
        """The quarter's first day."""
        return date(self.year, MONTHS * self.number - MONTHS + 1, 1)

    @property
    def last(self) -> date:
        """The quarter's last day."""
        year, month = (self.year + 1, 1) if self.number == NUMBERS[-1] else (self.year, MONTHS * self.number + 1)
        return date(year, month, 1) - timedelta(days=1)

    @property
    def a_year_before(self) -> "Quarter":
        """The same quarter of the year before."""
        return Quarter(self.year - 1, self.number)


def quarter_of(day: date) -> Quarter:
    """Return the quarter in which a day lies."""
    return Quarter(day.year, (day.month - 1) // MONTHS + 1)


def quarters_between(first: date, last: date) -> tuple[Quarter, ...]:
    """Return the quarters in which the days from one to another lie, in their order."""
    begin, end = quarter_of(first), quarter_of(last)
    years = range(begin.year, end.year + 1)
    return tuple(one for year in years for one in quarters_of(year) if begin <= one <= end)


def quarters_of(year: int) -> tuple[Quarter, ...]:
    """Return the four quarters of a year, in their order."""
    return tuple(Quarter(year, number) for number in NUMBERS)
