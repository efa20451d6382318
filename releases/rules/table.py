"""A table in memory: rows of cells, each with the text that a person would have typed."""

import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

ARCHIVE_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,  # a part that ends before it should
    KeyError,  # a part that is not there
    RuntimeError,  # locked with a password, or packed in a way of its own (NotImplementedError)
    OSError,
    ValueError,
)


MOST_BYTES = 5 * 1024 * 1024
"""What a file may have at most."""
MOST_UNPACKED_BYTES = 20 * 1024 * 1024
"""What an archive may hold at most: fifteen times what a spreadsheet of the most rows needs."""
MOST_ROWS = 2_000
"""Rows below the names of the columns; four years of an office with 500 releases a year."""
MOST_COLUMNS = 100
MOST_LINES_SCANNED = 100_000
MOST_CELLS_SCANNED = 2_000_000

_HALF_A_SECOND = timedelta(milliseconds=500)


class NotATableError(ValueError):
    """The file cannot be read as a table, or is too large; the message is one sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of one cell, with single spaces; or, in `fault`, why it holds nothing that can be read."""

    text: str = ""
    fault: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.fault)


type Value = str | int | float | datetime
"""What a cell is written from; a date and time carries no zone."""

type Line = tuple[int, list[Cell]]
"""The number of a line, counted from 1 as spreadsheets do, and its cells."""


class Lines:
    """Gathers the lines of a table that hold anything, and refuses a table that grows too large."""

    def __init__(self, name: str) -> None:
        """Begin a table.

        :param name: the file's name, for sentences.
        """
        self._name = name
        self._scanned_cells = 0
        self.gathered: list[Line] = []

    def scan(self, number: int, *, cells: int) -> None:
        """Count what is only looked through, empty lines and cells too.

        :raises NotATableError: if there is too much of it.
        """
        self._scanned_cells += cells
        if number > MOST_LINES_SCANNED or self._scanned_cells > MOST_CELLS_SCANNED:
            message = f"{self._name} is a sheet of more than {MOST_LINES_SCANNED:,} lines: delete the empty ones."
            raise NotATableError(message)

    def add(self, number: int, cells: Sequence[Cell]) -> None:
        """Gather a line, unless it is empty.

        :raises NotATableError: if there are too many lines, or it is too wide.
        """
        if not any(cells):
            return
        if any(cells[MOST_COLUMNS:]):
            message = f"{self._name} has something beyond column {MOST_COLUMNS} in line {number}."
            raise NotATableError(message)
        if len(self.gathered) > MOST_ROWS:
            message = f"{self._name} has more than {MOST_ROWS:,} rows: divide it into several files."
            raise NotATableError(message)
        self.gathered.append((number, list(cells[:MOST_COLUMNS])))

    def __iter__(self) -> Iterator[Line]:
        return iter(self.gathered)


def as_cell(value: object) -> Cell:
    """Write a typed value as a person would have typed it, London time taken for granted.

    A date and time is "2026-06-30 09:30", with seconds where it has any; one at midnight is a date alone, because
    spreadsheets know no other date. A whole number has no point, true is "yes" and false nothing.
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
    # Spreadsheets count days in fractions, in which no minute is exact.
    whole = (value.replace(tzinfo=None) + _HALF_A_SECOND).replace(microsecond=0)
    if whole.time() == time(0):
        return whole.date().isoformat()
    return whole.isoformat(sep=" ", timespec="seconds" if whole.second else "minutes")
