"""Pictures drawn by Vega-Lite, each with a text alternative, a table and files (decision 83)."""

import json
import math
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from html import escape
from importlib import resources
from textwrap import wrap
from typing import Any, Protocol

import vl_convert
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releases.models import YearReviewPage
from releases.rules import tables
from releases.rules.calendar import in_london
from releases.text.release import describe_seconds

# These colours are from the palette that the Government Analysis Function recommends for charts. Each has a contrast of
# at least 3:1 on white.
BLUE, ORANGE, PURPLE, PINK = "#12436D", "#F46A25", "#A285D1", "#801650"
INK, LINES = "#0b0c0c", "#cecece"
FONT = "Fira Sans, Arial, Helvetica, sans-serif"
VERSION = "6.1"
"""The version of Vega-Lite. It is fixed, so that a newer converter draws the same pictures."""


class FileKind(StrEnum):
    SVG = "svg"
    PNG = "png"
    CSV = "csv"


MEDIA_TYPES = {FileKind.SVG: "image/svg+xml", FileKind.PNG: "image/png"}


class Layout(StrEnum):
    """The place where a picture is shown.

    WIDE is for pages, NARROW is for pages on a phone, and FILE is for a separate file, which needs a title.
    """

    WIDE = "wide"
    NARROW = "narrow"
    FILE = "file"


NARROW_WIDTH = 320
TITLE_HEIGHT = 50
LINE_HEIGHT = 26


class PictureTable(Protocol):
    """The figures of a picture as a table. Pages show both the picture and the table."""

    @property
    def key(self) -> str:
        """The name of the picture in the addresses of its files."""

    @property
    def caption(self) -> str:
        """The title of the table and of the picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with its figures, its text alternative (`summary`) and a function that draws it.

    `list_lines` returns the lines of the CSV file, and is called only for this file. `draw` returns the Vega-Lite
    specification without the size. The argument of `draw` says whether the picture is narrow. Sizes are in pixels.
    """

    table: PictureTable
    summary: str
    columns: Sequence[str]
    list_lines: Callable[[], Sequence[Sequence[tables.Value]]]
    draw: Callable[[bool], Mapping[str, Any]]
    width: int
    height: int
    narrow_height: int
    note: str = ""
    nothing: str = ""
    """The text that a page shows instead of the picture if there are no figures."""

    @property
    def key(self) -> str:
        return self.table.key

    @property
    def title(self) -> str:
        return self.table.caption


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture on a page, with the addresses of its files.

    `addresses` is keyed by `FileKind` for the files to download, and by `Layout` for the images on the page.
    """

    picture: Picture
    addresses: Mapping[str, str]


def render_picture(picture: Picture, kind: FileKind, layout: Layout, *, subtitle: str) -> bytes:
    """Return the content of a picture's file.

    :param subtitle: says what the figures are about. The title and the subtitle are shown only in `Layout.FILE`.
    """
    if kind is FileKind.CSV:
        return tables.write_table(tables.TableKind.CSV, picture.columns, picture.list_lines(), title=picture.title)
    narrow = layout is Layout.NARROW
    specification: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": _CONFIG,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 5,
        "width": NARROW_WIDTH if narrow else picture.width,
        "height": picture.narrow_height if narrow else picture.height,
        **picture.draw(narrow),
    }
    if layout is Layout.FILE:
        specification["title"] = {"text": picture.title, "subtitle": subtitle}
        specification["height"] += TITLE_HEIGHT
    # The same figures always give the same JSON, so `_draw` can return a cached picture.
    drawn = _draw(json.dumps(specification, sort_keys=True, ensure_ascii=False), kind)
    return _name_svg(drawn, picture) if kind is FileKind.SVG else drawn


@lru_cache(maxsize=256)
def _draw(specification: str, kind: FileKind) -> bytes:
    _register_font()
    # All data are in the specification, so nothing may be fetched.
    options: Mapping[str, Any] = {"vl_version": VERSION, "allowed_base_urls": []}
    if kind is FileKind.PNG:
        return bytes(vl_convert.vegalite_to_png(specification, scale=2, **options))
    return str(vl_convert.vegalite_to_svg(specification, **options)).encode()


@lru_cache(maxsize=1)
def _register_font() -> None:
    """Register the font of the reports, so that a picture does not depend on the machine's fonts."""
    vl_convert.register_font_directory(str(resources.files("fontpkg_fira_sans")))


def _name_svg(drawn: bytes, picture: Picture) -> bytes:
    """Add the title and the text alternative to an SVG file."""
    start, rest = drawn.split(b">", 1)
    names = f"<title>{escape(picture.title)}</title><desc>{escape(picture.summary)}</desc>"
    return start + b' role="img">' + names.encode() + rest


_CONFIG: Mapping[str, Any] = {
    "aria": False,  # only the whole picture has a name for screen readers, not its parts
    "background": "white",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 13,
        "labelColor": INK,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "titleColor": INK,
        "gridColor": LINES,
        "domainColor": INK,
        "tickColor": INK,
    },
    "axisY": {"labelLimit": 230},
    "legend": {
        "orient": "top",
        "direction": "horizontal",
        "title": None,
        "labelFontSize": 13,
        "labelColor": INK,
        "labelLimit": 300,
        "symbolStrokeWidth": 0,
        "offset": 6,
    },
    "text": {"fontSize": 13, "color": INK},
    "title": {
        "anchor": "start",
        "frame": "group",
        "fontSize": 18,
        "fontWeight": 600,
        "subtitleFontSize": 14,
        "color": INK,
        "subtitleColor": INK,
        "offset": 12,
    },
}


def whole_ticks(most: int) -> list[int]:
    """Return at most seven whole numbers as ticks for an axis from 0 to `most` or more."""
    step = next(one for size in range(10) for one in (10**size, 2 * 10**size, 5 * 10**size) if most <= 6 * one)
    return list(range(0, max(1, math.ceil(most / step)) * step + 1, step))


def label_expression(labels: Mapping[int, str | Sequence[str]]) -> str:
    """Return the Vega expression that turns a number into its label of one or more lines.

    Labels are written as JSON, so that no character of a title is read as part of the expression.
    """
    return f"({json.dumps(labels)})[datum.value]"


DELAY_TICKS = (0, 10, 30, 60, 120, 300, 900, 3600, 14_400, 86_400, 7 * 86_400, 30 * 86_400, 366 * 86_400)
NARROW_DELAY_TICKS = frozenset({0, 60, 900, 14_400, 7 * 86_400, 366 * 86_400})


@dataclass(frozen=True, slots=True)
class DelayTable:
    """The table that is shown with a picture of delays.

    Each row is a publication with its title, its address, its scheduled time, and its delay in words.
    """

    key: str
    caption: str
    rows: Sequence[tuple[str, str, datetime, str]]


def draw_stated_delays(pages: Sequence[YearReviewPage], year: int, *, site: str) -> Picture:
    """Draw the delay that GOV.UK states for each publication scheduled in a year, against the scheduled time.

    The delays are the publisher's own statements, so the picture has no due time, no result and no rate. Publications
    without a delay, or without a scheduled time in the year, are left out. The note says how many are left out.
    """
    drawn = [
        (page, page.scheduled_at, page.delay_seconds)
        for page in pages
        if page.scheduled_at and page.delay_seconds is not None and in_london(page.scheduled_at).year == year
    ]
    drawn.sort(key=lambda one: one[1])
    values = [{"month": _place_in_year(in_london(at)), "delay": seconds} for _page, at, seconds in drawn]
    delays = [seconds for _page, _at, seconds in drawn]
    last = next(tick for tick in DELAY_TICKS[3:] if tick >= max(delays, default=0))
    ticks = [tick for tick in DELAY_TICKS if tick <= last]
    months = {place: date_format(date(year, place + 1, 1), "M") for place in range(12)}
    title = _("Delay stated by GOV.UK (the scale is not linear)")

    def draw(narrow: bool) -> Mapping[str, Any]:  # noqa: FBT001
        marks = [tick for tick in ticks if tick in NARROW_DELAY_TICKS] if narrow else ticks
        by_month: dict[str, Any] = {
            "field": "month",
            "type": "quantitative",
            "title": None,
            "scale": {"domain": [12, 0] if narrow else [0, 12], "nice": False},
            "axis": {"values": list(months), "labelExpr": label_expression(months), "labelOverlap": False},
        }
        by_delay: dict[str, Any] = {
            "field": "delay",
            "type": "quantitative",
            "title": wrap(title, 30) if narrow else title,
            "scale": {"type": "symlog", "constant": 5, "domain": [0, last], "nice": False},
            "axis": {
                "values": marks,
                "labelExpr": label_expression({tick: describe_seconds(tick) for tick in marks}),
                "labelOverlap": False,
                "labelFlush": False,
            },
        }
        lengths, bands = ("x", "y") if narrow else ("y", "x")
        return {
            "data": {"values": values},
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0.75, "color": BLUE},
            "encoding": {bands: by_month, lengths: by_delay},
        }

    known = ngettext(
        "GOV.UK states a delay for %(number)s publication: %(least)s.",
        "GOV.UK states a delay for %(number)s publications, from %(least)s to %(most)s.",
        len(drawn),
    )
    least, most = (describe_seconds(f(delays, default=0)) for f in (min, max))
    rows = [(page.title, f"{site}{page.path}", at, describe_seconds(seconds)) for page, at, seconds in drawn]
    return Picture(
        table=DelayTable("delays", _("Delays stated by GOV.UK"), rows),
        summary=known % {"number": f"{len(drawn):,}", "least": least, "most": most},
        columns=("title", "address", "scheduled_for", "delay_seconds"),
        list_lines=lambda: [
            [page.title, f"{site}{page.path}", in_london(at).replace(tzinfo=None), seconds]
            for page, at, seconds in drawn
        ],
        draw=draw,
        width=940,
        height=380,
        narrow_height=460,
        note=_delay_note(len(pages) - len(drawn)),
        nothing=""
        if drawn
        else _("GOV.UK does not give both a scheduled time and a delay for any publication in this year."),
    )


def _place_in_year(local: datetime) -> float:
    """Return the position of a London time on an axis from 0, the start of January, to 12, the end of December."""
    days = monthrange(local.year, local.month)[1]
    return round(local.month - 1 + (local.day - 1 + local.hour / 24) / days, 3)


def _delay_note(left_out: int) -> str:
    sentences = [_("Each mark is one publication. The scheduled time and the delay are GOV.UK’s own figures.")]
    if left_out:
        sentence = ngettext(
            "%(number)s page is not shown, because GOV.UK gives no delay for it, or no scheduled time in this year.",
            "%(number)s pages are not shown, because GOV.UK gives no delay for them, or no scheduled "
            "time in this year.",
            left_out,
        )
        sentences.append(sentence % {"number": f"{left_out:,}"})
    return " ".join(sentences)
