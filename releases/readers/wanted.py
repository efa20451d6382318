"""Which announced releases somebody asks for: by producer, series, designation, words, status and date."""

from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_, or_

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from releases.core.announced import PublicStatus
from releases.core.dates.calendar import Precision
from releases.core.dates.month import month_of
from releases.models import DateChange, Release

MOST_WORDS = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; what is empty is not asked for.

    :ivar producer: the slug of a producer.
    :ivar series: the slug of a series.
    :ivar designation: the code of a designation.
    :ivar words: words that the title holds, each of them, as parts of words too; the first ten count.
    :ivar statuses: what the calendar calls the releases, "postponed" included.
    :ivar since: the first day on which the release may come.
    :ivar until: the last day on which it may come.
    """

    producer: str = ""
    series: str = ""
    designation: str = ""
    words: str = ""
    statuses: frozenset[PublicStatus] = frozenset()
    since: date | None = None
    until: date | None = None

    @property
    def narrowed(self) -> bool:
        """Whether anything but a status or a date is asked for."""
        return bool(self.producer or self.series or self.designation or self.words)


def matching(wanted: Wanted) -> QuerySet[Release]:
    """Return the announced releases that somebody asks for, in no order."""
    found = Release.objects.public().filter(may_come_between(wanted.since, wanted.until))
    for column, value in (
        ("series__producer__slug", wanted.producer),
        ("series__slug", wanted.series),
        ("series__designation", wanted.designation),
    ):
        if value:
            found = found.filter(**{column: value})
    for word in wanted.words.split()[:MOST_WORDS]:
        found = found.filter(title__icontains=word)
    return found.filter(_called(wanted.statuses)) if wanted.statuses else found


def may_come_between(since: date | None, until: date | None) -> Q:
    """Return the condition that a release may come on a day of a span; a vague one may on each day of its months.

    :param since: the first day, or None for no such limit.
    :param until: the last day, or None for no such limit.
    """
    condition = Q()
    if since:
        this_month = month_of(since)
        # What this says again of all of them lets the database use its index by date.
        condition &= Q(planned_on__gte=this_month.previous.first) & (
            Q(planned_on__gte=since)
            | Q(precision=Precision.MONTH, planned_on__gte=this_month.first)
            | Q(precision=Precision.TWO_MONTHS)
        )
    if until:
        condition &= Q(planned_on__lte=month_of(until).last) & (
            Q(planned_on__lte=until) | ~Q(precision=Precision.EXACT)
        )
    return condition


def _called(statuses: frozenset[PublicStatus]) -> Q:
    stored = [Q(status=status) for status in statuses - {PublicStatus.CONFIRMED, PublicStatus.POSTPONED}]
    if PublicStatus.CONFIRMED in statuses:
        stored.append(_confirmed & ~_moved_later)
    if PublicStatus.POSTPONED in statuses:
        stored.append(_confirmed & _moved_later)
    return reduce(or_, stored)


_confirmed = Q(status=PublicStatus.CONFIRMED)
# Its last announced change is the one that began its present schedule: what is public is not moved in private.
_moved_later = Q(
    Exists(
        DateChange.objects.filter(
            and_(
                Q(was_precision=Precision.EXACT, to_precision=Precision.EXACT, announced_at__isnull=False),
                Q(to_on__gt=F("was_on")) | Q(to_on=F("was_on"), to_at__gt=F("was_at")),
            ),
            release=OuterRef("pk"),
            schedule_version=OuterRef("schedule_version"),
        )
    )
)
