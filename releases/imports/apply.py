"""Importing the rows of a file: all of them, or none if one is refused."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from django.db import transaction

from releases import corrections, date_changes, scheduling
from releases.imports import plan
from releases.imports.parse import CalendarFile, CalendarRow, FileRefused, RowFault
from releases.imports.plan import (
    Made,
    Outcome,
    Parties,
    RowRefused,
    Step,
    StepKind,
    Taken,
    refused_as_read,
    refused_row,
)
from releases.models import Address, Release, Series
from releases.models.event import together
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import MissingFields, MoveRefused, Status
from releases.scheduling import BeingJudged, PlannedAddress, SlotRefused

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


def follow_date(row: CalendarRow, release: Release, *, by: "User | None", at: datetime) -> tuple[Release, list[Step]]:
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


def confirm_by_row(row: CalendarRow, release: Release, *, by: "User | None", at: datetime) -> Iterator[Step]:
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


def cancel_by_row(row: CalendarRow, release: Release, *, by: "User | None", at: datetime) -> Iterator[Step]:
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


def _ask(row: CalendarRow, release: Release, *, by: "User | None", at: datetime) -> Iterator[Step]:
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
    waits = date_changes.waiting_of(release)
    if waits and _same_slot(waits.to, row.slot) and _in_one_line(waits.public_reason) == row.date_change_reason:
        return
    date_changes.request_date_change(release, to=row.slot, reason=row.date_change_reason, by=by, at=at)
    yield Step(StepKind.CHANGE_ASKED, str(release.slot), str(row.slot))


def _check_reason_of_a_change(row: CalendarRow, release: Release) -> None:
    """Refuse a reason where there is no change to give it for, unless the release was moved for it before."""
    if not row.date_change_reason:
        return
    last = release.date_changes.filter(schedule_version=release.schedule_version).first()
    # Of a provisional date the reason is not kept as public, so it cannot be compared.
    if last is None or _in_one_line(last.public_reason) not in {"", row.date_change_reason}:
        why = f"the date is unchanged ({release.slot}): there is no change to give a reason for."
        raise RowRefused("date_change_reason", why)


def _check_stays(row: CalendarRow, column: str, given: str, what: str) -> None:
    """Refuse another reason than was given before: it would be read by nobody."""
    said = getattr(row, column)
    if said and given and said != _in_one_line(given):
        raise RowRefused(column, f"{row.reference} {what} already, and the reason that was given stays: “{given}”.")


@contextmanager
def _missing_in(column: str) -> Iterator[None]:
    try:
        yield
    except (MissingFields, SlotRefused) as refusal:
        if refusal.field != "reason":
            raise
        raise RowRefused(column, str(refusal)) from refusal


def _same_slot(one: Slot, other: Slot) -> bool:
    """Tell whether two slots announce the same; of a vague one the day is not shown, so it does not count."""
    if one.precision is not Precision.EXACT and one.precision is other.precision:
        return one.on.replace(day=1) == other.on.replace(day=1)
    return one.precision is other.precision and one.due_at == other.due_at


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


ANNOUNCEMENT, ATTACHMENT, PAGE = Address.Role.ANNOUNCEMENT, Address.Role.ATTACHMENT, Address.Role.PAGE


def record_by_row(row: CalendarRow, series: Series, *, by: "User | None", at: datetime) -> list[Step]:
    """Record a release that is not there yet and, where the row says so, confirm and announce it.

    :param at: the aware instant of importing.
    :raises RowRefused: if the row says of it what only a person may.
    :raises MoveRefused: if the calendar's rules do not allow its date.
    """
    rehearsal = bool(row.rehearsal)
    # A rehearsal is there to be watched, which a provisional release is not.
    status = row.status or (Status.CONFIRMED if rehearsal else Status.PROVISIONAL)
    if status not in {Status.PROVISIONAL, Status.CONFIRMED}:
        why = f"a new release is provisional or confirmed; it becomes {status} later, by a person."
        raise RowRefused("status", why)
    if row.date_change_reason:
        raise RowRefused("date_change_reason", "the release is new: there is no change of its date.")
    release = scheduling.record_release(
        series,
        reference=row.reference,
        title=row.title,
        slot=row.slot,
        at=at,
        by=by,
        rehearsal=rehearsal,
        addresses=[*_pages(row), *(_attachment(url) for url in row.attachments), *_announcements(row)],
    )
    steps = [Step(StepKind.RECORDED, to=str(release.slot)), *([Step(StepKind.AS_REHEARSAL)] if rehearsal else [])]
    return [*steps, *(confirm_by_row(row, release, by=by, at=at) if status is Status.CONFIRMED else [])]


def follow_row(row: CalendarRow, release: Release, series: Series, *, by: "User | None", at: datetime) -> list[Step]:
    """Bring a release that is there already up to what the file says; return what was done.

    :param at: the aware instant of importing.
    :raises RowRefused: if the row says of it what only a person may.
    :raises MoveRefused: if the calendar's rules do not allow what the row says.
    """
    _check_same(row, release, series)
    steps = []
    if " ".join(release.title.split()) != row.title:
        steps.append(Step(StepKind.TITLE_CORRECTED, release.title, row.title))
        try:
            release = corrections.correct_release(release, title=row.title, reference=release.reference, by=by, at=at)
        except BeingJudged as refusal:
            raise RowRefused("title", str(refusal)) from refusal
    steps += _follow_addresses(row, release, by=by, at=at)
    release, moved = follow_date(row, release, by=by, at=at)
    steps += moved
    if row.status is Status.CONFIRMED:
        steps += confirm_by_row(row, release, by=by, at=at)
    if row.status is Status.CANCELLED:
        steps += cancel_by_row(row, release, by=by, at=at)
    return steps


def _check_same(row: CalendarRow, release: Release, series: Series) -> None:
    if release.series != series:
        why = f'{release.reference} belongs to the series "{release.series}" of {release.series.producer}.'
        raise RowRefused("series", why)
    if row.rehearsal is not None and row.rehearsal != release.rehearsal:
        what = "a rehearsal and stays one" if release.rehearsal else "no rehearsal and never becomes one"
        raise RowRefused("rehearsal", f"{release.reference} is {what}.")
    final = {Status.PUBLISHED, Status.CANCELLED}
    back = row.status is Status.PROVISIONAL and release.status != Status.PROVISIONAL
    undone = row.status is Status.CONFIRMED and release.status == Status.CANCELLED
    if back or undone or (row.status in final and release.status in final and row.status != release.status):
        raise RowRefused("status", f"{release.reference} is {release.status} and cannot become {row.status}.")
    if row.status is Status.PUBLISHED and release.status != Status.PUBLISHED:
        why = f"{release.reference} is {release.status}; a person makes it published on its page, and not a file."
        raise RowRefused("status", why)


def _follow_addresses(row: CalendarRow, release: Release, *, by: "User | None", at: datetime) -> Iterator[Step]:
    there = list(release.addresses.all())
    try:
        yield from _follow_announcement(row, release, there, by=by, at=at)
        if row.url:
            yield from _follow_page(row, release, there, by=by, at=at)
        for url in row.attachments:
            if url not in {address.url for address in there}:
                corrections.add_address(release, _attachment(url), by=by, at=at)
                yield Step(StepKind.ATTACHMENT_ADDED, to=url)
    except corrections.CorrectionRefused as refusal:
        raise RowRefused("url", str(refusal)) from refusal


def _follow_page(
    row: CalendarRow, release: Release, there: list[Address], *, by: "User | None", at: datetime
) -> Iterator[Step]:
    pages = [address for address in there if address.role == PAGE]
    known = next((address for address in there if address.url == row.url), None)
    page = known or (pages[0] if len(pages) == 1 else None)
    if page is None:
        corrections.add_address(release, _pages(row)[0], by=by, at=at)
        yield Step(StepKind.PAGE_ADDED, to=row.url)
        return
    was = _as_planned(page)
    marker = was.marker if row.marker in {"", " ".join(was.marker.split())} else row.marker
    planned = replace(was, url=row.url, marker=marker, adapter=row.adapter or was.adapter)
    if planned != was:
        corrections.change_address(page, planned, by=by, at=at)
        yield Step(StepKind.PAGE_CORRECTED, _in_words(was), _in_words(planned))


def _follow_announcement(
    row: CalendarRow, release: Release, there: list[Address], *, by: "User | None", at: datetime
) -> Iterator[Step]:
    known = next((address for address in there if address.role == ANNOUNCEMENT), None)
    try:
        for planned in _announcements(row):
            if known is None:
                corrections.add_address(release, planned, by=by, at=at)
                yield Step(StepKind.ANNOUNCEMENT_ADDED, to=planned.url)
                continue
            was = _as_planned(known)
            adapter = row.announcement_adapter or row.adapter or was.adapter
            planned = replace(was, url=planned.url, adapter=adapter)
            if planned != was:
                corrections.change_address(known, planned, by=by, at=at)
                yield Step(StepKind.ANNOUNCEMENT_CORRECTED, _in_words(was), _in_words(planned))
    except corrections.CorrectionRefused as refusal:
        raise RowRefused("announcement", str(refusal)) from refusal


def _pages(row: CalendarRow) -> list[PlannedAddress]:
    page = PlannedAddress(url=row.url, marker=row.marker or row.title, adapter=row.adapter or "page")
    return [page] if row.url else []


def _attachment(url: str) -> PlannedAddress:
    return PlannedAddress(url=url, role=ATTACHMENT)


def _announcements(row: CalendarRow) -> list[PlannedAddress]:
    """Return the announcement that a row names, if it names one; unless it says otherwise it is read as the page is."""
    adapter = row.announcement_adapter or row.adapter or "page"
    planned = PlannedAddress(row.announcement, ANNOUNCEMENT, adapter=adapter, required=False)
    return [planned] if row.announcement else []


def _as_planned(address: Address) -> PlannedAddress:
    return PlannedAddress(
        url=address.url,
        role=address.role,
        marker=address.marker,
        adapter=address.adapter,
        required=address.required,
    )


def _in_words(planned: PlannedAddress) -> str:
    marker = f' by the words "{planned.marker}"' if planned.marker else ""
    return f"{planned.url}{marker}, read as {planned.adapter}"


COLUMNS = {"planned_on": "scheduled_for", "planned_at": "scheduled_for", "exact_date": "scheduled_for"}


@dataclass(slots=True)
class Imported:
    """What an import did, or in a dry run would do: row by row, and what was made beside it."""

    taken: list[Taken] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)

    def of(self, outcome: Outcome) -> list[Taken]:
        return [row for row in self.taken if row.outcome is outcome]


def import_reading(
    reading: CalendarFile,
    *,
    at: datetime,
    by: "User | None" = None,
    create: bool = False,
    skip_refused: bool = False,
    dry_run: bool = False,
) -> Imported:
    """Take planned releases into the calendar in one transaction.

    New ones are recorded and, where the row says so, confirmed; a confirmed one that is no rehearsal is announced
    with it. Of those that are there already, the title and the addresses follow the file, a provisional date moves,
    and a provisional release is confirmed where the file says so. Cells that are empty say nothing.

    :param reading: what the file holds.
    :param at: the aware instant of importing.
    :param by: the person who imports, for the producers whose calendar they keep; None for an operator.
    :param create: whether series and contacts that are not known are made, by an operator producers too.
    :param skip_refused: whether rows that cannot be taken are left out.
    :param dry_run: whether everything is tried and nothing is kept.
    :raises FileRefused: if a row cannot be taken and none is to be left out; then nothing is changed.
    """
    with transaction.atomic():
        parties = Parties.known(by=by, create=create)
        refused_before = refused_as_read(reading.faults, reading.named)
        with together():
            taken = [*refused_before, *import_rows(reading.rows, parties, at=at)]
        imported = Imported(sorted(taken, key=attrgetter("number")), parties.made)
        faults = [fault for row in imported.taken for fault in row.faults]
        if faults and not skip_refused:
            raise FileRefused(faults)
        transaction.set_rollback(dry_run)
    return imported


def import_rows(rows: Sequence[CalendarRow], parties: Parties, *, at: datetime) -> Iterator[Taken]:
    """Take rows one by one into the calendar, within the caller's transaction; one that is refused changes nothing.

    :param at: the aware instant of importing.
    """
    there = Release.objects.select_related("series__producer").prefetch_related("addresses")
    known = there.in_bulk([row.reference for row in rows], field_name="reference")
    for row in rows:
        yield _taken(row, known.get(row.reference), parties, at=at)


def _taken(row: CalendarRow, release: Release | None, parties: Parties, *, at: datetime) -> Taken:
    try:
        with transaction.atomic(), together():
            taken = _followed_or_recorded(row, release, parties, at=at)
    except (RowRefused, MoveRefused) as refusal:
        parties.take_back()
        fault = RowFault(row.number, _column(refusal), str(refusal))
        return refused_row(row.number, row.reference, [fault], title=row.title)
    parties.accept()
    return taken


def _followed_or_recorded(row: CalendarRow, release: Release | None, parties: Parties, *, at: datetime) -> Taken:
    if release is not None and parties.by is not None and not parties.keeps(release.series.producer):
        # Of a release of somebody else's the file learns that its name is taken, and nothing more.
        raise RowRefused("reference", f'"{row.reference}" is not free: choose another reference.')
    series = plan.series_of_row(row, parties)
    if release is None:
        steps = record_by_row(row, series, by=parties.by, at=at)
        return Taken(row.number, row.reference, Outcome.ADDED, row.title, tuple(steps))
    steps = follow_row(row, release, series, by=parties.by, at=at)
    outcome = Outcome.CHANGED if steps else Outcome.UNCHANGED
    return Taken(row.number, row.reference, outcome, row.title, tuple(steps))


def _column(refusal: RowRefused | MoveRefused) -> str:
    if isinstance(refusal, RowRefused):
        return refusal.column
    return COLUMNS.get(getattr(refusal, "field", ""), "scheduled_for")
