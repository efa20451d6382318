"""The moves of the calendar: record, announce, confirm, change the date, cancel and publish.

A move that is not allowed raises a subclass of `MoveRefused`: WrongState or WrongRole by the table `RELEASE`,
MissingFields if a reason, day or time is missing, SlotRefused if the day or time is not allowed, BeingJudged while the
release is waiting for its verdict, ChangedMeanwhile if it has changed since it was read.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releases.models import Address, DateChange, DateChangeRequest, Release, Series
from releases.models.event import ReleaseEvent, build_event, record_event, record_rows
from releases.models.producer import GREATEST_TOLERANCE_SECONDS
from releases.permissions import User, roles_of
from releases.rules import calendar
from releases.rules.calendar import Nation, Slot
from releases.rules.lifecycle import (
    ANNOUNCE,
    CANCEL,
    CANCEL_ONCE_DUE,
    CHANGE_DATE,
    CONFIRM,
    PUBLISH,
    RELEASE,
    ChangedMeanwhile,
    FieldRefused,
    MissingFields,
    Move,
    MoveRefused,
    Role,
    Status,
    WrongRole,
)

# By then the last check planned up to the limit has timed out, and the verdict is final.
JUDGING_TAKES = timedelta(seconds=30)
PLAUSIBLE_YEARS = range(1990, 2100)


class SecondAnnouncement(MoveRefused):
    """The release has an announcement already."""


class BeingJudged(MoveRefused):
    """The release is due and has no final verdict yet."""


class SlotRefused(FieldRefused):
    """No release can be announced for this date or time; `field` names the invalid one."""


def check_move(release: Release, name: str, *, by: User | None, given: Collection[str] = ()) -> Move:
    """Return the row of the table for a move of a release by a person, or by the system."""
    roles = roles_of(by, release.series.producer) if by else frozenset()
    return RELEASE.check(name, source=release.status, roles=roles, given=given, by_system=by is None)


def apply_move(
    release: Release,
    move: Move,
    *,
    by: User | None,
    at: datetime,
    values: dict[str, Any],
    words: str = "",
    **facts: Any,
) -> Release:
    """Make a checked move as a compare-and-set, and write its event."""
    with transaction.atomic():
        unchanged = Release.objects.filter(pk=release.pk, status=move.source, schedule_version=release.schedule_version)
        if not unchanged.update(status=move.target, **values):
            raise ChangedMeanwhile(_("This release was changed by somebody else; look at it again before you go on."))
        release.refresh_from_db()
        record_event(release, move.name, at=at, by=by, words=words, status=[move.source, move.target], **facts)
        record_rows({Release: [release.pk]})
    return release


def is_due(release: Release, *, at: datetime) -> bool:
    return release.due_at is not None and at >= release.due_at


def refuse_during_judgement(release: Release, *, at: datetime) -> None:
    """Require that a release is not waiting for its verdict, because moving or cancelling it could hide a breach."""
    if times := _times_of_judging(release, at=at):
        sentence = _(
            "This release fell due at %(due)s and is being looked at; it can be moved or cancelled from %(free)s on."
        )
        raise BeingJudged(sentence % times)


def refuse_names_during_judgement(releases: QuerySet[Release], *, at: datetime) -> None:
    """Require that no release with this name is waiting for its verdict, because another name could hide a breach."""
    longest = timedelta(seconds=GREATEST_TOLERANCE_SECONDS) + JUDGING_TAKES
    for release in releases.filter(due_at__gt=at - longest, due_at__lte=at).select_related("series"):
        if times := _times_of_judging(release, at=at):
            sentence = _(
                "%(reference)s fell due at %(due)s and is being looked at; what it is known by can be changed from "
                "%(free)s on."
            )
            raise BeingJudged(sentence % {"reference": release.reference, **times})


def _times_of_judging(release: Release, *, at: datetime) -> dict[str, str]:
    """Return, in words, the period in which a release is waiting for its verdict; empty if it is not."""
    # This includes published releases: a person may have stated that the page was live while attachments are missing.
    if release.status not in {Status.CONFIRMED, Status.PUBLISHED} or release.due_at is None or at < release.due_at:
        return {}
    free_at = release.limit_at + JUDGING_TAKES
    if at >= free_at:
        return {}
    return {"due": calendar.format_time(release.due_at), "free": calendar.format_time_with_seconds(free_at)}


def check_new_slot(series: Series, *, slot: Slot, rehearsal: bool = False) -> Slot:
    """Return the normalised slot if a release of a series can be recorded for it."""
    slot = normalise_slot(slot)
    _check_time(slot, series, rehearsal=rehearsal)
    return slot


def normalise_slot(slot: Slot) -> Slot:
    """Return a slot without seconds or, for a vague date, with the first day of its month.

    A time that does not exist on that day is refused. A day that was typed for a vague date is not public, and the
    order of lists must not disclose it.
    """
    if slot.on.year not in PLAUSIBLE_YEARS:
        raise SlotRefused("planned_on", _("%(year)s is not a year for a release.") % {"year": slot.on.year})
    slot = replace(slot, at=calendar.drop_seconds(slot.at) if slot.at else None)
    if slot.precision is not calendar.Precision.EXACT:
        slot = replace(slot, on=slot.on.replace(day=1))
    elif slot.at is None:
        raise MissingFields("planned_at", _("An exact date needs its time, such as 9:30am."))
    try:
        slot.due_at  # noqa: B018  # asked for its refusals alone
    except ValueError as error:
        raise SlotRefused("planned_at", str(error)) from error
    return slot


def choose_slot(
    was: Slot, *, on: date | None, at: time | None, precision: calendar.Precision, usual_time: time
) -> Slot | None:
    if on is None and at is None and precision is was.precision:
        return None
    if precision is not calendar.Precision.EXACT:
        return replace(was, on=on or was.on, at=None, precision=precision)
    if on is None and was.precision is not precision:
        raise MissingFields("planned_on", _("An exact date needs its day."))
    return replace(was, on=on or was.on, at=at or was.at or usual_time, precision=precision)


def _check_time(slot: Slot, series: Series, *, rehearsal: bool) -> None:
    """Require that the time is the release time of the series (Code of Practice for Statistics, edition 2.1, T3.6)."""
    if rehearsal or slot.due_at is None:
        return
    local = calendar.in_london(slot.due_at).time()
    if local != series.release_time:
        sentence = _(
            "%(time)s is not the release time of this series, which is %(usual)s; another time needs the approval "
            "recorded on the series."
        ) % {"time": calendar.time_of_day(local), "usual": calendar.time_of_day(series.release_time)}
        raise SlotRefused("planned_at", sentence)


def check_day(slot: Slot, series: Series, *, rehearsal: bool) -> None:
    """Require a working day of the producer's nation; a rehearsal may be due on any day."""
    objection = calendar.no_release_day(slot.on, nation=Nation(series.producer.nation))
    if objection and not rehearsal:
        raise SlotRefused("planned_on", objection)


def _check_notice(on: date, *, reason: str, at: datetime) -> None:
    """Require a reason for confirming a date less than four weeks ahead.

    Source: Code of Practice for Statistics, edition 2.1, T3.1 (3.0: 3.1): four weeks ahead, where practicable.
    """
    if reason.strip() or not calendar.is_short_notice(on, given_at=at):
        return
    days = calendar.days_of_notice(on, given_at=at)
    if days < 0:
        sentence = _("Give the reason for less than four weeks' notice: its date is past.")
    else:
        sentence = ngettext(
            "Give the reason for less than four weeks' notice: this gives %(days)s day of notice.",
            "Give the reason for less than four weeks' notice: this gives %(days)s days of notice.",
            days,
        ) % {"days": days}
    raise MissingFields("reason", sentence)


def _slot_values(slot: Slot) -> dict[str, Any]:
    return {
        "planned_on": slot.on,
        "planned_at": slot.at,
        "precision": slot.precision,
        "zone": slot.zone,
        "due_at": slot.due_at,
    }


@dataclass(frozen=True, slots=True)
class PlannedAddress:
    url: str
    role: str = Address.Role.PAGE
    marker: str = ""
    adapter: str = "page"
    required: bool = True

    @classmethod
    def of(cls, address: Address) -> "PlannedAddress":
        return cls(address.url, address.role, address.marker, address.adapter, address.required)


def record_release(
    series: Series,
    *,
    reference: str,
    title: str,
    slot: Slot,
    at: datetime,
    by: User | None = None,
    rehearsal: bool = False,
    addresses: Iterable[PlannedAddress] = (),
) -> Release:
    """Record a provisional release and its addresses; it is not public before it is announced."""
    slot = check_new_slot(series, slot=slot, rehearsal=rehearsal)
    with transaction.atomic():
        release = Release.objects.create(
            series=series,
            reference=reference,
            title=title,
            rehearsal=rehearsal,
            recorded_at=at,
            **_slot_values(slot),
        )
        created = [_create_address(release, planned, at=at).pk for planned in addresses]
        record_event(release, "recorded", at=at, by=by, slot=str(slot), rehearsal=rehearsal)
        record_rows({Release: [release.pk], Address: created})
    return release


def check_only_announcement(release: Release, *, but: Address | None = None) -> None:
    """Require that a release has no announcement other than the given address."""
    announcements = release.addresses.filter(role=Address.Role.ANNOUNCEMENT)
    others = announcements.exclude(pk=but.pk) if but else announcements
    if other := others.first():
        sentence = _("%(reference)s has an announcement already, %(url)s; a release has one at most.")
        raise SecondAnnouncement(sentence % {"reference": release.reference, "url": other.url})


def add_address(release: Release, planned: PlannedAddress, *, at: datetime) -> Address:
    """Add an address to a release. One added after the due time is stored and not monitored."""
    with transaction.atomic():
        address = _create_address(release, planned, at=at)
        record_rows({Address: [address.pk]})
    return address


def _create_address(release: Release, planned: PlannedAddress, *, at: datetime) -> Address:
    is_announcement = planned.role == Address.Role.ANNOUNCEMENT
    if is_announcement:
        check_only_announcement(release)
    return Address.objects.create(
        release=release,
        url=planned.url,
        role=planned.role,
        marker=planned.marker,
        adapter=planned.adapter,
        required=planned.required and not is_announcement,
        added_at=at,
    )


def announce_release(release: Release, *, by: User | None, at: datetime) -> Release:
    """Make a release public in the calendar. Repeating it changes nothing."""
    if release.rehearsal:
        raise MoveRefused(_("A rehearsal is never announced."))
    move = check_move(release, ANNOUNCE, by=by)
    if release.announced_at is not None:
        return release
    return apply_move(release, move, by=by, at=at, values={"announced_at": at})


def confirm_release(release: Release, *, by: User | None, at: datetime, reason: str = "") -> Release:
    """Confirm a provisional release for its exact date and time.

    :param reason: why the notice is short, if it is; it is not published.
    """
    given = {"exact_date"} if release.due_at else set()
    move = check_move(release, CONFIRM, by=by, given=given)
    check_day(release.slot, release.series, rehearsal=release.rehearsal)
    is_short = not release.rehearsal and calendar.is_short_notice(release.planned_on, given_at=at)
    # If the system confirms a release, it was confirmed elsewhere before, and the import does not know the reason.
    if is_short and by is not None:
        _check_notice(release.planned_on, reason=reason, at=at)
    short_notice_reason = reason.strip() if is_short else ""
    values = {"confirmed_at": at, "short_notice_reason": short_notice_reason}
    days = calendar.days_of_notice(release.planned_on, given_at=at)
    return apply_move(release, move, by=by, at=at, values=values, words=short_notice_reason, notice_days=days)


def prepare_date_change(
    release: Release, *, to: Slot, reason: str, roles: frozenset[Role] | None, expected_version: int | None = None
) -> tuple[Release, Slot, Move]:
    """Check a change as `change_date` does; return the stored release, the new slot to the minute, and the move.

    :param roles: the person's roles, or None for the system.
    """
    release = Release.objects.select_related("series__producer").get(pk=release.pk)
    if expected_version not in {None, release.schedule_version}:
        sentence = _("The date was changed meanwhile, to %(slot)s; look at it again before you change it.")
        raise ChangedMeanwhile(sentence % {"slot": release.slot})
    if roles is None and release.status == Status.CONFIRMED:
        message = _("A confirmed date is changed by a head of profession or a deputy, with a reason for the public.")
        raise WrongRole(message)
    to, was = normalise_slot(to), release.slot
    given = {name for name, value in (("exact_date", to.due_at), ("reason", reason.strip())) if value}
    move = RELEASE.check(
        CHANGE_DATE, source=release.status, roles=roles or frozenset(), given=given, by_system=roles is None
    )
    if to == was:
        field = "reason" if reason.strip() else "planned_on"
        sentence = _("The date is unchanged (%(was)s): there is no change to give a reason for.") % {"was": was}
        raise SlotRefused(field, sentence)
    _check_time(to, release.series, rehearsal=release.rehearsal)
    if release.status == Status.CONFIRMED:
        check_day(to, release.series, rehearsal=release.rehearsal)
    return release, to, move


def change_date(
    release: Release,
    *,
    to: Slot,
    reason: str = "",
    by: User | None,
    at: datetime,
    expected_version: int | None = None,
    request: DateChangeRequest | None = None,
) -> Release:
    """Move a release to another date or time and start a new schedule version.

    Every change stays on record. Only a Head of Profession or a deputy may move a confirmed release, with a public
    reason. The reason for moving a provisional release is not published.
    """
    roles = roles_of(by, release.series.producer) if by else None
    release, to, move = prepare_date_change(
        release, to=to, reason=reason, roles=roles, expected_version=expected_version
    )
    was, confirmed, reason = release.slot, release.status == Status.CONFIRMED, reason.strip()
    refuse_during_judgement(release, at=at)
    with transaction.atomic():
        changed = apply_move(
            release,
            move,
            by=by,
            at=at,
            values={**_slot_values(to), "schedule_version": release.schedule_version + 1},
            words="" if confirmed else reason,
            was=str(was),
            to=str(to),
            after_due=is_due(release, at=at),
            **({"request": request.pk} if request else {}),
        )
        change = DateChange.objects.create(
            release=changed,
            schedule_version=changed.schedule_version,
            was_on=was.on,
            was_at=was.at,
            was_precision=was.precision,
            to_on=to.on,
            to_at=to.at,
            to_precision=to.precision,
            zone=to.zone,
            public_reason=reason if confirmed else "",
            requested_by=request.requested_by if request else by,
            requested_at=request.requested_at if request else at,
            # A person who moves a confirmed date agrees to the change.
            agreed_by=by if confirmed else None,
            agreed_at=at if confirmed else None,
            announced_at=at if changed.announced_at else None,
        )
        record_rows({DateChange: [change.pk]})
    return changed


def check_cancel(release: Release, *, by: User, at: datetime, reason: str = "to be given") -> Move:
    """Return the move by which a person cancels a release; it is a different one once a confirmed release is due."""
    due = release.status == Status.CONFIRMED and is_due(release, at=at)
    given = {"reason"} if reason.strip() else set()
    return check_move(release, CANCEL_ONCE_DUE if due else CANCEL, by=by, given=given)


def cancel_release(release: Release, *, reason: str, by: User, at: datetime) -> Release:
    """Cancel a release, with a public reason. Once a confirmed one is due, only a lead may cancel it."""
    move = check_cancel(release, by=by, at=at, reason=reason)
    refuse_during_judgement(release, at=at)
    values = {"cancelled_at": at, "cancellation_reason": reason.strip()}
    return apply_move(release, move, by=by, at=at, values=values, after_due=is_due(release, at=at))


def publish(release: Release, *, by: User | None, at: datetime, published_at: datetime) -> Release:
    move = check_move(release, PUBLISH, by=by)
    return apply_move(release, move, by=by, at=at, values={"published_at": published_at})


def publish_all(live_releases: Sequence[tuple[Release, datetime]], *, at: datetime) -> list[ReleaseEvent]:
    """Mark confirmed releases as published, each from the aware instant at which it was first found live.

    :param live_releases: the stored releases, which the caller's transaction has locked.
    :return: the events, for the caller to append in the same transaction.
    """
    events = []
    for release, published_at in live_releases:
        move = RELEASE.check(PUBLISH, source=release.status, roles=(), by_system=True)
        release.status, release.published_at = move.target, published_at
        events.append(build_event(release, move.name, at=at, status=[move.source, move.target]))
    Release.objects.bulk_update([release for release, _ in live_releases], ["status", "published_at"], batch_size=500)
    return events


def available_moves(release: Release, *, roles: frozenset[Role], at: datetime) -> list[str]:
    """Return the moves that the roles may make with a release, as pages offer them.

    A release is announced once, and a rehearsal never; once a confirmed one is due, only a lead may cancel it.
    """
    moves = RELEASE.available(source=release.status, roles=roles)
    hidden = set()
    if release.announced_at or release.rehearsal:
        hidden.add(ANNOUNCE)
    if release.status == Status.CONFIRMED and is_due(release, at=at) and CANCEL_ONCE_DUE not in moves:
        hidden.add(CANCEL)
    return [move for move in moves if move not in hidden]


@dataclass(frozen=True, slots=True)
class Notice:
    """The days from confirmation to the date, negative if the date was past.

    Only the notice of a market-sensitive series is ever short for markets.
    """

    days: int
    given_at: datetime
    is_short: bool
    is_short_for_markets: bool


def notice_of(release: Release, *, given_at: datetime) -> Notice:
    """Return the length of notice if a release is confirmed at an aware instant."""
    on = release.planned_on
    is_exact = release.due_at is not None
    return Notice(
        days=calendar.days_of_notice(on, given_at=given_at),
        given_at=given_at,
        is_short=is_exact and not release.rehearsal and calendar.is_short_notice(on, given_at=given_at),
        is_short_for_markets=is_exact
        and release.series.market_sensitive
        and calendar.is_short_for_markets(on, given_at=given_at),
    )
