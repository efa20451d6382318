"""Spreadsheets are archives of XML, and whoever opens one first asks how large it would become."""

import io
import zipfile

from releases.core.archive_faults import ARCHIVE_FAULTS
from releases.core.tables.table import MOST_UNPACKED_BYTES, NotATableError

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


def opened(content: bytes, *, name: str) -> zipfile.ZipFile:
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
