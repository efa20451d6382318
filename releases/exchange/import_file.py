"""A calendar as a file (CSV, ODS or XLSX), read into rows; every fault is said with its row, its column and why."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from releases.core.dates.calendar import Slot
from releases.core.import_columns import COLUMNS, EXAMPLE, REQUIRED
from releases.core.status import Status
from releases.core.tables import files
from releases.core.tables.table import Cell, NotATableError
from releases.exchange import import_cells


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell; rows count as in a spreadsheet, the names of the columns being row 1."""

    row: int
    column: str
    why: str

    def __str__(self) -> str:
        return f"Row {self.row}, {self.column}: {self.why}"


class FileRefused(Exception):
    """The file cannot be imported; one sentence for every fault."""

    def __init__(self, faults: Iterable[Fault | str]) -> None:
        self.sentences = [str(fault) for fault in faults]
        super().__init__("\n".join(self.sentences))


@dataclass(frozen=True, slots=True)
class Row:
    """One release as a file plans it; None and "" stand for what the file does not say."""

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

    @property
    def series_key(self) -> tuple[str, str]:
        """Producer and series as names are compared."""
        return folded(self.producer), folded(self.series)


@dataclass(slots=True)
class Reading:
    """What a file holds: the rows that can be read, and the faults of those that cannot, in the file's order.

    `named` tells by the number of a row what it calls itself; `examples` are the rows of a template that are left out.
    """

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    named: dict[int, str] = field(default_factory=dict)
    examples: list[int] = field(default_factory=list)


def read(content: bytes, *, name: str, adapters: Collection[str]) -> Reading:
    """Read a file's bytes into rows that can be read, and the faults of those that cannot.

    :param name: the file's name, for sentences about the file as a whole.
    :param adapters: the names that the column "adapter" may hold.
    :raises FileRefused: if it is no calendar at all.
    """
    try:
        lines = files.read(content, name=name)
    except NotATableError as error:
        raise FileRefused([str(error)]) from error
    header = _header(lines[0][1] if lines else [], name=name)
    reading = Reading()
    for number, cells in lines[1:]:
        by_column = dict(zip(header, cells, strict=False))
        if by_column["reference"].text.casefold() == EXAMPLE:
            reading.examples.append(number)
        else:
            reading.named[number] = by_column["reference"].text
            _read_row(number, by_column, cells[len(header) :], into=reading, adapters=adapters)
    if not reading.named:
        raise FileRefused([f"{name} holds no releases: nothing stands below the names of the columns."])
    contradictions = [*_repeated(reading.rows), *_disagreeing(reading.rows)]
    reading.faults = sorted([*reading.faults, *contradictions], key=attrgetter("row"))
    refused = {fault.row for fault in contradictions}
    reading.rows = [row for row in reading.rows if row.number not in refused]
    return reading


def folded(name: str) -> str:
    """Write a name as names are compared: without regard to case and to the number of spaces."""
    return " ".join(name.split()).casefold()


def _header(cells: Sequence[Cell], *, name: str) -> list[str]:
    header = [cell.text.lower() for cell in cells]
    while header and not header[-1]:
        header.pop()
    faults = [f'{name} has no column "{column}", which is required.' for column in REQUIRED if column not in header]
    faults += [
        f'{name} has a column "{column}" that is not known; the columns are: {", ".join(COLUMNS)}.'
        for column in dict.fromkeys(header)
        if column not in COLUMNS
    ]
    twice = [column for column in dict.fromkeys(header) if header.count(column) > 1]
    faults += [f'{name} has the column "{column}" twice.' for column in twice]
    if faults:
        raise FileRefused(faults)
    return header


def _read_row(
    number: int, cells: Mapping[str, Cell], beyond: Sequence[Cell], *, into: Reading, adapters: Collection[str]
) -> None:
    values, faults = _values(number, cells, adapters=adapters)
    if any(beyond):
        words = " ".join(cell.text for cell in beyond).strip()
        faults.append(Fault(number, "beyond the last column", f'"{words}" belongs to no column.'))
    urls = [url for url in (values.get("url"), *values.get("attachments", ())) if url]
    if len(set(urls)) < len(urls):
        faults.append(Fault(number, "attachments", "the same address stands twice in this row."))
    if values.get("announcement") in set(urls):
        faults.append(Fault(number, "announcement", "the same address stands twice in this row."))
    if values.get("marker") and not values.get("url"):
        faults.append(Fault(number, "marker", "these words are looked for on the page, and the row names no url."))
    status = values.get("status")
    if values.get("cancellation_reason") and status is not Status.CANCELLED:
        faults.append(Fault(number, "cancellation_reason", "a reason is given, and the status is not cancelled."))
    if values.get("short_notice_reason") and status in {None, Status.PROVISIONAL}:
        faults.append(Fault(number, "short_notice_reason", "a reason is given, and the status is not confirmed."))
    if faults:
        into.faults += faults
    else:
        into.rows.append(Row(number=number, **values))


def _values(number: int, cells: Mapping[str, Cell], *, adapters: Collection[str]) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {"rehearsal": False} if "rehearsal" in cells else {}
    faults = []
    for column in COLUMNS:
        cell = cells.get(column, Cell())
        if cell.fault:
            faults.append(Fault(number, column, cell.fault))
        elif not cell.text and column in REQUIRED:
            faults.append(Fault(number, column, "this is required and empty."))
        elif cell.text:
            try:
                values[column] = import_cells.read(column, cell.text, adapters=adapters)
            except ValueError as error:
                faults.append(Fault(number, column, str(error)))
    values.pop("zone", None)
    precision, written = values.pop("precision", None), values.pop("scheduled_for", "")
    try:
        values["slot"] = import_cells.read_slot(written, precision) if written else None
    except ValueError as error:
        faults.append(Fault(number, "scheduled_for", str(error)))
    return values, faults


def _repeated(rows: list[Row]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for row in rows:
        if row.reference in first:
            yield Fault(row.number, "reference", f'"{row.reference}" stands in row {first[row.reference]} already.')
        first.setdefault(row.reference, row.number)


def _disagreeing(rows: list[Row]) -> Iterator[Fault]:
    """Find rows that say something else of a series than an earlier row does."""
    first: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        for column in ("tolerance_seconds", "responsible_email"):
            said = getattr(row, column)
            if said in {None, ""}:
                continue
            earlier = first.setdefault((column, *row.series_key), row)
            if getattr(earlier, column) != said:
                why = f'row {earlier.number} says "{getattr(earlier, column)}" of the series "{row.series}".'
                yield Fault(row.number, column, why)
