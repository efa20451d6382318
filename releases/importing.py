"""Taking a file's planned releases into the calendar: all of them, or none if one cannot be taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from releases import corrections, import_parties, scheduling
from releases.calendar import slot_at
from releases.import_file import Fault, FileRefused, Row
from releases.import_parties import Parties, RowRefused
from releases.lifecycle import MoveRefused
from releases.models import Address, Release, Series
from releases.scheduling import PlannedAddress
from releases.status import Status

COLUMNS = {"planned_on": "scheduled_for", "planned_at": "scheduled_for", "exact_date": "scheduled_for"}


@dataclass(slots=True)
class Imported:
    """What an import did, or in a dry run would do, in words; and how many releases it leaves as they are."""

    recorded: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    unchanged: int = 0


def import_rows(rows: Sequence[Row], *, at: datetime, create: bool = False, dry_run: bool = False) -> Imported:
    """Take planned releases into the calendar, as the system, in one transaction.

    New ones are recorded and, where the row says so, confirmed; a confirmed one that is no rehearsal is announced
    with it. Of those that are there already, the title and the addresses follow the file, a provisional date moves,
    and a provisional release is confirmed where the file says so. Cells that are empty say nothing.

    :param at: the aware instant of importing.
    :param create: whether producers, series and contacts that are not known are made.
    :param dry_run: whether everything is tried and nothing is kept.
    :raises FileRefused: if any row cannot be taken; then nothing is changed.
    """
    imported, faults = Imported(), []
    with transaction.atomic():
        parties = Parties.known(create=create)
        there = Release.objects.select_related("series__producer").prefetch_related("addresses")
        known = there.in_bulk([row.reference for row in rows], field_name="reference")
        for row in rows:
            try:
                series = import_parties.series_of(row, parties)
                with transaction.atomic():
                    _take(row, known.get(row.reference), series, at=at, imported=imported)
            except RowRefused as refusal:
                faults.append(Fault(row.number, refusal.column, str(refusal)))
            except MoveRefused as refusal:
                column = COLUMNS.get(getattr(refusal, "field", ""), "scheduled_for")
                faults.append(Fault(row.number, column, str(refusal)))
        if faults:
            raise FileRefused(faults)
        imported.made = parties.made
        transaction.set_rollback(dry_run)
    return imported


def _take(row: Row, release: Release | None, series: Series, *, at: datetime, imported: Imported) -> None:
    if release is None:
        imported.recorded.append(_record(row, series, at=at))
        return
    done = _follow(row, release, series, at=at)
    if done:
        imported.changed.append(f"{row.reference}: {', '.join(done)}")
    else:
        imported.unchanged += 1


def _record(row: Row, series: Series, *, at: datetime) -> str:
    rehearsal = bool(row.rehearsal)
    adapter = row.adapter or "page"
    page = PlannedAddress(url=row.url, marker=row.marker or row.title, adapter=adapter)
    release = scheduling.record_release(
        series,
        reference=row.reference,
        title=row.title,
        slot=slot_at(row.scheduled_for),
        at=at,
        rehearsal=rehearsal,
        addresses=[page, *(_attachment(url) for url in row.attachments), *_announcements(row)],
    )
    done = [f"{row.reference}: recorded for {release.slot}", *(["as a rehearsal"] if rehearsal else [])]
    # A rehearsal is there to be watched, which a provisional release is not.
    if (row.status or (Status.CONFIRMED if rehearsal else Status.PROVISIONAL)) is Status.CONFIRMED:
        done += _confirm(release, at=at)
    return ", ".join(done)


def _confirm(release: Release, *, at: datetime) -> list[str]:
    done = []
    if release.status == Status.PROVISIONAL:
        scheduling.confirm(release, by=None, at=at)
        done.append("confirmed")
    if release.status == Status.CONFIRMED and not release.rehearsal and release.announced_at is None:
        scheduling.announce(release, by=None, at=at)
        done.append("announced")
    return done


def _attachment(url: str) -> PlannedAddress:
    return PlannedAddress(url=url, role=Address.Role.ATTACHMENT)


def _announcements(row: Row) -> list[PlannedAddress]:
    """Return the announcement that a row names, if it names one; it is read as the page is."""
    role, adapter = Address.Role.ANNOUNCEMENT, row.adapter or "page"
    return [PlannedAddress(row.announcement, role, adapter=adapter, required=False)] if row.announcement else []


def _follow(row: Row, release: Release, series: Series, *, at: datetime) -> list[str]:
    """Bring a release that is there already up to what the file says; return what was done."""
    _check_same(row, release, series)
    done = []
    if release.title != row.title:
        release = corrections.correct(release, title=row.title, reference=release.reference, by=None, at=at)
        done.append("title corrected")
    done += _follow_addresses(row, release, at=at)
    slot = slot_at(row.scheduled_for)
    if release.slot != slot:
        release = _move(release, row, at=at)
        done.append(f"moved to {release.slot}")
    if row.status is Status.CONFIRMED:
        done += _confirm(release, at=at)
    return done


def _move(release: Release, row: Row, *, at: datetime) -> Release:
    slot = slot_at(row.scheduled_for)
    if release.status == Status.CONFIRMED:
        why = (
            f"{release.reference} is confirmed for {release.slot}, and the file says {slot}; a confirmed date is "
            "changed by a head of profession or a deputy, with a reason, by the change of date in the admin site."
        )
        raise RowRefused("scheduled_for", why)
    return scheduling.change_date(release, to=slot, by=None, at=at)


def _check_same(row: Row, release: Release, series: Series) -> None:
    if release.series != series:
        why = f'{release.reference} belongs to the series "{release.series}" of {release.series.producer}.'
        raise RowRefused("series", why)
    if row.rehearsal is not None and row.rehearsal != release.rehearsal:
        what = "a rehearsal and stays one" if release.rehearsal else "no rehearsal and never becomes one"
        raise RowRefused("rehearsal", f"{release.reference} is {what}.")
    confirmed_again = row.status is Status.PROVISIONAL and release.status != Status.PROVISIONAL
    if confirmed_again or (row.status is Status.CONFIRMED and release.status == Status.CANCELLED):
        raise RowRefused("status", f"{release.reference} is {release.status} and cannot become {row.status}.")


def _follow_addresses(row: Row, release: Release, *, at: datetime) -> list[str]:
    done = _follow_announcement(row, release, at=at)
    there = {address.url: address for address in release.addresses.all()}
    pages = [address for address in there.values() if address.role == Address.Role.PAGE]
    page = there.get(row.url) or (pages[0] if len(pages) == 1 else None)
    try:
        if page is None:
            corrections.add_address(
                release, PlannedAddress(url=row.url, marker=row.marker or row.title), by=None, at=at
            )
            done.append(f"page {row.url} added")
        else:
            planned = PlannedAddress(
                url=row.url,
                role=page.role,
                marker=row.marker or page.marker,
                adapter=row.adapter or page.adapter,
                required=page.required,
            )
            if planned != _as_planned(page):
                corrections.change_address(page, planned, by=None, at=at)
                done.append("page's address, marker or adapter corrected")
        for url in row.attachments:
            if url not in there:
                corrections.add_address(release, _attachment(url), by=None, at=at)
                done.append(f"attachment {url} added")
    except corrections.CorrectionRefused as refusal:
        raise RowRefused("url", str(refusal)) from refusal
    return done


def _follow_announcement(row: Row, release: Release, *, at: datetime) -> list[str]:
    known = next((a for a in release.addresses.all() if a.role == Address.Role.ANNOUNCEMENT), None)
    try:
        for planned in _announcements(row):
            if known is None:
                corrections.add_address(release, planned, by=None, at=at)
                return [f"announcement {planned.url} added"]
            planned = replace(planned, adapter=row.adapter or known.adapter)
            if planned != replace(_as_planned(known), marker=""):
                corrections.change_address(known, replace(planned, marker=known.marker), by=None, at=at)
                return ["announcement's address or adapter corrected"]
    except corrections.CorrectionRefused as refusal:
        raise RowRefused("announcement", str(refusal)) from refusal
    return []


def _as_planned(address: Address) -> PlannedAddress:
    return PlannedAddress(
        url=address.url,
        role=address.role,
        marker=address.marker,
        adapter=address.adapter,
        required=address.required,
    )
