"""The report as a PDF file: tagged for everybody to read (PDF/UA-1), and the same bytes for the same document."""

import logging
import threading
from dataclasses import replace
from datetime import UTC
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.logger import LOGGER, PROGRESS_LOGGER
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from breaches.core.printed.document import ReportDocument
from breaches.core.printed.glyphs import FAMILY, font_of_boxes

STYLESHEET: Final = "pdf/report.css"
FONT_FILES: Final = {
    "reportfont:regular": "FiraSans-Regular.ttf",
    "reportfont:bold": "FiraSans-SemiBold.ttf",
}
BOXES: Final = "reportfont:boxes"

_of_this_thread = threading.local()

# A line for each page of each report is for WeasyPrint's own authors.
PROGRESS_LOGGER.setLevel(logging.WARNING)


class NotRendered(Exception):
    """The document could not be printed; nothing was written."""


def render(document: ReportDocument) -> bytes:
    """Print a report as a PDF/UA-1 file, fetching nothing.

    Dates in the file are those of the approval, never the clock's. Latin, Greek and Cyrillic letters come from
    the font installed with the product, so that their bytes do not depend on the machine; other characters from
    the machine's fonts, and where it has none they are boxes that can still be read and copied.

    :raises NotRendered: if the template asks for anything but the report's own fonts.
    """
    approved_at = document.approved_at
    html = render_to_string(
        "breaches/document.html",
        {
            "document": _with_whole_hyphens(document),
            "approved_at": approved_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if approved_at else "",
        },
    )
    return print_html(html)


def _with_whole_hyphens(document: ReportDocument) -> ReportDocument:
    """Keep lines from ending in a hyphen: readers of the file take such a hyphen for one of the printer's.

    The word joiner after each hyphen leaves no trace in the file, so addresses can be copied from it as they are.
    """

    def whole(text: str) -> str:
        return text.replace("-", "-\u2060")

    annex = document.annex
    if annex:
        annex = replace(
            annex,
            parts=tuple(replace(part, heading=whole(part.heading)) for part in annex.parts),
            overview=tuple((whole(row[0]), *row[1:]) for row in annex.overview),
        )
    return replace(
        document,
        annex=annex,
        decision=whole(document.decision),
        sections=tuple(
            replace(
                section,
                heading=whole(section.heading),
                rows=tuple(
                    replace(
                        row,
                        entries=tuple(
                            tuple(replace(line, text=whole(line.text)) for line in entry) for entry in row.entries
                        ),
                    )
                    for row in section.rows
                ),
                paragraphs=tuple(tuple(map(whole, lines)) for lines in section.paragraphs),
                timeline=tuple(replace(entry, lines=tuple(map(whole, entry.lines))) for entry in section.timeline),
            )
            for section in document.sections
        ),
    )


def print_html(html: str) -> bytes:
    """Print a whole HTML page in the report's style as a PDF/UA-1 file.

    :raises NotRendered: if the page refers to anything but the report's own fonts.
    """
    undrawn: set[str] = set()
    while True:
        with _MissingGlyphs() as missing:
            file = _write(html, boxes=font_of_boxes(undrawn) if undrawn else b"")
        # Boxes can draw the neighbours of a character into their font, which then misses those: so once more.
        if missing.characters <= undrawn:
            return file
        undrawn |= missing.characters


def _write(html: str, *, boxes: bytes) -> bytes:
    try:
        sheets, fonts = _style_with_boxes(boxes) if boxes else _style()
        file: bytes = HTML(string=html, url_fetcher=_OwnFontsOnly({})).write_pdf(
            stylesheets=sheets, font_config=fonts, pdf_variant="pdf/ua-1"
        )
    except FatalURLFetchingError as error:
        raise NotRendered(str(error)) from error
    return file


def _style() -> tuple[list[CSS], FontConfiguration]:
    # Reading the fonts takes a tenth of a report's time; they may be kept, but not shared between threads.
    kept = _of_this_thread.__dict__
    if STYLESHEET not in kept:
        kept[STYLESHEET] = _read_style({})
    style: tuple[list[CSS], FontConfiguration] = kept[STYLESHEET]
    return style


def _style_with_boxes(boxes: bytes) -> tuple[list[CSS], FontConfiguration]:
    return _read_style({BOXES: boxes})


def _read_style(more: dict[str, bytes]) -> tuple[list[CSS], FontConfiguration]:
    fetcher, fonts = _OwnFontsOnly({**_fonts(), **more}), FontConfiguration()
    faces = [f'@font-face {{ font-family: "{FAMILY}"; src: url("{url}"); }}' for url in more]
    return [CSS(string=text, font_config=fonts, url_fetcher=fetcher) for text in (_stylesheet(), *faces)], fonts


class _OwnFontsOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint carries no types
    """Serves the report's own fonts from memory and refuses every other address."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__()
        self.files = files

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url not in self.files:
            message = f"The document asked for {url}, which is not one of the report's own files."
            raise FatalURLFetchingError(message)
        return URLFetcherResponse(url, self.files[url], {"Content-Type": "font/ttf"})


class _MissingGlyphs(logging.Filter):
    """Takes out of WeasyPrint's log, while this thread prints, the characters for which it found no glyph."""

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


@cache
def _fonts() -> dict[str, bytes]:
    folder = resources.files("fontpkg_fira_sans") / "files"
    return {url: (folder / name).read_bytes() for url, name in FONT_FILES.items()}


@cache
def _stylesheet() -> str:
    found = finders.find(STYLESHEET)
    if not isinstance(found, str):
        message = f"The stylesheet {STYLESHEET} is not among the static files."
        raise NotRendered(message)
    return Path(found).read_text(encoding="utf-8")
