"""Spreadsheets of OpenDocument (.ods), read as a stream: typed cells, and of a formula the value kept beside it."""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser
from tablib import Dataset

from releases.core.archive_faults import ARCHIVE_FAULTS
from releases.core.tables.table import MOST_COLUMNS, Cell, Line, Lines, NotATableError, Value, as_cell

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_EXTENSION = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_CELLS = frozenset({(_TABLE, "table-cell"), (_TABLE, "covered-table-cell")})
_SPACES = frozenset({(_TEXT, "s"), (_TEXT, "tab"), (_TEXT, "line-break")})

type _Name = tuple[str | None, str]


class _WholeSheetRead(SAXException):
    """The first sheet has ended; nothing after it is wanted."""


def read(archive: zipfile.ZipFile, *, name: str) -> list[Line]:
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


def write(header: Sequence[str], rows: Iterable[Sequence[Value]], *, title: str) -> bytes:
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
