"""The moves of the calendar: record, announce, confirm, change the date, cancel, publish."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from releases.calendar import address_rules, changed_dates, moving, slot_rules
from releases.calendar.slot_rules import SlotRefused
from releases.core.dates import calendar
from releases.core.dates.calendar import Slot
from releases.core.lifecycle import Move, MoveRefused, SomebodyWasFaster, WrongRole
from releases.core.roles import LEADS, Role
from releases.core.status import ANNOUNCE, CANCEL, CANCEL_ONCE_DUE, CHANGE_DATE, CONFIRM, PUBLISH, RELEASE, Status
from releases.models import Address, DateChangeRequest, Release, Series
from releases.models.event import ReleaseEvent, happening, record, record_rows
from releases.permissions import roles_of

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


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
    :raises SlotRefused: if the time does not exist, or is not the series' release time (rehearsals may be due
        at any minute).
    """
    slot = slot_rules.check_new(series, slot=slot, rehearsal=rehearsal)
    with transaction.atomic():
        release = Release.objects.create(
            series=series,
            reference=reference,
            title=title,
            rehearsal=rehearsal,
            recorded_at=at,
            **slot_rules.fields_of(slot),
        )
        created = [_create_address(release, planned, at=at).pk for planned in addresses]
        record(release, "recorded", at=at, by=by, slot=str(slot), rehearsal=rehearsal)
        record_rows({Release: [release.pk], Address: created})
    return release


def add_address(release: Release, planned: PlannedAddress, *, at: datetime) -> Address:
    """Add an address to a release; one added after the due time is kept and not watched. An announcement is optional.

    :param at: the aware instant of adding.
    :raises SecondAnnouncement: if it is an announcement, and the release has one.
    """
    with transaction.atomic():
        address = _create_address(release, planned, at=at)
        record_rows({Address: [address.pk]})
    return address


def _create_address(release: Release, planned: PlannedAddress, *, at: datetime) -> Address:
    is_announcement = planned.role == Address.Role.ANNOUNCEMENT
    if is_announcement:
        address_rules.check_only_announcement(release)
    return Address.objects.create(
        release=release,
        url=planned.url,
        role=planned.role,
        marker=planned.marker,
        adapter=planned.adapter,
        required=planned.required and not is_announcement,
        added_at=at,
    )


def announce(release: Release, *, by: "User | None", at: datetime) -> Release:
    """Make a release public in the calendar; a second time changes nothing.

    :raises MoveRefused: if its status or the person's roles do not allow it, or it is a rehearsal.
    """
    if release.rehearsal:
        message = _("A rehearsal is never announced.")
        raise MoveRefused(message)
    move = moving.check(release, ANNOUNCE, by=by)
    if release.announced_at is not None:
        return release
    return moving.apply(release, move, by=by, at=at, values={"announced_at": at})


def confirm(release: Release, *, by: "User | None", at: datetime, reason: str = "") -> Release:
    """Confirm a provisional release for its exact date and time.

    :param reason: why the notice is short, where it is; kept in our own record and not published.
    :raises SlotRefused: if the date is no working day of the producer's nation.
    :raises SomethingMissing: if a person gives less than four weeks' notice and no reason.
    :raises MoveRefused: if its status, the person's roles or a vague date do not allow it.
    """
    given = {"exact_date"} if release.due_at else set()
    move = moving.check(release, CONFIRM, by=by, given=given)
    slot_rules.check_day(release.slot, release.series, rehearsal=release.rehearsal)
    is_short = not release.rehearsal and calendar.is_short_notice(release.planned_on, given_at=at)
    # What the system confirms was confirmed elsewhere before: an import cannot know why.
    if is_short and by is not None:
        slot_rules.check_notice(release.planned_on, reason=reason, at=at)
    kept = reason.strip() if is_short else ""
    values = {"confirmed_at": at, "short_notice_reason": kept}
    days = calendar.days_of_notice(release.planned_on, given_at=at)
    return moving.apply(release, move, by=by, at=at, values=values, words=kept, notice_days=days)


def check_change_date(
    release: Release, *, to: Slot, reason: str = "", by: "User | None", expected_version: int | None = None
) -> None:
    """Require that a release can be moved to another date or time; `change_date` says what it raises."""
    _prepare_change(release, to=to, reason=reason, roles=_roles(release, by), expected_version=expected_version)


def propose_change(
    release: Release, *, to: Slot, reason: str, expected_version: int | None = None
) -> tuple[Release, Slot]:
    """Return a release as it is stored, and to the minute the date and time to which a lead may move it.

    Nothing is changed; `change_date` says what it raises.
    """
    release, to, _ = _prepare_change(release, to=to, reason=reason, roles=LEADS, expected_version=expected_version)
    return release, to


def change_date(
    release: Release,
    *,
    to: Slot,
    reason: str = "",
    by: "User | None",
    at: datetime,
    expected_version: int | None = None,
    asked: DateChangeRequest | None = None,
) -> Release:
    """Move a release to another date or time and start a new schedule version.

    The change is kept for ever. For a confirmed release it needs a public reason and is the act of a Head of
    Profession or a deputy, never of the system; for a provisional one a reason is not published, so it is not
    kept as public.

    :param to: the new slot; seconds are dropped. The old one is read from the store, never from the caller.
    :param expected_version: the schedule version that the person has seen, if they have seen one.
    :param asked: the request, where the person agrees to what somebody asked for; it says who asked, and when.
    :raises SomethingMissing: if a confirmed release is given a vague date or no reason.
    :raises SlotRefused: if nothing changes, or nothing can be announced for that day or time.
    :raises SomebodyWasFaster: if the schedule is not the expected one any more.
    :raises BeingJudged: if it has fallen due and is being looked at.
    :raises MoveRefused: if its status or the person's roles do not allow it.
    """
    release, to, move = _prepare_change(
        release, to=to, reason=reason, roles=_roles(release, by), expected_version=expected_version
    )
    was, confirmed = release.slot, release.status == Status.CONFIRMED
    moving.refuse_while_judged(release, at=at)
    with transaction.atomic():
        changed = moving.apply(
            release,
            move,
            by=by,
            at=at,
            values={**slot_rules.fields_of(to), "schedule_version": release.schedule_version + 1},
            words="" if confirmed else reason.strip(),
            was=str(was),
            to=str(to),
            after_due=moving.is_due(release, at=at),
            **({"request": asked.pk} if asked else {}),
        )
        changed_dates.keep(changed, was=was, reason=reason.strip(), confirmed=confirmed, by=by, at=at, asked=asked)
    return changed


def check_cancel(release: Release, *, by: "User", at: datetime, reason: str = "to be given") -> Move:
    """Return the row of the table by which a person cancels a release: another one once a confirmed one is due.

    :param at: the aware instant of cancelling.
    :raises SomethingMissing: if the reason is empty.
    :raises MoveRefused: if its status or the person's roles do not allow it.
    """
    due = release.status == Status.CONFIRMED and moving.is_due(release, at=at)
    given = {"reason"} if reason.strip() else set()
    return moving.check(release, CANCEL_ONCE_DUE if due else CANCEL, by=by, given=given)


def cancel(release: Release, *, reason: str, by: "User", at: datetime) -> Release:
    """Cancel a release, with the reason that the public reads; a cancelled one stays as it is.

    Once a confirmed release is due it is cancelled by a Head of Profession or a deputy alone.

    :raises SomethingMissing: if the reason is empty.
    :raises BeingJudged: if it has fallen due and is being looked at.
    :raises MoveRefused: if its status or the person's roles do not allow it.
    """
    move = check_cancel(release, by=by, at=at, reason=reason)
    moving.refuse_while_judged(release, at=at)
    values = {"cancelled_at": at, "cancellation_reason": reason.strip()}
    return moving.apply(release, move, by=by, at=at, values=values, after_due=moving.is_due(release, at=at))


def publish(release: Release, *, by: "User | None", at: datetime, published_at: datetime) -> Release:
    """Mark a confirmed release as published, on the ground of a look or of a person's statement.

    :param at: the aware instant of marking.
    :param published_at: when it was first seen live, or when the person says that it was.
    :raises MoveRefused: if its status or the person's roles do not allow it.
    """
    move = moving.check(release, PUBLISH, by=by)
    return moving.apply(release, move, by=by, at=at, values={"published_at": published_at})


def publish_all(seen_live: Sequence[tuple[Release, datetime]], *, at: datetime) -> list[ReleaseEvent]:
    """Mark confirmed releases as published, each from the aware instant at which it was first seen live.

    :param seen_live: releases as they are stored, whose rows the caller's transaction holds locked.
    :param at: the aware instant of marking.
    :return: the events, for the caller to append in the same transaction.
    :raises MoveRefused: if the status of one of them does not allow it; then none is marked.
    """
    events = []
    for release, published_at in seen_live:
        move = RELEASE.check(PUBLISH, source=release.status, roles=(), by_system=True)
        release.status, release.published_at = move.target, published_at
        events.append(happening(release, move.name, at=at, status=[move.source, move.target]))
    Release.objects.bulk_update([release for release, _ in seen_live], ["status", "published_at"], batch_size=500)
    return events


def _roles(release: Release, by: "User | None") -> frozenset[Role] | None:
    return roles_of(by, release.series.producer) if by else None


def _prepare_change(
    release: Release, *, to: Slot, reason: str, roles: frozenset[Role] | None, expected_version: int | None
) -> tuple[Release, Slot, Move]:
    """Return the release as it is stored now, the new slot to the minute, and the row of the table.

    :param roles: those of the person, or None for the system.
    """
    release = Release.objects.select_related("series__producer").get(pk=release.pk)
    if expected_version not in {None, release.schedule_version}:
        message = _("The date was changed meanwhile, to %(slot)s; look at it again before you change it.") % {
            "slot": release.slot
        }
        raise SomebodyWasFaster(message)
    if roles is None and release.status == Status.CONFIRMED:
        message = _("A confirmed date is changed by a head of profession or a deputy, with a reason for the public.")
        raise WrongRole(message)
    to, was = slot_rules.usable(to), release.slot
    given = {name for name, value in (("exact_date", to.due_at), ("reason", reason.strip())) if value}
    move = RELEASE.check(
        CHANGE_DATE, source=release.status, roles=roles or frozenset(), given=given, by_system=roles is None
    )
    if to == was:
        field = "reason" if reason.strip() else "planned_on"
        sentence = _("The date is unchanged (%(was)s): there is no change to give a reason for.") % {"was": was}
        raise SlotRefused(field, sentence)
    slot_rules.check_time(to, release.series, rehearsal=release.rehearsal)
    if release.status == Status.CONFIRMED:
        slot_rules.check_day(to, release.series, rehearsal=release.rehearsal)
    return release, to, move
