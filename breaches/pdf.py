"""Printing of reports as PDF files. The same document always gives the same bytes.

`breaches/layout.py` lays out the report. `templates/breaches/document.html` and `static/pdf/report.css` set the design.
No file is fetched from the network.
"""

import io
import logging
import threading
from base64 import b64decode
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]  # carries no types
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
from weasyprint import CSS, HTML
from weasyprint.logger import LOGGER, PROGRESS_LOGGER
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from breaches.pdf_structure import join_fragments
from breaches.rules.document import ConcernDocument, ReportDocument, Row
from releases.models import BodyUnavailable

logger = logging.getLogger(__name__)

STYLESHEET: Final = "pdf/report.css"
# The files of the installed font, keyed by the URLs in the style sheet.
FONT_FILES: Final = {
    "reportfont:regular": "FiraSans-Regular.ttf",
    "reportfont:bold": "FiraSans-SemiBold.ttf",
}
PNG: Final = b"\x89PNG\r\n\x1a\n"
PICTURE: Final = "data:image/png;base64,"
BOX_FONT_URL: Final = "reportfont:boxes"
BOX_FONT_FAMILY: Final = "Report Boxes"

# WeasyPrint logs its progress on each page of each report. Only developers of WeasyPrint need these lines.
PROGRESS_LOGGER.setLevel(logging.WARNING)


class NotRendered(Exception):
    """The document could not be printed. No file was written."""


def render_pdf(document: ReportDocument) -> bytes:
    """Print a report as a PDF/UA-1 file without fetching anything from the network.

    All dates in the metadata are the date of the approval, and never the current date.

    Latin, Greek and Cyrillic letters come from the font installed with the product, so the bytes do not depend on the
    machine. Other characters come from the machine's fonts. Characters that no font contains are drawn as boxes. They
    can still be copied as text.

    :raises NotRendered: if the template refers to a file other than the report's fonts and pictures, or if a screenshot
        of the annex cannot be read.
    """
    return _print("breaches/document.html", _with_whole_hyphens(document))


def render_concern(document: ConcernDocument) -> bytes:
    """Print a short concern in the same way as `render_pdf` prints a report.

    :raises NotRendered: if the template refers to a file other than the report's fonts and pictures.
    """
    whole = replace(
        document,
        rows=_whole_rows(document.rows),
        source=_whole(document.source),
        correction=_whole(document.correction),
    )
    return _print("breaches/concern.html", whole)


def _print(template: str, document: ReportDocument | ConcernDocument) -> bytes:
    try:
        html = render_to_string(template, {"document": document, "approved_at": metadata_date(document.approved_at)})
    except BodyUnavailable as fault:
        logger.exception("a screenshot could not be read")
        raise NotRendered(_("We could not read a screenshot from the storage. Try again later.")) from fault
    return print_html(html)


def metadata_date(at: datetime | None) -> str:
    """Format an aware instant for the metadata of a file, in UTC.

    Return an empty string if there is no instant.
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def _with_whole_hyphens(document: ReportDocument) -> ReportDocument:
    """Add a word joiner after each hyphen, to prevent a line break there.

    If a line ends with a hyphen, PDF readers remove the hyphen when people copy the text. The word joiners do not
    become part of the text in the file, so web addresses can be copied unchanged.
    """
    annex = document.annex
    if annex:
        listed = annex.access_list
        annex = replace(
            annex,
            parts=tuple(
                replace(
                    part,
                    heading=_whole(part.heading),
                    checks=tuple((sent, answered, _whole(showed)) for sent, answered, showed in part.checks),
                )
                for part in annex.parts
            ),
            overview=tuple((_whole(row[0]), *row[1:]) for row in annex.overview),
            access_list=listed
            and replace(
                listed,
                heading=_whole(listed.heading),
                text=_whole(listed.text),
                posts=tuple((_whole(post), _whole(of), _whole(period)) for post, of, period in listed.posts),
            ),
            attachments=tuple((_whole(row[0]), *row[1:]) for row in annex.attachments),
            digests=tuple((_whole(label), digest) for label, digest in annex.digests),
        )
    return replace(
        document,
        annex=annex,
        decision=_whole(document.decision),
        correction=_whole(document.correction),
        sections=tuple(
            replace(
                section,
                heading=_whole(section.heading),
                rows=_whole_rows(section.rows),
                paragraphs=tuple(tuple(map(_whole, lines)) for lines in section.paragraphs),
                timeline=tuple((when, tuple(map(_whole, lines))) for when, lines in section.timeline),
            )
            for section in document.sections
        ),
    )


def _whole(words: str) -> str:
    return words.replace("-", "-\u2060")


def _whole_rows(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(
        (label, tuple(tuple(replace(line, text=_whole(line.text)) for line in entry) for entry in entries))
        for label, entries in rows
    )


def print_html(html: str) -> bytes:
    """Print a complete HTML page as a PDF/UA-1 file, with the style sheet of reports.

    :raises NotRendered: if the page refers to a file other than the report's fonts and pictures.
    """
    boxes: set[str] = set()
    while True:
        with _MissingGlyphs() as missing:
            file = _write_pdf(html, *(_read_style(boxes) if boxes else _cached_style()))
        # WeasyPrint may also draw characters next to a box with the box font. If the box font has no glyph for one of
        # these characters, render again with a font that draws it as a box too.
        if missing.characters <= boxes:
            return file
        boxes |= missing.characters


def _write_pdf(html: str, stylesheet: CSS, fonts: FontConfiguration) -> bytes:
    page = HTML(string=html, url_fetcher=_FontFetcher({}))
    try:
        file: bytes = page.write_pdf(
            stylesheets=[stylesheet], font_config=fonts, pdf_variant="pdf/ua-1", finisher=join_fragments
        )
    except FatalURLFetchingError as error:
        raise NotRendered(str(error)) from error
    return file


_of_this_thread = threading.local()


def _cached_style() -> tuple[CSS, FontConfiguration]:
    # Reading the fonts takes a tenth of the rendering time, so they are cached. Threads cannot share fonts, so each
    # thread has its own cache.
    style = _stylesheet()
    if _of_this_thread.__dict__.get("text") != style:
        _of_this_thread.text, _of_this_thread.style = style, _read_style()
    read: tuple[CSS, FontConfiguration] = _of_this_thread.style
    return read


def _read_style(boxes: Collection[str] = ()) -> tuple[CSS, FontConfiguration]:
    """Read the style sheet and its fonts.

    :param boxes: characters that are drawn as boxes, because no font has them.
    """
    style, fonts = _stylesheet(), _fonts()
    if boxes:
        style = f'{style}\n@font-face {{ font-family: "{BOX_FONT_FAMILY}"; src: url("{BOX_FONT_URL}"); }}'
        fonts = {**fonts, BOX_FONT_URL: make_box_font(boxes)}
    configuration = FontConfiguration()
    return CSS(string=style, font_config=configuration, url_fetcher=_FontFetcher(fonts)), configuration


@cache
def _stylesheet() -> str:
    found = finders.find(STYLESHEET)
    if not isinstance(found, str):
        raise NotRendered(f"The stylesheet {STYLESHEET} is not among the static files.")
    return Path(found).read_text(encoding="utf-8")


@cache
def _fonts() -> Mapping[str, bytes]:
    folder = resources.files("fontpkg_fira_sans") / "files"
    return {url: (folder / name).read_bytes() for url, name in FONT_FILES.items()}


class _FontFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint carries no types
    """Serves the report's own fonts and pictures from memory and refuses every other address."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__()
        self.files = files

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url.startswith(PICTURE) and (picture := b64decode(url.removeprefix(PICTURE))).startswith(PNG):
            return URLFetcherResponse(url, picture, {"Content-Type": "image/png"})
        if url not in self.files:
            raise FatalURLFetchingError(f"The document asked for {url}, which is not one of the report's own files.")
        return URLFetcherResponse(url, self.files[url], {"Content-Type": "font/ttf"})


class _MissingGlyphs(logging.Filter):
    """Collects the characters for which WeasyPrint logs a missing glyph.

    Only warnings from the thread that created the filter are collected. These warnings do not appear in the log.
    """

    def __init__(self) -> None:
        super().__init__()
        self.characters: set[str] = set()
        self.thread = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        arguments = record.args
        if record.thread != self.thread or ".notdef" not in str(record.msg) or not isinstance(arguments, tuple):
            return True
        self.characters.add(str(arguments[0]))
        return False

    def __enter__(self) -> "_MissingGlyphs":
        LOGGER.addFilter(self)
        return self

    def __exit__(self, *_: object) -> None:
        LOGGER.removeFilter(self)


UNITS_PER_EM = 1000
WIDTH = 700


def make_box_font(characters: Collection[str]) -> bytes:
    """Build a TrueType font that draws each given character as a box.

    The same characters always give the same bytes.

    :raises ValueError: if there are no characters.
    """
    if not characters:
        raise ValueError("A font of boxes needs at least one character.")
    # After a box, the renderer does not return to the machine's fonts for a space. So the box font needs a space as
    # well.
    blank = {char for char in (*characters, " ") if char.isspace()}
    names = {ord(char): f"u{ord(char):04X}" for char in sorted({*characters, *blank})}
    order = [".notdef", *names.values()]
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(names)
    blank_names = {names[ord(char)] for char in blank}
    builder.setupGlyf({name: TTGlyphPen(None).glyph() if name in blank_names else _draw_box() for name in order})
    builder.setupHorizontalMetrics(dict.fromkeys(order, (WIDTH, 60)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": BOX_FONT_FAMILY, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    # Set the build time to 0. Otherwise, each file would be different.
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


def _draw_box() -> object:
    pen = TTGlyphPen(None)
    for left, bottom, right, top in ((60, 0, 640, 700), (110, 50, 590, 650)):
        corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
        corners = corners if left == 60 else corners[::-1]
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()
