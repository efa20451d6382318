"""The register of changes of date as a file, for whoever counts or compares them; times are London's."""

from collections.abc import Iterable
from datetime import datetime

from releases.core.dates import london
from releases.core.dates.calendar import Slot
from releases.core.tables import files
from releases.core.tables.files import Kind
from releases.core.tables.table import Value
from releases.models import DateChange
from releases.words import agreement_wording

COLUMNS = (
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


def export(changes: Iterable[DateChange], kind: Kind, *, title: str) -> bytes:
    """Write changes of date as a file, in their order.

    :param changes: ones that the person may read, as `changes_of` returns them.
    :param title: what a sheet is called.
    """
    return files.write(kind, COLUMNS, (_row(change) for change in changes), title=title)


def _row(change: DateChange) -> list[Value]:
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
        "marks": "; ".join(words for words, _ in agreement_wording.tags_of(change)),
    }
    return [values[column] for column in COLUMNS]


def _slot(slot: Slot) -> Value:
    return _local(slot.due_at) or str(slot)


def _local(instant: datetime | None) -> Value:
    return london.in_london(instant).replace(tzinfo=None) if instant else ""
