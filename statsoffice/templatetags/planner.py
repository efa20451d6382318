"""The year planner in pages, worded by `releases.text.calendar`."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from releases.planner import Day, Holiday, Month
from releases.rules.calendar import Gap, Pace
from releases.rules.lifecycle import Status
from releases.text import calendar

register = template.Library()


@register.filter
def pace_in_words(pace: Pace) -> str:
    return str(calendar.PACES[pace])


@register.filter
def gap_in_words(gap: Gap) -> str:
    return calendar.gap_sentence(gap)


@register.filter
def holiday_in_words(holiday: Holiday) -> str:
    return calendar.holiday_name(holiday)


@register.filter
def signs_of(day: Day) -> SafeString:
    return _signs(day.statuses, calendar.planner_day(day))


@register.filter
def undated_signs_of(month: Month) -> SafeString:
    return _signs(month.undated, calendar.undated_sentence(month))


def _signs(statuses: Iterable[tuple[str, int]], words: str) -> SafeString:
    signs = format_html_join(
        "",
        '<span class="office-wall__sign office-wall__sign--{}" aria-hidden="true">{}{}</span>',
        [(status, calendar.SIGNS[Status(status)][0], count if count > 1 else "") for status, count in statuses],
    )
    return format_html('{}<span class="govuk-visually-hidden">{}</span>', signs, words)
