"""Parse a calendar file into rows and faults."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug

from releases.models.producer import GREATEST_TOLERANCE_SECONDS
from releases.rules import calendar, tables, web_address, written_dates
from releases.rules.calendar import Precision, Slot, slot_at
from releases.rules.departure import Grounds
from releases.rules.imports import COLUMNS, EXAMPLE, LONGEST, LONGEST_ADDRESS, REQUIRED, ZONE
from releases.rules.lifecycle import Status
from releases.rules.tables import Cell, NotATableError
from releases.rules.written_dates import DateOrder

AGREED_ON = "osr_agreed_on"
DATES = ("scheduled_for", AGREED_ON)
# The columns that describe the series of a row, and not its release.
OF_SERIES = ("tolerance_seconds", "responsible_email")


def _read_cell(column: str, cell: str, *, adapters: Collection[str], order: DateOrder) -> Any:
    """Read one non-empty cell. The date of a release stays text, because its precision is in another column.

    :raises ValueError: if the cell cannot be read; the message is one sentence.
    """
    longest = LONGEST.get(column)
    if longest and len(cell) > longest:
        raise ValueError(f"Enter up to {longest} characters. This cell has {len(cell)}.")
    if column.endswith("adapter") and cell not in adapters:
        raise ValueError(f"“{cell}” is not a type of website. Use one of these: {', '.join(sorted(adapters))}.")
    if column == AGREED_ON:
        return _day(written_dates.rewrite_date(cell, order))
    return _READERS.get(column, str)(cell)


def _read_slot(cell: str, precision: Precision | None, order: DateOrder) -> Slot:
    """Read the date of a release.

    An exact date is a London time such as "2026-06-30 09:30" or "30/06/2026 09:30". A month is written as "2026-07", or
    as any day of the month.

    :raises ValueError: if the cell is not a date in one of these formats. The message is one sentence.
    """
    written, cell = cell, written_dates.rewrite_date(cell, order)
    if precision in {Precision.MONTH, Precision.TWO_MONTHS}:
        return Slot(on=_month(cell), at=None, precision=precision)
    if ":" not in cell:
        message = (
            f"“{written}” has no time. Write it as 30/06/2026 09:30 or 2026-06-30 09:30 (London time). "
            "If you know only the month, enter “month” or “two_months” in the column “precision”."
        )
        raise ValueError(message)
    return slot_at(calendar.parse_london(cell))


def _month(cell: str) -> date:
    fault = f"“{cell}” is not a month. Write it as 2026-07, or as any day of the month."
    return _read_day(cell, ("%Y-%m-%d", "%Y-%m", "%B %Y", "%Y-%m-%d %H:%M"), fault=fault)


def _day(cell: str) -> date:
    fault = f"“{cell}” is not a date. Write it as 30/06/2026 or 2026-06-30."
    return _read_day(cell, ("%Y-%m-%d", "%Y-%m-%d %H:%M"), fault=fault)


def _read_day(cell: str, forms: Iterable[str], *, fault: str) -> date:
    """Read a day that is written in one of some formats of `strptime`.

    :raises ValueError: with the message `fault`, if it is in none of them.
    """
    for form in forms:
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    raise ValueError(fault)


def _reference(cell: str) -> str:
    try:
        validate_slug(cell)
    except ValidationError as error:
        raise ValueError(f"“{cell}” must only include letters, numbers, hyphens and underscores.") from error
    return cell


def _zone(cell: str) -> str:
    if cell != ZONE:
        raise ValueError(f"“{cell}” is another time zone. Times must be in {ZONE}.")
    return cell


def _precision(cell: str) -> Precision:
    written = "_".join(cell.lower().split())
    if written not in set(Precision):
        raise ValueError(f"“{cell}” is not a precision. Enter exact, month or two_months.")
    return Precision(written)


def _status(cell: str) -> Status:
    if cell.lower() not in set(Status):
        raise ValueError(f"“{cell}” is not a status. Enter provisional, confirmed or cancelled.")
    return Status(cell.lower())


def _url(cell: str) -> str:
    try:
        web_address.parse_address(cell)
    except web_address.NotAWebAddressError as error:
        raise ValueError(f"{error}.") from error
    if " " in cell:
        raise ValueError(f"“{cell}” has a space in it.")
    return cell


def _attachments(cell: str) -> tuple[str, ...]:
    urls = cell.split()
    longest = max(map(len, urls))
    if longest > LONGEST_ADDRESS:
        raise ValueError(f"Enter up to {LONGEST_ADDRESS} characters for each web address. One of them has {longest}.")
    return tuple(_url(url) for url in urls)


def _email(cell: str) -> str:
    try:
        validate_email(cell)
    except ValidationError as error:
        raise ValueError(f"“{cell}” is not an email address.") from error
    return cell.lower()


def _tolerance(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit()) or int(cell) > GREATEST_TOLERANCE_SECONDS:
        raise ValueError(f"Enter a whole number of seconds from 0 to {GREATEST_TOLERANCE_SECONDS}, not “{cell}”.")
    return int(cell)


def _rehearsal(cell: str) -> bool:
    if cell.lower() != "yes":
        raise ValueError(f"Enter yes or leave this empty, not “{cell}”.")
    return True


_READERS: Mapping[str, Callable[[str], Any]] = {
    "reference": _reference,
    "zone": _zone,
    "precision": _precision,
    "status": _status,
    "url": _url,
    "announcement": _url,
    "attachments": _attachments,
    "responsible_email": _email,
    "tolerance_seconds": _tolerance,
    "rehearsal": _rehearsal,
}


@dataclass(frozen=True, slots=True)
class RowFault:
    """A fault in one cell. Rows are numbered as in a spreadsheet, where row 1 has the column names."""

    row: int
    column: str
    why: str

    def __str__(self) -> str:
        return f"Row {self.row}, {self.column}: {self.why}"


class FileRefused(Exception):
    """The file cannot be imported. The message has one sentence for each fault."""

    def __init__(self, faults: Iterable[RowFault | str]) -> None:
        self.sentences = [str(fault) for fault in faults]
        super().__init__("\n".join(self.sentences))


def read_lines(content: bytes, *, name: str) -> list[tables.Line]:
    """Read the non-empty lines of a file.

    :raises FileRefused: if the file is not a table, or is too large.
    """
    try:
        return tables.read_table(content, name=name)
    except NotATableError as error:
        raise FileRefused([str(error)]) from error


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One planned release in a file. If a field is None or an empty string, the file does not give the value."""

    number: int
    reference: str
    producer: str
    series: str
    title: str
    slot: Slot
    status: Status | None = None
    url: str = ""
    marker: str = ""
    adapter: str = ""
    attachments: tuple[str, ...] = ()
    announcement: str = ""
    announcement_adapter: str = ""
    responsible_email: str = ""
    tolerance_seconds: int | None = None
    rehearsal: bool | None = None
    short_notice_reason: str = ""
    date_change_reason: str = ""
    cancellation_reason: str = ""
    osr_reference: str = ""
    osr_agreed_on: date | None = None
    bank_holiday_reason: str = ""
    # Whether the row comes from the publisher's own calendar and not from a file that a person wrote.
    is_listed: bool = False

    @property
    def grounds(self) -> Grounds:
        return Grounds(self.osr_reference, self.osr_agreed_on, self.bank_holiday_reason)

    @property
    def series_key(self) -> tuple[str, str]:
        return fold_title(self.producer), fold_title(self.series)


@dataclass(slots=True)
class CalendarFile:
    """The readable rows of a file and the faults of all other rows, both in the order of the file.

    `named` maps the number of each row to its reference. The example row of a template is left out. `titles` maps the
    number of each row to its title. It is filled only for a publisher's calendar.
    """

    rows: list[CalendarRow] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    named: dict[int, str] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)


type _Cells = Mapping[str, Cell]


def read_calendar(
    content: bytes, *, name: str, adapters: Collection[str], order: DateOrder | None = None
) -> CalendarFile:
    """Read a calendar file, and return its readable rows and the faults of all other rows.

    :param order: the order of day and month in dates such as 03/04/2027. If it is None, the order is found from
        the dates in the file.
    :raises FileRefused: if the file is not a calendar file or has no releases.
    :raises OpenDateOrder: if `order` is None and the dates in the file do not show the order.
    """
    lines = read_lines(content, name=name)
    header = read_header(lines[0][1] if lines else [], required=REQUIRED, known=COLUMNS, name=name)
    rows = [(number, dict(zip(header, cells, strict=False)), cells[len(header) :]) for number, cells in lines[1:]]
    rows = [row for row in rows if row[1]["reference"].text.casefold() != EXAMPLE]
    if not rows:
        raise FileRefused([f"{name} has no releases below the names of the columns."])
    dates = (cells[column].text for _, cells, _ in rows for column in DATES if column in cells)
    order = order or written_dates.find_date_order(dates)
    return _read_rows(rows, adapters=adapters, order=order)


def read_listed_rows(rows: Iterable[_Cells], *, adapters: Collection[str]) -> CalendarFile:
    """Read the rows of a publisher's calendar. The cells of a row are keyed by column. Rows are numbered from 1."""
    numbered = [(number, cells, ()) for number, cells in enumerate(rows, start=1)]
    reading = _read_rows(numbered, adapters=adapters, order=DateOrder.DAY_FIRST)
    reading.rows = [replace(row, is_listed=True) for row in reading.rows]
    reading.titles = {number: cells["title"].text for number, cells, _ in numbered if "title" in cells}
    return reading


def _read_rows(
    rows: Iterable[tuple[int, _Cells, Sequence[Cell]]], *, adapters: Collection[str], order: DateOrder
) -> CalendarFile:
    reading = CalendarFile()
    for number, cells, beyond in rows:
        reading.named[number] = cells.get("reference", Cell()).text
        _read_row(number, cells, beyond, into=reading, adapters=adapters, order=order)
    contradictions = [*_find_repeated(reading.rows), *_find_contradictions(reading.rows)]
    reading.faults = sorted([*reading.faults, *contradictions], key=attrgetter("row"))
    refused = {fault.row for fault in contradictions}
    reading.rows = _complete_series_values([row for row in reading.rows if row.number not in refused])
    return reading


def fold_title(name: str) -> str:
    """Normalise a name for comparison: case and the number of spaces do not matter."""
    return " ".join(name.split()).casefold()


def read_header(cells: Sequence[Cell], *, required: Collection[str], known: Collection[str], name: str) -> list[str]:
    """Return the column names in the first row of a file. They are in lower case. Empty cells at the end are left out.

    :raises FileRefused: if a required column is missing, or a column is unknown or occurs twice.
    """
    header = [cell.text.strip().lower() for cell in cells]
    while header and not header[-1]:
        header.pop()
    faults = [
        f"{name} does not have the column “{column}”, which is required." for column in required if column not in header
    ]
    columns = list(dict.fromkeys(header))
    if unknown := [f"“{column}”" for column in columns if column not in known]:
        which = f"columns that we do not know: {', '.join(unknown)}"
        if len(unknown) == 1:
            which = f"a column {unknown[0]} that we do not know"
        faults.append(f"{name} has {which}. The columns are: {', '.join(known)}.")
    faults += [f"{name} has the column “{column}” twice." for column in columns if header.count(column) > 1]
    if faults:
        raise FileRefused(faults)
    return header


def _read_row(
    number: int,
    cells: _Cells,
    beyond: Sequence[Cell],
    *,
    into: CalendarFile,
    adapters: Collection[str],
    order: DateOrder,
) -> None:
    values, faults = _read_values(number, cells, adapters=adapters, order=order)
    if any(beyond):
        words = " ".join(cell.text for cell in beyond).strip()
        faults.append(RowFault(number, "after the last column", f"“{words}” is to the right of the last named column."))
    urls = [url for url in (values.get("url"), *values.get("attachments", ())) if url]
    if len(set(urls)) < len(urls):
        faults.append(RowFault(number, "attachments", "This row has the same web address twice."))
    if values.get("announcement") in set(urls):
        faults.append(RowFault(number, "announcement", "This row has the same web address twice."))
    if values.get("marker") and not values.get("url"):
        faults.append(
            RowFault(number, "marker", "You gave text that identifies this edition, but the column “url” is empty.")
        )
    status = values.get("status")
    if values.get("cancellation_reason") and status is not Status.CANCELLED:
        faults.append(RowFault(number, "cancellation_reason", "You gave a reason, but the status is not “cancelled”."))
    if values.get("short_notice_reason") and status in {None, Status.PROVISIONAL}:
        faults.append(RowFault(number, "short_notice_reason", "You gave a reason, but the status is not “confirmed”."))
    if faults:
        into.faults += faults
    else:
        into.rows.append(CalendarRow(number=number, **values))


def _read_values(
    number: int, cells: _Cells, *, adapters: Collection[str], order: DateOrder
) -> tuple[dict[str, Any], list[RowFault]]:
    values: dict[str, Any] = {"rehearsal": False} if "rehearsal" in cells else {}
    faults = []
    for column in COLUMNS:
        cell = cells.get(column, Cell())
        if cell.fault:
            faults.append(RowFault(number, column, cell.fault))
        elif not cell.text and column in REQUIRED:
            faults.append(RowFault(number, column, "Enter a value. This column is required."))
        elif cell.text:
            try:
                values[column] = _read_cell(column, cell.text, adapters=adapters, order=order)
            except ValueError as error:
                faults.append(RowFault(number, column, str(error)))
    values.pop("zone", None)
    precision, written = values.pop("precision", None), values.pop("scheduled_for", "")
    try:
        values["slot"] = _read_slot(written, precision, order) if written else None
    except ValueError as error:
        faults.append(RowFault(number, "scheduled_for", str(error)))
    return values, faults


def _find_repeated(rows: list[CalendarRow]) -> Iterator[RowFault]:
    first: dict[str, int] = {}
    for row in rows:
        if row.reference in first:
            yield RowFault(row.number, "reference", f"“{row.reference}” is already in row {first[row.reference]}.")
        first.setdefault(row.reference, row.number)


def _find_contradictions(rows: list[CalendarRow]) -> Iterator[RowFault]:
    first: dict[tuple[Any, ...], CalendarRow] = {}
    for row in rows:
        for column in OF_SERIES:
            said = getattr(row, column)
            if said in {None, ""}:
                continue
            earlier = first.setdefault((column, *row.series_key), row)
            if getattr(earlier, column) != said:
                why = (
                    f"Row {earlier.number} has a different value for the series “{row.series}”: "
                    f"“{getattr(earlier, column)}”. Use the same value in all rows of the series."
                )
                yield RowFault(row.number, column, why)


def _complete_series_values(rows: list[CalendarRow]) -> list[CalendarRow]:
    """Copy the contact and the tolerance of each series to those of its rows whose cells are empty.

    Rows are checked in batches, and a new series is created again in each batch. Without the copies, the series would
    have a contact only in the batch of the row that names the contact.
    """
    given: dict[tuple[Any, ...], Any] = {}
    for row in rows:
        for column in OF_SERIES:
            if getattr(row, column) not in {None, ""}:
                given.setdefault((column, *row.series_key), getattr(row, column))
    return [
        replace(row, **{column: given.get((column, *row.series_key), getattr(row, column)) for column in OF_SERIES})
        for row in rows
    ]
