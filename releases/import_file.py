"""A calendar as a CSV file, read into rows; every fault is said with its row, its column and why."""

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug

from releases import london, web_address
from releases.models.series import GREATEST_TOLERANCE_SECONDS
from releases.status import Status

REQUIRED = ("reference", "producer", "series", "title", "scheduled_for", "url")
OPTIONAL = (
    "status", "marker", "adapter", "attachments", "announcement", "responsible_email", "tolerance_seconds", "rehearsal",
)  # fmt: skip
LONGEST = {
    "reference": 100,
    "producer": 300,
    "series": 300,
    "title": 300,
    "marker": 300,
    "url": 1000,
    "announcement": 1000,
    "adapter": 30,
}
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


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
    scheduled_for: datetime
    url: str
    status: Status | None = None
    marker: str = ""
    adapter: str = ""
    attachments: tuple[str, ...] = ()
    announcement: str = ""
    responsible_email: str = ""
    tolerance_seconds: int | None = None
    rehearsal: bool | None = None

    @property
    def series_key(self) -> tuple[str, str]:
        """Producer and series without regard to case, as rows are compared by them."""
        return self.producer.casefold(), self.series.casefold()


@dataclass(slots=True)
class _Reading:
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read(content: bytes, *, name: str, adapters: Collection[str]) -> list[Row]:
    """Read a file's bytes into rows.

    :param name: the file's name, for sentences about the file as a whole.
    :param adapters: the names that the column "adapter" may hold.
    :raises FileRefused: if anything is wrong with the file or with any of its rows.
    """
    header, lines = _table(_decoded(content, name=name), name=name)
    reading = _Reading()
    for number, cells in lines:
        _read_row(number, dict(zip(header, cells, strict=False)), cells[len(header) :], into=reading, adapters=adapters)
    faults = sorted([*reading.faults, *_repeated(reading.rows), *_disagreeing(reading.rows)], key=attrgetter("row"))
    if faults:
        raise FileRefused(faults)
    if not reading.rows:
        raise FileRefused([f"{name} holds no releases: nothing stands below the names of the columns."])
    return reading.rows


def _decoded(content: bytes, *, name: str) -> str:
    advice = 'save it from the spreadsheet as "CSV UTF-8"'
    if content.startswith(UTF_16_MARKS) or b"\0" in content:
        raise FileRefused([f"{name} is not a text file in UTF-8: {advice}."])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileRefused([f"{name} is not in UTF-8, as line {line} shows: {advice}."]) from error
    if not text.strip():
        raise FileRefused([f"{name} is empty."])
    return text


def _table(text: str, *, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns, and each line that is not empty with its number."""
    first = next(line for line in text.splitlines() if line.strip())
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(reader, start=1):
            stripped = [" ".join(cell.split()) for cell in cells]
            if any(stripped):
                lines.append((number, stripped))
    except csv.Error as error:
        why = f"{name} cannot be read as CSV after row {len(lines)}: {error}."
        raise FileRefused([why]) from error
    header = [column.lower() for column in lines[0][1]]
    while header and not header[-1]:
        header.pop()
    _check_header(header, name=name)
    return header, lines[1:]


def _check_header(header: list[str], *, name: str) -> None:
    known = [*REQUIRED, *OPTIONAL]
    faults = [f'{name} has no column "{column}", which is required.' for column in REQUIRED if column not in header]
    faults += [
        f'{name} has a column "{column}" that is not known; the columns are: {", ".join(known)}.'
        for column in dict.fromkeys(header)
        if column not in known
    ]
    twice = [column for column in dict.fromkeys(header) if header.count(column) > 1]
    faults += [f'{name} has the column "{column}" twice.' for column in twice]
    if faults:
        raise FileRefused(faults)


def _read_row(
    number: int, cells: Mapping[str, str], beyond: list[str], *, into: _Reading, adapters: Collection[str]
) -> None:
    values, faults = _values(number, cells, adapters=adapters)
    if any(beyond):
        faults.append(Fault(number, "beyond the last column", f'"{" ".join(beyond).strip()}" belongs to no column.'))
    urls = [values.get("url"), *values.get("attachments", ())]
    if len(set(urls)) < len(urls):
        faults.append(Fault(number, "attachments", "the same address stands twice in this row."))
    if values.get("announcement") in {url for url in urls if url}:
        faults.append(Fault(number, "announcement", "the same address stands twice in this row."))
    if faults:
        into.faults += faults
    else:
        into.rows.append(Row(number=number, **values))


def _values(number: int, cells: Mapping[str, str], *, adapters: Collection[str]) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {"rehearsal": False} if "rehearsal" in cells else {}
    faults = []
    for column in (*REQUIRED, *OPTIONAL):
        cell = cells.get(column, "")
        if not cell and column in REQUIRED:
            faults.append(Fault(number, column, "this is required and empty."))
        elif cell:
            try:
                values[column] = _cell(column, cell, adapters=adapters)
            except ValueError as error:
                faults.append(Fault(number, column, str(error)))
    return values, faults


def _cell(column: str, cell: str, *, adapters: Collection[str]) -> Any:
    """Read one cell that is not empty.

    :raises ValueError: if it cannot be taken; the message is one sentence.
    """
    longest = LONGEST.get(column)
    if longest and len(cell) > longest:
        message = f"this has {len(cell)} characters, and {longest} are the most."
        raise ValueError(message)
    if column == "adapter" and cell not in adapters:
        message = f'there is no adapter "{cell}"; there are: {", ".join(sorted(adapters))}.'
        raise ValueError(message)
    return _READERS.get(column, str)(cell)


def _reference(cell: str) -> str:
    try:
        validate_slug(cell)
    except ValidationError as error:
        message = f'"{cell}" may hold letters, digits, hyphens and underscores only.'
        raise ValueError(message) from error
    return cell


def _instant(cell: str) -> datetime:
    if ":" not in cell:
        message = f'"{cell}" names no time; write it as 2026-06-30 09:30 (London time).'
        raise ValueError(message)
    return london.parse_london(cell)


def _status(cell: str) -> Status:
    if cell.lower() not in {Status.PROVISIONAL, Status.CONFIRMED}:
        message = f'"{cell}" is neither provisional nor confirmed; other statuses come from moves, not from a file.'
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
    "scheduled_for": _instant,
    "status": _status,
    "url": _url,
    "announcement": _url,
    "attachments": lambda cell: tuple(_url(url) for url in cell.split()),
    "responsible_email": _email,
    "tolerance_seconds": _tolerance,
    "rehearsal": _rehearsal,
}


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
