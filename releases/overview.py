"""Lists of releases, concerns about releases, and date changes for a producer's own staff."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate

from releases.early_findings import listed_preflights, mask_verdict
from releases.models import Address, DateChange, Producer, Release, Series, Verification
from releases.models.release import ReleaseQuerySet, is_over
from releases.permissions import Action, Person, producers_where
from releases.rules import calendar
from releases.rules.calendar import Precision
from releases.rules.lifecycle import TO_COME, Status
from releases.verdict.address import Outcome


@dataclass(frozen=True, slots=True)
class Selection:
    """Filters for a list of releases. None and "" mean no filter.

    A release that is planned for a month or for two months counts as planned for the first day of this period. However,
    `first` excludes a release only if the whole period ends before `first`.
    """

    words: str = ""
    producer: Producer | None = None
    series: Series | None = None
    status: str = ""
    first: date | None = None
    last: date | None = None


def visible_releases(person: Person) -> ReleaseQuerySet:
    """Return the releases of the producers that a person may view.

    Trainings in which the person takes no part are left out.
    """
    return Release.objects.filter(series__producer__in=producers_where(person, Action.VIEW)).shown_to(person)


def select_releases(selection: Selection, *, by: Person) -> ReleaseQuerySet:
    """Return the selected releases of the producers that a person may view, in the order of their planned days."""
    found = visible_releases(by)
    for word in selection.words.split():
        named = Q(title__icontains=word) | Q(reference__icontains=word) | Q(series__title__icontains=word)
        found = found.filter(named | Q(series__producer__name__icontains=word))
    filters = {
        "series__producer": selection.producer,
        "series": selection.series,
        "status": selection.status,
        "planned_on__lte": selection.last,
    }
    found = found.filter(**{name: value for name, value in filters.items() if value})
    if selection.first:
        found = found.exclude(is_over(selection.first))
    return found.select_related("series__producer").order_by("planned_on", "due_at", "reference")


class NoSuchRelease(LookupError):
    """There is no release with this reference."""


def release_statuses(references: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the status of releases on their present schedules.

    If there are references, the statuses are in the order of the references. Otherwise, all releases except trainings
    are returned, in the order of their due times.

    Instants are in ISO 8601 and UTC. `delay_seconds` is [from, to]. Values before the due time are negative, and `to`
    is None while no check has found the release live. If the checks give no bounds, `delay_seconds` is None.
    `published_at_by_publisher` is the publisher's own statement and does not come from our checks. Its source is
    `publisher_source`. `diagnoses` are possible explanations of a late release.

    :raises NoSuchRelease: if one of the references is not known.
    """
    releases = Release.objects.filter(reference__in=references) if references else Release.objects.without_trainings()
    found = {release.reference: release for release in releases}
    for reference in references:
        if reference not in found:
            raise NoSuchRelease(f"There is no release {reference}.")
    return read_statuses([found[reference] for reference in dict.fromkeys(references or found)])


def read_statuses(
    releases: Collection[Release], *, mask: Callable[[Verification], Verification] = mask_verdict
) -> list[dict[str, Any]]:
    """Return the status of releases as `release_statuses` does.

    :param mask: removes from a verdict what the reader may not know. The default removes early findings, because anyone
        with a shell may read the output of the command.
    """
    versions = {release.pk: release.schedule_version for release in releases}
    rows = Verification.objects.all()
    if len(versions) <= 500:
        rows = rows.filter(release__in=list(versions))
    present = {
        row.release_id: mask(row)
        for row in rows.select_related("release").iterator()
        if versions.get(row.release_id) == row.schedule_version
    }
    return [_status_of(release, present.get(release.pk)) for release in releases]


def release_status_sentence(status: dict[str, Any]) -> str:
    """Write the status of a release in one line, in London time."""
    due_at = status["due_at"]
    due = f"due {calendar.format_moment(datetime.fromisoformat(due_at))}" if due_at else "no exact due date"
    # If there is no verdict, show the status instead of “pending”, because a release that was published before it was
    # monitored is not waiting for a verdict.
    judged = status["outcome"] != Outcome.PENDING
    where = status["outcome"].replace("_", " ") if judged else f"{status['status']}, not judged"
    line = f"{status['reference']}: {where}, {due}"
    first, last = status["delay_seconds"] or (None, None)
    if first is None:
        return line
    if last is None:
        return f"{line}, not live {math.floor(first)} seconds after it was due"
    side = "before" if first < 0 and last <= 0 else "after"
    lower, upper = sorted((abs(first), abs(last))) if side == "before" else (max(first, 0), last)
    return f"{line}, live between {math.floor(lower)} and {math.ceil(upper)} seconds {side} it was due"


def _status_of(release: Release, verification: Verification | None) -> dict[str, Any]:
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
    NO_ADDRESS = "no_address"
    NO_CONTACT = "no_contact"
    NO_HEAD = "no_head"
    PREFLIGHT_PROBLEMS = "preflight_problems"
    PAST_ITS_DATE = "past_its_date"
    NOT_CONFIRMED = "not_confirmed"
    NOT_ANNOUNCED = "not_announced"
    DUE_TOMORROW = "due_tomorrow"


def releases_of_concern(releases: ReleaseQuerySet, concern: Concern, *, now: datetime) -> ReleaseQuerySet:
    return releases.filter(_CONDITIONS[concern](now), status__in=TO_COME)


def count_concerns(person: Person, *, now: datetime) -> dict[Concern, int]:
    """Count the releases of a person's producers for each concern, with one query."""
    counts = {concern.value: Count("pk", filter=_CONDITIONS[concern](now)) for concern in Concern}
    found = visible_releases(person).filter(status__in=TO_COME).aggregate(**counts)
    return {Concern(name): found[name] for name in counts}


def _is_due_soon(now: datetime) -> Q:
    return Q(due_at__gt=now, due_at__lt=end_of_soon(now))


def end_of_soon(now: datetime) -> datetime:
    """Return the end of the period in which information must not be missing."""
    return _midnight(calendar.local_date(now) + SOON + timedelta(days=1))


def _has_no_page(now: datetime) -> Q:
    pages = Address.objects.filter(release=OuterRef("pk"), role=Address.Role.PAGE)
    return _is_due_soon(now) & Q(~Exists(pages))


def _has_preflight_problems(now: datetime) -> Q:
    with_problems = listed_preflights().newest().filter(release=OuterRef("pk"), problems__gt=0)
    return Q(due_at__gt=now) & Q(Exists(with_problems))


def _is_not_confirmed(now: datetime) -> Q:
    today = calendar.local_date(now)
    near = Q(status=Status.PROVISIONAL, rehearsal=False, planned_on__lt=today + calendar.NOTICE)
    return near & ~is_over(today)


def _is_due_tomorrow(now: datetime) -> Q:
    begin, end = london_day(calendar.local_date(now) + timedelta(days=1))
    return Q(due_at__gte=begin, due_at__lt=end)


# For each concern, a function that returns its condition for open releases. A page builds only the conditions that it
# needs, because two of the conditions have subqueries.
_CONDITIONS: Mapping[Concern, Callable[[datetime], Q]] = {
    Concern.NO_ADDRESS: _has_no_page,
    Concern.NO_CONTACT: lambda now: _is_due_soon(now) & Q(series__responsible=None),
    Concern.NO_HEAD: lambda now: _is_due_soon(now) & Q(series__head_of_profession=None),
    Concern.PREFLIGHT_PROBLEMS: _has_preflight_problems,
    Concern.PAST_ITS_DATE: lambda now: (
        Q(status=Status.PROVISIONAL, rehearsal=False) & is_over(calendar.local_date(now))
    ),
    Concern.NOT_CONFIRMED: _is_not_confirmed,
    Concern.NOT_ANNOUNCED: lambda now: Q(announced_at=None, rehearsal=False) & ~is_over(calendar.local_date(now)),
    Concern.DUE_TOMORROW: _is_due_tomorrow,
}


def london_day(on: date) -> tuple[datetime, datetime]:
    """Return the instants at which a London day begins and ends."""
    return london_days(on, on)


def london_days(first: date, last: date) -> tuple[datetime, datetime]:
    """Return the instant at which the first London day begins, and the instant at which the last London day ends."""
    return _midnight(first), _midnight(last + timedelta(days=1))


def _midnight(on: date) -> datetime:
    return calendar.from_london(datetime.combine(on, time()))


MADE_AT = Coalesce(F("agreed_at"), F("requested_at"))


def date_changes_of(person: Person, *, producer: str = "", on_the_day: bool = False) -> QuerySet[DateChange]:
    """Return the date changes that a person may read, the latest first. Changes of rehearsals are left out."""
    found: QuerySet[DateChange] = DateChange.objects.filter(
        release__series__producer__in=producers_where(person, Action.VIEW), release__rehearsal=False
    )
    if producer:
        found = found.filter(release__series__producer__slug=producer)
    if on_the_day:
        found = made_on_the_day(found)
    people = found.select_related("release__series__producer", "requested_by", "agreed_by")
    return people.prefetch_related("corrections").order_by(MADE_AT.desc(), "-pk")


def made_on_the_day(changes: QuerySet[DateChange]) -> QuerySet[DateChange]:
    """Return the changes that were made on the old or the new day of release.

    The annotation `made_on` is the London day on which a change was made.
    """
    return changes.annotate(made_on=TruncDate(MADE_AT, tzinfo=calendar.LONDON)).filter(
        Q(was_precision=Precision.EXACT, was_on=F("made_on")) | Q(to_precision=Precision.EXACT, to_on=F("made_on"))
    )
