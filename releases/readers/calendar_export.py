"""Releases as a file that can be imported again: what anybody may take away who may see them, and no more."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releases.core.dates import london
from releases.core.dates.calendar import Precision
from releases.core.import_columns import COLUMNS, EXAMPLE, ZONE
from releases.core.tables import files
from releases.core.tables.files import Kind
from releases.core.tables.table import MOST_ROWS, Value
from releases.models import Address, Release
from releases.permissions import Action, Person, producers_where

CONTACT = "responsible_email"
PAGE, ATTACHMENT, ANNOUNCEMENT = Address.Role.PAGE, Address.Role.ATTACHMENT, Address.Role.ANNOUNCEMENT


class TooManyReleases(Exception):
    """A file of so many releases could not be imported again; the message is one sentence."""


def export(releases: QuerySet[Release], kind: Kind, *, title: str, by: Person, contacts: bool = False) -> bytes:
    """Write releases as a file, in the columns of an import; times are London's, and a column says so.

    :param releases: ones that the person may see.
    :param title: what a sheet is called.
    :param contacts: whether to write who is responsible, of the releases whose calendar the person keeps.
    :raises TooManyReleases: if there are more than an import takes.
    """
    found = list(releases.select_related("series__producer", "series__responsible").prefetch_related("addresses"))
    if len(found) > MOST_ROWS:
        message = _("A file holds %(most)s releases at most, and these are %(number)s: choose fewer.") % {
            "most": f"{MOST_ROWS:,}",
            "number": f"{len(found):,}",
        }
        raise TooManyReleases(message)
    kept = set(producers_where(by, Action.EDIT).values_list("pk", flat=True)) if contacts else set[int]()
    columns = [column for column in COLUMNS if column != CONTACT or kept]
    own = set(producers_where(by, Action.VIEW).values_list("pk", flat=True))
    return files.write(kind, columns, (_row(release, columns, kept, own) for release in found), title=title)


def template(kind: Kind, *, producer: str, now: datetime) -> bytes:
    """Write a file to be filled in: the names of the columns, and one row to be written over.

    :param producer: the name that stands in the example.
    :param now: an aware instant, so that the example lies ahead.
    """
    example: dict[str, Value] = {
        "reference": EXAMPLE,
        "producer": producer,
        "series": "Title of the series",
        "title": "EXAMPLE: write over this row; as long as its reference is “example” it is left out",
        "scheduled_for": datetime(london.local_date(now).year + 1, 7, 1, 9, 30),  # noqa: DTZ001  # as a cell holds it
        "zone": ZONE,
        "precision": Precision.EXACT.value,
        "status": "provisional",
        "url": "https://www.example.gov.uk/statistics/example",
        "marker": "July",
        "adapter": "page",
    }
    return files.write(kind, COLUMNS, [[example.get(column, "") for column in COLUMNS]], title=_("Calendar"))


def _row(release: Release, columns: Iterable[str], kept: Collection[int], own: Collection[int]) -> list[Value]:
    series, addresses = release.series, list(release.addresses.all())
    page, announcement = _first(addresses, PAGE), _first(addresses, ANNOUNCEMENT)
    is_kept = series.producer_id in kept and series.responsible is not None
    values: dict[str, Value] = {
        "reference": release.reference,
        "producer": series.producer.name,
        "series": series.title,
        "title": release.title,
        "scheduled_for": _scheduled_for(release),
        "zone": ZONE,
        "precision": release.precision,
        "status": release.status,
        "url": page.url if page else "",
        "marker": page.marker if page else "",
        "adapter": page.adapter if page else "",
        "attachments": " ".join(address.url for address in addresses if address.role == ATTACHMENT),
        "announcement": announcement.url if announcement else "",
        "announcement_adapter": announcement.adapter if announcement else "",
        CONTACT: series.responsible.email if is_kept and series.responsible else "",
        "tolerance_seconds": series.tolerance_seconds,
        "rehearsal": "yes" if release.rehearsal else "",
        # Kept for the office's own people; the reason of a cancellation is public.
        "short_notice_reason": release.short_notice_reason if series.producer_id in own else "",
        # The changes that were made are on record with their reasons; the column is there to give a new one.
        "date_change_reason": "",
        "cancellation_reason": release.cancellation_reason,
    }
    return [values[column] for column in columns]


def _scheduled_for(release: Release) -> Value:
    if release.due_at is None:
        return f"{release.planned_on:%Y-%m}"
    return london.in_london(release.due_at).replace(tzinfo=None)


def _first(addresses: Sequence[Address], role: str) -> Address | None:
    return next((address for address in addresses if address.role == role), None)
