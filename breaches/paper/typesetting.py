"""A page set by WeasyPrint as a PDF/UA-1 file: nothing is fetched, and no character is left without a glyph."""

import logging
import threading
from collections.abc import Mapping
from typing import Any, Final

from weasyprint import CSS, HTML
from weasyprint.logger import LOGGER, PROGRESS_LOGGER
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from breaches.core.printed.glyphs import FAMILY, font_of_boxes

BOXES: Final = "reportfont:boxes"

_of_this_thread = threading.local()

# A line for each page of each report is for WeasyPrint's own authors.
PROGRESS_LOGGER.setLevel(logging.WARNING)


class AddressRefused(Exception):
    """The page asked for an address that is not among its own files; nothing was written."""


def typeset(html: str, *, style: str, fonts: Mapping[str, bytes]) -> bytes:
    """Set a whole HTML page, and return the bytes of a PDF/UA-1 file.

    :param style: the text of a style sheet, the same at each call of a process.
    :param fonts: TrueType files by the addresses that the style sheet gives them.
    :raises AddressRefused: if the page or its style refers to anything but these fonts.
    """
    undrawn: set[str] = set()
    while True:
        with _MissingGlyphs() as missing:
            file = _write(html, _kept_style(style, fonts) if not undrawn else _style_with_boxes(style, fonts, undrawn))
        # Boxes can draw the neighbours of a character into their font, which then misses those: so once more.
        if missing.characters <= undrawn:
            return file
        undrawn |= missing.characters


type _Style = tuple[list[CSS], FontConfiguration]


def _write(html: str, style: _Style) -> bytes:
    sheets, fonts = style
    try:
        file: bytes = HTML(string=html, url_fetcher=_OwnFontsOnly({})).write_pdf(
            stylesheets=sheets, font_config=fonts, pdf_variant="pdf/ua-1"
        )
    except FatalURLFetchingError as error:
        raise AddressRefused(str(error)) from error
    return file


def _kept_style(style: str, fonts: Mapping[str, bytes]) -> _Style:
    # Reading the fonts takes a tenth of a report's time; they may be kept, but not shared between threads.
    kept = _of_this_thread.__dict__
    if style not in kept:
        kept[style] = _read_style(style, fonts)
    read: _Style = kept[style]
    return read


def _style_with_boxes(style: str, fonts: Mapping[str, bytes], undrawn: set[str]) -> _Style:
    return _read_style(
        f'{style}\n@font-face {{ font-family: "{FAMILY}"; src: url("{BOXES}"); }}',
        {**fonts, BOXES: font_of_boxes(undrawn)},
    )


def _read_style(style: str, fonts: Mapping[str, bytes]) -> _Style:
    configuration = FontConfiguration()
    return [CSS(string=style, font_config=configuration, url_fetcher=_OwnFontsOnly(fonts))], configuration


class _OwnFontsOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint carries no types
    """Serves the report's own fonts from memory and refuses every other address."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
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
