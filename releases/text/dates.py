"""Dates as readers see them: the names of months and weekdays in the language of the page.

What is stored or printed as a record is written by `releases.rules.calendar`, in English.
"""

from datetime import date, datetime, time

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _

from releases.rules import calendar
from releases.rules.calendar import Precision, Slot


def write_day(value: date | datetime) -> str:
    """Write a day: "30 June 2020"; an instant's day is London's."""
    on = _local(value)
    return f"{on.day} {write_month(on)}"


def write_weekday(value: date | datetime) -> str:
    """Write a day with its weekday: "Tuesday 30 June 2020"."""
    on = _local(value)
    return f"{WEEKDAYS[on.weekday()]} {write_day(on)}"


def write_month(value: date | datetime) -> str:
    """Write a month: "July 2026"."""
    on = _local(value)
    return f"{MONTHS[on.month]} {on.year}"


def write_time(at: time) -> str:
    """Write a wall-clock time to the minute: "9:30am", "7am", "midday"."""
    written = calendar.time_of_day(at)
    return {"midday": _("midday"), "midnight": _("midnight")}.get(written, written)


def write_moment(instant: datetime) -> str:
    """Write an instant in London's time: "9:30am on 30 June 2020"."""
    at = calendar.in_london(instant).time()
    return _("%(time)s on %(day)s") % {"time": write_time(at), "day": write_day(instant)}


def write_exact_moment(instant: datetime) -> str:
    """Write an instant to the second: "9:26:55am on 30 June 2020"."""
    return _("%(time)s on %(day)s") % {"time": calendar.format_time_with_seconds(instant), "day": write_day(instant)}


def write_slot(slot: Slot) -> str:
    """Write the date of a release as `str(slot)` does in English: "30 June 2020 9:30am", "June to July 2020"."""
    if slot.precision is Precision.MONTH:
        return write_month(slot.on)
    if slot.precision is Precision.TWO_MONTHS:
        second = calendar.months_after(slot.on, 1)
        first = str(MONTHS[slot.on.month]) if slot.on.year == second.year else write_month(slot.on)
        return _("%(first)s to %(second)s") % {"first": first, "second": write_month(second)}
    return write_day(slot.on) + (f" {write_time(slot.at)}" if slot.at else "")


def _local(value: date | datetime) -> date:
    return calendar.local_date(value) if isinstance(value, datetime) else value
