"""The report as a PDF file: tagged for everybody to read (PDF/UA-1), and the same bytes for the same document."""

from dataclasses import replace
from datetime import UTC
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from breaches.core.printed.document import ReportDocument

STYLESHEET: Final = "pdf/report.css"
FONT_FILES: Final = {
    "reportfont:regular": "FiraSans-Regular.ttf",
    "reportfont:bold": "FiraSans-SemiBold.ttf",
}


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
    # WeasyPrint and its libraries take 27 MB, which processes that only link to reports never need.
    from breaches.paper import typesetting

    try:
        return typesetting.typeset(html, style=_stylesheet(), fonts=_fonts())
    except typesetting.AddressRefused as error:
        raise NotRendered(str(error)) from error


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
