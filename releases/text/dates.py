"""Dates and times for readers, in the language of the page.

For stored and printed records, use `releases.rules.calendar`, which always writes English.
"""

from datetime import date, datetime, time

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from releases.rules import calendar
from releases.rules.calendar import Precision, Slot

# We do not use Django's translations of months and days, because the person who approves our Welsh texts has not read
# Django's translations.
MONTHS = {
    1: lazy("January"),
    2: lazy("February"),
    3: lazy("March"),
    4: lazy("April"),
    5: lazy("May"),
    6: lazy("June"),
    7: lazy("July"),
    8: lazy("August"),
    9: lazy("September"),
    10: lazy("October"),
    11: lazy("November"),
    12: lazy("December"),
}
WEEKDAYS = (
    lazy("Monday"),
    lazy("Tuesday"),
    lazy("Wednesday"),
    lazy("Thursday"),
    lazy("Friday"),
    lazy("Saturday"),
    lazy("Sunday"),
)
# In Welsh, the first letter of some months changes after "to".
MONTHS_AFTER_TO = {
    1: pgettext_lazy("after to", "January"),
    2: pgettext_lazy("after to", "February"),
    3: pgettext_lazy("after to", "March"),
    4: pgettext_lazy("after to", "April"),
    5: pgettext_lazy("after to", "May"),
    6: pgettext_lazy("after to", "June"),
    7: pgettext_lazy("after to", "July"),
    8: pgettext_lazy("after to", "August"),
    9: pgettext_lazy("after to", "September"),
    10: pgettext_lazy("after to", "October"),
    11: pgettext_lazy("after to", "November"),
    12: pgettext_lazy("after to", "December"),
}


def write_day(value: date | datetime) -> str:
    """Write a day: "30 June 2020". For an instant, write the day in London."""
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


def write_time(at: datetime | time) -> str:
    """Write a time of day to the minute: "9:30am", "7am", "midday". For an instant, write the time in London."""
    local = calendar.in_london(at) if isinstance(at, datetime) else at
    if local.minute == 0 and local.hour % 12 == 0:
        return _("midday") if local.hour else _("midnight")
    return _write_clock(f":{local:%M}" if local.minute else "", hour=local.hour)


def write_time_with_seconds(instant: datetime) -> str:
    """Write the time of day in London to the second: "9:26:55am"."""
    local = calendar.in_london(instant)
    return _write_clock(f":{local:%M:%S}", hour=local.hour)


def write_limit(instant: datetime) -> str:
    """Write the time at which a tolerance ends. Seconds are written only if they are not 0: "9:32am", "9:30:30am"."""
    return write_time_with_seconds(instant) if calendar.in_london(instant).second else write_time(instant)


def _write_clock(minutes: str, *, hour: int) -> str:
    clock = {"clock": f"{hour % 12 or 12}{minutes}"}
    return _("%(clock)sam") % clock if hour < 12 else _("%(clock)spm") % clock


def write_moment(instant: datetime) -> str:
    """Write an instant in London time: "9:30am on 30 June 2020"."""
    return _("%(time)s on %(day)s") % {"time": write_time(instant), "day": write_day(instant)}


def write_exact_moment(instant: datetime) -> str:
    """Write an instant in London time to the second: "9:26:55am on 30 June 2020"."""
    return _("%(time)s on %(day)s") % {"time": write_time_with_seconds(instant), "day": write_day(instant)}


def write_slot(slot: Slot) -> str:
    """Write the date of a release in the language of the page: "30 June 2020 9:30am", "June to July 2020".

    The English text is the same as `str(slot)`.
    """
    if slot.precision is Precision.MONTH:
        return write_month(slot.on)
    if slot.precision is Precision.TWO_MONTHS:
        second = calendar.months_after(slot.on, 1)
        first = str(MONTHS[slot.on.month]) if slot.on.year == second.year else write_month(slot.on)
        return _("%(first)s to %(second)s") % {
            "first": first,
            "second": f"{MONTHS_AFTER_TO[second.month]} {second.year}",
        }
    return write_day(slot.on) + (f" {write_time(slot.at)}" if slot.at else "")


def _local(value: date | datetime) -> date:
    return calendar.local_date(value) if isinstance(value, datetime) else value
