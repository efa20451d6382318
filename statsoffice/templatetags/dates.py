"""Filters that write dates and times on pages, in London time."""

from datetime import date, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from releases.rules import calendar
from releases.text import dates

register = template.Library()

register.filter("clock_to_the_second", dates.write_time_with_seconds)
register.filter("limit_time", dates.write_limit)
register.filter("slot", dates.write_slot)


def _time(machine: str, words: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', machine, words)


def _instant(value: datetime | None, words: str) -> SafeString:
    return SafeString("") if value is None else _time(machine_moment(value), words)


@register.filter
def machine_moment(value: datetime) -> str:
    """Write an instant for the attribute `datetime`.

    A fraction of a second has three digits, because HTML allows no more.
    """
    precision = "milliseconds" if value.microsecond else "seconds"
    return calendar.in_london(value).isoformat(timespec=precision)


@register.filter
def moment(value: datetime | None) -> SafeString:
    """Write an instant, such as "9:30am on 30 June 2020". If it is None, return an empty string."""
    return _instant(value, dates.write_moment(value) if value else "")


@register.filter
def exact_moment(value: datetime | None) -> SafeString:
    """Write an instant to the second: "9:26:55am on 30 June 2020"."""
    return _instant(value, dates.write_exact_moment(value) if value else "")


@register.filter
def clock_time(value: datetime | None) -> SafeString:
    """Write an instant's time of day: "9:30am", "7am", "midday"."""
    return _instant(value, dates.write_time(value) if value else "")


@register.filter
def day(value: datetime | date | None) -> SafeString:
    """Write a day: "30 June 2020". The day of an instant is its day in London."""
    return _time(_date(value).isoformat(), dates.write_day(value)) if value else SafeString("")


@register.filter
def weekday(value: datetime | date | None) -> SafeString:
    """Write a day with its weekday: "Tuesday 30 June 2020"."""
    return _time(_date(value).isoformat(), dates.write_weekday(value)) if value else SafeString("")


@register.filter
def month(value: datetime | date | None) -> SafeString:
    """Write a month: "July 2026"."""
    return _time(f"{_date(value):%Y-%m}", dates.write_month(value)) if value else SafeString("")


def _date(value: datetime | date) -> date:
    return calendar.local_date(value) if isinstance(value, datetime) else value
