"""London time, working days, notice and the slots of releases."""

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from govuk_bank_holidays.bank_holidays import BankHolidays

LONDON = ZoneInfo("Europe/London")
NAMED_TIMES = {(0, 0): "midnight", (12, 0): "midday"}
"""Times of day that have a name, keyed by (hour, minute)."""


def in_london(instant: datetime) -> datetime:
    """Convert an aware instant to London's wall-clock time.

    :raises ValueError: if the instant carries no time zone.
    """
    if instant.tzinfo is None:
        raise ValueError("The instant has no time zone.")
    return instant.astimezone(LONDON)


def local_date(instant: datetime) -> date:
    return in_london(instant).date()


def format_day(value: datetime | date) -> str:
    """Write a day as on the breach report form: "30 June 2020"."""
    on = local_date(value) if isinstance(value, datetime) else value
    return f"{on.day} {on:%B %Y}"


def format_weekday(value: datetime | date) -> str:
    """Write a day with its weekday: "Tuesday 30 June 2020"."""
    on = local_date(value) if isinstance(value, datetime) else value
    return f"{on:%A} {format_day(on)}"


def format_month(value: datetime | date) -> str:
    """Write a month: "July 2026"."""
    on = local_date(value) if isinstance(value, datetime) else value
    return f"{on:%B %Y}"


def format_time(instant: datetime) -> str:
    """Write London's time of day to the minute: "9:30am", "7am", "midday"."""
    return time_of_day(in_london(instant).time())


def format_time_with_seconds(instant: datetime) -> str:
    """Write London's time of day to the second, for use in sentences: "9:29:05am"."""
    local = in_london(instant)
    return f"{local.hour % 12 or 12}:{local:%M:%S}{'am' if local.hour < 12 else 'pm'}"


def format_time_in_evidence(instant: datetime) -> str:
    """Write London's time of day to the second, for use in tables of evidence: "09:29:05"."""
    return f"{in_london(instant):%H:%M:%S}"


def format_moment(instant: datetime) -> str:
    """Write an instant in London's time: "9:30am on 30 June 2020"."""
    return f"{format_time(instant)} on {format_day(instant)}"


def parse_london(text: str) -> datetime:
    """Parse a London time "YYYY-MM-DD HH:MM", or an ISO 8601 instant with an offset, and return the instant in UTC.

    :raises ValueError: if the text has neither format, or is a London time that does not exist or happens twice because
        the clocks change.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
        instant = in_london(instant).astimezone(UTC) if instant.tzinfo else instant
    except (ValueError, OverflowError):
        # Python raises OverflowError if an offset or the zone leads to a year that Python does not support.
        message = f'"{text}" is not a time. Write it as 2026-06-30 09:30 (London time).'
        if day := _find_missing_day(text.strip()):
            message = f'"{text}" is not a time, because {day} is not a date.'
        raise ValueError(message) from None
    return instant if instant.tzinfo else from_london(instant)


def _find_missing_day(text: str) -> str:
    """Return "31 February 2026" for a text such as "2026-02-31 09:30", because February does not have this day.

    Return an empty string if the day exists, is more than 31, or is not at the beginning of the text.
    """
    found = re.match(r"(\d{4})-(0[1-9]|1[0-2])-(\d{2})(?!\d)", text, re.ASCII)
    year, month, day = map(int, found.groups()) if found else (0, 0, 0)
    if not year or not monthrange(year, month)[1] < day <= 31:
        return ""
    return f"{day} {date(year, month, 1):%B %Y}"


def from_london(wall: datetime, zone: ZoneInfo = LONDON) -> datetime:
    """Convert a naive wall-clock time of a zone (London by default) to UTC.

    :raises ValueError: if that time does not exist or happens twice on that day.
    """
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        raise ValueError(
            f"{time_of_day(wall.time())} on {format_day(wall.date())} does not exist, because the clocks go forward. "
            "Enter another time."
        )
    if wall.replace(tzinfo=zone, fold=1).astimezone(UTC) != instant:
        message = (
            f"{time_of_day(wall.time())} on {format_day(wall.date())} happens twice, because the clocks go back. "
            "Enter another time."
        )
        raise ValueError(message)
    return instant


STANDARD_RELEASE_TIME = time(9, 30)
NOTICE = timedelta(weeks=4)
MARKET_SENSITIVE_MONTHS = 6
# A date that moves by more than this is probably a slip of the year.
PROBABLE_MOVE_MONTHS = 24
SATURDAY = 5


class Precision(StrEnum):
    """How exactly a release's date is known."""  # this docstring is in the schema of API v1

    EXACT = "exact"
    MONTH = "month"
    TWO_MONTHS = "two_months"


class Nation(StrEnum):
    UNITED_KINGDOM = "united_kingdom"
    ENGLAND = "england"
    WALES = "wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"


# A producer for the whole United Kingdom uses the bank holidays of England and Wales.
DIVISIONS = {
    Nation.UNITED_KINGDOM: BankHolidays.ENGLAND_AND_WALES,
    Nation.ENGLAND: BankHolidays.ENGLAND_AND_WALES,
    Nation.WALES: BankHolidays.ENGLAND_AND_WALES,
    Nation.SCOTLAND: BankHolidays.SCOTLAND,
    Nation.NORTHERN_IRELAND: BankHolidays.NORTHERN_IRELAND,
}


@dataclass(frozen=True, slots=True)
class Slot:
    """The announced date, time and precision of a release. `on` and `at` are in `zone`."""

    on: date
    at: time | None
    precision: Precision = Precision.EXACT
    zone: str = "Europe/London"

    @property
    def due_at(self) -> datetime | None:
        """The UTC instant of the slot, or None while the date is vague.

        :raises ValueError: if that wall-clock time does not exist or happens twice on that day.
        """
        if self.precision is not Precision.EXACT or self.at is None:
            return None
        return from_london(datetime.combine(self.on, self.at), ZoneInfo(self.zone))

    @property
    def last_day(self) -> date:
        """The last day on which the release can be published.

        This is the announced day or, if only a month or two months are announced, the last day of the last month.
        """
        if self.precision is Precision.EXACT:
            return self.on
        months = 1 if self.precision is Precision.MONTH else 2
        return months_after(self.on.replace(day=1), months) - timedelta(days=1)

    def is_before(self, other: "Slot") -> bool:
        """Return whether this slot begins and ends before another one.

        For example, January to February is before February to March, but not before 5 January.
        """
        return self.on < other.on and self.last_day < other.last_day

    def is_day_within(self, period: "Slot") -> bool:
        """Return whether this is an exact date within the month or the two months of another slot."""
        if self.precision is not Precision.EXACT or period.precision is Precision.EXACT:
            return False
        return period.on.replace(day=1) <= self.on <= period.last_day

    def is_past(self, *, now: datetime) -> bool:
        """Return whether `last_day` is over in London at `now` (aware)."""
        return self.last_day < local_date(now)

    def __str__(self) -> str:
        if self.precision is Precision.MONTH:
            return format_month(self.on)
        if self.precision is Precision.TWO_MONTHS:
            return two_months(self.on)
        return format_day(self.on) + (f" {time_of_day(self.at)}" if self.at else "")


def slot_at(instant: datetime) -> Slot:
    local = in_london(instant)
    return Slot(on=local.date(), at=local.time().replace(second=0, microsecond=0))


def two_months(first: date) -> str:
    second = months_after(first, 1)
    if first.year == second.year:
        return f"{first:%B} to {second:%B %Y}"
    return f"{first:%B %Y} to {second:%B %Y}"


def time_of_day(at: time) -> str:
    """Write a wall-clock time to the minute in the style of GOV.UK: "9:30am", "7am", "midday", "midnight"."""
    if (at.hour, at.minute) in NAMED_TIMES:
        return NAMED_TIMES[at.hour, at.minute]
    minutes = f":{at:%M}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"


@cache
def _holidays() -> BankHolidays:
    return BankHolidays(use_cached_holidays=True)


def bank_holidays(year: int, *, nation: Nation) -> dict[date, str]:
    """Return a dict that maps the dates of a nation's bank holidays in a year to the names of the holidays.

    If the source does not list the year, the dict is empty.

    Source: www.gov.uk/bank-holidays, as contained in the package govuk-bank-holidays.
    """
    holidays = _holidays().get_holidays(division=DIVISIONS[nation], year=year)
    return {holiday["date"]: str(holiday["title"]) for holiday in holidays}


def no_release_day(on: date, *, nation: Nation) -> str | None:
    """Return a sentence that says why a day is not a working day, or None if it is a working day.

    Source: Code of Practice for Statistics, edition 2.1, T3.6: release on a weekday.
    """
    if on.weekday() >= 5:
        return f"{format_weekday(on)} is not a weekday. Statistics are released from Monday to Friday."
    holiday = bank_holidays(on.year, nation=nation).get(on)
    if holiday:
        return f"{format_weekday(on)} is a bank holiday ({holiday})."
    return None


# Days on which an office does not work, in addition to weekends and bank holidays.
type ClosedDays = frozenset[date]
NEVER_CLOSED: ClosedDays = frozenset()


def is_working_day(on: date, *, nation: Nation, closed: ClosedDays = NEVER_CLOSED) -> bool:
    return on not in closed and no_release_day(on, nation=nation) is None


@cache
def working_day_before(on: date, *, nation: Nation, closed: ClosedDays = NEVER_CLOSED) -> date:
    day = on - timedelta(days=1)
    while not is_working_day(day, nation=nation, closed=closed):
        day -= timedelta(days=1)
    return day


@cache
def working_days_away(on: date, days: int, *, nation: Nation, closed: ClosedDays = NEVER_CLOSED) -> date:
    """Return the day that is `days` working days after `on`.

    If `days` is negative, return an earlier day. If `days` is 0, return `on` itself, even if `on` is not a working day.
    """
    step, day = timedelta(days=1 if days > 0 else -1), on
    for _ in range(abs(days)):
        day += step
        while not is_working_day(day, nation=nation, closed=closed):
            day += step
    return day


def days_of_notice(on: date, *, given_at: datetime) -> int:
    """Return the number of days from the London day of `given_at` to `on`. It is negative if `on` is earlier."""
    return (on - local_date(given_at)).days


def is_short_notice(on: date, *, given_at: datetime) -> bool:
    """Return whether a date is confirmed less than four weeks ahead.

    Source: Code of Practice for Statistics, edition 2.1, T3.1 (3.0: 3.1): four weeks ahead, where practicable.
    """
    return days_of_notice(on, given_at=given_at) < NOTICE.days


def is_short_for_markets(on: date, *, given_at: datetime) -> bool:
    """Return whether a date is confirmed less than six months ahead.

    The advice applies only to market-sensitive series. Source: GOV.UK's content guidance on statistics announcements.
    """
    return on < months_after(local_date(given_at), MARKET_SENSITIVE_MONTHS)


def is_improbably_later(to: date, *, was: date) -> bool:
    return to > months_after(was, PROBABLE_MOVE_MONTHS)


def months_after(day: date, months: int) -> date:
    """Return the same day of the month, `months` later. If that month is too short, return its last day."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def drop_seconds(at: time) -> time:
    """Return a time without seconds, because releases are announced to the minute."""
    return at.replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Month:
    first: date

    @property
    def last(self) -> date:
        return self.first.replace(day=monthrange(self.first.year, self.first.month)[1])

    @property
    def next(self) -> "Month":
        return Month(months_after(self.first, 1))

    @property
    def previous(self) -> "Month":
        """The previous month, or this month if Python does not support an earlier one."""
        return self if self.first == date.min else Month(months_after(self.first, -1))


def month_of(on: date) -> Month:
    return Month(on.replace(day=1))


class Rule(StrEnum):
    SAME_DATE = "same_date"
    SAME_WEEKDAY = "same_weekday"


@dataclass(frozen=True, slots=True)
class LaterSlot:
    """The slot of a later release, and the non-working days that were skipped to find it, in order."""

    slot: Slot
    in_the_way: tuple[date, ...] = ()


def place_later(slot: Slot, *, months: int, rule: Rule, nation: Nation, closed: ClosedDays = NEVER_CLOSED) -> LaterSlot:
    """Return the slot that is `months` months after the given slot.

    If the new day is a weekend, bank holiday or closed day, the slot moves to the next working day. A slot without an
    exact date stays vague.
    """
    if slot.precision is not Precision.EXACT:
        return LaterSlot(replace(slot, on=months_after(slot.on, months)))
    on = _same_weekday(slot.on, months) if rule is Rule.SAME_WEEKDAY else months_after(slot.on, months)
    return place_on_working_day(replace(slot, on=on), nation=nation, closed=closed)


def place_on_working_day(slot: Slot, *, nation: Nation, closed: ClosedDays = NEVER_CLOSED) -> LaterSlot:
    """Move a slot to the next working day if its day is a weekend, bank holiday or closed day."""
    on, in_the_way = slot.on, []
    while not is_working_day(on, nation=nation, closed=closed):
        in_the_way.append(on)
        on += timedelta(days=1)
    return LaterSlot(replace(slot, on=on), tuple(in_the_way))


def _same_weekday(on: date, months: int) -> date:
    """Return the same weekday in a later month. If `on` is a second Tuesday, return the second Tuesday of that month.

    If `on` is a fifth weekday and the later month has only four, return the fourth.
    """
    first = months_after(on.replace(day=1), months)
    day = 1 + (on.weekday() - first.weekday()) % 7 + 7 * ((on.day - 1) // 7)
    last = monthrange(first.year, first.month)[1]
    return first.replace(day=day if day <= last else day - 7)


DAYS_OF_A_MONTH = 365.25 / 12
# If releases of a series are at most this far apart, they count as one, because they may be parts of one edition.
SAME_BEAT = timedelta(days=10)
# Only this many of the latest releases are used to infer the pace, because older releases do not show the current pace.
BEATS_THAT_COUNT = 13
FEWEST_INTERVALS = 2


class Pace(StrEnum):
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


MONTHS = {Pace.MONTHLY: 1, Pace.QUARTERLY: 3, Pace.YEARLY: 12}


@dataclass(frozen=True, slots=True)
class Gap:
    """Consecutive periods in which a release is expected but none is planned.

    `first` and `last` are the first days of the first and last month. `periods` is the number of periods.
    """

    first: date
    last: date
    periods: int


def representative_day(on: date, *, precision: Precision) -> date:
    """Return the day that represents a release when intervals between releases are measured.

    This is the exact day or, if the date is vague, the middle of the announced months.
    """
    if precision is Precision.EXACT:
        return on
    first = on.replace(day=1)
    return first + timedelta(days=15) if precision is Precision.MONTH else months_after(first, 1)


def pace_of(past: Iterable[date]) -> Pace | None:
    """Infer the pace of a series from the days of past releases.

    Return None if there are too few intervals between releases, or the intervals are irregular. At least two thirds
    of the latest intervals must fit the pace, so occasional late or missing releases do not matter.
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
    """Return the gaps between `start` and `end` in which releases are expected but none are planned.

    For example, each release of a monthly series is expected one month after the previous release. If a release is up
    to half a month early or late, it still counts as the expected release. So if the dates of a series drift, the
    expected days drift with them.

    :param planned: the days of all past and future releases, including those before `start` and after `end`.
    """
    beats = _parted(planned)
    months = MONTHS[pace]
    missing: list[date] = []
    for earlier, later in pairwise(beats):
        periods = round((later - earlier).days / (months * DAYS_OF_A_MONTH))
        missing += [months_after(earlier, months * number) for number in range(1, periods)]
    if beats:
        number = 1
        while (expected := months_after(beats[-1], months * number)) <= end:
            missing.append(expected)
            number += 1
    return _joined([day for day in missing if start <= day <= end], months)


def _parted(days: Iterable[date]) -> list[date]:
    beats: list[date] = []
    for day in sorted(days):
        if not beats or day - beats[-1] > SAME_BEAT:
            beats.append(day)
    return beats


def _fits(days: int, pace: Pace) -> bool:
    return 0.6 <= days / (MONTHS[pace] * DAYS_OF_A_MONTH) < 1.5


def _joined(missing: Sequence[date], months: int) -> list[Gap]:
    joined: list[Gap] = []
    for day in missing:
        month = day.replace(day=1)
        if joined and month <= months_after(joined[-1].last, months):
            joined[-1] = Gap(joined[-1].first, month, joined[-1].periods + 1)
        else:
            joined.append(Gap(month, month, 1))
    return joined


def is_due_day_reached(due_at: datetime, *, at: datetime) -> bool:
    """Return whether the London day of a due time has begun."""
    return local_date(at) >= local_date(due_at)


def limit_at(due_at: datetime, *, tolerance_seconds: int) -> datetime:
    """Return the last instant at which a release is still on time."""
    return due_at + timedelta(seconds=tolerance_seconds)
