"""The public calendar, which shows only announced facts, and its filters."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import TruncMonth

from releases.models import (
    Address,
    DateChange,
    Producer,
    PublishedCorrection,
    ReasonCorrection,
    Release,
    Series,
    Verification,
)
from releases.models.release import find_main_page
from releases.models.verification import read_results
from releases.published_corrections import Correction, group_corrections
from releases.rules import calendar
from releases.rules.calendar import Month, Precision, Slot, month_of
from releases.rules.lifecycle import Status
from releases.rules.public_calendar import (
    AnnouncedCorrection,
    AnnouncedMove,
    AnnouncedRelease,
    MoveNotice,
    PublicStatus,
    SlugName,
    days_of,
    public_status,
)
from releases.text.languages import is_welsh

MOST_WORDS = 10


@dataclass(frozen=True, slots=True)
class CalendarQuery:
    """Filters of announced releases. An empty value means no filter.

    :ivar producer: the slug of a producer.
    :ivar series: the slug of a series.
    :ivar words: words or parts of words. The title must contain all of them, but only the first ten are used. On a
        Welsh page, each word may be in the English or in the Welsh title.
    :ivar statuses: statuses in the calendar, including "postponed".
    :ivar since: select releases that may be published on or after this day.
    :ivar until: select releases that may be published on or before this day.
    """

    producer: str = ""
    series: str = ""
    designation: str = ""
    words: str = ""
    statuses: frozenset[PublicStatus] = frozenset()
    since: date | None = None
    until: date | None = None


def filter_releases(query: CalendarQuery, *, among: QuerySet[Release] | None = None) -> QuerySet[Release]:
    """:param among: the releases to filter. By default, all public releases."""
    releases = Release.objects.public() if among is None else among
    found = releases.filter(may_come_between(query.since, query.until))
    for column, value in (
        ("series__producer__slug", query.producer),
        ("series__slug", query.series),
        ("series__designation", query.designation),
    ):
        if value:
            found = found.filter(**{column: value})
    for word in query.words.split()[:MOST_WORDS]:
        # English pages do not search the Welsh titles, because the index for this search has only the English titles.
        has_word = Q(title__icontains=word)
        found = found.filter(has_word | Q(welsh_title__icontains=word) if is_welsh() else has_word)
    return found.filter(_called(query.statuses)) if query.statuses else found


def may_come_between(since: date | None, until: date | None) -> Q:
    """Return the condition that a release may be published on a day from `since` to `until`.

    If a release has a vague date, it may be published on any day of its months. None means no limit.
    """
    condition = Q()
    if since:
        this_month = month_of(since)
        # The condition on the previous month is redundant, but lets the database use the index on the date.
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
# A release is postponed if its last announced date change moved it to a later date, or to a later time of the same day.
# This is the change with the present `schedule_version` of the release, because every date change of a public release
# is announced.
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


class CalendarView(StrEnum):
    ALL = "all"
    UPCOMING = "upcoming"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    CORRECTED = "corrected"


STILL_TO_COME = (Status.PROVISIONAL, Status.CONFIRMED)
COLUMNS = (
    "pk",
    "public_id",
    "reference",
    "title",
    "status",
    "planned_on",
    "planned_at",
    "precision",
    "zone",
    "due_at",
    "announced_at",
    "confirmed_at",
    "cancelled_at",
    "cancellation_reason",
    "series__designation",
    "series__slug",
    "series__title",
    "series__producer__slug",
    "series__producer__name",
    "welsh_title",
    "series__welsh_title",
    "series__producer__welsh_name",
)
_vague_last = Case(When(precision=Precision.EXACT, then=Value(0)), default=Value(1))


def announced_releases() -> QuerySet[Release]:
    return (
        Release.objects.public()
        .select_related("series__producer", "series__responsible")
        .prefetch_related(
            Prefetch(
                "date_changes",
                queryset=_announced_changes().prefetch_related("corrections"),
                to_attr="announced_changes",
            )
        )
    )


def _announced_changes() -> QuerySet[DateChange]:
    return DateChange.objects.filter(announced_at__isnull=False).order_by("schedule_version")


def _move(change: Any) -> AnnouncedMove:
    is_corrected = change.corrections_made is not None
    return AnnouncedMove(
        version=change.schedule_version,
        was=change.was,
        to=change.to,
        reason=change.corrected_reason if is_corrected else change.public_reason,
        announced_at=change.announced_at,
        first_reason=change.public_reason if is_corrected else "",
        corrections=change.corrections_made or 0,
        corrected_at=change.corrected_at,
    )


def announced_facts(releases: QuerySet[Release], *, pages_at: datetime | None = None) -> list[AnnouncedRelease]:
    """Return the announced facts of releases, in the order of the queryset.

    This needs at most three queries, or five if pages are included.

    :param pages_at: if an instant is given, include the pages of the releases that are due and live at this instant.
    """
    return _facts(list(releases.values(*COLUMNS, "schedule_version")), pages_at=pages_at)


def announced_facts_of(keys: Sequence[int]) -> list[AnnouncedRelease]:
    """Return the announced facts of releases, in the order of `keys`. Unannounced releases are omitted."""
    found = Release.objects.public().filter(pk__in=keys).values(*COLUMNS, "schedule_version")
    rows = {row["pk"]: row for row in found}
    return _facts([rows[key] for key in keys if key in rows], pages_at=None)


def _facts(rows: Sequence[dict[str, Any]], *, pages_at: datetime | None) -> list[AnnouncedRelease]:
    moves: dict[int, list[AnnouncedMove]] = defaultdict(list)
    # Every date change increases the schedule version, so a release with version 1 has no date changes.
    moved = [row["pk"] for row in rows if row["schedule_version"] > 1]
    last_correction = ReasonCorrection.objects.filter(change=OuterRef("pk")).order_by("-number")
    changes: QuerySet[Any] = _announced_changes().filter(release__in=moved)
    changes = changes.annotate(
        corrected_reason=Subquery(last_correction.values("public_reason")[:1]),
        corrected_at=Subquery(last_correction.values("agreed_at")[:1]),
        corrections_made=Subquery(last_correction.values("number")[:1]),
    )
    for change in changes:
        moves[change.release_id].append(_move(change))
    corrections = _corrections([row["pk"] for row in rows if row["status"] == Status.PUBLISHED])
    pages = _pages(rows, now=pages_at) if pages_at else {}
    return [
        _announced(row, tuple(moves.get(row["pk"], ())), corrections.get(row["pk"], ()), pages.get(row["pk"], ""))
        for row in rows
    ]


def _corrections(releases: Collection[int]) -> dict[int, tuple[AnnouncedCorrection, ...]]:
    """Return a dict that maps the primary keys of releases to their announced corrections, sorted by number."""
    if not releases:
        return {}
    rows = PublishedCorrection.objects.filter(release__in=releases).order_by("release_id", "number", "revision")
    found: dict[int, list[AnnouncedCorrection]] = defaultdict(list)
    for correction in group_corrections(rows):
        if announced := _announced_correction(correction):
            found[correction.current.release_id].append(announced)
    return {release: tuple(corrections) for release, corrections in found.items()}


def _announced_correction(correction: Correction) -> AnnouncedCorrection | None:
    changed = correction.public_changes
    if not changed:
        return None
    last = correction.current
    return AnnouncedCorrection(
        correction.number, last.public_notice, changed[0].recorded_at, changed[-1].recorded_at, last.corrected_at
    )


def _announced(
    row: dict[str, Any], moves: tuple[AnnouncedMove, ...], corrections: tuple[AnnouncedCorrection, ...], page: str
) -> AnnouncedRelease:
    last_move = (moves[-1].was, moves[-1].to) if moves else None
    return AnnouncedRelease(
        status=public_status(row["status"], last_move=last_move),
        slot=Slot(row["planned_on"], row["planned_at"], Precision(row["precision"]), row["zone"]),
        designation=row["series__designation"],
        series=SlugName(row["series__slug"], row["series__title"], row["series__welsh_title"]),
        producer=SlugName(
            row["series__producer__slug"], row["series__producer__name"], row["series__producer__welsh_name"]
        ),
        welsh_title=row["welsh_title"],
        moves=moves,
        corrections=corrections,
        page=page,
        **{name: row[name] for name in COLUMNS[1:4] + COLUMNS[9:14]},
    )


def releases_in_month(month: Month, query: CalendarQuery, *, show: CalendarView, now: datetime) -> QuerySet[Release]:
    """Return the announced releases of a month, sorted by date. Releases with a vague date come last.

    A release that is announced for two months is included in both months. A release is upcoming until the end of its
    day in London. If its date is vague, it is upcoming until the end of the last day of its months.
    """
    found = _filter_view(query, show, now=now).filter(may_come_between(month.first, month.last))
    return found.order_by(_vague_last, "planned_on", "planned_at", "title", "pk")


def releases_in_all_months(query: CalendarQuery, *, show: CalendarView, now: datetime) -> QuerySet[Release]:
    """Return the announced releases of all months.

    Upcoming releases are sorted by date, the earliest first. In the other views, the latest release comes first.
    """
    found = _filter_view(query, show, now=now)
    if show is CalendarView.UPCOMING:
        return found.order_by(TruncMonth("planned_on"), _vague_last, "planned_on", "planned_at", "title", "pk")
    return found.order_by("-planned_on", "-public_id")


def _filter_view(query: CalendarQuery, show: CalendarView, *, now: datetime) -> QuerySet[Release]:
    found = filter_releases(query)
    if show is CalendarView.UPCOMING:
        return found.filter(may_come_between(calendar.local_date(now), None), status__in=STILL_TO_COME)
    if show is CalendarView.CORRECTED:
        notices = PublishedCorrection.objects.current().exclude(public_notice="")
        return found.filter(Exists(notices.filter(release=OuterRef("pk"))), status=Status.PUBLISHED)
    return found if show is CalendarView.ALL else found.filter(status=show.value)


def find_months_around(month: Month) -> tuple[Month | None, Month | None]:
    dates = Release.objects.public().values_list("planned_on", flat=True)
    before = dates.filter(planned_on__lt=month.first).order_by("-planned_on").first()
    after = dates.filter(planned_on__gte=month.next.first).order_by("planned_on").first()
    return month_of(before) if before else None, month_of(after) if after else None


def public_producers() -> QuerySet[Producer]:
    return Producer.objects.filter(Exists(Series.objects.filter(_has_announced, producer=OuterRef("pk")))).order_by(
        "name"
    )


def public_series() -> QuerySet[Series]:
    """Return the series that have announced releases, sorted by producer and title.

    The existence of other series is private.
    """
    return Series.objects.filter(_has_announced).select_related("producer").order_by("producer__name", "title")


_has_announced = Exists(Release.objects.public().filter(series=OuterRef("pk")))


def calendar_status(release: Release) -> PublicStatus:
    changes: Sequence[DateChange] = release.announced_changes  # type: ignore[attr-defined]  # of the prefetch
    return public_status(release.status, last_move=(changes[-1].was, changes[-1].to) if changes else None)


def move_notice_of(release: Release) -> MoveNotice | None:
    """Return the notice about the cancellation or the last date change of an announced release.

    Return None if there is neither, or if the release is published.
    """
    if release.status == Status.CANCELLED:
        return MoveNotice(release.slot, None, release.cancellation_reason, release.cancelled_at)
    changes: Sequence[DateChange] = release.announced_changes  # type: ignore[attr-defined]  # of the prefetch
    if not changes or release.status not in STILL_TO_COME:
        return None
    last = changes[-1]
    correction = last.last_correction
    return MoveNotice(
        last.was, last.to, correction.public_reason if correction else last.public_reason, last.announced_at
    )


def live_page_of(release: Release, *, now: datetime) -> str:
    """Return the address of a release's page if the release is due and live. Otherwise, return an empty string.

    A release counts as live if a person stated that it was published, or if a check at or after the due time found it
    live.
    """
    row = {name: getattr(release, name) for name in ("pk", "due_at", "status")}
    return _pages([row], now=now).get(release.pk, "")


def _pages(rows: Sequence[dict[str, Any]], *, now: datetime) -> dict[int, str]:
    due = {
        row["pk"]: row["status"]
        for row in rows
        if row["due_at"] is not None and now >= row["due_at"] and row["status"] != Status.CANCELLED
    }
    if not due:
        return {}
    listed: dict[int, list[Address]] = defaultdict(list)
    for one in Address.objects.filter(release__in=due, role=Address.Role.PAGE, url__startswith="http").order_by("pk"):
        listed[one.release_id].append(one)
    # Only the main page is public. The other parts of a release may follow later, so they may not be live yet.
    pages = {release: page for release, those in listed.items() if (page := find_main_page(those))}
    live_pages = _find_live_pages([pk for pk, status in due.items() if status != Status.PUBLISHED and pk in pages])
    return {pk: page.url for pk, page in pages.items() if due[pk] == Status.PUBLISHED or page.pk in live_pages}


def _find_live_pages(releases: Collection[int]) -> set[int]:
    if not releases:
        return set()
    present = Verification.objects.filter(release__in=releases, schedule_version=F("release__schedule_version"))
    results = (
        result for addresses in present.values_list("addresses", flat=True) for result in read_results(addresses)
    )
    return {result.address for result in results if result.verdict.is_live_at_last}


def date_answer(slot: Slot) -> dict[str, Any]:
    """Return a date in the format of the API and of webhooks."""
    first, last = days_of(slot)
    at = f"{slot.at:%H:%M}" if isinstance(slot.at, time) and slot.precision is Precision.EXACT else None
    return {
        "text": str(slot),
        "precision": slot.precision,
        "first_day": first,
        "last_day": last,
        "time": at,
        "zone": slot.zone,
    }
