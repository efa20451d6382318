"""What in the calendar needs somebody's attention, as questions that list, count and link to the same releases."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from releases.core.dates import calendar, london
from releases.core.dates.calendar import Precision
from releases.core.status import OPEN, Status
from releases.models import Address, PreflightRun, Release
from releases.models.release import ReleaseQuerySet
from releases.permissions import Action, Person, producers_where

SOON = timedelta(weeks=2)


class Concern(StrEnum):
    """One reason to look at a release again."""

    NO_ADDRESS = "no_address"
    NO_CONTACT = "no_contact"
    NO_HEAD = "no_head"
    PREFLIGHT_PROBLEMS = "preflight_problems"
    PAST_ITS_DATE = "past_its_date"
    NOT_CONFIRMED = "not_confirmed"
    NOT_ANNOUNCED = "not_announced"
    DUE_TOMORROW = "due_tomorrow"


# What is missing from a release that is due within two weeks.
MISSING = (Concern.NO_ADDRESS, Concern.NO_CONTACT, Concern.NO_HEAD)


def theirs(person: Person) -> ReleaseQuerySet:
    """Return the releases of all producers whose releases a person may see."""
    return Release.objects.filter(series__producer__in=producers_where(person, Action.VIEW))


def narrowed(releases: ReleaseQuerySet, concern: Concern, *, now: datetime) -> ReleaseQuerySet:
    """Return those of some releases that give reason for one concern.

    :param now: the aware instant of asking.
    """
    return releases.filter(_questions(now)[concern](), status__in=OPEN)


def counts(person: Person, concerns: Iterable[Concern] = Concern, *, now: datetime) -> dict[Concern, int]:
    """Count, with one query, how many releases of a person's producers give reason for each concern.

    :param now: the aware instant of asking.
    """
    questions = _questions(now)
    asked = {concern: Count("pk", filter=questions[concern]()) for concern in concerns}
    found = (
        theirs(person).filter(status__in=OPEN).aggregate(**{concern.value: count for concern, count in asked.items()})
    )
    return {concern: found[concern.value] for concern in asked}


def _questions(now: datetime) -> dict[Concern, Callable[[], Q]]:
    """Write each concern as a condition on open releases, cheap parts first."""
    today = london.local_date(now)
    soon = Q(due_at__gt=now, due_at__lt=_midnight(today + SOON + timedelta(days=1)))
    tomorrow = today + timedelta(days=1)
    return {
        Concern.NO_ADDRESS: lambda: soon & Q(~Exists(_pages())),
        Concern.NO_CONTACT: lambda: soon & Q(series__responsible=None),
        Concern.NO_HEAD: lambda: soon & Q(series__head_of_profession=None),
        Concern.PREFLIGHT_PROBLEMS: lambda: Q(due_at__gt=now) & Q(Exists(_runs_with_problems())),
        Concern.PAST_ITS_DATE: lambda: Q(status=Status.PROVISIONAL, rehearsal=False) & _past(today),
        Concern.NOT_CONFIRMED: lambda: (
            Q(status=Status.PROVISIONAL, rehearsal=False, planned_on__lt=today + calendar.NOTICE) & ~_past(today)
        ),
        Concern.NOT_ANNOUNCED: lambda: Q(announced_at=None, rehearsal=False) & ~_past(today),
        Concern.DUE_TOMORROW: lambda: Q(
            due_at__gte=_midnight(tomorrow), due_at__lt=_midnight(tomorrow + timedelta(days=1))
        ),
    }


def _past(today: date) -> Q:
    """Say that the last day on which a release could still come is over: its day, its month, or the second month."""
    month = today.replace(day=1)
    month_before = (month - timedelta(days=1)).replace(day=1)
    first_days = {Precision.EXACT: today, Precision.MONTH: month, Precision.TWO_MONTHS: month_before}
    past = Q()
    for precision, first in first_days.items():
        past |= Q(precision=precision, planned_on__lt=first)
    return past


def _pages() -> QuerySet[Address]:
    return Address.objects.filter(release=OuterRef("pk"), role=Address.Role.PAGE)


def _runs_with_problems() -> QuerySet[PreflightRun]:
    return PreflightRun.objects.newest().filter(release=OuterRef("pk"), problems__gt=0)


def _midnight(on: date) -> datetime:
    return london.from_london(datetime.combine(on, time()))
