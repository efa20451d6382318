"""Read and write tables in CSV, OpenDocument and Office Open XML files."""

import csv
import io
import lzma
import re
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser

# openpyxl needs 11 MB of memory, and tablib some more. So they are imported only in the functions that use them.

ARCHIVE_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,  # a part of the archive is truncated
    KeyError,  # a part of the archive is missing
    RuntimeError,  # encrypted, or compressed by a non-standard method (NotImplementedError)
    OSError,
    ValueError,
)


MOST_BYTES = 5 * 1024 * 1024
"""The maximum size of a file."""
MOST_UNPACKED_BYTES = 20 * 1024 * 1024
"""The maximum unpacked size of an archive. A spreadsheet with the maximum number of rows needs a fifteenth of this."""
MOST_ROWS = 2_000
"""The maximum number of rows below the header. This is enough for four years of an office with 500 releases a year."""
MOST_COLUMNS = 100
MOST_LINES_SCANNED = 100_000
MOST_CELLS_SCANNED = 2_000_000

_HALF_A_SECOND = timedelta(milliseconds=500)


class NotATableError(ValueError):
    """The file cannot be read as a table, or is too large. The message begins with the name of the file."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    `text` is the content, with each run of white space replaced by one space. If the cell cannot be read, `fault` is
    the reason.
    """

    text: str = ""
    fault: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.fault)


type Value = str | int | float | datetime
"""A value to write into a cell. A datetime must be naive."""

type Line = tuple[int, list[Cell]]
"""The number of a line, counted from 1 as in spreadsheets, and the cells of the line."""


class Lines:
    """Collects the non-empty lines of a table, and refuses a table that grows too large."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._scanned_cells = 0
        self.gathered: list[Line] = []

    def scan(self, number: int, *, cells: int) -> None:
        """Count the scanned lines and cells, including empty ones.

        :raises NotATableError: if there are too many lines or cells.
        """
        self._scanned_cells += cells
        if number > MOST_LINES_SCANNED or self._scanned_cells > MOST_CELLS_SCANNED:
            message = (
                f"{self._name} is too large. It has more than {MOST_LINES_SCANNED:,} lines or {MOST_CELLS_SCANNED:,} "
                "cells, including empty ones. Delete the empty lines and columns."
            )
            raise NotATableError(message)

    def add(self, number: int, cells: Sequence[Cell]) -> None:
        """Add a line, unless it is empty.

        :raises NotATableError: if there are too many lines, or the line has too many cells.
        """
        if not any(cells):
            return
        if any(cells[MOST_COLUMNS:]):
            raise NotATableError(f"{self._name} has content after column {MOST_COLUMNS} in line {number}.")
        if len(self.gathered) > MOST_ROWS:
            raise NotATableError(f"{self._name} has more than {MOST_ROWS:,} rows. Divide it into several files.")
        self.gathered.append((number, list(cells[:MOST_COLUMNS])))


def as_cell(value: object) -> Cell:
    """Convert a value to a cell with the text that a person would type.

    A datetime must be in London time. It becomes "2026-06-30 09:30", with seconds if they are not 0. A datetime at
    midnight becomes only a date, because spreadsheets have no separate type for dates. A whole number has no decimal
    point. True becomes "yes", and the cell is empty for False and None.
    """
    match value:
        case None | False:
            return Cell()
        case True:
            return Cell("yes")
        case datetime():
            return Cell(_moment(value))
        case date():
            return Cell(value.isoformat())
        case time():
            return Cell(value.isoformat(timespec="seconds" if value.second else "minutes"))
        case float() if value.is_integer() and abs(value) < 1e15:
            return Cell(str(int(value)))
        case _:
            return Cell(" ".join(str(value).split()))


def _moment(value: datetime) -> str:
    # Round to the second, because spreadsheets store times as fractions of days, which are not exact to the minute.
    whole = (value.replace(tzinfo=None) + _HALF_A_SECOND).replace(microsecond=0)
    if whole.time() == time(0):
        return whole.date().isoformat()
    return whole.isoformat(sep=" ", timespec="seconds" if whole.second else "minutes")


OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"
_MOST_PARTS = 1_000
_SIGNATURE = b"PK\x03\x04"
# The signature of the compound file format of the 1990s. It is used by .xls files, and by newer spreadsheets that have
# a password.
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _open_archive(content: bytes, *, name: str) -> zipfile.ZipFile:
    """Open an archive, and check the total unpacked size of its parts.

    The sizes are those that the archive states. A part cannot unpack to more than its stated size, because the reader
    stops at this size.

    :raises NotATableError: if the archive is damaged, encrypted or too large.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        parts = archive.infolist()
    except ARCHIVE_FAULTS as error:
        raise _damaged(name) from error
    if any(part.flag_bits & 0x1 for part in parts):
        raise NotATableError(f"{name} has a password. Save it without one.")
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise NotATableError(
            f"{name} is too large. It has more than {MOST_UNPACKED_BYTES // 1024**2} MB when unpacked."
        )
    return archive


def _is_open_document(archive: zipfile.ZipFile, *, name: str) -> bool:
    """:raises NotATableError: if the part of the archive that states the media type is damaged."""
    try:
        return "mimetype" in archive.namelist() and archive.read("mimetype")[:200].strip() == OPEN_DOCUMENT.encode()
    except ARCHIVE_FAULTS as error:
        raise _damaged(name) from error


def _damaged(name: str) -> NotATableError:
    return NotATableError(f"{name} is damaged, so we cannot open it.")


_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_ADVICE = 'Save it from the spreadsheet as "CSV UTF-8"'
# Characters that start a formula in a spreadsheet: OWASP's list (CSV injection), and further characters that Excel
# treats in the same way. The last three have no width. Some programs may ignore them, so that the next character starts
# the formula.
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "\ufeff", "\u200b", "\u2060")
_GUARD = "'"


def _read_csv(content: bytes, *, name: str) -> list[Line]:
    """Read the non-empty lines of a CSV file.

    :raises NotATableError: if the file is not in UTF-8, is not valid CSV, or is too large.
    """
    text = _decoded(content, name=name)
    first = next(line for line in text.splitlines() if line.strip())
    delimiter = ";" if first.count(";") > first.count(",") else ","
    lines, number = Lines(name), 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1):
            lines.scan(number, cells=len(cells))
            lines.add(number, [_without_guard(as_cell(cell)) for cell in cells])
    except csv.Error as error:
        message = f"{name} is not valid CSV. There is an error in row {number + 1}: {error}."
        raise NotATableError(message) from error
    return lines.gathered


def write_csv(rows: Iterable[Iterable[str]]) -> bytes:
    """Write rows as CSV.

    If a spreadsheet could take a cell for a formula, an apostrophe is written before the text of the cell. `read_table`
    removes the apostrophe. The file begins with a byte order mark, which Excel needs to read UTF-8.
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
        raise NotATableError(f"{name} is not a spreadsheet or a text file in UTF-8. {_ADVICE}.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise NotATableError(f"{name} is not in UTF-8 (line {line}). {_ADVICE}.") from error
    if not text.strip():
        raise NotATableError(f"{name} is empty.")
    return text


_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_EXTENSION = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_CELLS = frozenset({(_TABLE, "table-cell"), (_TABLE, "covered-table-cell")})
_SPACES = frozenset({(_TEXT, "s"), (_TEXT, "tab"), (_TEXT, "line-break")})

type _Name = tuple[str | None, str]


class _SheetComplete(SAXException):
    """Raised at the end of the first sheet, to stop the parser."""


def _read_open_document(archive: zipfile.ZipFile, *, name: str) -> list[Line]:
    """Read the non-empty lines of the first sheet.

    :raises NotATableError: if the sheet cannot be read, or is too large.
    """
    parser = make_parser()
    parser.setFeature(feature_namespaces, True)  # noqa: FBT003  # SAX's own signature
    sheet = _Sheet(name)
    parser.setContentHandler(sheet)
    try:
        with archive.open("content.xml") as content:
            parser.parse(content)
    except _SheetComplete:
        pass
    except NotATableError:
        raise
    except (*ARCHIVE_FAULTS, SAXException, DefusedXmlException) as error:
        raise NotATableError(f"{name} is damaged, so we cannot read it as an ODS file.") from error
    return sheet.lines.gathered


class _Sheet(ContentHandler):
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
        if name == (_TABLE, "table-row"):
            self._repeats, self._cells = _count(attributes, "number-rows-repeated"), []
        elif name in _CELLS:
            self._attributes, self._words, self._within = dict(attributes.items()), [], 1
        elif self._within:
            self._within += 1
            # A comment on a cell is not part of its content.
            self._aside += bool(self._aside or name == (_OFFICE, "annotation"))
            if name in _SPACES or name == (_TEXT, "p"):
                self._words.append(" ")

    def characters(self, content: str) -> None:
        if self._within and not self._aside:
            self._words.append(content)

    def endElementNS(self, name: _Name, qname: Any) -> None:  # noqa: N802  # SAX's own name
        if name in _CELLS:
            self._within = 0
            self._end_cell()
        elif self._within:
            self._within -= 1
            self._aside -= bool(self._aside)
        elif name == (_TABLE, "table-row"):
            self._end_line()
        elif name == (_TABLE, "table"):
            raise _SheetComplete("")

    def _end_cell(self) -> None:
        cell = self._read_cell()
        repeats = _count(self._attributes, "number-columns-repeated")
        self.lines.scan(self._number, cells=1)
        # Limit the repeats, because spreadsheets fill each line up to the last column with one repeated empty cell.
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
            return Cell(fault=f"This cell has a spreadsheet error ({words}).")
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
            return Cell(fault="This cell has a formula without a value. Replace it with the value.")
        return Cell(words)

    @property
    def _is_formula(self) -> bool:
        return (_TABLE, "formula") in self._attributes

    def _value(self, attribute: str) -> str:
        return self._attributes[(_OFFICE, attribute)]


def _count(attributes: Any, name: str) -> int:
    return max(1, int(attributes.get((_TABLE, name)) or 1))


_FORMULA, _ERROR, _STRING = "f", "e", "s"
_WIDEST = 60

type _Place = tuple[int, int]


def _read_office_open(content: bytes, *, name: str) -> list[Line]:
    """Read the non-empty lines of the first visible sheet.

    :raises NotATableError: if the sheet cannot be read, or is too large.
    """
    try:
        with warnings.catch_warnings():
            # openpyxl warns if it ignores some content of a workbook.
            warnings.simplefilter("ignore")
            lines, formulas = _scan_sheet(content, name=name)
            return _scan_sheet(content, name=name, formulas=formulas)[0] if formulas else lines
    except NotATableError:
        raise
    except Exception as error:
        # If the workbook is damaged, openpyxl may raise any exception.
        raise NotATableError(f"{name} is damaged, so we cannot read it as an XLSX file.") from error


def _write_office_open(header: Sequence[str], rows: Iterable[Sequence[Value]], *, title: str) -> bytes:
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(title)
    sheet.freeze_panes = "A2"
    written = [list(row) for row in rows]
    for place, column in enumerate(header, start=1):
        longest = max([len(column), *(len(as_cell(row[place - 1]).text) for row in written)])
        sheet.column_dimensions[get_column_letter(place)].width = min(longest, _WIDEST) + 2
    sheet.append([_make_cell(sheet, column, bold=True) for column in header])
    for row in written:
        sheet.append([_make_cell(sheet, value) for value in row])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _scan_sheet(content: bytes, *, name: str, formulas: Collection[_Place] = ()) -> tuple[list[Line], set[_Place]]:
    from openpyxl import load_workbook

    workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=bool(formulas), keep_links=False)
    lines, found = Lines(name), set()
    try:
        sheet = next((sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"), None)
        if sheet is None:
            raise NotATableError(f"{name} has no visible sheet.")
        for number, row in enumerate(sheet.iter_rows(), start=1):
            lines.scan(number, cells=len(row))
            found |= {(number, place) for place, cell in enumerate(row) if cell.data_type == _FORMULA}
            lines.add(number, [_read_cell(cell, (number, place) in formulas) for place, cell in enumerate(row)])
    finally:
        workbook.close()
    return lines.gathered, found


def _read_cell(cell: Any, is_formula: bool) -> Cell:  # noqa: FBT001
    if cell.data_type == _ERROR:
        return Cell(fault=f"This cell has a spreadsheet error ({cell.value}).")
    if is_formula and cell.value is None:
        return Cell(fault="This cell has a formula without a value. Replace it with the value.")
    return as_cell(cell.value)


def _make_cell(sheet: Any, value: Value, *, bold: bool = False) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        # Without this, openpyxl stores a text that begins with "=" as a formula. A spreadsheet would also treat the
        # text as a formula when a person edits the cell.
        cell.data_type, cell.quotePrefix = _STRING, True
    elif isinstance(value, datetime):
        cell.number_format = "yyyy-mm-dd hh:mm"
    cell.font = Font(bold=bold)
    return cell


# Characters that are removed, because XML and therefore spreadsheets cannot contain them. Tabs and line ends are not
# among them. They are read as spaces.
_UNWRITABLE = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")


class TableKind(StrEnum):
    CSV = "csv"
    ODS = "ods"
    XLSX = "xlsx"


MEDIA_TYPES = {
    TableKind.CSV: "text/csv; charset=utf-8",
    TableKind.ODS: OPEN_DOCUMENT,
    TableKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def read_table(content: bytes, *, name: str) -> list[Line]:
    """Read the non-empty lines of a CSV file, or of the first sheet of a spreadsheet.

    :raises NotATableError: if the file is not a table, or is too large.
    """
    check_table_size(len(content), name=name)
    if content.startswith(_OLD_OR_LOCKED):
        message = f"{name} is an old .xls file or has a password. Save it as XLSX, ODS or CSV without a password."
        raise NotATableError(message)
    if not content.startswith(_SIGNATURE):
        return _read_csv(content, name=name)
    with _open_archive(content, name=name) as parts:
        if _is_open_document(parts, name=name):
            return _read_open_document(parts, name=name)
        if {"[Content_Types].xml", "xl/workbook.xml"} <= set(parts.namelist()):
            return _read_office_open(content, name=name)
    raise NotATableError(f"{name} is not a CSV, ODS or XLSX file. Save it as one of these.")


def check_table_size(size: int, *, name: str) -> None:
    """:raises NotATableError: if the file is too large."""
    if size > MOST_BYTES:
        raise NotATableError(f"{name} is too large. It has more than {MOST_BYTES // 1024**2} MB.")


def write_table(kind: TableKind, header: Sequence[str], rows: Iterable[Sequence[Value]], *, title: str) -> bytes:
    """Write a header and rows to a file of the given kind.

    Texts are written so that no program takes them for formulas. Control characters are removed.
    """
    plain = ([_UNWRITABLE.sub("", value) if isinstance(value, str) else value for value in row] for row in rows)
    match kind:
        case TableKind.CSV:
            return write_csv([list(header), *([as_cell(value).text for value in row] for row in plain)])
        case TableKind.ODS:
            from tablib import Dataset

            # The ODS export of tablib stores text as text, even if the text begins like a formula.
            return bytes(Dataset(*plain, headers=header, title=title).export("ods"))
        case TableKind.XLSX:
            return _write_office_open(header, plain, title=title)
