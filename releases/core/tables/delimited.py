"""Tables as text: cells between commas or semicolons."""

import csv
import io
from collections.abc import Iterable

from releases.core.tables.table import Cell, Line, Lines, NotATableError, as_cell

_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_ADVICE = 'save it from the spreadsheet as "CSV UTF-8"'
# OWASP's list of what makes a spreadsheet take a cell for a formula (CSV injection), and what Excel takes for the same.
# The last three have no width: some program may leave them out, and then see what stands behind.
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "\ufeff", "\u200b", "\u2060")
_GUARD = "'"


def read(content: bytes, *, name: str) -> list[Line]:
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


def write(rows: Iterable[Iterable[str]]) -> bytes:
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
