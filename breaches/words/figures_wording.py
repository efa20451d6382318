"""The figures of the register in words for people: rates, lengths of time, quarters."""

import calendar
import math
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from breaches.core.figures.figures import Spread
from breaches.core.figures.quarter import Quarter
from releases.text.release import duration
from releases.verdict.address import Outcome

# The shorthand of the Analysis Function's guidance on symbols in tables: not applicable.
NOT_APPLICABLE = "[z]"

OUTCOMES: Mapping[Outcome, Any] = {
    Outcome.ON_TIME: lazy("On time"),
    Outcome.EARLY: lazy("Early"),
    Outcome.LATE: lazy("Late"),
    Outcome.PARTIAL: lazy("In part only"),
    Outcome.NOT_SEEN: lazy("Not seen"),
}


def quarter(of: Quarter) -> str:
    """Name a quarter by its months: "January to March 2020"."""
    return _("%(first)s to %(last)s %(year)s") % {**_months(of), "year": of.year}


def months(of: Quarter) -> str:
    """Name a quarter of any year: "January to March"."""
    return _("%(first)s to %(last)s") % _months(of)


def rate(share: Fraction | None) -> str:
    """Write a share in per cent to one decimal, rounded down: 100.0 is said of nothing but all."""
    return NOT_APPLICABLE if share is None else f"{math.floor(share * 1000) / 10:.1f}%"


def delay(seconds: float | None) -> str:
    """Write a delay, rounded up to the second: "57 min", "18 h 15 min"."""
    return NOT_APPLICABLE if seconds is None else duration(timedelta(seconds=math.ceil(seconds)))


def days(number: float | None) -> str:
    """Write a number of days; a median may lie between two."""
    if number is None:
        return NOT_APPLICABLE
    return ngettext("%(number)s day", "%(number)s days", math.ceil(number)) % {"number": f"{number:g}"}


def middle(of: Spread | None) -> float | None:
    """Return the median, if there is any figure."""
    return of.middle if of else None


def nearly_all(of: Spread | None) -> float | None:
    """Return the 95th percentile, if there is any figure."""
    return of.nearly_all if of else None


def worst(of: Spread | None) -> float | None:
    """Return the greatest figure, if there is any."""
    return of.worst if of else None


def _months(of: Quarter) -> dict[str, str]:
    return {"first": calendar.month_name[of.first.month], "last": calendar.month_name[of.last.month]}
