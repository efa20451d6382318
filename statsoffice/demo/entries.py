"""Calendar entries of the demonstration, which are recorded together in a fixed number of SQL statements.

The rows, events and digests are the same as those that `releases.scheduling` would record one by one. A test compares
them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from releases.models import Address, Release, Series
from releases.models.event import ReleaseEvent, build_event, record_rows
from releases.rules import calendar
from releases.rules.calendar import Slot
from releases.rules.lifecycle import ANNOUNCE, CONFIRM, RELEASE, Status
from releases.scheduling import PlannedAddress


@dataclass(frozen=True, slots=True)
class Entry:
    """A release that the system recorded and announced at `recorded_at`.

    If `confirmed_at` is set, the system also confirmed the release at that time.
    """

    series: Series
    reference: str
    title: str
    slot: Slot
    recorded_at: datetime
    confirmed_at: datetime | None = None
    addresses: Sequence[PlannedAddress] = ()
    welsh_title: str = ""


def record_entries(entries: Sequence[Entry]) -> list[Release]:
    """Record, announce and confirm releases. Return the releases in the order of their entries."""
    with transaction.atomic():
        releases = Release.objects.bulk_create([_build_release(entry) for entry in entries])
        addresses = Address.objects.bulk_create(
            Address(
                release=release,
                url=planned.url,
                role=planned.role,
                marker=planned.marker,
                adapter=planned.adapter,
                required=planned.required and planned.role != Address.Role.ANNOUNCEMENT,
                part=planned.part,
                may_follow_minutes=planned.may_follow_minutes,
                added_at=entry.recorded_at,
            )
            for entry, release in zip(entries, releases, strict=True)
            for planned in entry.addresses
        )
        pairs = zip(entries, releases, strict=True)
        ReleaseEvent.append([event for entry, release in pairs for event in _build_events(entry, release)])
        record_rows({Release: [one.pk for one in releases], Address: [one.pk for one in addresses]})
    return releases


def _build_release(entry: Entry) -> Release:
    return Release(
        series=entry.series,
        reference=entry.reference,
        title=entry.title,
        welsh_title=entry.welsh_title,
        status=Status.CONFIRMED if entry.confirmed_at else Status.PROVISIONAL,
        planned_on=entry.slot.on,
        planned_at=entry.slot.at,
        precision=entry.slot.precision,
        zone=entry.slot.zone,
        due_at=entry.slot.due_at,
        recorded_at=entry.recorded_at,
        announced_at=entry.recorded_at,
        confirmed_at=entry.confirmed_at,
    )


def _build_events(entry: Entry, release: Release) -> Iterator[ReleaseEvent]:
    yield build_event(release, "recorded", at=entry.recorded_at, slot=str(entry.slot), rehearsal=False)
    announce = RELEASE.find(ANNOUNCE, source=Status.PROVISIONAL)
    yield build_event(release, announce.name, at=entry.recorded_at, status=[announce.source, announce.target])
    if entry.confirmed_at is not None:
        confirm = RELEASE.find(CONFIRM, source=Status.PROVISIONAL)
        notice = calendar.days_of_notice(entry.slot.on, given_at=entry.confirmed_at)
        status = [confirm.source, confirm.target]
        yield build_event(release, confirm.name, at=entry.confirmed_at, status=status, notice_days=notice)
