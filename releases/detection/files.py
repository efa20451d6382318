"""Check the type and content of attachments, and detect error messages sent instead of a file."""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any
from urllib.parse import unquote, urlsplit

from releases.detection.absence import first_sentence, is_label, states_absence
from releases.detection.characters import decode, words
from releases.detection.finding import CheckOutcome, Expectation, Finding, Reason, Shown, apply_answer
from releases.detection.interstitials import barrier_in
from releases.rules.canonical import sha256_hex
from releases.rules.response import Answer
from releases.rules.tables import ARCHIVE_FAULTS


class FileType(StrEnum):
    PDF = "pdf"
    ZIP = "zip"
    OLE = "ole"
    TEXT = "text"
    JSON = "json"
    XML = "xml"
    HTML = "html"
    OTHER = "other"


_BY_ENDING = {
    FileType.PDF: "pdf",
    FileType.ZIP: "zip xlsx xlsm xlsb ods docx odt pptx odp",
    FileType.OLE: "xls doc ppt",
    FileType.TEXT: "csv tsv txt",
    FileType.JSON: "json geojson",
    FileType.XML: "xml rdf kml",
    FileType.HTML: "html htm",
}
_ENDINGS = {ending: kind for kind, endings in _BY_ENDING.items() for ending in endings.split()}
_DECLARED = (
    ("application/pdf", FileType.PDF),
    ("application/x-pdf", FileType.PDF),
    ("application/vnd.openxmlformats-", FileType.ZIP),
    ("application/vnd.oasis.opendocument.", FileType.ZIP),
    ("application/zip", FileType.ZIP),
    ("application/x-zip", FileType.ZIP),
    ("application/msword", FileType.OLE),
    ("text/html", FileType.HTML),
    ("application/xhtml+xml", FileType.HTML),
    ("application/json", FileType.JSON),
    ("application/xml", FileType.XML),
    ("text/xml", FileType.XML),
    ("text/", FileType.TEXT),
    ("application/csv", FileType.TEXT),
    ("image/", FileType.OTHER),
    ("audio/", FileType.OTHER),
    ("video/", FileType.OTHER),
)
_UTF_8_MARK = b"\xef\xbb\xbf"
# White space, comments and processing instructions may come before the doctype or the first element.
_BEFORE_FIRST = rb"(?:\s|<\?(?>.*?\?>)|<!--(?>.*?-->))*+"
_BEGINS_AS_HTML = re.compile(_BEFORE_FIRST + rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_BEGINS_AS_XHTML = re.compile(
    _BEFORE_FIRST + rb"<(?:!doctype\s+html\b|(?:[\w.-]++:)?+html(?=[\s/>]|$))", re.IGNORECASE | re.DOTALL
)
# Some servers begin a page with other elements, such as a warning above the doctype.
_BEGINS_WITH_TAG = re.compile(
    _BEFORE_FIRST + rb"<(?:title|meta|script|style|link|base|h[1-6]|p|div|br|b|center|span)\b",
    re.IGNORECASE | re.DOTALL,
)
_HOLDS_HTML = re.compile(rb"<html\b", re.IGNORECASE)
_MARKUP = re.compile(rb"<(?:title|h1|h2|p|div|meta|main|section|span|a|table)\b", re.IGNORECASE)
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def promised_type(url: str) -> FileType | None:
    return _ENDINGS.get(ending_of(url))


def declared_type(content_type: str) -> FileType | None:
    return next((kind for prefix, kind in _DECLARED if content_type.startswith(prefix)), None)


def found_type(body: bytes) -> FileType:
    start = body[:1024].removeprefix(_UTF_8_MARK)
    if _is_html(start):
        return FileType.HTML
    if b"%PDF-" in start:
        return FileType.PDF
    if start.startswith(b"PK\x03\x04"):
        return FileType.ZIP
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return FileType.OLE
    if start.lstrip()[:1] in {b"{", b"["}:
        return FileType.JSON
    if _is_xml(start):
        return FileType.XML
    if b"\x00" in start and not start.startswith(_WIDE_MARKS):
        return FileType.OTHER
    return FileType.TEXT


def _is_html(start: bytes) -> bool:
    """Return whether the first bytes of a body are those of a web page.

    A file of data may also contain HTML, for example in the descriptions of KML or in the cells of a table. So a body
    is a page only if it begins like one. In XML, the root element decides.
    """
    if _is_xml(start):
        return _BEGINS_AS_XHTML.match(start) is not None
    if _BEGINS_AS_HTML.match(start):
        return True
    return _BEGINS_WITH_TAG.match(start) is not None and _HOLDS_HTML.search(start) is not None


def _is_xml(start: bytes) -> bool:
    return start.lstrip().startswith(b"<?xml")


def is_page(body: bytes, *, declared: FileType | None) -> bool:
    """Return whether a body is a web page.

    A body is a web page if it begins like HTML, or if the server declares it as HTML and it contains HTML tags. A table
    of figures that the server wrongly declares as HTML does not count, although its cells may contain tags.
    """
    found = found_type(body)
    if found is FileType.HTML:
        return True
    has_tags = declared is FileType.HTML and found is FileType.TEXT and _MARKUP.search(body[:4096]) is not None
    return has_tags and (body.removeprefix(_UTF_8_MARK).lstrip().startswith(b"<") or not is_table(body))


def is_right_type(*, promised: FileType | None, declared: FileType | None, found: FileType) -> bool:
    """Return whether a file has the type that its address implies and its server declares.

    If the address implies no type, JSON and unknown types are not accepted, and plain text is accepted only if the
    server declares it as text. Otherwise, a short error message could be taken for the file.
    """
    if promised is None and found in {FileType.TEXT, FileType.JSON, FileType.OTHER}:
        return found is FileType.TEXT and declared is FileType.TEXT
    return promised in {None, found} and declared in {None, found}


_ENDS = {FileType.PDF: b"%%EOF", FileType.ZIP: b"PK\x05\x06"}
"""Bytes near the end of every complete file, keyed by file type."""
_LAST_BYTES = 66_000
_MOST_LINES = 200
_MOST_MEMBERS = 10_000
_OFFICE = {"xlsx": "xl/", "xlsm": "xl/", "xlsb": "xl/", "docx": "word/", "pptx": "ppt/"}
_OPEN_DOCUMENT = {"ods": "spreadsheet", "odt": "text", "odp": "presentation"}
_TABLES = frozenset({"csv", "tsv"})
_SEPARATORS = ",;\t|"


def ending_of(url: str) -> str:
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def is_of_ending(body: bytes, ending: str) -> bool:
    """Return whether a complete zip file contains the kind of document that its extension names.

    Only the extensions of Office and OpenDocument files are checked. For other extensions, the result is True.
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
        # Readers cannot open a file that is damaged, encrypted or compressed by a non-standard method.
        return False


def is_table(body: bytes) -> bool:
    """Return whether a text is a table of separated values.

    A text is a table if two consecutive lines have the same number of columns (two or more), and the second line
    contains a digit. If no second line contains a digit, at least four of these pairs of lines are needed. Blank lines
    are ignored, and a title and notes may come before the column headings.
    """
    lines = [line for line in decode(body[:_LAST_BYTES], charset="").splitlines() if line.strip()][:_MOST_LINES]
    return any(_is_table_by(separator, lines) for separator in _SEPARATORS)


def _is_table_by(separator: str, lines: Sequence[str]) -> bool:
    below = [(above, line) for above, line in pairwise(lines) if 0 < above.count(separator) == line.count(separator)]
    return len(below) > 3 or any(any(character.isdigit() for character in line) for _, line in below)


_MOST_BYTES = 2_000
_START = 20_000
_FAULT_KEYS = frozenset({"error", "errors", "fault", "exception", "message", "detail", "reason"})
_FAILED = frozenset({"error", "fail", "failed", "failure"})
_STATUS = ("status", "code", "statuscode")
_ROOT = re.compile(
    r"(?:\s|<\?(?>.*?\?>)|<!--(?>.*?-->)|<!doctype[^>]*+>)*+<(?:[\w.-]++:)?+([\w.-]++)", re.IGNORECASE | re.DOTALL
)
_FAULT_ROOT = re.compile(r"error|fault|exception", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{1,200}>")
_SORRY = re.compile(
    r" (?:sorry|try again|access denied|forbidden|unauthori[sz]ed|not authori[sz]ed|failed to (?:load|retrieve|open)"
    r"|(?:could not|cannot) be (?:retrieved|found|loaded|opened|generated)) "
)


class Message(StrEnum):
    NO_FILE = "no_file"
    FAULT = "fault"
    NOTHING = "nothing"


def message_in(body: bytes, found: FileType) -> Message | None:
    match found:
        case FileType.JSON:
            return _in_json(body) if len(body) <= _MOST_BYTES else None
        case FileType.XML:
            return _in_xml(decode(body[:_START], charset=""))
        case FileType.TEXT:
            return _in_text(short_text(body))
    return None


def short_text(body: bytes) -> str:
    return decode(body, charset="") if len(body) <= _MOST_BYTES else ""


def is_message_cut_off(body: bytes, found: FileType) -> bool:
    """Return whether an XML or JSON file is incomplete.

    Short JSON is parsed. In XML and in long JSON, only the last character is checked.
    """
    end = decode(body[-200:], charset="").rstrip()[-1:]
    if found is FileType.XML:
        return end != ">"
    if found is not FileType.JSON:
        return False
    if len(body) > _MOST_BYTES:
        return end not in {"}", "]"}
    try:
        _first_value(body)
    except (ValueError, RecursionError):
        return True
    return False


def _in_text(text: str) -> Message | None:
    line = words(text.strip().partition("\n")[0])
    if states_absence(line) or is_label(first_sentence(line)):
        return Message.NO_FILE
    return Message.FAULT if _SORRY.search(line) else None


def _in_xml(text: str) -> Message | None:
    root = _ROOT.match(text)
    if root is None or not _FAULT_ROOT.search(root[1]):
        return None
    return Message.NO_FILE if _states_none(words(_TAG.sub(" . ", text))) else Message.FAULT


def _in_json(body: bytes) -> Message | None:
    try:
        value = _first_value(body)
    except (ValueError, RecursionError):
        return None
    if _is_empty(value):
        return Message.NOTHING
    if not isinstance(value, dict) or not _is_a_message(value):
        return None
    known = {str(name).lower(): part for name, part in value.items()}
    said = " . ".join(_texts(value))
    none = _states_none(words(said)) or any(str(known.get(name)) in {"404", "410"} for name in _STATUS)
    return Message.NO_FILE if none else Message.FAULT


def _first_value(body: bytes) -> Any:
    # A file in the JSON Lines format has one value on each line. Only the first value is read.
    return json.JSONDecoder().raw_decode(decode(body, charset="").lstrip("\ufeff \t\r\n"))[0]


def _is_a_message(value: Mapping[str, Any]) -> bool:
    names = {str(name).lower() for name in value}
    data = [part for name, part in value.items() if str(name).lower() not in _FAULT_KEYS]
    fails = str(value.get("status", "")).lower() in _FAILED
    return bool(names & _FAULT_KEYS or fails) and not any(isinstance(part, list | dict) and part for part in data)


def _is_empty(value: Any) -> bool:
    if isinstance(value, list | dict):
        parts = list(value.values()) if isinstance(value, dict) else value
        holding = [part for part in parts if isinstance(part, list | dict)]
        return not parts or (bool(holding) and all(_is_empty(part) for part in holding) and isinstance(value, dict))
    return value is None or value == ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _states_none(form: str) -> bool:
    return states_absence(form) or any(is_label(piece.strip()) for piece in form.split(" . "))


_SAID: dict[Message, tuple[Reason, ...]] = {
    Message.NO_FILE: (Reason.NEGATIVE_MARKER,),
    Message.FAULT: (Reason.FAULT_TEXT,),
    Message.NOTHING: (Reason.EMPTY,),
}


def examine_file(answer: Answer, expectation: Expectation) -> Finding:
    """Return the finding for a response from the address of an attachment."""
    digest = sha256_hex(answer.body)
    if shown := apply_answer(digest, "", expectation):
        return shown
    found = found_type(answer.body)
    message = message_in(answer.body, found)
    fault = (
        _in_place_of_file(answer.body, found, message)
        or _wrong(answer, expectation.url, found)
        or (None if message is None else (CheckOutcome.UNRECOGNISED, _SAID[message]))
    )
    return Finding(*(fault or (CheckOutcome.LIVE, (Reason.RIGHT_TYPE,))), digest)


def _in_place_of_file(body: bytes, found: FileType, message: Message | None) -> Shown | None:
    if found is FileType.TEXT and is_table(body):
        return None
    if message is Message.NO_FILE:
        return CheckOutcome.NOT_LIVE, _SAID[message]
    barrier = barrier_in(words(short_text(body))) if found is FileType.TEXT else None
    return (CheckOutcome.UNRECOGNISED, (barrier,)) if barrier else None


def _wrong(answer: Answer, url: str, found: FileType) -> Shown | None:
    ending, declared = ending_of(url), declared_type(answer.content_type)
    if not is_right_type(promised=promised_type(url), declared=declared, found=found):
        return CheckOutcome.UNRECOGNISED, (Reason.WRONG_TYPE,)
    if _ENDS.get(found, b"") not in answer.body[-_LAST_BYTES:] or is_message_cut_off(answer.body, found):
        return CheckOutcome.UNRECOGNISED, (Reason.INCOMPLETE,)
    if found is FileType.ZIP and not is_of_ending(answer.body, ending):
        return CheckOutcome.UNRECOGNISED, (Reason.WRONG_TYPE,)
    is_promised_table = ending in _TABLES or (not ending and answer.content_type == "text/csv")
    if is_promised_table and not is_table(answer.body):
        return CheckOutcome.UNRECOGNISED, (Reason.WRONG_TYPE,)
    return None
