"""Attachments, right and wrong: PDF, spreadsheets, tables of text, data for machines."""

import io
import zipfile

from releases.detection.finding import AddressRole, Reason
from tests.corpus.case import Case, Reply, Right, one, several
from tests.corpus.layouts import PROSE, bare, govuk, shell
from tests.support.practice_pages import csv_file, pdf_file

LIVE, NOT_LIVE, NOBODY = Right.LIVE, Right.NOT_LIVE, Right.NOBODY
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def packed(**members: str) -> bytes:
    """Write a zip file; underscores in names mean slashes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name.replace("__", "/").replace("_dot_", ".")), text)
    return written.getvalue()


def damaged(archive: bytes, part: str) -> bytes:
    """Write over where a packed part of a zip file begins, as a disk does that fails."""
    with zipfile.ZipFile(io.BytesIO(archive)) as whole:
        begins = whole.getinfo(part).header_offset + 30 + len(part)
    return archive[:begins] + b"\xff\xff" + archive[begins + 2 :]


def packed_otherwise(archive: bytes, part: str) -> bytes:
    """Say of a part of a zip file that it is packed in an unknown way."""
    with zipfile.ZipFile(io.BytesIO(archive)) as whole:
        begins = whole.getinfo(part).header_offset
    named = archive.rindex(part.encode())  # in the list at its end, 46 bytes after the entry's start
    for method in (begins + 8, named - 46 + 10):
        archive = archive[:method] + b"\x63\x00" + archive[method + 2 :]
    return archive


XLSX = packed(Content_Types_dot_xml="<Types/>", xl__workbook_dot_xml="<workbook/>")
ODS_FILE = packed(mimetype=ODS, content_dot_xml="<office:document-content/>")
DOCX = packed(Content_Types_dot_xml="<Types/>", word__document_dot_xml="<document/>")
PLAIN_ZIP = packed(fuel_dot_csv="month,price\n2026-06,142.3\n")
PDF = pdf_file("Road fuel prices, June 2026")
CSV = csv_file()
_XML = b'<?xml version="1.0" encoding="UTF-8"?>\n<prices period="2026-06"><fuel name="unleaded">142.3</fuel></prices>\n'
_NO_SUCH_KEY = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The '
    b"specified key does not exist.</Message></Error>"
)

_KML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
    b"<name>Northton</name><description><![CDATA[<html xmlns:fo='http://www.w3.org/1999/XSL/Format'><head></head><body>"
    b"<table><tr><td>Price</td><td>142.3</td></tr></table></body></html>]]></description>"
    b"<Point><coordinates>-1.5,53.8</coordinates></Point></Placemark></Document></kml>\n"
)
_GEOJSON = (
    b'{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point", '
    b'"coordinates": [-1.5, 53.8]}, "properties": {"popup": "<html><body><h1>Northton</h1>142.3</body></html>"}}]}'
)
_CSV_WITH_HTML = b'town,price,note\nNorthton,142.3,"<html><p>Two sellers</p></html>"\nSouthby,140.1,\n'
_XHTML_NOT_FOUND = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" '
    b'"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\n<!-- 404 -->\n<html xmlns="http://www.w3.org/1999/xhtml">'
    b"<head><title>Page not found</title></head><body><h1>Page not found</h1></body></html>\n"
)


def at(
    name: str,
    why: str,
    right: Right,
    file: str,
    body: bytes,
    content_type: str,
    *,
    status: int = 200,
    reason: Reason | None = None,
) -> Case:
    """Make a case of one attachment by its file name."""
    reply = Reply(body, status=status, content_type=content_type)
    return one(name, why, right, reply, path=f"/media/{file}", role=AddressRole.ATTACHMENT, reason=reason)


CASES = (
    at("pdf", "A whole PDF.", LIVE, "bulletin.pdf", PDF, "application/pdf"),
    at("spreadsheet", "A workbook.", LIVE, "tables.xlsx", XLSX, SHEET),
    at(
        "open-document",
        "An OpenDocument spreadsheet, sent as a stream of bytes.",
        LIVE,
        "tables.ods",
        ODS_FILE,
        "application/octet-stream",
    ),
    at("csv", "A table of text.", LIVE, "tables.csv", CSV, "text/csv; charset=utf-8"),
    at("xml", "Data for machines.", LIVE, "prices.xml", _XML, "application/xml"),
    at(
        "json",
        "Data for machines in JSON.",
        LIVE,
        "prices.json",
        b'{"period": "2026-06", "prices": [142.3, 151.0]}',
        "application/json",
    ),
    at(
        "map-with-pages-in-its-balloons",
        "A map whose places are described in HTML, near its beginning.",
        LIVE,
        "sellers.kml",
        _KML,
        "application/vnd.google-earth.kml+xml",
    ),
    at(
        "places-with-pages-in-their-properties",
        "The same in GeoJSON.",
        LIVE,
        "sellers.geojson",
        _GEOJSON,
        "application/geo+json",
    ),
    at("table-with-a-page-in-a-cell", "A note in HTML in a table.", LIVE, "tables.csv", _CSV_WITH_HTML, "text/csv"),
    at(
        "table-with-markup-in-a-cell-declared-as-a-page",
        "A table that the server wrongly calls a page.",
        NOBODY,
        "tables.csv",
        _CSV_WITH_HTML,
        "text/html",
        reason=Reason.WRONG_TYPE,
    ),
    at(
        "xhtml-for-a-map",
        "A page that says that the file does not exist, in XML like the map.",
        NOT_LIVE,
        "sellers.kml",
        _XHTML_NOT_FOUND,
        "application/xml",
        reason=Reason.WRONG_TYPE,
    ),
    at("html-attachment", "An annex that is a page.", LIVE, "annex.html", govuk("Annex: method", PROSE), "text/html"),
    one(
        "html-attachment-that-leads-to-its-page",
        "An annex whose address leads to the page of the release.",
        NOBODY,
        Reply(
            govuk("Road fuel prices, June 2026", PROSE), by_way_of=((302, "/statistics/road-fuel-prices-june-2026"),)
        ),
        path="/statistics/road-fuel-prices-june-2026/annex.html",
        role=AddressRole.ATTACHMENT,
        reason=Reason.PAGE_ABOVE,
    ),
    at("zip", "An archive where one was due.", LIVE, "all-tables.zip", PLAIN_ZIP, "application/zip"),
    at(
        "half-the-attachments",
        "The page is live and this file of it is not there.",
        NOT_LIVE,
        "tables.ods",
        govuk("Page not found", ""),
        "text/html",
        status=404,
    ),
    at(
        "pdf-that-is-a-page",
        "A page under a name that promises a PDF.",
        NOT_LIVE,
        "bulletin.pdf",
        govuk("Road fuel prices, June 2026", PROSE),
        "application/pdf",
        reason=Reason.WRONG_TYPE,
    ),
    at(
        "soft-404-for-a-file",
        "The page for what is not there, answered 200.",
        NOT_LIVE,
        "bulletin.pdf",
        govuk("Page not found", ""),
        "text/html",
    ),
    at(
        "shell-for-a-file",
        "An application's empty page, for every address.",
        NOT_LIVE,
        "tables.csv",
        shell("Office of Figures"),
        "text/html",
    ),
    at(
        "challenge-for-a-file",
        "A check for robots where a file was due.",
        NOBODY,
        "bulletin.pdf",
        bare("Just a moment...", "<h1>Just a moment...</h1>"),
        "text/html",
    ),
    at(
        "challenge-by-a-script-for-a-file",
        "A check for robots that is only a script: no title, and accepted instead of answered.",
        NOBODY,
        "tables.csv",
        bare("", '<div id="challenge-container"></div>', head='<script src="/challenge.js"></script>'),
        "text/html",
        status=202,
        reason=Reason.SCRIPT_SHELL,
    ),
    at(
        "challenge-in-a-frame-for-a-file",
        "Another one, which answers 200 and has no title.",
        NOBODY,
        "bulletin.pdf",
        bare("", '<iframe src="/_challenge?x=31">Incident 871-45</iframe>', head='<script src="/_challenge"></script>'),
        "text/html",
        reason=Reason.SCRIPT_SHELL,
    ),
    at(
        "file-that-says-not-found",
        "A message in place of a table.",
        NOT_LIVE,
        "tables.csv",
        b"File not found.\n",
        "text/plain",
    ),
    at(
        "message-for-a-table",
        "A message in place of a table, with no line of figures.",
        NOBODY,
        "tables.csv",
        b"Service busy, come back\n",
        "text/plain",
    ),
    at(
        "no-such-key",
        "The store of files says that it does not have it, and answers 200.",
        NOT_LIVE,
        "prices.xml",
        _NO_SUCH_KEY,
        "application/xml",
    ),
    at(
        "no-such-key-for-a-table",
        "The same under the name of a table.",
        NOT_LIVE,
        "tables.csv",
        _NO_SUCH_KEY,
        "text/csv",
    ),
    at(
        "error-in-json",
        "An error where data were due.",
        NOBODY,
        "prices.json",
        b'{"error": "upstream timed out", "status": 500}',
        "application/json",
    ),
    at(
        "not-found-in-json",
        "Data that say that there are none.",
        NOT_LIVE,
        "prices.json",
        b'{"message": "Not found"}',
        "application/json",
    ),
    at("empty-file", "A file without a byte.", NOBODY, "tables.csv", b"", "text/csv", reason=Reason.EMPTY),
    at("header-alone", "A table with its header and no row.", NOBODY, "tables.csv", b"month,price\r\n", "text/csv"),
    at(
        "truncated-pdf",
        "A PDF that breaks off: nobody can open it.",
        NOBODY,
        "bulletin.pdf",
        PDF[: len(PDF) // 2],
        "application/pdf",
        reason=Reason.INCOMPLETE,
    ),
    at(
        "truncated-spreadsheet",
        "A workbook that breaks off.",
        NOBODY,
        "tables.xlsx",
        XLSX[: len(XLSX) // 2],
        SHEET,
        reason=Reason.INCOMPLETE,
    ),
    at(
        "zip-under-the-name-of-a-workbook",
        "An archive of something else.",
        NOBODY,
        "tables.xlsx",
        PLAIN_ZIP,
        SHEET,
        reason=Reason.WRONG_TYPE,
    ),
    at(
        "text-under-the-name-of-a-workbook",
        "A text document of an office program.",
        NOBODY,
        "tables.xlsx",
        DOCX,
        SHEET,
    ),
    at(
        "picture-in-place-of-a-pdf",
        "Another kind of file.",
        NOBODY,
        "bulletin.pdf",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        "image/png",
    ),
    several(
        "old-file-under-the-same-name",
        "The last edition's file stands at a fixed name and was there all along: it proves nothing.",
        *((minutes, Reply(XLSX, content_type=SHEET), NOBODY) for minutes in (-60, 1)),
        path="/media/latest/tables.xlsx",
        role=AddressRole.ATTACHMENT,
    ),
    several(
        "file-that-comes-late",
        "404 first, then the file.",
        (1, Reply(b"", status=404), NOT_LIVE),
        (13, Reply(CSV, content_type="text/csv"), LIVE),
        path="/media/tables.csv",
        role=AddressRole.ATTACHMENT,
    ),
)
