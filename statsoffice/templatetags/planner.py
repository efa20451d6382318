"""The year planner in pages, worded by `releases.words.planner_wording`."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from releases.core.dates.rhythm import Gap, Pace
from releases.core.status import Status
from releases.planner.year_planner import Day, Holiday, Month
from releases.words import planner_wording

register = template.Library()


@register.filter
def pace_in_words(pace: Pace) -> str:
    """Say how often the releases of a series come."""
    return str(planner_wording.PACES[pace])


@register.filter
def gap_in_words(gap: Gap) -> str:
    """Name the months of a gap."""
    return planner_wording.gap(gap)


@register.filter
def holiday_in_words(holiday: Holiday) -> str:
    """Name a bank holiday."""
    return planner_wording.holiday(holiday)


@register.filter
def signs_of(day: Day) -> SafeString:
    """Show the releases of a day as signs, and in words for those who hear them."""
    return _signs(day.statuses, planner_wording.day(day))


@register.filter
def undated_signs_of(month: Month) -> SafeString:
    """Show the releases of a month that have no day yet as signs, and in words for those who hear them."""
    return _signs(month.undated, planner_wording.undated(month))


def _signs(statuses: Iterable[tuple[str, int]], words: str) -> SafeString:
    signs = format_html_join(
        "",
        '<span class="office-wall__sign office-wall__sign--{}" aria-hidden="true">{}{}</span>',
        [(status, planner_wording.SIGNS[Status(status)][0], count if count > 1 else "") for status, count in statuses],
    )
    return format_html('{}<span class="govuk-visually-hidden">{}</span>', signs, words)
