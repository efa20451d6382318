"""What a file holds, as far as it tells a whole file of its kind from half of one, another one, or a message."""

import io
import zipfile
from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from releases.core.archive_faults import ARCHIVE_FAULTS
from releases.core.judging.reading.characters import decode
from releases.core.judging.reading.file_type import FileType

_END_OF_PDF, _END_OF_ZIP = b"%%EOF", b"PK\x05\x06"
_LAST_BYTES = 66_000
_MOST_LINES = 200
_MOST_MEMBERS = 10_000
_OFFICE = {"xlsx": "xl/", "xlsm": "xl/", "xlsb": "xl/", "docx": "word/", "pptx": "ppt/"}
_OPEN_DOCUMENT = {"ods": "spreadsheet", "odt": "text", "odp": "presentation"}
_TABLES = frozenset({"csv", "tsv"})
_SEPARATORS = ",;\t|"


def ending_of(url: str) -> str:
    """Return the ending of the file that an address names, in lower case, or an empty text."""
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def breaks_off(body: bytes, found: FileType) -> bool:
    """Say whether a file lacks the end that every file of its kind has."""
    if found is FileType.PDF:
        return _END_OF_PDF not in body[-_LAST_BYTES:]
    return found is FileType.ZIP and _END_OF_ZIP not in body[-_LAST_BYTES:]


def is_of_ending(body: bytes, ending: str) -> bool:
    """Say whether a whole zip file is what its ending promises: a workbook, a document, a presentation.

    :param ending: as `ending_of` gives it; of any other one than those of office programs nothing is asked.
    """
    if ending not in _OFFICE and ending not in _OPEN_DOCUMENT:
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()[:_MOST_MEMBERS]
            if ending in _OFFICE:
                return any(name.startswith(_OFFICE[ending]) for name in names)
            with archive.open("mimetype") as member:
                return f"opendocument.{_OPEN_DOCUMENT[ending]}".encode() in member.read(200)
    except ARCHIVE_FAULTS:
        return False  # damaged, packed in a way of its own, or locked: not what readers were promised


def is_table(body: bytes) -> bool:
    """Say whether a text has two lines below one another with as many columns, and a figure in the second of them.

    A title, notes and blank lines may stand above its headings; without any figure five such lines are a table too.
    """
    lines = [line for line in decode(body[:_LAST_BYTES], charset="").splitlines() if line.strip()][:_MOST_LINES]
    return any(_is_table_by(separator, lines) for separator in _SEPARATORS)


def _is_table_by(separator: str, lines: Sequence[str]) -> bool:
    below = [(above, line) for above, line in pairwise(lines) if 0 < above.count(separator) == line.count(separator)]
    return len(below) > 3 or any(any(character.isdigit() for character in line) for _, line in below)


def is_promised_table(ending: str, content_type: str) -> bool:
    """Say whether an address or a server promises a table of text."""
    return ending in _TABLES or (not ending and content_type == "text/csv")
