"""What somebody gets who follows the calendar of the whole office, of a producer or of a series."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from releases.core.announced import AnnouncedRelease, Change, Happened, Named, changes_of
from releases.core.dates import london
from releases.core.dates.month import month_of
from releases.core.status import Status
from releases.models import DateChange, Release
from releases.readers import public
from releases.readers.wanted import Wanted, matching

MOST_RELEASES = 1000
CHANGES_PER_PAGE = 100
MOST_PAGES = 10


class NothingAnnounced(LookupError):
    """There is no such producer or series, or nothing of it was ever announced, which outside is the same."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What is followed: a series of a producer, a producer, or neither, which is the whole office."""

    producer: Named | None = None
    series: Named | None = None

    @property
    def name(self) -> str:
        """The name of the series and its producer, or of the producer; nothing for the whole office."""
        return ", ".join(one.name for one in (self.series, self.producer) if one)

    @property
    def wanted(self) -> Wanted:
        """The releases that are followed."""
        producer, series = self.producer, self.series
        return Wanted(producer=producer.slug if producer else "", series=series.slug if series else "")


def followed(*, producer: str = "", series: str = "") -> Followed:
    """Return what one follows by the slugs of a producer and of one of its series, or by neither.

    :raises NothingAnnounced: if there is none of which anything is announced.
    """
    if not producer:
        return Followed()
    if not series:
        if found := public.producers().filter(slug=producer).first():
            return Followed(Named(found.slug, found.name))
        message = f"There is no producer “{producer}” in this calendar."
        raise NothingAnnounced(message)
    if one := public.series().filter(producer__slug=producer, slug=series).first():
        return Followed(Named(one.producer.slug, one.producer.name), Named(one.slug, one.title))
    message = f"There is no series “{series}” of a producer “{producer}” in this calendar."
    raise NothingAnnounced(message)


def releases_of(what: Followed, *, now: datetime) -> list[AnnouncedRelease]:
    """Return the releases to come and those of the last year by date; of too many, what is to come next stays.

    The window begins with a month, so that what it holds changes with the month at most, if nothing happens.

    :param now: the aware instant that parts what is to come from what is past.
    """
    today = london.local_date(now)
    found = matching(what.wanted)
    ahead = found.filter(planned_on__gte=today).order_by("planned_on", "planned_at", "pk")
    to_come = public.facts(ahead[:MOST_RELEASES])
    room = MOST_RELEASES - len(to_come)
    start = month_of(today).first.replace(year=today.year - 1)
    behind = found.filter(planned_on__lt=today, planned_on__gte=start).order_by("-planned_on", "-planned_at", "-pk")
    past = public.facts(behind[:room]) if room else []
    return [*reversed(past), *to_come]


def newest_changes(what: Followed, *, page: int = 1) -> tuple[list[Change], bool]:
    """Return one page of what happened to announced releases, the newest first, and whether there are older ones.

    :param page: from 1 to MOST_PAGES; beyond it nobody is led.
    """
    end = page * CHANGES_PER_PAGE
    found = [(at, pk, kind, release) for kind, rows in _newest(what) for at, pk, release in rows[: end + 1]]
    found.sort(key=lambda row: row[:3], reverse=True)
    shown = found[end - CHANGES_PER_PAGE : end]
    releases = public.facts(Release.objects.public().filter(pk__in={pk for _, pk, _, _ in shown}))
    by_release = {release.public_id: changes_of(release) for release in releases}
    changes = [change for at, _, kind, release in shown if (change := _told(by_release.get(release, ()), kind, at))]
    return changes, len(found) > end and page < MOST_PAGES


def _told(changes: Iterable[Change], kind: Happened, at: datetime) -> Change | None:
    return next((change for change in changes if (change.kind, change.at) == (kind, at)), None)


type Row = tuple[datetime, int, UUID]


def _newest(what: Followed) -> Iterable[tuple[Happened, QuerySet[Any, Row]]]:
    of: QuerySet[Any, Any] = matching(what.wanted)
    for kind, rows, at in (
        (Happened.ANNOUNCED, of, "announced_at"),
        (Happened.CONFIRMED, of.filter(confirmed_at__gt=F("announced_at")), "confirmed_at"),
        (Happened.CANCELLED, of.filter(cancelled_at__isnull=False), "cancelled_at"),
        (Happened.PUBLISHED, of.filter(status=Status.PUBLISHED), "due_at"),
    ):
        yield kind, rows.order_by(f"-{at}", "-pk").values_list(at, "pk", "public_id")
    moves: QuerySet[Any, Any] = DateChange.objects.filter(announced_at__isnull=False, release__in=of)
    rows = moves.order_by("-announced_at", "-release").values_list("announced_at", "release", "release__public_id")
    yield Happened.MOVED, rows
