"""Files that hold a table, of any of the three kinds: told by what they hold, not by their names."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from releases.core.tables import archive, delimited, open_document
from releases.core.tables.table import MOST_BYTES, Line, NotATableError, Value, as_cell

# What XML cannot hold, and with it no spreadsheet; tab and line ends are spaces to whoever reads it again.
_UNWRITABLE = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")


class Kind(StrEnum):
    """The kinds of files, by the ending of their names."""

    CSV = "csv"
    ODS = "ods"
    XLSX = "xlsx"


MEDIA_TYPES = {
    Kind.CSV: "text/csv; charset=utf-8",
    Kind.ODS: archive.OPEN_DOCUMENT,
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def read(content: bytes, *, name: str) -> list[Line]:
    """Read the lines of a file that hold anything, of a spreadsheet those of its first sheet.

    :param name: the file's name, for sentences.
    :raises NotATableError: if it is no such file, or too large.
    """
    check_size(len(content), name=name)
    archive.check_not_old_or_locked(content, name=name)
    if not archive.is_archive(content):
        return delimited.read(content, name=name)
    with archive.opened(content, name=name) as parts:
        if archive.is_open_document(parts, name=name):
            return open_document.read(parts, name=name)
        if archive.is_office_open(parts):
            # openpyxl takes 11 MB, which processes that read and write no spreadsheet never need.
            from releases.core.tables import office_open

            return office_open.read(content, name=name)
    message = f"{name} is neither CSV nor ODS nor XLSX: save it as one of these."
    raise NotATableError(message)


def check_size(size: int, *, name: str) -> None:
    """Refuse a file that is larger than any calendar.

    :param size: bytes.
    :raises NotATableError: if it is.
    """
    if size > MOST_BYTES:
        message = f"{name} is too large: it has more than {MOST_BYTES // 1024**2} MB."
        raise NotATableError(message)


def write(kind: Kind, header: Sequence[str], rows: Iterable[Sequence[Value]], *, title: str) -> bytes:
    """Write rows as a file of a kind, so that no program takes any text in it for a formula.

    Control characters are left out.

    :param title: what the sheet is called, where there are sheets.
    """
    plain = ([_plain(value) for value in row] for row in rows)
    match kind:
        case Kind.CSV:
            return delimited.write([list(header), *([as_cell(value).text for value in row] for row in plain)])
        case Kind.ODS:
            return open_document.write(header, plain, title=title)
        case Kind.XLSX:
            from releases.core.tables import office_open

            return office_open.write(header, plain, title=title)


def _plain(value: Value) -> Value:
    return _UNWRITABLE.sub("", value) if isinstance(value, str) else value
