"""The cells of a calendar file, each read by the rule of its column."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug

from releases.core import web_address
from releases.core.dates import london
from releases.core.dates.calendar import Precision, Slot, slot_at
from releases.core.import_columns import LONGEST, ZONE
from releases.core.status import Status
from releases.models.series import GREATEST_TOLERANCE_SECONDS


def read(column: str, cell: str, *, adapters: Collection[str]) -> Any:
    """Read one cell that is not empty; the date is left as it is written, because its precision stands elsewhere.

    :param adapters: the names of adapters that there are.
    :raises ValueError: if it cannot be taken; the message is one sentence.
    """
    longest = LONGEST.get(column)
    if longest and len(cell) > longest:
        message = f"this has {len(cell)} characters, and {longest} are the most."
        raise ValueError(message)
    if column.endswith("adapter") and cell not in adapters:
        message = f'there is no adapter "{cell}"; there are: {", ".join(sorted(adapters))}.'
        raise ValueError(message)
    return _READERS.get(column, str)(cell)


def read_slot(cell: str, precision: Precision | None) -> Slot:
    """Read for when a release is planned: "2026-06-30 09:30" in London, or the month as "2026-07", or any day of it.

    :param precision: how exactly it is meant; None: to the minute.
    :raises ValueError: if it is no such time or month; the message is one sentence.
    """
    if precision in {Precision.MONTH, Precision.TWO_MONTHS}:
        return Slot(on=_month(cell), at=None, precision=precision)
    if ":" not in cell:
        message = (
            f'"{cell}" names no time; write it as 2026-06-30 09:30 (London time), or say in the column "precision" '
            "that it is a month or two_months."
        )
        raise ValueError(message)
    return slot_at(london.parse_london(cell))


def _month(cell: str) -> date:
    for form in ("%Y-%m-%d", "%Y-%m", "%B %Y", "%Y-%m-%d %H:%M"):
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    message = f'"{cell}" is not a month; write it as 2026-07, or as any day of it.'
    raise ValueError(message)


def _reference(cell: str) -> str:
    try:
        validate_slug(cell)
    except ValidationError as error:
        message = f'"{cell}" may hold letters, digits, hyphens and underscores only.'
        raise ValueError(message) from error
    return cell


def _zone(cell: str) -> str:
    if cell != ZONE:
        message = f'"{cell}" is another zone; times are those of {ZONE}.'
        raise ValueError(message)
    return cell


def _precision(cell: str) -> Precision:
    written = "_".join(cell.lower().split())
    if written not in set(Precision):
        message = f'"{cell}" is neither exact nor month nor two_months.'
        raise ValueError(message)
    return Precision(written)


def _status(cell: str) -> Status:
    if cell.lower() not in set(Status):
        message = f'"{cell}" is neither provisional nor confirmed.'
        raise ValueError(message)
    return Status(cell.lower())


def _url(cell: str) -> str:
    try:
        web_address.read(cell)
    except web_address.NotAWebAddressError as error:
        message = f"{error}."
        raise ValueError(message) from error
    if " " in cell:
        message = f'"{cell}" holds a space.'
        raise ValueError(message)
    return cell


def _email(cell: str) -> str:
    try:
        validate_email(cell)
    except ValidationError as error:
        message = f'"{cell}" is not an e-mail address.'
        raise ValueError(message) from error
    return cell.lower()


def _tolerance(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit()) or int(cell) > GREATEST_TOLERANCE_SECONDS:
        message = f'"{cell}" is not a whole number of seconds from 0 to {GREATEST_TOLERANCE_SECONDS}.'
        raise ValueError(message)
    return int(cell)


def _rehearsal(cell: str) -> bool:
    if cell.lower() != "yes":
        message = f'"{cell}" is neither yes nor empty.'
        raise ValueError(message)
    return True


_READERS: Mapping[str, Callable[[str], Any]] = {
    "reference": _reference,
    "zone": _zone,
    "precision": _precision,
    "status": _status,
    "url": _url,
    "announcement": _url,
    "attachments": lambda cell: tuple(_url(url) for url in cell.split()),
    "responsible_email": _email,
    "tolerance_seconds": _tolerance,
    "rehearsal": _rehearsal,
}
