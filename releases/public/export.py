"""Releases and date changes as files to download."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from releases.models import Address, DateChange, Release
from releases.models.release import find_main_page
from releases.permissions import Action, Person, producers_where
from releases.rules import calendar as rules_calendar
from releases.rules import tables
from releases.rules.calendar import Precision, Slot
from releases.rules.departure import DepartureKind
from releases.rules.imports import COLUMNS, EXAMPLE, ZONE
from releases.rules.tables import MEDIA_TYPES, MOST_ROWS, TableKind, Value
from releases.text import calendar


def download_response(content: bytes, kind: TableKind, *, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=MEDIA_TYPES[kind], headers=headers)


def dated_file_name(name: str, *, now: datetime) -> str:
    """Return a file name that ends with the present day in London, such as "releases-2026-06-30"."""
    return f"{name}-{rules_calendar.local_date(now).isoformat()}"


CONTACT = "responsible_email"
ATTACHMENT, ANNOUNCEMENT = Address.Role.ATTACHMENT, Address.Role.ANNOUNCEMENT


class TooManyReleases(Exception):
    """There are more releases than an import accepts. The message is one sentence."""


def export_calendar(
    releases: QuerySet[Release], kind: TableKind, *, title: str, by: Person, contacts: bool = False
) -> bytes:
    """Return a file of releases that has the columns of an import. Times are in London time.

    Trainings are not exported. If a training were imported again, it would notify people who do not take part in it.

    :param contacts: whether to include the responsible contact of each release that the person may edit.
    :raises TooManyReleases: if there are more releases than an import accepts.
    """
    found = list(
        releases.filter(training__isnull=True)
        .select_related("series__producer", "series__responsible")
        .prefetch_related("addresses", "departures__corrections")
    )
    if len(found) > MOST_ROWS:
        sentence = _("You selected %(number)s releases. A file can have up to %(most)s. Select fewer releases.")
        raise TooManyReleases(sentence % {"most": f"{MOST_ROWS:,}", "number": f"{len(found):,}"})
    editable = set(producers_where(by, Action.EDIT).values_list("pk", flat=True)) if contacts else set[int]()
    columns = [column for column in COLUMNS if column != CONTACT or editable]
    own = set(producers_where(by, Action.VIEW).values_list("pk", flat=True))
    return tables.write_table(kind, columns, (_row(release, columns, editable, own) for release in found), title=title)


def calendar_template(kind: TableKind, *, producer: str, now: datetime) -> bytes:
    """Return a template for imports, with the column names and one example row."""
    example: dict[str, Value] = {
        "reference": EXAMPLE,
        "producer": producer,
        "series": "Title of the series",
        "title": "EXAMPLE: replace this row. We ignore it while its reference is “example”.",
        "scheduled_for": datetime(rules_calendar.local_date(now).year + 1, 7, 1, 9, 30),  # noqa: DTZ001  # as a cell holds it
        "zone": ZONE,
        "precision": Precision.EXACT.value,
        "status": "provisional",
        "url": "https://www.example.gov.uk/statistics/example",
        "marker": "July",
        "adapter": "page",
    }
    return tables.write_table(kind, COLUMNS, [[example.get(column, "") for column in COLUMNS]], title=_("Calendar"))


def _row(release: Release, columns: Iterable[str], editable: Collection[int], own: Collection[int]) -> list[Value]:
    series, addresses = release.series, list(release.addresses.all())
    page, announcement = find_main_page(addresses), _first(addresses, ANNOUNCEMENT)
    shows_contact = series.producer_id in editable and series.responsible is not None
    values: dict[str, Value] = {
        "reference": release.reference,
        "producer": series.producer.name,
        "series": series.title,
        "title": release.title,
        "scheduled_for": _local(release.due_at) or f"{release.planned_on:%Y-%m}",
        "zone": ZONE,
        "precision": release.precision,
        "status": release.status,
        "url": page.url if page else "",
        "marker": page.marker if page else "",
        "adapter": page.adapter if page else "",
        "attachments": " ".join(address.url for address in addresses if address.role == ATTACHMENT),
        "announcement": announcement.url if announcement else "",
        "announcement_adapter": announcement.adapter if announcement else "",
        CONTACT: series.responsible.email if shows_contact and series.responsible else "",
        "tolerance_seconds": series.tolerance_seconds,
        "rehearsal": "yes" if release.rehearsal else "",
        # The reason for short notice is included only if the person may view the producer. The reason for a
        # cancellation is public.
        "short_notice_reason": release.short_notice_reason if series.producer_id in own else "",
        # This column is for the reason of a new date change. The reasons of earlier changes are not exported.
        "date_change_reason": "",
        "cancellation_reason": release.cancellation_reason,
        "osr_reference": "",
        "osr_agreed_on": "",
        "bank_holiday_reason": "",
        **_exceptions_of(release),
    }
    return [values[column] for column in columns]


def _exceptions_of(release: Release) -> dict[str, Value]:
    """Return the columns that describe the exceptions for the present date of a release.

    There is no column for an immediate release, because an import cannot record one.
    """
    columns: dict[str, Value] = {}
    for departure in release.departures.all():
        if departure.schedule_version != release.schedule_version:
            continue
        agreement = departure.agreement
        if agreement.osr_agreed_on:
            columns["osr_reference"] = agreement.osr_reference
            columns["osr_agreed_on"] = f"{agreement.osr_agreed_on:%Y-%m-%d}"
        if departure.kind == DepartureKind.BANK_HOLIDAY:
            columns["bank_holiday_reason"] = departure.reason
    return columns


def _first(addresses: Sequence[Address], role: str) -> Address | None:
    return next((address for address in addresses if address.role == role), None)


DATE_CHANGE_COLUMNS = (
    "reference",
    "title",
    "producer",
    "was",
    "to",
    "zone",
    "public_reason",
    "first_reason",
    "asked_by",
    "asked_at",
    "agreed_by",
    "agreed_at",
    "announced_at",
    "marks",
)


def export_date_changes(changes: Iterable[DateChange], kind: TableKind, *, title: str) -> bytes:
    return tables.write_table(kind, DATE_CHANGE_COLUMNS, (_date_change_row(change) for change in changes), title=title)


def _date_change_row(change: DateChange) -> list[Value]:
    release, last = change.release, change.last_correction
    values: dict[str, Value] = {
        "reference": release.reference,
        "title": release.title,
        "producer": release.series.producer.name,
        "was": _slot(change.was),
        "to": _slot(change.to),
        "zone": change.zone,
        "public_reason": last.public_reason if last else change.public_reason,
        "first_reason": change.public_reason if last else "",
        "asked_by": str(change.requested_by or ""),
        "asked_at": _local(change.requested_at),
        "agreed_by": str(change.agreed_by or ""),
        "agreed_at": _local(change.agreed_at),
        "announced_at": _local(change.announced_at),
        "marks": "; ".join(str(words) for words, _ in calendar.date_change_tags(change)),
    }
    return [values[column] for column in DATE_CHANGE_COLUMNS]


def _slot(slot: Slot) -> Value:
    return _local(slot.due_at) or str(slot)


def _local(instant: datetime | None) -> Value:
    return rules_calendar.in_london(instant).replace(tzinfo=None) if instant else ""
