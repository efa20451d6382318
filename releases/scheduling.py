"""The moves of the calendar: record, announce, confirm, change the date, cancel, publish."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from releases import calendar, london
from releases.calendar import Nation, Slot
from releases.lifecycle import Move, MoveRefused, SomethingMissing
from releases.models import Address, DateChange, Release, Series
from releases.models.event import record
from releases.permissions import roles_of
from releases.status import ANNOUNCE, CANCEL, CHANGE_DATE, CONFIRM, PUBLISH, RELEASE, Status

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class SlotRefused(MoveRefused):
    """The date or time is one for which nothing can be announced; `field` names which of the two."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class SomebodyWasFaster(MoveRefused):
    """The release was changed by somebody else since it was read."""


@dataclass(frozen=True, slots=True)
class PlannedAddress:
    """One address of a release that is about to be recorded."""

    url: str
    role: str = Address.Role.PAGE
    marker: str = ""
    adapter: str = "page"
    required: bool = True


def record_release(
    series: Series,
    *,
    reference: str,
    title: str,
    slot: Slot,
    at: datetime,
    by: "User | None" = None,
    rehearsal: bool = False,
    addresses: Iterable[PlannedAddress] = (),
) -> Release:
    """Record a provisional release and its addresses; nobody outside sees it before it is announced.

    :param slot: the planned date, time and precision; seconds are dropped.
    :param at: the aware instant of recording.
    :raises SlotRefused: if the time is not the series' release time (rehearsals may be due at any minute).
    """
    slot = _to_the_minute(slot)
    _check_time(slot, series, rehearsal=rehearsal)
    with transaction.atomic():
        release = Release.objects.create(
            series=series,
            reference=reference,
            title=title,
            rehearsal=rehearsal,
            recorded_at=at,
            **_slot_fields(slot),
        )
        for planned in addresses:
            add_address(release, planned, at=at)
        record(release, "recorded", at=at, by=by, slot=str(slot), rehearsal=rehearsal)
    return release


def add_address(release: Release, planned: PlannedAddress, *, at: datetime) -> Address:
    """Add an address to a release; one added after the due time is kept and not watched.

    :param at: the aware instant of adding.
    """
    return Address.objects.create(
        release=release,
        url=planned.url,
        role=planned.role,
        marker=planned.marker,
        adapter=planned.adapter,
        required=planned.required,
        added_at=at,
    )


def announce(release: Release, *, by: "User | None", at: datetime) -> Release:
    """Make a release public in the calendar; a second time changes nothing.

    :raises MoveRefused: if its status or the person's roles do not allow it, or it is a rehearsal.
    """
    if release.rehearsal:
        message = "A rehearsal is never announced."
        raise MoveRefused(message)
    move = _check(release, ANNOUNCE, by=by)
    if release.announced_at is not None:
        return release
    return _apply(release, move, by=by, at=at, values={"announced_at": at})


def confirm(release: Release, *, by: "User | None", at: datetime) -> Release:
    """Confirm a provisional release for its exact date and time.

    :raises SlotRefused: if the date is no working day of the producer's nation.
    :raises MoveRefused: if its status, the person's roles or a vague date do not allow it.
    """
    given = {"exact_date"} if release.due_at else set()
    move = _check(release, CONFIRM, by=by, given=given)
    _check_day(release.slot, release.series, rehearsal=release.rehearsal)
    return _apply(release, move, by=by, at=at, values={"confirmed_at": at})


def change_date(release: Release, *, to: Slot, reason: str = "", by: "User", at: datetime) -> Release:
    """Move a release to another date or time and start a new schedule version.

    The change is kept for ever. For a confirmed release it needs a public reason and is the act of a Head of
    Profession or a deputy; for a provisional one a reason is not published, so it is not kept as public.

    :param to: the new slot; seconds are dropped. The old one is read from the store, never from the caller.
    :raises SomethingMissing: if a confirmed release is given a vague date or no reason.
    :raises SlotRefused: if nothing changes, or nothing can be announced for that day or time.
    :raises MoveRefused: if its status or the person's roles do not allow it.
    """
    release = Release.objects.select_related("series__producer").get(pk=release.pk)
    to, was = _to_the_minute(to), release.slot
    given = {name for name, value in (("exact_date", to.due_at), ("reason", reason.strip())) if value}
    move = _check(release, CHANGE_DATE, by=by, given=given)
    if to == was:
        field = "reason" if reason.strip() else "planned_on"
        sentence = f"The date is unchanged ({was}): there is no change to give a reason for."
        raise SlotRefused(field, sentence)
    _check_time(to, release.series, rehearsal=release.rehearsal)
    confirmed = release.status == Status.CONFIRMED
    if confirmed:
        _check_day(to, release.series, rehearsal=release.rehearsal)
    with transaction.atomic():
        changed = _apply(
            release,
            move,
            by=by,
            at=at,
            values={**_slot_fields(to), "schedule_version": release.schedule_version + 1},
            words="" if confirmed else reason.strip(),
            was=str(was),
            to=str(to),
            after_due=bool(was.due_at and at >= was.due_at),
        )
        DateChange.objects.create(
            release=release,
            schedule_version=changed.schedule_version,
            was_on=was.on,
            was_at=was.at,
            was_precision=was.precision,
            to_on=to.on,
            to_at=to.at,
            to_precision=to.precision,
            zone=to.zone,
            public_reason=reason.strip() if confirmed else "",
            requested_by=by,
            requested_at=at,
            agreed_by=by if confirmed else None,
            agreed_at=at if confirmed else None,
            announced_at=at if release.announced_at else None,
        )
    return changed


def cancel(release: Release, *, reason: str, by: "User", at: datetime) -> Release:
    """Cancel a release, with the reason that the public reads; a cancelled one stays as it is.

    :raises SomethingMissing: if the reason is empty.
    :raises MoveRefused: if its status or the person's roles do not allow it.
    """
    given = {"reason"} if reason.strip() else set()
    move = _check(release, CANCEL, by=by, given=given)
    values = {"cancelled_at": at, "cancellation_reason": reason.strip()}
    return _apply(release, move, by=by, at=at, values=values, after_due=bool(release.due_at and at >= release.due_at))


def publish(release: Release, *, by: "User | None", at: datetime, published_at: datetime) -> Release:
    """Mark a confirmed release as published, on the ground of a look or of a person's statement.

    :param at: the aware instant of marking.
    :param published_at: when it was first seen live, or when the person says that it was.
    :raises MoveRefused: if its status or the person's roles do not allow it.
    """
    move = _check(release, PUBLISH, by=by)
    return _apply(release, move, by=by, at=at, values={"published_at": published_at})


def _check(release: Release, name: str, *, by: "User | None", given: Collection[str] = ()) -> Move:
    roles = roles_of(by, release.series.producer) if by else frozenset()
    return RELEASE.check(name, source=release.status, roles=roles, given=given, by_system=by is None)


def _apply(
    release: Release,
    move: Move,
    *,
    by: "User | None",
    at: datetime,
    values: dict[str, Any],
    words: str = "",
    **facts: Any,
) -> Release:
    with transaction.atomic():
        unchanged = Release.objects.filter(pk=release.pk, status=move.source, schedule_version=release.schedule_version)
        if not unchanged.update(status=move.target, **values):
            sentence = "This release was changed by somebody else; look at it again before you go on."
            raise SomebodyWasFaster(sentence)
        release.refresh_from_db()
        record(release, move.name, at=at, by=by, words=words, status=[move.source, move.target], **facts)
    return release


def _slot_fields(slot: Slot) -> dict[str, Any]:
    try:
        due_at = slot.due_at
    except ValueError as error:
        raise SlotRefused("planned_at", str(error)) from error
    if slot.precision is calendar.Precision.EXACT and due_at is None:
        raise SomethingMissing("planned_at", "An exact date needs its time, such as 9:30am.")
    return {
        "planned_on": slot.on,
        "planned_at": slot.at,
        "precision": slot.precision,
        "zone": slot.zone,
        "due_at": due_at,
    }


def _to_the_minute(slot: Slot) -> Slot:
    at = calendar.seconds_dropped(slot.at) if slot.at else None
    return Slot(on=slot.on, at=at, precision=slot.precision, zone=slot.zone)


def _check_time(slot: Slot, series: Series, *, rehearsal: bool) -> None:
    # Code of Practice, edition 2.1, T3.6: 9.30am, or the one other time that was approved for the series.
    if rehearsal or slot.due_at is None:
        return
    local = london.in_london(slot.due_at).time()
    if local != series.release_time:
        sentence = (
            f"{calendar.time_of_day(local)} is not the release time of this series, which is "
            f"{calendar.time_of_day(series.release_time)}; another time needs the approval recorded on the series."
        )
        raise SlotRefused("planned_at", sentence)


def _check_day(slot: Slot, series: Series, *, rehearsal: bool) -> None:
    objection = calendar.no_release_day(slot.on, nation=Nation(series.producer.nation))
    if objection and not rehearsal:
        raise SlotRefused("planned_on", objection)
