"""The moves of a release in the calendar: record, announce, confirm, change the date, cancel and publish.

If a move is not allowed, one of these subclasses of `MoveRefused` is raised:

- WrongState or WrongRole if the table `RELEASE` does not allow the move.
- MissingFields if a reason, day or time is missing.
- SlotRefused if the day or time is not allowed.
- BeingJudged if the release is waiting for its verdict.
- ChangedMeanwhile if the release has changed since it was read.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releases.models import Address, DateChange, DateChangeRequest, Departure, Release, Series, Training
from releases.models.bulk_insert import update_rows
from releases.models.event import ReleaseEvent, build_event, lock_release, record_event, record_rows
from releases.models.producer import GREATEST_TOLERANCE_SECONDS
from releases.permissions import User, roles_of
from releases.rules import calendar
from releases.rules.calendar import Slot
from releases.rules.departure import (
    NO_GROUNDS,
    DepartureKind,
    Departures,
    Grounds,
    SlotRefused,
    check_agreement,
    check_at_once,
    check_holiday_reason,
    find_departures,
)
from releases.rules.lifecycle import (
    ANNOUNCE,
    CANCEL,
    CANCEL_ONCE_DUE,
    CHANGE_DATE,
    CONFIRM,
    LEADS,
    PUBLISH,
    RELEASE,
    ChangedMeanwhile,
    FieldRefused,
    MissingFields,
    Move,
    MoveRefused,
    RefusalCollector,
    Role,
    Status,
    WrongRole,
)
from releases.rules.parts import LONGEST_FOLLOW, PAGES

# How long after the limit the verdict becomes final. By then, each check that was planned up to the limit has a
# response or has timed out.
JUDGING_TAKES = timedelta(seconds=30)
PLAUSIBLE_YEARS = range(1990, 2100)


class SecondAnnouncement(MoveRefused):
    """The release has an announcement already."""


class PartRefused(FieldRefused):
    """An address cannot be the chosen part of the release; `field` names the invalid field."""


class BeingJudged(MoveRefused):
    """The release is due and has no final verdict yet."""


def check_move(release: Release, name: str, *, by: User | None, given: Collection[str] = ()) -> Move:
    """Check a move of a release against the table `RELEASE`, and return the move.

    :param by: the person who makes the move, or None for the system.
    """
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
    """Make a move that was checked before, and record its event.

    The release is updated only if its status and its schedule version are still the same.

    :raises ChangedMeanwhile: if the release has changed.
    """
    with transaction.atomic():
        unchanged = Release.objects.filter(pk=release.pk, status=move.source, schedule_version=release.schedule_version)
        if not unchanged.update(status=move.target, **values):
            raise ChangedMeanwhile(_("Another person changed this release. Check it before you try again."))
        release.refresh_from_db()
        record_event(release, move.name, at=at, by=by, words=words, status=[move.source, move.target], **facts)
        record_rows({Release: [release.pk]})
    return release


def is_due(release: Release, *, at: datetime) -> bool:
    return release.due_at is not None and at >= release.due_at


def refuse_during_judgement(release: Release, *, at: datetime) -> None:
    """Require that a release is not waiting for its verdict.

    Moving or cancelling the release before the verdict could hide a breach.

    :raises BeingJudged: if the release is waiting for its verdict.
    """
    if times := _times_of_judging(release, at=at):
        sentence = _(
            "We are checking this release, which was due at %(due)s. From %(free)s, you can change its "
            "date or cancel it."
        )
        raise BeingJudged(sentence % times)


def refuse_names_during_judgement(releases: QuerySet[Release], *, at: datetime) -> None:
    """Require that none of the releases is waiting for its verdict.

    Call this before you change a title or another text that identifies the releases. Changing this text while a release
    is waiting for its verdict could hide a breach. A release waits until each part that may follow has been judged.

    :raises BeingJudged: if one of the releases is waiting for its verdict.
    """
    longest = timedelta(seconds=GREATEST_TOLERANCE_SECONDS) + LONGEST_FOLLOW + JUDGING_TAKES
    recent = releases.filter(due_at__gt=at - longest, due_at__lte=at).select_related("series")
    for release in recent.prefetch_related("addresses"):
        limits = (address.limit_at for address in release.addresses.all() if address.required)
        if times := _times_of_judging(release, at=at, last_limit_at=max(limits, default=None)):
            if "day" in times:
                sentence = _(
                    "We are checking %(reference)s, which was due at %(due)s. From %(free)s on %(day)s, you can change "
                    "the text that identifies it."
                )
            else:
                sentence = _(
                    "We are checking %(reference)s, which was due at %(due)s. From %(free)s, you can change "
                    "the text that identifies it."
                )
            raise BeingJudged(sentence % {"reference": release.reference, **times})


def _times_of_judging(release: Release, *, at: datetime, last_limit_at: datetime | None = None) -> dict[str, str]:
    """Return the due time and the end of the wait for the verdict, both formatted for messages.

    If the wait ends on another day, the dict also has this day. The dict is empty if the release is not waiting for its
    verdict.

    :param last_limit_at: the last limit of a part of the release. If it is None, only the limit of the release counts.
    """
    # A published release may be waiting too, because a person may have stated that the page was live while attachments
    # are missing.
    if release.status not in {Status.CONFIRMED, Status.PUBLISHED} or release.due_at is None or at < release.due_at:
        return {}
    free_at = (last_limit_at or release.limit_at) + JUDGING_TAKES
    if at >= free_at:
        return {}
    times = {"due": calendar.format_time(release.due_at), "free": calendar.format_time_with_seconds(free_at)}
    if calendar.local_date(free_at) != calendar.local_date(release.due_at):
        times["day"] = calendar.format_day(free_at)
    return times


def check_new_slot(
    series: Series, *, slot: Slot, at: datetime, rehearsal: bool = False, grounds: Grounds = NO_GROUNDS
) -> Slot:
    """Check that a release of a series can be recorded for a slot, and return the normalised slot.

    If the time is not the usual time of the series, OSR's agreement is needed even for a provisional release. For a
    weekend, the agreement is needed only when the date is confirmed.
    """
    slot = normalise_slot(slot)
    if not rehearsal:
        departures = departures_of(slot, series)
        required = departures.series_time is not None
        check_agreement(departures, grounds, required=required, today=calendar.local_date(at))
    return slot


def departures_of(slot: Slot, series: Series) -> Departures:
    return find_departures(slot, series_time=series.release_time, nation=series.order_nation)


@dataclass(frozen=True, slots=True)
class MissingGrounds:
    """The grounds that must still be given before the present date of a release can be confirmed."""

    departures: Departures
    agreement: bool
    holiday_reason: bool


def find_missing_grounds(release: Release) -> MissingGrounds:
    """Find the grounds that the present date of a release needs, and that are not recorded yet.

    A rehearsal needs no grounds. A release with a recorded decision to release at once needs no other grounds.
    """
    departures = departures_of(release.slot, release.series)
    recorded = {departure.kind for departure in recorded_departures(release)}
    at_once = release.rehearsal or DepartureKind.AT_ONCE in recorded
    return MissingGrounds(
        departures=departures,
        agreement=departures.needs_agreement and not at_once and DepartureKind.OSR_AGREEMENT not in recorded,
        holiday_reason=bool(departures.holiday) and not at_once and DepartureKind.BANK_HOLIDAY not in recorded,
    )


def recorded_departures(release: Release) -> list[Departure]:
    """Return the exceptions that were recorded for the present date of a release, in order."""
    present = release.departures.filter(schedule_version=release.schedule_version)
    return list(present.select_related("decided_by").prefetch_related("corrections__corrected_by").order_by("pk"))


def normalise_slot(slot: Slot) -> Slot:
    """Return a slot without seconds. If the date is vague, set the day to the first day of the month.

    A day that was entered for a vague date is not public. If the slot kept this day, the order of lists could disclose
    the day.

    :raises SlotRefused: if the year is not plausible, or the time does not exist or happens twice on this day.
    :raises MissingFields: if the date is exact and has no time.
    """
    if slot.on.year not in PLAUSIBLE_YEARS:
        raise SlotRefused("planned_on", _("%(year)s is not a valid year for a release.") % {"year": slot.on.year})
    slot = replace(slot, at=calendar.drop_seconds(slot.at) if slot.at else None)
    if slot.precision is not calendar.Precision.EXACT:
        slot = replace(slot, on=slot.on.replace(day=1))
    elif slot.at is None:
        raise MissingFields("planned_at", _("Enter the time of the exact date, such as 9:30am."))
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
        raise MissingFields("planned_on", _("Enter the day of the exact date."))
    return replace(was, on=on or was.on, at=at or was.at or usual_time, precision=precision)


def _check_notice(on: date, *, reason: str, at: datetime) -> None:
    """Require a reason if a date is confirmed less than four weeks ahead.

    Source: Code of Practice for Statistics, edition 2.1, T3.1 (3.0: 3.1): four weeks ahead, where practicable.
    """
    if reason.strip() or not calendar.is_short_notice(on, given_at=at):
        return
    days = calendar.days_of_notice(on, given_at=at)
    if days < 0:
        sentence = _("Enter the reason for less than 4 weeks’ notice. The date has passed.")
    else:
        sentence = ngettext(
            "Enter the reason for less than 4 weeks’ notice. This date gives %(days)s day’s notice.",
            "Enter the reason for less than 4 weeks’ notice. This date gives %(days)s days’ notice.",
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
    part: str = ""
    may_follow_minutes: int = 0

    @classmethod
    def of(cls, address: Address) -> "PlannedAddress":
        return cls(**{name: getattr(address, name) for name in ADDRESS_COLUMNS})

    def find_part_faults(self) -> Iterator[PartRefused]:
        """Find the reasons why the address cannot be the chosen part of the release.

        Database constraints enforce the same rules.
        """
        if self.may_follow_minutes and not self.part:
            yield PartRefused("part", _("Choose the part that may follow."))
        elif self.may_follow_minutes and not self.required:
            yield PartRefused("may_follow_minutes", _("Enter 0, or select ‘Must be live on time’."))
        if self.part in PAGES and self.role != Address.Role.PAGE:
            yield PartRefused("role", _("Choose ‘Web page’ for an English or a Welsh page."))
        elif self.part and self.role == Address.Role.ANNOUNCEMENT:
            yield PartRefused("part", _("An announcement is not a part of the release. Choose ‘Not named’."))


ADDRESS_COLUMNS = tuple(field.name for field in fields(PlannedAddress))


def check_address(planned: PlannedAddress) -> PlannedAddress:
    """Check a planned address, and return the address as it is stored.

    An announcement is stored for evidence but never judged. So it is not required, and not a part of the release.

    :raises PartRefused: if the address cannot be the planned part of the release.
    """
    if planned.role == Address.Role.ANNOUNCEMENT:
        planned = replace(planned, required=False, part="", may_follow_minutes=0)
    for refusal in planned.find_part_faults():
        raise refusal
    return planned


def shorten_title(title: str) -> str:
    """Shorten the title of a release to the length of its column. A shortened title ends with an ellipsis."""
    return Truncator(title).chars(300)


def record_release(
    series: Series,
    *,
    reference: str,
    title: str,
    slot: Slot,
    at: datetime,
    by: User | None = None,
    rehearsal: bool = False,
    training: Training | None = None,
    addresses: Iterable[PlannedAddress] = (),
    grounds: Grounds = NO_GROUNDS,
    welsh_title: str = "",
) -> Release:
    """Record a provisional release and its addresses. The release is not public until it is announced.

    :param training: the training to which the rehearsal belongs.
    :param grounds: OSR's agreement, if the time is not the usual time of the series.
    """
    slot = check_new_slot(series, slot=slot, rehearsal=rehearsal, grounds=grounds, at=at)
    with transaction.atomic():
        release = Release.objects.create(
            series=series,
            reference=reference,
            title=title,
            welsh_title=welsh_title,
            rehearsal=rehearsal,
            training=training,
            recorded_at=at,
            **_slot_values(slot),
        )
        created = [_create_address(release, planned, at=at).pk for planned in addresses]
        record_event(release, "recorded", at=at, by=by, slot=str(slot), rehearsal=rehearsal)
        record_rows({Release: [release.pk], Address: created})
        _record_departures(release, grounds, by=by, at=at)
    return release


def check_only_announcement(release: Release, *, but: Address | None = None) -> None:
    """Require that a release has no announcement other than the given address."""
    announcements = release.addresses.filter(role=Address.Role.ANNOUNCEMENT)
    others = announcements.exclude(pk=but.pk) if but else announcements
    if other := others.first():
        sentence = _("%(reference)s already has an announcement, %(url)s. A release can only have one.")
        raise SecondAnnouncement(sentence % {"reference": release.reference, "url": other.url})


def add_address(release: Release, planned: PlannedAddress, *, at: datetime) -> Address:
    """Add an address to a release. If the release is already due, the address is stored but not monitored."""
    with transaction.atomic():
        address = _create_address(release, planned, at=at)
        record_rows({Address: [address.pk]})
    return address


def _create_address(release: Release, planned: PlannedAddress, *, at: datetime) -> Address:
    planned = check_address(planned)
    if planned.role == Address.Role.ANNOUNCEMENT:
        check_only_announcement(release)
    return Address.objects.create(release=release, added_at=at, **asdict(planned))


def check_announce(release: Release, *, by: User | None) -> Move:
    """Check that a release may be announced, and return the move."""
    if release.rehearsal:
        raise MoveRefused(_("You cannot announce a rehearsal."))
    return check_move(release, ANNOUNCE, by=by)


def _check_version(release: Release, expected: int | None) -> None:
    """Require that the date of a release is the date that the person read.

    :param expected: the schedule version that the person read, or None if no person has read one.
    :raises ChangedMeanwhile: if the date has changed since.
    """
    if expected not in {None, release.schedule_version}:
        sentence = _("The date has changed to %(slot)s since you read it. Check it before you try again.")
        raise ChangedMeanwhile(sentence % {"slot": release.slot})


def _check_status(release: Release, expected: Status | None) -> None:
    """Require that the status of a release is the status that the person read.

    Only the reason for changing a confirmed date is published. So a person who read that the date is provisional must
    learn that it was confirmed before their reason is used.

    :param expected: the status that the person read, or None if no person has read one.
    :raises ChangedMeanwhile: if the status has changed since.
    """
    if expected not in {None, release.status}:
        sentence = _("This release has become %(status)s since you read it. Check it before you try again.")
        raise ChangedMeanwhile(sentence % {"status": release.get_status_display().lower()})


def announce_release(
    release: Release, *, by: User | None, at: datetime, expected_version: int | None = None
) -> Release:
    """Make a release public in the calendar. If the release is already announced, nothing changes.

    :param expected_version: the schedule version that the person read.
    """
    _check_version(release, expected_version)
    move = check_announce(release, by=by)
    with transaction.atomic():
        # Another person may have announced the release since it was read. The first announcement stays.
        stored = lock_release(release.pk)
        if stored.announced_at is not None:
            return stored
        return apply_move(release, move, by=by, at=at, values={"announced_at": at})


def check_confirm(
    release: Release, *, by: User | None, at: datetime, reason: str = "to be given", grounds: Grounds = NO_GROUNDS
) -> Move:
    """Check that a release may be confirmed for its exact date and time, and return the move."""
    given = {"exact_date"} if release.due_at else set()
    move = check_move(release, CONFIRM, by=by, given=given)
    if not release.rehearsal:
        _check_day(release, grounds, by=by, at=at)
        # The system confirms a release only if the release is confirmed in an imported calendar. The import does not
        # know the reason for short notice, so no reason is required.
        if by is not None:
            _check_notice(release.planned_on, reason=reason, at=at)
    return move


def confirm_release(
    release: Release,
    *,
    by: User | None,
    at: datetime,
    reason: str = "",
    grounds: Grounds = NO_GROUNDS,
    expected_version: int | None = None,
) -> Release:
    """Confirm a provisional release for its exact date and time.

    :param reason: the reason for short notice, if the notice is short. It is not published.
    :param grounds: OSR's agreement to an unusual time or a weekend, or a lead's reason for a bank holiday. They may be
        omitted if they are already recorded.
    :param expected_version: the schedule version that the person read.
    """
    _check_version(release, expected_version)
    move = check_confirm(release, by=by, at=at, reason=reason, grounds=grounds)
    is_short = not release.rehearsal and calendar.is_short_notice(release.planned_on, given_at=at)
    short_notice_reason = reason.strip() if is_short else ""
    values = {"confirmed_at": at, "short_notice_reason": short_notice_reason}
    days = calendar.days_of_notice(release.planned_on, given_at=at)
    with transaction.atomic():
        release = apply_move(release, move, by=by, at=at, values=values, words=short_notice_reason, notice_days=days)
        _record_departures(release, grounds, by=by, at=at)
    return release


def _check_day(release: Release, grounds: Grounds, *, by: User | None, at: datetime) -> None:
    """Require OSR's agreement to an unusual time or a weekend, and a lead's reason for a bank holiday.

    The agreement and the reason may be in `grounds`, or may already be recorded.
    """
    missing = find_missing_grounds(release)
    is_lead = by is not None and bool(LEADS & roles_of(by, release.series.producer))
    check_agreement(missing.departures, grounds, required=missing.agreement, today=calendar.local_date(at))
    check_holiday_reason(missing.departures, grounds, required=missing.holiday_reason, is_lead=is_lead)


def _record_departures(release: Release, grounds: Grounds, *, by: User | None, at: datetime, reason: str = "") -> None:
    """Store the given grounds as exceptions for the present date of a release, and record an event for each.

    :param reason: the public reason for releasing at once.
    """
    if release.rehearsal:
        return
    holiday = departures_of(release.slot, release.series).holiday
    given: list[tuple[DepartureKind, dict[str, Any]]] = []
    if grounds.names_agreement:
        agreement = {"osr_reference": grounds.osr_reference.strip(), "osr_agreed_on": grounds.osr_agreed_on}
        given.append((DepartureKind.OSR_AGREEMENT, agreement))
    if grounds.bank_holiday_reason.strip():
        given.append((DepartureKind.BANK_HOLIDAY, {"holiday": holiday, "reason": grounds.bank_holiday_reason.strip()}))
    if grounds.osr_told_at is not None:
        given.append((DepartureKind.AT_ONCE, {"osr_told_at": grounds.osr_told_at, "reason": reason.strip()}))
    recorded = {departure.kind: departure for departure in recorded_departures(release)}
    for kind, values in given:
        if known := recorded.get(kind):
            _check_same_departure(known, values)
            continue
        departure = Departure.objects.create(
            release=release,
            schedule_version=release.schedule_version,
            kind=kind,
            decided_by=by,
            decided_at=at,
            **values,
        )
        words = values.pop("reason", "")
        facts = {name: value if isinstance(value, str) else value.isoformat() for name, value in values.items()}
        record_event(release, "exception_recorded", at=at, by=by, words=words, exception=kind, **facts)
        record_rows({Departure: [departure.pk]})


def _check_same_departure(known: Departure, values: dict[str, Any]) -> None:
    """If grounds are given again, require that they equal the recorded grounds, which cannot be changed."""
    stored: Departure | Grounds = known.agreement if known.kind == DepartureKind.OSR_AGREEMENT else known
    for name, value in values.items():
        if getattr(stored, name) != value:
            field = "bank_holiday_reason" if name == "reason" else name
            raise FieldRefused(field, _("This date already has an exception, which you cannot change."))


def check_reason_for_change(release: Release, *, reason: str) -> None:
    """Check that a reason is given if a change of the date of a release needs one.

    :raises MissingFields: if the reason is needed and missing.
    """
    given = {"exact_date", *(["reason"] if reason.strip() else [])}
    RELEASE.check(CHANGE_DATE, source=release.status, roles=LEADS, given=given)


def prepare_date_change(
    release: Release,
    *,
    to: Slot,
    reason: str,
    roles: frozenset[Role] | None,
    at: datetime,
    expected_version: int | None = None,
    expected_status: Status | None = None,
    grounds: Grounds = NO_GROUNDS,
) -> tuple[Release, Slot, Move]:
    """Make all checks of `change_date` except `refuse_during_judgement`. The date is not changed.

    :param roles: the person's roles, or None for the system.
    :return: the release as stored in the database, the normalised new slot, and the move.
    """
    release = Release.objects.select_related("series__producer").get(pk=release.pk)
    _check_version(release, expected_version)
    _check_status(release, expected_status)
    if roles is None and release.status == Status.CONFIRMED:
        message = _("Only the Head of Profession or a deputy can change a confirmed date, with a public reason.")
        raise WrongRole(message)
    to, was = normalise_slot(to), release.slot
    given = {name for name, value in (("exact_date", to.due_at), ("reason", reason.strip())) if value}
    move, refusals = RELEASE.find(CHANGE_DATE, source=release.status), RefusalCollector()
    with refusals.collect():
        RELEASE.check(
            CHANGE_DATE, source=release.status, roles=roles or frozenset(), given=given, by_system=roles is None
        )
    with refusals.collect():
        if to == was:
            field = "reason" if reason.strip() else "planned_on"
            sentence = _("The date is already %(was)s. Enter a different date.") % {"was": was}
            raise SlotRefused(field, sentence)
        if grounds.osr_told_at is not None:
            _check_at_once(release, to, grounds, reason=reason, roles=roles, at=at)
        elif not release.rehearsal:
            _check_new_slot(release, to, grounds, roles=roles or frozenset(), at=at)
    refusals.raise_found()
    return release, to, move


def _check_new_slot(release: Release, to: Slot, grounds: Grounds, *, roles: frozenset[Role], at: datetime) -> None:
    departures, confirmed = departures_of(to, release.series), release.status == Status.CONFIRMED
    refusals = RefusalCollector()
    with refusals.collect():
        if confirmed and to.due_at is not None and to.due_at <= at:
            # The new time would never be checked, so the release would have no verdict.
            sentence = _("%(slot)s has passed. Enter a date and time in the future.") % {"slot": to}
            raise SlotRefused("planned_on", sentence)
    with refusals.collect():
        required = departures.series_time is not None or (confirmed and departures.is_weekend)
        check_agreement(departures, grounds, required=required, today=calendar.local_date(at))
    with refusals.collect():
        check_holiday_reason(departures, grounds, required=confirmed, is_lead=bool(LEADS & roles))
    refusals.raise_found()


def _check_at_once(
    release: Release, to: Slot, grounds: Grounds, *, reason: str, roles: frozenset[Role] | None, at: datetime
) -> None:
    if not LEADS & (roles or frozenset()):
        raise WrongRole(_("Only the Head of Profession or a deputy can decide to release at once."))
    check_releasable_at_once(release)
    check_at_once(to.due_at, grounds, was_due_at=release.due_at, reason=reason, at=at)


def change_date(
    release: Release,
    *,
    to: Slot,
    reason: str = "",
    by: User | None,
    at: datetime,
    expected_version: int | None = None,
    expected_status: Status | None = None,
    request: DateChangeRequest | None = None,
    grounds: Grounds = NO_GROUNDS,
) -> Release:
    """Move a release to another date or time and start a new schedule version.

    Every change stays on record. Only a Head of Profession or a deputy may move a confirmed release, with a public
    reason. The reason for moving a provisional release is not published, except for a release at once.

    :param expected_status: the status that the person read. It says whether they read that the reason is published.
    :param grounds: the grounds for an unusual time, a weekend or a bank holiday. They apply to this release only.
    """
    roles = roles_of(by, release.series.producer) if by else None
    release, to, move = prepare_date_change(
        release,
        to=to,
        reason=reason,
        roles=roles,
        at=at,
        expected_version=expected_version,
        expected_status=expected_status,
        grounds=grounds,
    )
    was, confirmed, reason = release.slot, release.status == Status.CONFIRMED, reason.strip()
    # The reason for a release at once is public, also if the date was provisional.
    is_public = confirmed or grounds.osr_told_at is not None
    refuse_during_judgement(release, at=at)
    with transaction.atomic():
        changed = apply_move(
            release,
            move,
            by=by,
            at=at,
            values={**_slot_values(to), "schedule_version": release.schedule_version + 1},
            words="" if is_public else reason,
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
            public_reason=reason if is_public else "",
            requested_by=request.requested_by if request else by,
            requested_at=request.requested_at if request else at,
            # A person who moves a confirmed date agrees to the change.
            agreed_by=by if confirmed else None,
            agreed_at=at if confirmed else None,
            announced_at=at if changed.announced_at else None,
        )
        record_rows({DateChange: [change.pk]})
        _record_departures(changed, grounds, by=by, at=at, reason=reason)
    return changed


def check_releasable_at_once(release: Release) -> None:
    """Require that a release is still to come and not a rehearsal."""
    RELEASE.find(CHANGE_DATE, source=release.status)
    if release.rehearsal:
        raise MoveRefused(_("You cannot release a rehearsal at once. Change its date instead."))


def release_at_once(
    release: Release,
    *,
    due_at: datetime,
    reason: str,
    osr_told_at: datetime,
    by: User,
    at: datetime,
    expected_version: int | None = None,
) -> Release:
    """Move a release to a time within the next 24 hours, and confirm and announce it.

    Use this after a leak or a public statement about the figures. Only the Head of Profession or a deputy may do this.
    Monitoring checks the release at the new time.

    :param reason: the public reason.
    :param osr_told_at: when OSR was informed (aware).
    """
    with transaction.atomic():
        release = change_date(
            release,
            to=calendar.slot_at(due_at),
            reason=reason,
            by=by,
            at=at,
            expected_version=expected_version,
            grounds=Grounds(osr_told_at=osr_told_at),
        )
        if release.status == Status.PROVISIONAL:
            release = confirm_release(release, by=by, at=at, reason=reason)
        return announce_release(release, by=by, at=at)


def check_cancel(release: Release, *, by: User, at: datetime, reason: str = "to be given") -> Move:
    """Check that a person may cancel a release, and return the move.

    The move is CANCEL_ONCE_DUE if the release is confirmed and due. Otherwise it is CANCEL.
    """
    due = release.status == Status.CONFIRMED and is_due(release, at=at)
    given = {"reason"} if reason.strip() else set()
    return check_move(release, CANCEL_ONCE_DUE if due else CANCEL, by=by, given=given)


def prepare_cancel(
    release: Release, *, reason: str, by: User, at: datetime, expected_version: int | None = None
) -> Move:
    """Check that a person may cancel a release now, and return the move.

    :param expected_version: the schedule version that the person read.
    """
    if expected_version not in {None, release.schedule_version}:
        sentence = _("The date has changed to %(slot)s since you read it. Check it before you cancel the release.")
        raise ChangedMeanwhile(sentence % {"slot": release.slot})
    move = check_cancel(release, by=by, at=at, reason=reason)
    refuse_during_judgement(release, at=at)
    return move


def cancel_release(
    release: Release, *, reason: str, by: User, at: datetime, expected_version: int | None = None
) -> Release:
    """Cancel a release, with a public reason. Once a confirmed release is due, only a lead may cancel it."""
    move = prepare_cancel(release, reason=reason, by=by, at=at, expected_version=expected_version)
    values = {"cancelled_at": at, "cancellation_reason": reason.strip()}
    return apply_move(release, move, by=by, at=at, values=values, after_due=is_due(release, at=at))


def publish(release: Release, *, by: User | None, at: datetime, published_at: datetime) -> Release:
    move = check_move(release, PUBLISH, by=by)
    return apply_move(release, move, by=by, at=at, values={"published_at": published_at})


def publish_all(live_releases: Sequence[tuple[Release, datetime]], *, at: datetime) -> list[ReleaseEvent]:
    """Mark confirmed releases as published.

    :param live_releases: pairs of a release and the aware instant at which the release was first found live. The
        releases must be locked by the caller's transaction.
    :return: the events. The caller must store them in the same transaction.
    """
    events = []
    for release, published_at in live_releases:
        move = RELEASE.check(PUBLISH, source=release.status, roles=(), by_system=True)
        release.status, release.published_at = move.target, published_at
        events.append(build_event(release, move.name, at=at, status=[move.source, move.target]))
    update_rows([release for release, _ in live_releases], ["status", "published_at"])
    return events


def available_moves(release: Release, *, roles: frozenset[Role], at: datetime) -> list[str]:
    """Return the names of the moves that pages offer to a person with these roles.

    A release can be announced only once, and a rehearsal cannot be announced. If a confirmed release is due, only a
    lead may cancel the release.
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
    """How much notice readers get of a release date.

    `days` is the number of days from `given_at` to the date. It is negative if the date has passed.
    `is_short_for_markets` is always false if the series is not market-sensitive.
    """

    days: int
    given_at: datetime
    is_short: bool
    is_short_for_markets: bool


def notice_of(release: Release, *, given_at: datetime, to: Slot | None = None) -> Notice:
    """Return how much notice readers get if a date is confirmed, or a confirmed date announced, at an aware instant.

    :param to: the new date, if the date changes.
    """
    slot = to or release.slot
    on, is_exact = slot.on, slot.due_at is not None
    return Notice(
        days=calendar.days_of_notice(on, given_at=given_at),
        given_at=given_at,
        is_short=is_exact and not release.rehearsal and calendar.is_short_notice(on, given_at=given_at),
        is_short_for_markets=is_exact
        and release.series.market_sensitive
        and calendar.is_short_for_markets(on, given_at=given_at),
    )


def notice_of_present_date(release: Release, *, agreed_at: datetime | None) -> Notice | None:
    """Return how much notice readers got of the present date of a release.

    Notice is counted from the latest of the times when the date was confirmed, announced and last agreed. Return None
    if the release is not confirmed or published.

    :param agreed_at: when the last change of the confirmed date was agreed, or None if there was no change.
    """
    if release.confirmed_at is None or release.status not in {Status.CONFIRMED, Status.PUBLISHED}:
        return None
    moments = (release.confirmed_at, release.announced_at, agreed_at)
    return notice_of(release, given_at=max(moment for moment in moments if moment))
