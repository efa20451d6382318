"""Taking one row of a file into the calendar: a new release is recorded, one that is there follows the file."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from releases.calendar import corrections, scheduling
from releases.calendar.moving import BeingJudged
from releases.calendar.scheduling import PlannedAddress
from releases.core.status import Status
from releases.exchange import import_moves
from releases.exchange.import_file import Row
from releases.exchange.import_parties import RowRefused
from releases.exchange.import_steps import Step, StepKind
from releases.models import Address, Release, Series

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

ANNOUNCEMENT, ATTACHMENT, PAGE = Address.Role.ANNOUNCEMENT, Address.Role.ATTACHMENT, Address.Role.PAGE


def record(row: Row, series: Series, *, by: "User | None", at: datetime) -> list[Step]:
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
    return [*steps, *(import_moves.confirm(row, release, by=by, at=at) if status is Status.CONFIRMED else [])]


def follow(row: Row, release: Release, series: Series, *, by: "User | None", at: datetime) -> list[Step]:
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
            release = corrections.correct(release, title=row.title, reference=release.reference, by=by, at=at)
        except BeingJudged as refusal:
            raise RowRefused("title", str(refusal)) from refusal
    steps += _follow_addresses(row, release, by=by, at=at)
    release, moved = import_moves.follow_date(row, release, by=by, at=at)
    steps += moved
    if row.status is Status.CONFIRMED:
        steps += import_moves.confirm(row, release, by=by, at=at)
    if row.status is Status.CANCELLED:
        steps += import_moves.cancel(row, release, by=by, at=at)
    return steps


def _check_same(row: Row, release: Release, series: Series) -> None:
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


def _follow_addresses(row: Row, release: Release, *, by: "User | None", at: datetime) -> Iterator[Step]:
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
    row: Row, release: Release, there: list[Address], *, by: "User | None", at: datetime
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
    row: Row, release: Release, there: list[Address], *, by: "User | None", at: datetime
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


def _pages(row: Row) -> list[PlannedAddress]:
    page = PlannedAddress(url=row.url, marker=row.marker or row.title, adapter=row.adapter or "page")
    return [page] if row.url else []


def _attachment(url: str) -> PlannedAddress:
    return PlannedAddress(url=url, role=ATTACHMENT)


def _announcements(row: Row) -> list[PlannedAddress]:
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
