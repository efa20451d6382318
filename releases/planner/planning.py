"""Next year's releases from this year's, as provisional: what would be made of each, and making it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from releases import permissions
from releases.calendar import scheduling
from releases.core.dates import calendar, london, next_year
from releases.core.dates.calendar import Nation, Precision, Slot
from releases.core.dates.next_year import Rule
from releases.core.lifecycle import MoveRefused
from releases.core.status import Status
from releases.models import Release
from releases.permissions import Action, check_may

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class Objection(StrEnum):
    """Why nothing is planned after a release."""

    NOT_YOURS = "not_yours"
    REHEARSAL = "rehearsal"
    CANCELLED = "cancelled"
    PLANNED_ALREADY = "planned_already"
    DAY_TAKEN = "day_taken"
    REFERENCE_TAKEN = "reference_taken"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Plan:
    """The release that would come a year after another: its names, its slot, and the days that lay in the way.

    `other` is the release that stands against it, where one does.
    """

    source: Release
    reference: str
    title: str
    slot: Slot
    in_the_way: tuple[date, ...] = ()
    objection: Objection | None = None
    other: Release | None = None

    @property
    def may_be_made(self) -> bool:
        """Whether nothing speaks against it."""
        return self.objection is None

    @property
    def holidays_known(self) -> bool:
        """Whether the bank holidays of its year are known by now."""
        return bool(calendar.bank_holidays(self.slot.on.year, nation=_nation(self.source)))


def plan(releases: QuerySet[Release], *, rule: Rule, by: "User", now: datetime) -> list[Plan]:
    """Say what would follow a year after each of some releases; nothing is made.

    :param now: the aware instant of asking: nothing is planned for a day that is over.
    """
    found = releases.select_related("series__producer", "planned_next__series").order_by("planned_on", "reference")
    plans = [_of(release, rule=rule) for release in found]
    mine = set(permissions.producers_where(by, Action.EDIT).values_list("pk", flat=True))
    known = Release.objects.filter(reference__in=[each.reference for each in plans]).select_related("series")
    references = {release.reference: release for release in known}
    days = {(release.series_id, release.planned_on): release for release in _in_the_same_places(plans)}
    wanted: set[str] = set()
    checked = []
    for each in plans:
        objection, other = _objection(each, mine=mine, references=references, days=days, now=now)
        if objection is None and each.reference in wanted:
            objection = Objection.REFERENCE_TAKEN
        wanted.add(each.reference)
        checked.append(replace(each, objection=objection, other=other))
    return checked


def make(plans: Iterable[Plan], *, by: "User", at: datetime) -> tuple[list[Release], list[str]]:
    """Record the planned releases to which there is no objection, as provisional and not announced.

    What somebody else has planned meanwhile is not made again.

    :param at: the aware instant of recording.
    :return: the releases that were made, and of the others, which were refused at the last moment, why.
    :raises NotYours: if one of the series is not theirs to edit any more.
    """
    made, refusals = [], []
    for each in plans:
        if not each.may_be_made:
            continue
        check_may(by, Action.EDIT, each.source.series.producer)
        try:
            made.append(_record(each, by=by, at=at))
        except MoveRefused as refusal:
            refusals.append(f"{each.source.reference}: {refusal}")
        except IntegrityError:
            # Somebody planned the same at the same time; what they made stands.
            continue
    return made, refusals


def _record(each: Plan, *, by: "User", at: datetime) -> Release:
    with transaction.atomic():
        made = scheduling.record_release(
            each.source.series, reference=each.reference, title=each.title, slot=each.slot, at=at, by=by
        )
        Release.objects.filter(pk=made.pk).update(planned_from=each.source)
    return made


def _of(release: Release, *, rule: Rule) -> Plan:
    placed = next_year.place(release.slot, rule=rule, nation=_nation(release))
    slot = placed.slot
    if slot.precision is Precision.EXACT:
        slot = replace(slot, at=release.series.release_time)
    reference = next_year.reference(release.reference, year=slot.on.year)
    return Plan(release, reference, next_year.title(release.title), slot, placed.in_the_way)


def _in_the_same_places(plans: Collection[Plan]) -> QuerySet[Release]:
    """Return what stands in the series on the planned days and was not planned by this way itself."""
    present = Release.objects.exclude(status=Status.CANCELLED).filter(planned_from=None, rehearsal=False)
    days, series = {each.slot.on for each in plans}, {each.source.series_id for each in plans}
    return present.filter(planned_on__in=days, series__in=series).select_related("series")


def _objection(
    each: Plan,
    *,
    mine: Collection[int],
    references: dict[str, Release],
    days: dict[tuple[int, date], Release],
    now: datetime,
) -> tuple[Objection | None, Release | None]:
    source = each.source
    planned: Release | None = getattr(source, "planned_next", None)
    same_day = days.get((source.series_id, each.slot.on))
    same_reference = references.get(each.reference)
    against = (
        (Objection.NOT_YOURS, source.series.producer_id not in mine, None),
        (Objection.REHEARSAL, source.rehearsal, None),
        (Objection.CANCELLED, source.status == Status.CANCELLED, None),
        (Objection.PLANNED_ALREADY, planned is not None, planned),
        (Objection.PAST, _is_past(each.slot, today=london.local_date(now)), None),
        (Objection.DAY_TAKEN, same_day is not None, same_day),
        (Objection.REFERENCE_TAKEN, same_reference is not None, same_reference),
    )
    objection, other = next(((why, other) for why, applies, other in against if applies), (None, None))
    # A reference may be taken by somebody else's release, of which no more is told.
    told = other if other and other.series.producer_id == source.series.producer_id else None
    return objection, told


def _is_past(slot: Slot, *, today: date) -> bool:
    return slot.on <= today if slot.precision is Precision.EXACT else slot.on < today.replace(day=1)


def _nation(release: Release) -> Nation:
    return Nation(release.series.producer.nation)
