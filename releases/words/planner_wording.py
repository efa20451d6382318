"""The year planner in words for people: paces, gaps and holidays."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.core.dates import london
from releases.core.dates.calendar import Nation
from releases.core.dates.rhythm import Gap, Pace
from releases.core.status import Status
from releases.planner.year_planner import Day, Holiday, Month

PACES = {Pace.MONTHLY: lazy("monthly"), Pace.QUARTERLY: lazy("quarterly"), Pace.YEARLY: lazy("yearly")}

NATIONS = {
    Nation.UNITED_KINGDOM: lazy("United Kingdom"),
    Nation.ENGLAND: lazy("England"),
    Nation.WALES: lazy("Wales"),
    Nation.SCOTLAND: lazy("Scotland"),
    Nation.NORTHERN_IRELAND: lazy("Northern Ireland"),
}

# Of each status the sign that stands on the wall, told apart without colours too, and its word.
SIGNS = {
    Status.PROVISIONAL: ("○", lazy("provisional")),
    Status.CONFIRMED: ("●", lazy("confirmed")),
    Status.PUBLISHED: ("✓", lazy("published")),
    Status.CANCELLED: ("×", lazy("cancelled")),
}


def gap(gap: Gap) -> str:
    """Name the expected periods that have no release by their months."""
    if gap.periods == 1:
        return london.month(gap.first)
    words = ngettext(
        "%(first)s to %(last)s (%(periods)s release)", "%(first)s to %(last)s (%(periods)s releases)", gap.periods
    )
    return words % {"first": london.month(gap.first), "last": london.month(gap.last), "periods": gap.periods}


def holiday(holiday: Holiday) -> str:
    """Name a bank holiday, and the nations where it is one if they are not all of those shown."""
    if holiday.everywhere:
        return _("Bank holiday: %(title)s") % {"title": holiday.title}
    nations = ", ".join(str(NATIONS[nation]) for nation in holiday.nations)
    return _("Bank holiday in %(nations)s: %(title)s") % {"nations": nations, "title": holiday.title}


def day(day: Day) -> str:
    """Say of a day of the wall what is on it: "Tuesday 14 July 2026: 2 confirmed"."""
    told = [*_counted(day.statuses), *(holiday(each) for each in day.holidays)]
    return f"{london.weekday(day.on)}: {', '.join(told)}"


def undated(month: Month) -> str:
    """Say what is planned for a month and for no day of it yet: "July 2026, on no day yet: 1 provisional"."""
    counted = ", ".join(_counted(month.undated))
    return _("%(month)s, on no day yet: %(counted)s") % {"month": london.month(month.first), "counted": counted}


def _counted(statuses: Iterable[tuple[str, int]]) -> Iterator[str]:
    return (f"{count} {SIGNS[Status(status)][1]}" for status, count in statuses)
