"""What a row does to the date and the status of a release that is there: each by the rules of the calendar's moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from releases.calendar import date_requests, scheduling
from releases.calendar.slot_rules import SlotRefused
from releases.core.dates.calendar import Precision, Slot
from releases.core.lifecycle import SomethingMissing
from releases.core.status import Status
from releases.exchange.import_file import Row
from releases.exchange.import_parties import RowRefused
from releases.exchange.import_steps import Step, StepKind
from releases.models import Release

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


def follow_date(row: Row, release: Release, *, by: "User | None", at: datetime) -> tuple[Release, list[Step]]:
    """Move a release that is not confirmed, or ask for the change of a confirmed date; return it with what was done.

    :param at: the aware instant of importing.
    :raises RowRefused: if the row gives no reason for a confirmed release, or one for a change that is none.
    :raises MoveRefused: if the calendar's rules do not allow the date.
    """
    if _same_slot(release.slot, row.slot):
        _check_reason_of_a_change(row, release)
        return release, []
    if row.status is Status.CANCELLED and release.status != Status.CANCELLED:
        raise RowRefused("scheduled_for", f"a release that is cancelled keeps its date, which is {release.slot}.")
    if release.status == Status.CONFIRMED:
        return release, list(_ask(row, release, by=by, at=at))
    was = release.slot
    release = scheduling.change_date(release, to=row.slot, reason=row.date_change_reason, by=by, at=at)
    return release, [Step(StepKind.MOVED, str(was), str(release.slot))]


def confirm(row: Row, release: Release, *, by: "User | None", at: datetime) -> Iterator[Step]:
    """Confirm a provisional release, and announce it unless it is a rehearsal.

    :param at: the aware instant of importing.
    :raises RowRefused: if the notice is short and the row gives no reason, or another one than is on record.
    :raises MoveRefused: if the calendar's rules do not allow its date.
    """
    if release.status == Status.PROVISIONAL:
        with _missing_in("short_notice_reason"):
            release = scheduling.confirm(release, by=by, at=at, reason=row.short_notice_reason)
        yield Step(StepKind.CONFIRMED)
    _check_stays(row, "short_notice_reason", release.short_notice_reason, "was confirmed")
    if release.status == Status.CONFIRMED and not release.rehearsal and release.announced_at is None:
        scheduling.announce(release, by=by, at=at)
        yield Step(StepKind.ANNOUNCED)


def cancel(row: Row, release: Release, *, by: "User | None", at: datetime) -> Iterator[Step]:
    """Cancel a release with the reason that readers see; one that is cancelled stays as it is.

    :param at: the aware instant of importing.
    :raises RowRefused: if the row gives no reason, or another one than was given, or nobody is there to answer for it.
    :raises MoveRefused: if the calendar's rules do not allow it.
    """
    if release.status == Status.CANCELLED:
        _check_stays(row, "cancellation_reason", release.cancellation_reason, "is cancelled")
        return
    if by is None:
        why = f"{release.reference} is {release.status}; a person cancels it, on its page or by the page of imports."
        raise RowRefused("status", why)
    with _missing_in("cancellation_reason"):
        scheduling.cancel(release, reason=row.cancellation_reason, by=by, at=at)
    yield Step(StepKind.CANCELLED, to=row.cancellation_reason)


def _ask(row: Row, release: Release, *, by: "User | None", at: datetime) -> Iterator[Step]:
    if by is None or not row.date_change_reason:
        how = (
            "with a reason, by the change of date on its page."
            if by is None
            else 'who are asked to agree if you give the public reason in the column "date_change_reason".'
        )
        why = (
            f"{release.reference} is confirmed for {release.slot}, and the file says {row.slot}; a confirmed date is "
            f"changed by a head of profession or a deputy, {how}"
        )
        raise RowRefused("scheduled_for", why)
    waits = date_requests.waiting_of(release)
    if waits and _same_slot(waits.to, row.slot) and _in_one_line(waits.public_reason) == row.date_change_reason:
        return
    date_requests.ask(release, to=row.slot, reason=row.date_change_reason, by=by, at=at)
    yield Step(StepKind.CHANGE_ASKED, str(release.slot), str(row.slot))


def _check_reason_of_a_change(row: Row, release: Release) -> None:
    """Refuse a reason where there is no change to give it for, unless the release was moved for it before."""
    if not row.date_change_reason:
        return
    last = release.date_changes.filter(schedule_version=release.schedule_version).first()
    # Of a provisional date the reason is not kept as public, so it cannot be compared.
    if last is None or _in_one_line(last.public_reason) not in {"", row.date_change_reason}:
        why = f"the date is unchanged ({release.slot}): there is no change to give a reason for."
        raise RowRefused("date_change_reason", why)


def _check_stays(row: Row, column: str, given: str, what: str) -> None:
    """Refuse another reason than was given before: it would be read by nobody."""
    said = getattr(row, column)
    if said and given and said != _in_one_line(given):
        raise RowRefused(column, f"{row.reference} {what} already, and the reason that was given stays: “{given}”.")


@contextmanager
def _missing_in(column: str) -> Iterator[None]:
    """Name the column in which a reason is missing."""
    try:
        yield
    except (SomethingMissing, SlotRefused) as refusal:
        if refusal.field != "reason":
            raise
        raise RowRefused(column, str(refusal)) from refusal


def _same_slot(one: Slot, other: Slot) -> bool:
    """Tell whether two slots announce the same; of a vague one the day is not shown, so it does not count."""
    if one.precision is not Precision.EXACT and one.precision is other.precision:
        return one.on.replace(day=1) == other.on.replace(day=1)
    return one.precision is other.precision and one.due_at == other.due_at


def _in_one_line(text: str) -> str:
    """Write a text as the cell of a file holds it."""
    return " ".join(text.split())
