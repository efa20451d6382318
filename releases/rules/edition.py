"""Find an edition such as "October 2026" in a title, reference or address, and replace it with another edition."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from releases.rules.calendar import months_after

MONTHS = tuple(f"{date(2000, number, 1):%B}" for number in range(1, 13))
_NUMBERS = {name.casefold(): number for number, month in enumerate(MONTHS, 1) for name in (month, month[:3])}
_NUMBERS["sept"] = 9

_MONTH = rf"(?:{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_YEAR = r"(?:19|20)\d\d"
_FORMS = (
    rf"(?P<iso_year>{_YEAR})-(?P<iso_month>0[1-9]|1[0-2])-(?P<iso_day>0[1-9]|[12]\d|3[01])(?!\d)",
    rf"(?P<compact_year>{_YEAR})(?P<compact_month>0[1-9]|1[0-2])(?P<compact_day>0[1-9]|[12]\d|3[01])(?!\d)",
    rf"(?P<day>[0-3]?\d)(?P<after_day>[ _-])(?P<day_month>{_MONTH})(?P<after_month>[ _-])(?P<day_year>{_YEAR})(?!\d)",
    rf"(?P<first>{_MONTH})(?P<to>[ _-](?:to|and)[ _-]|[-–])(?P<last>{_MONTH})(?P<sep>[ _-]?)(?P<end>{_YEAR})(?!\d)",
    rf"(?P<name>{_MONTH})(?P<between>[ _-]?)(?P<name_year>{_YEAR})(?!\d)",
    # Up to 2011, a text such as "2011-12" can mean December 2011 or the years 2011 to 2012. So only texts from
    # "2012-01" on are read as a month.
    r"(?P<month_year>20(?:1[2-9]|[2-9]\d))-(?P<month>0[1-9]|1[0-2])(?!\d)",
    rf"(?P<quarter_word>q|quarter[ _-])(?P<quarter>[1-4])(?P<before_year>[ _-]?)(?P<quarter_year>{_YEAR})(?!\d)",
    rf"(?P<year_first>{_YEAR})(?P<after_year>[ _-]?)(?P<later_word>q|quarter[ _-])(?P<later_quarter>[1-4])(?!\d)",
    rf"(?P<year>{_YEAR})(?:(?P<years_apart>[-/–])(?P<next>\d\d)(?!\d))?(?!\d)",
)
_EDITIONS = re.compile(rf"(?<![0-9a-z])(?:{'|'.join(_FORMS)})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shift:
    """The difference between two editions.

    `was` and `to` are the days of the two releases. `months` is the number of months between the periods that the
    statistics are about.
    """

    was: date
    to: date
    months: int

    def move_day(self, day: date) -> date:
        """Move a day by the number of days between the two releases."""
        return day + (self.to - self.was)

    def move_month(self, year: int, month: int) -> tuple[int, int]:
        moved = months_after(date(year, month, 1), self.months)
        return moved.year, moved.month

    @property
    def years(self) -> int:
        """The number of years between the periods; 0 if they are not whole years apart."""
        return self.months // 12 if self.months % 12 == 0 else 0


def advance_edition(text: str, shift: Shift) -> str:
    """Return a title, reference or address with its periods and days replaced by those of another edition.

    The function recognises days (27 November 2026, 2026-11-27, 20261127), months (October 2026, oct-2026, 2026-10),
    ranges of months (August to October 2026), quarters (Q3 2026, 2026 Q3) and years (2026, 2025-26, 2025/26). A year on
    its own changes only if the periods are whole years apart.
    """
    return _EDITIONS.sub(lambda found: _moved(found, shift), text)


def advance_reference(reference: str, shift: Shift, *, taken: Iterable[str] = ()) -> str:
    """Return the reference of another edition.

    If the old reference contains no period that changes, the year or month of the new release is added. If the result
    is already in use, the day of the new release or a number is added.

    :param taken: references that are already in use.
    """
    moved = advance_edition(reference, shift)
    if moved == reference:
        base = re.sub(rf"-{shift.was.year}$", "", reference)
        moved = f"{base}-{shift.to.year}" if shift.years else f"{base}-{shift.to:%Y-%m}"
    others = set(taken)
    candidates = (moved, f"{moved}-{shift.to:%Y-%m-%d}", *(f"{moved}-{number}" for number in range(2, len(others) + 3)))
    return next(candidate for candidate in candidates if candidate not in others)


def _moved(found: re.Match[str], shift: Shift) -> str:
    part = found.groupdict()
    for name, move in _MOVES.items():
        if part[name] is not None:
            try:
                return move(part, shift)
            except ValueError:
                # The text names a day that does not exist, such as 31 June.
                return found[0]
    raise AssertionError(found[0])


def _iso(part: dict[str, str], shift: Shift) -> str:
    return f"{shift.move_day(date(int(part['iso_year']), int(part['iso_month']), int(part['iso_day']))):%Y-%m-%d}"


def _compact(part: dict[str, str], shift: Shift) -> str:
    day = date(int(part["compact_year"]), int(part["compact_month"]), int(part["compact_day"]))
    return f"{shift.move_day(day):%Y%m%d}"


def _day_in_words(part: dict[str, str], shift: Shift) -> str:
    day = shift.move_day(date(int(part["day_year"]), _NUMBERS[part["day_month"].casefold()], int(part["day"])))
    number = f"{day.day:02}" if part["day"].startswith("0") else str(day.day)
    month = _named_like(part["day_month"], day.month)
    return f"{number}{part['after_day']}{month}{part['after_month']}{day.year}"


def _months(part: dict[str, str], shift: Shift) -> str:
    first, last, year = (*(_NUMBERS[part[name].casefold()] for name in ("first", "last")), int(part["end"]))
    first_year, first_month = shift.move_month(year if first <= last else year - 1, first)
    last_year, last_month = shift.move_month(year, last)
    sep = part["sep"]
    began = _named_like(part["first"], first_month)
    if first_year != last_year and first <= last:
        began += f"{sep}{first_year}"
    return f"{began}{part['to']}{_named_like(part['last'], last_month)}{sep}{last_year}"


def _month_in_words(part: dict[str, str], shift: Shift) -> str:
    year, month = shift.move_month(int(part["name_year"]), _NUMBERS[part["name"].casefold()])
    return f"{_named_like(part['name'], month)}{part['between']}{year}"


def _month_in_numbers(part: dict[str, str], shift: Shift) -> str:
    year, month = shift.move_month(int(part["month_year"]), int(part["month"]))
    return f"{year}-{month:02}"


def _quarter(part: dict[str, str], shift: Shift) -> str:
    year, quarter = _move_quarter(int(part["quarter_year"]), int(part["quarter"]), shift)
    return f"{part['quarter_word']}{quarter}{part['before_year']}{year}"


def _year_and_quarter(part: dict[str, str], shift: Shift) -> str:
    year, quarter = _move_quarter(int(part["year_first"]), int(part["later_quarter"]), shift)
    return f"{year}{part['after_year']}{part['later_word']}{quarter}"


def _move_quarter(year: int, quarter: int, shift: Shift) -> tuple[int, int]:
    moved_year, month = shift.move_month(year, 3 * quarter)
    return moved_year, (month + 2) // 3


def _years(part: dict[str, str], shift: Shift) -> str:
    year = int(part["year"]) + shift.years
    if not part["next"]:
        return str(year)
    following = int(part["next"]) == (int(part["year"]) + 1) % 100
    return (
        f"{year}{part['years_apart']}{(year + 1) % 100:02}"
        if following
        else f"{year}{part['years_apart']}{part['next']}"
    )


_MOVES: dict[str, Callable[[dict[str, str], Shift], str]] = {
    "iso_year": _iso,
    "compact_year": _compact,
    "day": _day_in_words,
    "first": _months,
    "name": _month_in_words,
    "month_year": _month_in_numbers,
    "quarter": _quarter,
    "later_quarter": _year_and_quarter,
    "year": _years,
}


def _named_like(written: str, month: int) -> str:
    """Return the name of a month in the style of `written`: full or abbreviated, and in the same letter case."""
    name = MONTHS[month - 1]
    if len(written) < 5 and written.casefold() != MONTHS[_NUMBERS[written.casefold()] - 1].casefold():
        name = name[:3]
    if written.islower():
        return name.lower()
    return name.upper() if written.isupper() else name
