"""When a release is due: dates, times, precision, and the days on which nothing is released."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from govuk_bank_holidays.bank_holidays import BankHolidays

from releases.core.dates import london

STANDARD_RELEASE_TIME = time(9, 30)
NOTICE = timedelta(weeks=4)
MARKET_SENSITIVE_MONTHS = 6


class Precision(StrEnum):
    """How exactly a release's date is known."""

    EXACT = "exact"
    MONTH = "month"
    TWO_MONTHS = "two_months"


class Nation(StrEnum):
    """The nation whose bank holidays a producer keeps."""

    UNITED_KINGDOM = "united_kingdom"
    ENGLAND = "england"
    WALES = "wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"


# A producer for the whole United Kingdom keeps the days of England and Wales.
DIVISIONS = {
    Nation.UNITED_KINGDOM: BankHolidays.ENGLAND_AND_WALES,
    Nation.ENGLAND: BankHolidays.ENGLAND_AND_WALES,
    Nation.WALES: BankHolidays.ENGLAND_AND_WALES,
    Nation.SCOTLAND: BankHolidays.SCOTLAND,
    Nation.NORTHERN_IRELAND: BankHolidays.NORTHERN_IRELAND,
}


@dataclass(frozen=True, slots=True)
class Slot:
    """The date, time and precision that a release is announced for, in its own zone."""

    on: date
    at: time | None
    precision: Precision = Precision.EXACT
    zone: str = "Europe/London"

    @property
    def due_at(self) -> datetime | None:
        """The UTC instant that the slot names, or None while the date is vague.

        :raises ValueError: if that wall-clock time does not exist or happens twice on that day.
        """
        if self.precision is not Precision.EXACT or self.at is None:
            return None
        return london.from_london(datetime.combine(self.on, self.at), ZoneInfo(self.zone))

    @property
    def last_day(self) -> date:
        """The last day on which the release may come by what is known of its date."""
        if self.precision is Precision.EXACT:
            return self.on
        months = 1 if self.precision is Precision.MONTH else 2
        return months_after(self.on.replace(day=1), months) - timedelta(days=1)

    def is_past(self, *, now: datetime) -> bool:
        """Tell whether the day, or the last of the months, is over in London at an aware instant."""
        return self.last_day < london.local_date(now)

    def __str__(self) -> str:
        if self.precision is Precision.MONTH:
            return london.month(self.on)
        if self.precision is Precision.TWO_MONTHS:
            return two_months(self.on)
        return london.day(self.on) + (f" {time_of_day(self.at)}" if self.at else "")


def slot_at(instant: datetime) -> Slot:
    """Return the exact slot, in London's date and time, that an aware instant falls in."""
    local = london.in_london(instant)
    return Slot(on=local.date(), at=local.time().replace(second=0, microsecond=0))


def two_months(first: date) -> str:
    """Write two months, with both years across New Year: "December 2026 to January 2027"."""
    second = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    if first.year == second.year:
        return f"{first:%B} to {second:%B %Y}"
    return f"{first:%B %Y} to {second:%B %Y}"


def time_of_day(at: time) -> str:
    """Write a wall-clock time as release calendars do: "9:30am"."""
    return f"{at.hour % 12 or 12}:{at:%M}{'am' if at.hour < 12 else 'pm'}"


@cache
def _holidays() -> BankHolidays:
    return BankHolidays(use_cached_holidays=True)


def bank_holidays(year: int, *, nation: Nation) -> dict[date, str]:
    """Return the bank holidays of a year in a nation by their day; none at all if they are not known yet.

    Source: www.gov.uk/bank-holidays, as kept in the package govuk-bank-holidays.
    """
    kept = _holidays().get_holidays(division=DIVISIONS[nation], year=year)
    return {holiday["date"]: str(holiday["title"]) for holiday in kept}


def holiday_on(on: date, *, nation: Nation) -> str | None:
    """Return the name of the bank holiday on a day in a nation, or None."""
    return bank_holidays(on.year, nation=nation).get(on)


def no_release_day(on: date, *, nation: Nation) -> str | None:
    """Return why nothing is released on a day, in one sentence, or None for a working day.

    Source: Code of Practice for Statistics, edition 2.1, T3.6: release on a weekday.
    """
    if on.weekday() >= 5:
        return f"{london.weekday(on)} is not a weekday; statistics are released from Monday to Friday."
    holiday = holiday_on(on, nation=nation)
    if holiday:
        return f"{london.weekday(on)} is a bank holiday ({holiday})."
    return None


@cache
def working_day_before(on: date, *, nation: Nation) -> date:
    """Return the last day before a day on which a nation's offices work."""
    day = on - timedelta(days=1)
    while no_release_day(day, nation=nation):
        day -= timedelta(days=1)
    return day


@cache
def working_days_away(on: date, days: int, *, nation: Nation) -> date:
    """Return the day that lies so many of a nation's working days after a day; before it, if the number is negative.

    :param days: nought gives the day itself, a working day or not.
    """
    step, day = timedelta(days=1 if days > 0 else -1), on
    for _ in range(abs(days)):
        day += step
        while no_release_day(day, nation=nation):
            day += step
    return day


def days_of_notice(on: date, *, given_at: datetime) -> int:
    """Count the days from the day in London on which a date is confirmed to the date itself; negative once past.

    :param given_at: the aware instant of confirming, or of agreeing to another date.
    """
    return (on - london.local_date(given_at)).days


def is_short_notice(on: date, *, given_at: datetime) -> bool:
    """Tell whether a date is confirmed less than four weeks ahead.

    Source: Code of Practice for Statistics, edition 2.1, T3.1 (3.0: 3.1): four weeks ahead, where practicable.

    :param given_at: the aware instant of confirming, or of agreeing to another date.
    """
    return days_of_notice(on, given_at=given_at) < NOTICE.days


def is_short_for_markets(on: date, *, given_at: datetime) -> bool:
    """Tell whether a date is confirmed less than six months ahead, which is advice for market-sensitive series alone.

    Source: GOV.UK's content guidance on statistics announcements.

    :param given_at: the aware instant of confirming.
    """
    return on < months_after(london.local_date(given_at), MARKET_SENSITIVE_MONTHS)


def months_after(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of that month where it has no such day."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def seconds_dropped(at: time) -> time:
    """Return a typed time to the minute: releases are announced for a minute, never for a second."""
    return at.replace(second=0, microsecond=0)
