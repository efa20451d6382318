"""What kind of file an address promises, a server declares, and the first bytes show."""

import re
from enum import StrEnum
from urllib.parse import unquote, urlsplit


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
_BEGINS_AS_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_HOLDS_HTML = re.compile(rb"<html\b", re.IGNORECASE)
_MARKUP = re.compile(rb"<(?:title|h1|h2|p|div|meta|main|section|span|a|table)\b", re.IGNORECASE)
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def promised_type(url: str) -> FileType | None:
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    return _ENDINGS.get(name.rpartition(".")[2].lower()) if "." in name else None


def declared_type(content_type: str) -> FileType | None:
    """Return the kind that a media type stands for, or None where servers use it for anything.

    A spreadsheet's old media type is such a case: it is sent for .xls, .csv and .xlsx alike.
    """
    return next((kind for prefix, kind in _DECLARED if content_type.startswith(prefix)), None)


def found_type(body: bytes) -> FileType:
    start = body[:1024]
    if _BEGINS_AS_HTML.match(start) or _HOLDS_HTML.search(start):
        return FileType.HTML
    if b"%PDF-" in start:
        return FileType.PDF
    if start.startswith(b"PK\x03\x04"):
        return FileType.ZIP
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return FileType.OLE
    if start.lstrip()[:1] in {b"{", b"["}:
        return FileType.JSON
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<?xml"):
        return FileType.XML
    if b"\x00" in start and not start.startswith(_WIDE_MARKS):
        return FileType.OTHER
    return FileType.TEXT


def is_page(body: bytes, *, declared: FileType | None) -> bool:
    """Say whether what came is a web page: by its own beginning, or because it is declared so and holds markup.

    A table of figures that a server wrongly declares as a page is none.
    """
    found = found_type(body)
    return found is FileType.HTML or (
        declared is FileType.HTML and found is FileType.TEXT and bool(_MARKUP.search(body[:4096]))
    )


def is_right_type(*, promised: FileType | None, declared: FileType | None, found: FileType) -> bool:
    """Say whether a file is of the kind that its address promises and its server declares.

    Where the address promises none, only what is clearly a file counts: a short text could be an error message.
    """
    if promised is None and found in {FileType.TEXT, FileType.JSON, FileType.OTHER}:
        return found is FileType.TEXT and declared is FileType.TEXT
    return promised in {None, found} and declared in {None, found}
