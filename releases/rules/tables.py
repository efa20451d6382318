"""Tables in CSV, OpenDocument and Office Open XML files: read into the same cells, and written safely."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser
from tablib import Dataset

from releases.rules.table import (
    ARCHIVE_FAULTS,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_UNPACKED_BYTES,
    Cell,
    Line,
    Lines,
    NotATableError,
    Value,
    as_cell,
)

OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"
_MOST_PARTS = 1_000
_SIGNATURE = b"PK\x03\x04"
# The compound files of the 1990s: .xls, and today's spreadsheets that are locked with a password.
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_archive(content: bytes) -> bool:
    """Tell whether a file is an archive."""
    return content.startswith(_SIGNATURE)


def check_not_old_or_locked(content: bytes, *, name: str) -> None:
    """Refuse what no reader here can open.

    :raises NotATableError: if the file is a spreadsheet of the old kind, or locked with a password.
    """
    if content.startswith(_OLD_OR_LOCKED):
        message = f"{name} is an old .xls file or locked with a password: save it as XLSX, ODS or CSV, without one."
        raise NotATableError(message)


def open_archive(content: bytes, *, name: str) -> zipfile.ZipFile:
    """Open an archive whose parts together stay within the limit.

    Nothing is unpacked to find that out: no part can give more than its entry says, because the reader stops there.

    :raises NotATableError: if it is damaged, encrypted or too large.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        parts = archive.infolist()
    except ARCHIVE_FAULTS as error:
        raise _damaged(name) from error
    if any(part.flag_bits & 0x1 for part in parts):
        message = f"{name} is locked with a password: save it without one."
        raise NotATableError(message)
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        message = f"{name} is too large: unpacked it has more than {MOST_UNPACKED_BYTES // 1024**2} MB."
        raise NotATableError(message)
    return archive


def is_open_document(archive: zipfile.ZipFile, *, name: str) -> bool:
    """Tell whether an archive says of itself that it is an OpenDocument spreadsheet.

    :raises NotATableError: if it is damaged where it would say so.
    """
    try:
        return "mimetype" in archive.namelist() and archive.read("mimetype")[:200].strip() == OPEN_DOCUMENT.encode()
    except ARCHIVE_FAULTS as error:
        raise _damaged(name) from error


def is_office_open(archive: zipfile.ZipFile) -> bool:
    """Tell whether an archive holds a workbook of Office Open XML."""
    return {"[Content_Types].xml", "xl/workbook.xml"} <= set(archive.namelist())


def _damaged(name: str) -> NotATableError:
    return NotATableError(f"{name} is damaged: it cannot be opened.")


_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_ADVICE = 'save it from the spreadsheet as "CSV UTF-8"'
# OWASP's list of what makes a spreadsheet take a cell for a formula (CSV injection), and what Excel takes for the same.
# The last three have no width: some program may leave them out, and then see what stands behind.
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "\ufeff", "\u200b", "\u2060")
_GUARD = "'"


def read_delimited(content: bytes, *, name: str) -> list[Line]:
    """Read the lines that hold anything.

    :raises NotATableError: if it is no text in UTF-8, not CSV, or too large.
    """
    text = _decoded(content, name=name)
    first = next(line for line in text.splitlines() if line.strip())
    delimiter = ";" if first.count(";") > first.count(",") else ","
    lines = Lines(name)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1):
            lines.scan(number, cells=len(cells))
            lines.add(number, [_without_guard(as_cell(cell)) for cell in cells])
    except csv.Error as error:
        message = f"{name} cannot be read as CSV after row {len(lines.gathered)}: {error}."
        raise NotATableError(message) from error
    return lines.gathered


def write_delimited(rows: Iterable[Iterable[str]]) -> bytes:
    """Write rows so that no spreadsheet takes a cell for a formula: such a cell begins with an apostrophe.

    `read` takes the apostrophe away again. With the byte order mark, because without it Excel does not read UTF-8.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([f"{_GUARD}{cell}" if cell.startswith((*_STARTS_A_FORMULA, _GUARD)) else cell for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _without_guard(cell: Cell) -> Cell:
    guarded = cell.text.startswith(tuple(f"{_GUARD}{start}" for start in (*_STARTS_A_FORMULA, _GUARD)))
    return Cell(cell.text.removeprefix(_GUARD)) if guarded else cell


def _decoded(content: bytes, *, name: str) -> str:
    if content.startswith(_UTF_16_MARKS) or b"\0" in content:
        message = f"{name} is neither a spreadsheet nor a text file in UTF-8: {_ADVICE}."
        raise NotATableError(message)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = f"{name} is not in UTF-8, as line {line} shows: {_ADVICE}."
        raise NotATableError(message) from error
    if not text.strip():
        message = f"{name} is empty."
        raise NotATableError(message)
    return text


_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_EXTENSION = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_CELLS = frozenset({(_TABLE, "table-cell"), (_TABLE, "covered-table-cell")})
_SPACES = frozenset({(_TEXT, "s"), (_TEXT, "tab"), (_TEXT, "line-break")})

type _Name = tuple[str | None, str]


class _WholeSheetRead(SAXException):
    """The first sheet has ended; nothing after it is wanted."""


def read_open_document(archive: zipfile.ZipFile, *, name: str) -> list[Line]:
    """Read the lines of the first sheet that hold anything.

    :raises NotATableError: if it cannot be read, or is too large.
    """
    parser = make_parser()
    parser.setFeature(feature_namespaces, True)  # noqa: FBT003  # SAX's own signature
    sheet = _Sheet(name)
    parser.setContentHandler(sheet)
    try:
        with archive.open("content.xml") as content:
            parser.parse(content)
    except _WholeSheetRead:
        pass
    except NotATableError:
        raise
    except (*ARCHIVE_FAULTS, SAXException, DefusedXmlException) as error:
        message = f"{name} is damaged: it cannot be read as an ODS file."
        raise NotATableError(message) from error
    return sheet.lines.gathered


def write_open_document(header: Sequence[str], rows: Iterable[Sequence[Value]], *, title: str) -> bytes:
    """Write rows as a document of one sheet; every text is a text, whatever it begins with.

    :param title: the sheet's.
    """
    return bytes(Dataset(*rows, headers=header, title=title).export("ods"))


class _Sheet(ContentHandler):
    """Takes the first sheet of a document in, cell by cell, and keeps no more of it than the line at hand."""

    _ERRORS: ClassVar = ("#", "Err:")

    def __init__(self, name: str) -> None:
        super().__init__()
        self.lines = Lines(name)
        self._number = 0
        self._repeats = 1
        self._cells: list[Cell] = []
        self._attributes: Mapping[_Name, str] = {}
        self._within = 0
        self._aside = 0
        self._words: list[str] = []

    def startElementNS(self, name: _Name, qname: Any, attributes: Any) -> None:  # noqa: N802  # SAX's own name
        """Begin a line, a cell, or something in a cell."""
        if name == (_TABLE, "table-row"):
            self._repeats, self._cells = _count(attributes, "number-rows-repeated"), []
        elif name in _CELLS:
            self._attributes, self._words, self._within = dict(attributes.items()), [], 1
        elif self._within:
            self._within += 1
            # A remark that somebody pinned to a cell is no part of what stands in it.
            self._aside += bool(self._aside or name == (_OFFICE, "annotation"))
            if name in _SPACES or name == (_TEXT, "p"):
                self._words.append(" ")

    def characters(self, content: str) -> None:
        """Take words in that stand in a cell."""
        if self._within and not self._aside:
            self._words.append(content)

    def endElementNS(self, name: _Name, qname: Any) -> None:  # noqa: N802  # SAX's own name
        """End what began."""
        if name in _CELLS:
            self._within = 0
            self._end_cell()
        elif self._within:
            self._within -= 1
            self._aside -= bool(self._aside)
        elif name == (_TABLE, "table-row"):
            self._end_line()
        elif name == (_TABLE, "table"):
            raise _WholeSheetRead("")

    def _end_cell(self) -> None:
        cell = self._read_cell()
        repeats = _count(self._attributes, "number-columns-repeated")
        self.lines.scan(self._number, cells=1)
        # Sheets are filled up to their last column with one empty cell, repeated.
        self._cells += [cell] * min(repeats, MOST_COLUMNS + bool(cell) - min(len(self._cells), MOST_COLUMNS))

    def _end_line(self) -> None:
        for _ in range(self._repeats if any(self._cells) else 1):
            self._number += 1
            self.lines.scan(self._number, cells=len(self._cells))
            self.lines.add(self._number, self._cells)
        if not any(self._cells):
            self._number += self._repeats - 1

    def _read_cell(self) -> Cell:
        words = " ".join("".join(self._words).split())
        kind = self._attributes.get((_EXTENSION, "value-type")) or self._attributes.get((_OFFICE, "value-type"))
        if kind == "error" or (self._is_formula and words.startswith(self._ERRORS)):
            return Cell(fault=f"this is an error of the spreadsheet ({words}).")
        match kind:
            case "date":
                return as_cell(datetime.fromisoformat(self._value("date-value")))
            case "time":
                return Cell(words)
            case "boolean":
                return as_cell(self._value("boolean-value") == "true")
            case "float" | "percentage" | "currency":
                return as_cell(float(self._value("value")))
        if self._is_formula and not kind:
            return Cell(fault="this is a formula whose value the file does not hold: put the value in its place.")
        return Cell(words)

    @property
    def _is_formula(self) -> bool:
        return (_TABLE, "formula") in self._attributes

    def _value(self, attribute: str) -> str:
        return self._attributes[(_OFFICE, attribute)]


def _count(attributes: Any, name: str) -> int:
    return max(1, int(attributes.get((_TABLE, name)) or 1))


# What XML cannot hold, and with it no spreadsheet; tab and line ends are spaces to whoever reads it again.
_UNWRITABLE = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")


class TableKind(StrEnum):
    """The kinds of files, by the ending of their names."""

    CSV = "csv"
    ODS = "ods"
    XLSX = "xlsx"


MEDIA_TYPES = {
    TableKind.CSV: "text/csv; charset=utf-8",
    TableKind.ODS: OPEN_DOCUMENT,
    TableKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def read_table(content: bytes, *, name: str) -> list[Line]:
    """Read the lines of a file that hold anything, of a spreadsheet those of its first sheet.

    :param name: the file's name, for sentences.
    :raises NotATableError: if it is no such file, or too large.
    """
    check_table_size(len(content), name=name)
    check_not_old_or_locked(content, name=name)
    if not is_archive(content):
        return read_delimited(content, name=name)
    with open_archive(content, name=name) as parts:
        if is_open_document(parts, name=name):
            return read_open_document(parts, name=name)
        if is_office_open(parts):
            # openpyxl takes 11 MB, which processes that read and write no spreadsheet never need.
            from releases.rules import xlsx

            return xlsx.read_office_open(content, name=name)
    message = f"{name} is neither CSV nor ODS nor XLSX: save it as one of these."
    raise NotATableError(message)


def check_table_size(size: int, *, name: str) -> None:
    """Refuse a file that is larger than any calendar.

    :param size: bytes.
    :raises NotATableError: if it is.
    """
    if size > MOST_BYTES:
        message = f"{name} is too large: it has more than {MOST_BYTES // 1024**2} MB."
        raise NotATableError(message)


def write_table(kind: TableKind, header: Sequence[str], rows: Iterable[Sequence[Value]], *, title: str) -> bytes:
    """Write rows as a file of a kind, so that no program takes any text in it for a formula.

    Control characters are left out.

    :param title: what the sheet is called, where there are sheets.
    """
    plain = ([_plain(value) for value in row] for row in rows)
    match kind:
        case TableKind.CSV:
            return write_delimited([list(header), *([as_cell(value).text for value in row] for row in plain)])
        case TableKind.ODS:
            return write_open_document(header, plain, title=title)
        case TableKind.XLSX:
            from releases.rules import xlsx

            return xlsx.write_office_open(header, plain, title=title)


def _plain(value: Value) -> Value:
    return _UNWRITABLE.sub("", value) if isinstance(value, str) else value
