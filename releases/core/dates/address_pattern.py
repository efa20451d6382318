"""Addresses of many releases written once, as a pattern: https://www.example.gov.uk/{slug}-{month_name}-{year}."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from string import Formatter

from releases.core.dates.calendar import Precision


class Fault(StrEnum):
    """What is wrong with a pattern, or why it cannot be filled in for a release."""

    BRACES = "braces"
    UNKNOWN_NAME = "unknown_name"
    MORE_THAN_A_NAME = "more_than_a_name"
    MONTH_NOT_KNOWN = "month_not_known"
    DAY_NOT_KNOWN = "day_not_known"


class BadPattern(ValueError):
    """A pattern that cannot be used; `fault` says why, `name` is what stood between the braces."""

    def __init__(self, fault: Fault, name: str = "") -> None:
        super().__init__(f"{fault.value}: {name}" if name else fault.value)
        self.fault = fault
        self.name = name


@dataclass(frozen=True, slots=True)
class Facts:
    """What a pattern can name of one release: its planned day, how exactly that is known, and its names."""

    on: date
    precision: Precision
    slug: str
    reference: str
    title: str = ""

    @property
    def last_month(self) -> date:
        """The last day of the month before the one for which the release is planned."""
        return self.on.replace(day=1) - timedelta(days=1)


NAMES: dict[str, Callable[[Facts], str]] = {
    "year": lambda facts: f"{facts.on:%Y}",
    "month": lambda facts: f"{facts.on:%m}",
    "month_name": lambda facts: f"{facts.on:%B}",
    "day": lambda facts: f"{facts.on:%d}",
    "last_month_year": lambda facts: f"{facts.last_month:%Y}",
    "last_month": lambda facts: f"{facts.last_month:%m}",
    "last_month_name": lambda facts: f"{facts.last_month:%B}",
    "slug": lambda facts: facts.slug,
    "reference": lambda facts: facts.reference,
    "title": lambda facts: facts.title,
}
"""What may stand between braces. Of names of months, an address has small letters, words have them as they are."""

_OF_THE_MONTH = frozenset({"year", "month", "month_name", "last_month_year", "last_month", "last_month_name"})


def names_in(pattern: str) -> list[str]:
    """Return the names between the braces of a pattern, in order.

    :raises BadPattern: if a brace has no partner, or what stands between two is more than a name, or a name that there
        is not.
    """
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError as error:
        raise BadPattern(Fault.BRACES) from error
    names = []
    for _, name, formatting, conversion in parts:
        if name is None:
            continue
        if formatting or conversion:
            raise BadPattern(Fault.MORE_THAN_A_NAME, name)
        if name not in NAMES:
            raise BadPattern(Fault.UNKNOWN_NAME, name)
        names.append(name)
    return names


def address(pattern: str, facts: Facts) -> str:
    """Fill an address in for one release, with the names of months in small letters.

    :raises BadPattern: if the pattern cannot be used, or names what is not known of the release's date.
    """
    return _filled(pattern, facts, small=True)


def words(pattern: str, facts: Facts) -> str:
    """Fill words in for one release, as a marker.

    :raises BadPattern: if the pattern cannot be used, or names what is not known of the release's date.
    """
    return _filled(pattern, facts, small=False)


def _filled(pattern: str, facts: Facts, *, small: bool) -> str:
    values = {}
    for name in names_in(pattern):
        if name in _OF_THE_MONTH and facts.precision is Precision.TWO_MONTHS:
            raise BadPattern(Fault.MONTH_NOT_KNOWN, name)
        if name == "day" and facts.precision is not Precision.EXACT:
            raise BadPattern(Fault.DAY_NOT_KNOWN, name)
        value = NAMES[name](facts)
        values[name] = value.lower() if small and name.endswith("month_name") else value
    return Formatter().vformat(pattern, (), values)
