"""Lists for a producer's own staff: releases, what needs attention, and the register of date changes."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate

from releases.models import Address, DateChange, PreflightRun, Producer, Release, Series, Verification
from releases.models.release import ReleaseQuerySet
from releases.permissions import Action, Person, producers_where
from releases.rules import calendar, london
from releases.rules.calendar import Precision
from releases.rules.lifecycle import OPEN, Status
from releases.verdict.address import Outcome


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; None and "" ask for nothing. A vague release counts as on the day that stands
    for its month."""

    words: str = ""
    producer: Producer | None = None
    series: Series | None = None
    status: str = ""
    first: date | None = None
    last: date | None = None


def select_releases(selection: Selection, *, by: Person) -> QuerySet[Release]:
    """Return the releases that are asked for, of the producers that a person may view, in the order of their days."""
    found = Release.objects.filter(series__producer__in=producers_where(by, Action.VIEW))
    for word in selection.words.split():
        named = Q(title__icontains=word) | Q(reference__icontains=word) | Q(series__title__icontains=word)
        found = found.filter(named | Q(series__producer__name__icontains=word))
    asked = {
        "series__producer": selection.producer,
        "series": selection.series,
        "status": selection.status,
        "planned_on__gte": selection.first,
        "planned_on__lte": selection.last,
    }
    found = found.filter(**{name: value for name, value in asked.items() if value})
    return found.select_related("series__producer").order_by("planned_on", "due_at", "reference")


class NoSuchRelease(LookupError):
    """There is no release of this reference."""


def release_statuses(references: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return where releases stand on their present schedule, by due time, or in the order that was asked for.

    Instants are ISO 8601 in UTC. `delay_seconds` is [from, to], negative before the due time, `to` null while
    nothing was seen live; null where the looks do not hold the publication between two instants. What the
    publisher's own system says stands apart from what was seen: `published_at_by_publisher`, with the figure that it
    was taken from as `publisher_source`. `diagnoses` may explain a late sighting.

    :param references: which releases; every one, rehearsals too, if there are none.
    :raises NoSuchRelease: if one of the references is not known.
    """
    releases = Release.objects.filter(reference__in=references) if references else Release.objects.all()
    found = {release.reference: release for release in releases}
    for reference in references:
        if reference not in found:
            message = f"There is no release {reference}."
            raise NoSuchRelease(message)
    verifications = _present_verifications(found.values())
    asked = dict.fromkeys(references or found)
    return [_standing(found[reference], verifications.get(found[reference].pk)) for reference in asked]


def status_sentence(standing: dict[str, Any]) -> str:
    """Write where a release stands in one line for people, in London time."""
    due_at = standing["due_at"]
    due = f"due {london.format_moment(datetime.fromisoformat(due_at))}" if due_at else "due on no exact date"
    # Without a verdict the status says more: what was published before anybody watched is not waiting for one.
    judged = standing["outcome"] != Outcome.PENDING
    where = standing["outcome"].replace("_", " ") if judged else f"{standing['status']}, not judged"
    line = f"{standing['reference']}: {where}, {due}"
    first, last = standing["delay_seconds"] or (None, None)
    if first is None:
        return line
    if last is None:
        return f"{line}, not live {math.floor(first)} seconds after it was due"
    side = "before" if first < 0 and last <= 0 else "after"
    lower, upper = sorted((abs(first), abs(last))) if side == "before" else (max(first, 0), last)
    return f"{line}, live between {math.floor(lower)} and {math.ceil(upper)} seconds {side} it was due"


def _present_verifications(releases: Iterable[Release]) -> dict[int, Verification]:
    versions = {release.pk: release.schedule_version for release in releases}
    rows = (
        Verification.objects.all() if len(versions) > 500 else Verification.objects.filter(release__in=list(versions))
    )
    return {row.release_id: row for row in rows.iterator() if versions.get(row.release_id) == row.schedule_version}


def _standing(release: Release, verification: Verification | None) -> dict[str, Any]:
    found = verification or Verification()
    late = verification is not None and verification.delay_from is not None
    return {
        "reference": release.reference,
        "status": release.status,
        "due_at": _written(release.due_at),
        "outcome": found.outcome or Outcome.PENDING.value,
        "last_not_live_at": _written(found.last_not_live_at),
        "first_live_at": _written(found.first_live_at),
        "delay_seconds": [found.delay_from, found.delay_to] if late else None,
        "reasons": list(found.reasons),
        "published_at": _written(release.published_at),
        "published_at_by_publisher": _written(found.published_at_by_publisher),
        "publisher_source": found.publisher_source or None,
        "diagnoses": list(found.diagnoses),
    }


def _written(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


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


def visible_releases(person: Person) -> ReleaseQuerySet:
    """Return the releases of all producers whose releases a person may see."""
    return Release.objects.filter(series__producer__in=producers_where(person, Action.VIEW))


def releases_of_concern(releases: ReleaseQuerySet, concern: Concern, *, now: datetime) -> ReleaseQuerySet:
    """Return those of some releases that give reason for one concern.

    :param now: the aware instant of asking.
    """
    return releases.filter(_questions(now)[concern](), status__in=OPEN)


def count_concerns(person: Person, concerns: Iterable[Concern] = Concern, *, now: datetime) -> dict[Concern, int]:
    """Count, with one query, how many releases of a person's producers give reason for each concern.

    :param now: the aware instant of asking.
    """
    questions = _questions(now)
    asked = {concern: Count("pk", filter=questions[concern]()) for concern in concerns}
    found = (
        visible_releases(person)
        .filter(status__in=OPEN)
        .aggregate(**{concern.value: count for concern, count in asked.items()})
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


MADE_AT = Coalesce(F("agreed_at"), F("requested_at"))


def producers_of(person: Person) -> QuerySet[Producer]:
    """Return the producers whose changes a person may read."""
    return producers_where(person, Action.VIEW)


def changes_of(person: Person, *, producer: str = "", on_the_day: bool = False) -> QuerySet[DateChange]:
    """Return the changes of date that a person may read, the latest first; rehearsals have none.

    :param producer: the slug of the one producer that is asked about, or nothing for all.
    :param on_the_day: whether only those made on the day of release, as it was or as it is, are asked about; it is
        what `marks` marks so.
    """
    found: QuerySet[DateChange] = DateChange.objects.filter(
        release__series__producer__in=producers_of(person), release__rehearsal=False
    )
    if producer:
        found = found.filter(release__series__producer__slug=producer)
    if on_the_day:
        found = made_on_the_day(found)
    people = found.select_related("release__series__producer", "requested_by", "agreed_by")
    return people.prefetch_related("corrections").order_by(MADE_AT.desc(), "-pk")


def made_on_the_day(changes: QuerySet[DateChange]) -> QuerySet[DateChange]:
    """Leave the changes made on the day of release, as it was or as it is; `made_on` is that day, in London."""
    return changes.annotate(made_on=TruncDate(MADE_AT, tzinfo=london.LONDON)).filter(
        Q(was_precision=Precision.EXACT, was_on=F("made_on")) | Q(to_precision=Precision.EXACT, to_on=F("made_on"))
    )
