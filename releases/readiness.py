"""Warnings about missing information and unusual dates of releases.

A warning does not block an action.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Q

from releases import scheduling
from releases.models import Release, Series
from releases.models.release import ReleaseQuerySet
from releases.rules import calendar
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Status


class WarningKind(StrEnum):
    NO_CONTACT = "no_contact"
    NO_HEAD = "no_head_of_profession"
    NO_PAGE = "no_page"
    WEEKEND = "weekend"
    BANK_HOLIDAY = "bank_holiday"
    CLOSED_DAY = "closed_day"
    PAST = "past"
    SHORT_NOTICE = "short_notice"
    SHORT_FOR_MARKETS = "short_for_markets"
    IMPROBABLE_YEAR = "improbable_year"
    BEFORE_PREVIOUS = "before_previous"
    AFTER_NEXT = "after_next"
    SAME_DAY = "same_day"


# Warnings about people who are missing from a series. They apply to all releases of the series.
OF_SERIES = frozenset({WarningKind.NO_CONTACT, WarningKind.NO_HEAD})
# A person who confirms a date with one of these warnings has to give a reason.
NEEDS_REASON = frozenset({WarningKind.PAST, WarningKind.SHORT_NOTICE})
# Warnings about the length of notice. They no longer apply once the date is confirmed.
OF_NOTICE = NEEDS_REASON | {WarningKind.SHORT_FOR_MARKETS}


@dataclass(frozen=True, slots=True)
class ReleaseWarning:
    """A warning about a release or its series.

    :ivar on: the day of release, if the warning is about the date.
    :ivar name: the name of the bank holiday or of the office's non-working day, or the title of the other edition.
    :ivar days: the number of days of notice; negative if the date is in the past.
    :ivar years: the number of years by which the date moves.
    :ivar edition: the date of the other edition.
    :ivar edition_to: the new date of the other edition, if its date is to change too.
    """

    kind: WarningKind
    on: date | None = None
    name: str = ""
    days: int = 0
    years: int = 0
    edition: Slot | None = None
    edition_to: Slot | None = None


def find_missing_people(series: Series) -> Iterator[ReleaseWarning]:
    if series.responsible_id is None:
        yield ReleaseWarning(WarningKind.NO_CONTACT)
    if series.head_of_profession_id is None:
        yield ReleaseWarning(WarningKind.NO_HEAD)


def find_day_warnings(slot: Slot, series: Series) -> Iterator[ReleaseWarning]:
    """Yield a warning for each reason why the day of a slot is not a working day.

    The day can be a weekend, a bank holiday of the nation of the statistics, or a non-working day of the producer's
    office. A slot without an exact date gives no warnings.

    Source: Code of Practice for Statistics, edition 2.1, T3.6 (3.0: 3.6): release on a weekday.
    """
    if slot.precision is not Precision.EXACT:
        return
    if slot.on.weekday() >= calendar.SATURDAY:
        yield ReleaseWarning(WarningKind.WEEKEND, on=slot.on)
    elif holiday := calendar.bank_holidays(slot.on.year, nation=series.order_nation).get(slot.on):
        yield ReleaseWarning(WarningKind.BANK_HOLIDAY, on=slot.on, name=holiday)
    for day in series.producer.non_working_days.all():
        if day.on == slot.on:
            yield ReleaseWarning(WarningKind.CLOSED_DAY, on=slot.on, name=day.title)


def find_change_warnings(
    changes: Sequence[tuple[Release, Slot]], *, among: ReleaseQuerySet | None = None
) -> list[list[ReleaseWarning]]:
    """Return, for each release and its new date, the reasons why this date is probably a mistake.

    The date can be years later, or the day of another edition of the series, or the release would pass the previous or
    the next edition. A rehearsal has no warnings. All editions are read with one query.

    The new dates are compared with the present dates of the other editions, because each change can be made without the
    others. If one of the other changes moves the edition in a warning, the warning has its new date too.

    :param among: the releases that a warning may name, if the reader may not know of all.
    """
    between = Q()
    for release, to in changes:
        if not release.rehearsal:
            first, last = sorted((release.planned_on, to.on))
            between |= Q(series=release.series_id, planned_on__range=(first, last))
    known = Release.objects.all() if among is None else among
    found = list(_read_editions(known.filter(between))) if between else []
    moved = {release.pk: to for release, to in changes}
    return [[] if release.rehearsal else list(_compare_dates(release, to, found, moved)) for release, to in changes]


def _read_editions(known: ReleaseQuerySet) -> ReleaseQuerySet:
    """Select the editions among some releases, with the columns that comparisons of dates need, the earliest first."""
    editions = known.official().exclude(status=Status.CANCELLED).order_by("planned_on", "pk")
    return editions.only("series_id", "title", "planned_on", "planned_at", "precision", "zone")


def _compare_dates(
    release: Release, to: Slot, editions: Iterable[Release], moved: Mapping[int, Slot]
) -> Iterator[ReleaseWarning]:
    """Yield the warnings about a new date of a release.

    :param editions: at least all editions of the series between the two dates, the earliest first.
    :param moved: the new dates of releases, keyed by primary key.
    """
    if calendar.is_improbably_later(to.on, was=release.planned_on):
        was = release.planned_on
        years = to.on.year - was.year - ((to.on.month, to.on.day) < (was.month, was.day))
        yield ReleaseWarning(WarningKind.IMPROBABLE_YEAR, years=years)
    # The release itself may have another date since it was read.
    others = [each for each in editions if each.series_id == release.series_id and each.pk != release.pk]
    previous = [each for each in others if to.on <= each.planned_on and each.slot.is_before(release.slot)]
    following = [each for each in others if each.planned_on <= to.on and release.slot.is_before(each.slot)]
    if previous and to.last_day < previous[-1].planned_on:
        yield _warn_of_edition(WarningKind.BEFORE_PREVIOUS, previous[-1], moved)
    if following and to.on > following[0].slot.last_day:
        yield _warn_of_edition(WarningKind.AFTER_NEXT, following[0], moved)
    if to.precision is Precision.EXACT and to.on != release.planned_on:
        same_day = [each for each in others if each.slot.precision is Precision.EXACT and each.planned_on == to.on]
        yield from (_warn_of_edition(WarningKind.SAME_DAY, each, moved) for each in same_day[:1])


def _warn_of_edition(kind: WarningKind, other: Release, moved: Mapping[int, Slot]) -> ReleaseWarning:
    return ReleaseWarning(kind, name=other.title, edition=other.slot, edition_to=moved.get(other.pk))


def find_passed_editions(moves: Mapping[int, tuple[Slot, Slot]], *, left_out: Collection[str] = ()) -> dict[int, str]:
    """Return the title of an edition that each moved release passes, keyed by the primary key of the release.

    Two editions of a series pass each other if their order turns round. The dates before and after all moves are
    compared, so a series of which every edition moves by a month has no warning. Rehearsals have none either. All
    editions are read with one query.

    :param moves: the slots of each release before and after, keyed by its primary key.
    :param left_out: the references of the editions that are not compared.
    """
    if not moves:
        return {}
    series = Release.objects.filter(pk__in=moves).order_by().values("series")
    of_series: dict[int, list[Release]] = defaultdict(list)
    for edition in _read_editions(Release.objects.filter(series__in=series).exclude(reference__in=left_out)):
        of_series[edition.series_id].append(edition)

    def passes(release: Release, other: Release) -> bool:
        (was, to), (other_was, other_to) = moves[release.pk], moves.get(other.pk, (other.slot, other.slot))
        is_past_next = was.is_before(other_was) and to.on > other_to.last_day
        return is_past_next or (other_was.is_before(was) and to.last_day < other_to.on)

    found = {
        release.pk: next((other.title for other in editions if passes(release, other)), None)
        for editions in of_series.values()
        for release in editions
        if release.pk in moves
    }
    return {key: title for key, title in found.items() if title is not None}


def find_warnings(release: Release, *, at: datetime) -> tuple[ReleaseWarning, ...]:
    """Return all warnings about a release. A rehearsal has no warnings.

    :param at: the aware instant from which the days of notice are counted.
    """
    if release.rehearsal:
        return ()
    found = [*find_missing_people(release.series)]
    if not any(address.role == address.Role.PAGE for address in release.addresses.all()):
        found.append(ReleaseWarning(WarningKind.NO_PAGE))
    found += find_day_warnings(release.slot, release.series)
    notice = scheduling.notice_of(release, given_at=at)
    if notice.is_short:
        kind = WarningKind.PAST if notice.days < 0 else WarningKind.SHORT_NOTICE
        found.append(ReleaseWarning(kind, on=release.planned_on, days=notice.days))
    elif notice.is_short_for_markets:
        found.append(ReleaseWarning(WarningKind.SHORT_FOR_MARKETS, on=release.planned_on, days=notice.days))
    return tuple(found)
