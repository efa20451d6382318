"""Kinds of pages and files, in any size, whose cost may grow faster than their size.

The first kinds are ordinary pages. The others repeat markup that once took quadratic time or memory, or are close to a
limit of `releases/detection/markup.py`: a page just below the limit is read, and a page above it is refused.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from releases.detection.finding import AddressRole, Expectation, Finding
from releases.detection.rules import examine
from releases.probe.adapters import Govuk
from releases.rules.response import Answer

DUE_AT = datetime(2026, 6, 12, 8, 30, tzinfo=UTC)
PAGE_URL = "https://www.example.gov.uk/statistics/widget-prices-june-2026"
HTML = "text/html; charset=utf-8"
SENTENCE = "Widget prices rose by 3.2% in the year to June 2026, having risen by 2.9% before; parts fell. "
NOT_FOUND = "page not found if you typed the web address check it is correct or contact us for more information"

type Make = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of page or file; `make` returns an example of about the given number of characters."""

    name: str
    make: Make
    charset: str = "utf-8"
    content_type: str = HTML
    ending: str = ""
    govuk: bool = False

    def examine(self, size: int) -> Finding:
        """Make an example of a size and examine it as monitoring does, a minute before its release is due."""
        return self.examine_body(self.body(size))

    def body(self, size: int) -> bytes:
        """Make an example of a size, as bytes in the kind's character set."""
        return self.make(size).encode(self.charset, errors="replace")

    def examine_body(self, body: bytes) -> Finding:
        """Examine an example as monitoring does, a minute before its release is due."""
        url = PAGE_URL + self.ending
        at = DUE_AT - timedelta(minutes=1)
        fetched = url.replace("gov.uk/", "gov.uk/api/content/") if self.govuk else url
        headers = (("content-type", self.content_type),)
        answer = Answer(fetched, at, at, at, status=200, final_url=fetched, headers=headers, body=body)
        expectation = Expectation(
            role=AddressRole.ATTACHMENT if self.ending else AddressRole.PAGE,
            url=url,
            marker="June 2026",
            release_title="Widget prices: June 2026",
            series_title="Widget prices",
            negative_markers=("not out yet",),
            not_found_text=NOT_FOUND,
            not_found_certain=True,
            due_at=DUE_AT,
        )
        return Govuk().examine(answer, expectation) if self.govuk else examine(answer, expectation)


def repeat(unit: str, size: int) -> str:
    """Repeat a text up to a size, at least once."""
    return unit * max(1, size // len(unit))


def page(content: str, *, head: str = "") -> str:
    return f"<!doctype html><html lang=en><head><title>Widget prices</title>{head}</head><body>{content}</body></html>"


def paragraph(unit: str, *, end: str = "") -> Make:
    """Return a function that makes pages of one paragraph, which repeats a text."""
    return lambda size: page(f"<main><h1>Widget prices</h1><p>{repeat(unit, size)}{end}</p></main>")


def markup(unit: str, *, before: str = "", after: str = "") -> Make:
    """Return a function that makes pages which repeat some markup."""
    return lambda size: page(f"{before}{repeat(unit, size)}{after}")


def nested(tag: str, *, before: str = "", unit: str = "<p>Prices rose again.</p>") -> Make:
    """Return a function that makes pages with nested equal elements; a larger page is deeper, up to the limit."""
    return lambda size: page(before + f"<{tag}>" * min(500, size // 40) + repeat(unit, size))


def counted(unit: str, *, before: str = "", after: str = "", between: str = "", most: int | None = None) -> Make:
    """Return a function that makes pages which repeat some markup with a different number each time.

    :param most: the maximum number of repetitions; `between` fills the rest of the size.
    """

    def make(size: int) -> str:
        share = size // 3 if between else size
        number = max(1, share // (len(unit) + 5))
        number = min(number, most) if most else number
        text = "".join(unit.format(each) for each in range(number))
        return page(before + text + after + (repeat(between, size - len(text)) if between else ""))

    return make


def in_head(unit: str) -> Make:
    """Return a function that makes pages which repeat some markup in their head."""
    return lambda size: page("<p>x</p>", head=repeat(unit, size))


def _xml(size: int) -> str:
    return '<?xml version="1.0"?>' + repeat("<!-- x -->", size)


def _document(size: int) -> str:
    body = repeat("<p>" + SENTENCE + "</p>", size).replace('"', "'")
    return (
        '{"schema_name": "publication", "document_type": "official_statistics", "title": "Widget prices", "base_path": '
        f'"/statistics/widget-prices-june-2026", "details": {{"body": "{body}"}}}}'
    )


def _kinds() -> Iterator[Kind]:
    yield Kind("prose", markup(f"<p>{SENTENCE}</p>"))
    yield Kind("prose in one paragraph", paragraph(SENTENCE))
    yield Kind("table", markup("<tr><td>North East</td><td>1,234</td><td>5.6</td></tr>", before="<table>"))
    yield Kind("list of links", markup("<li><a href='/june'>June 2026</a></li>", before="<ul>"))
    yield Kind("lines with breaks", markup("Widget prices, June 2026<br>"))
    yield Kind("Welsh prose", paragraph("Cododd prisiau teclynnau 3.2% yn y flwyddyn hyd at Fehefin 2026 – tŷ. "))
    yield Kind("prose in windows-1252", paragraph("Prices – “up” by £3. "), charset="cp1252",
               content_type="text/html; charset=windows-1252")  # fmt: skip
    yield Kind("prose in gb18030", paragraph("价格上涨 "), charset="gb18030", content_type="text/html; charset=gb18030")
    yield Kind("bytes declared as punycode", paragraph("ab"), content_type="text/html; charset=punycode")
    for name, unit in {
        "digits": "1", "digits and commas": "1,", "letters": "a", "letters and digits": "a1", "punctuation": "!",
        "spaces": " ", "combining marks": "\u0301\u0323", "durations": "1d ", "words before a clock": "last page ",
        "request numbers": "request:", "markers": "June 2026 ", "sentences of markers": "June 2026. ",
        "titles": "Widget prices: June 2026 ", "years": "2026 ", "spans of days": "12 to 13 June ",
        "this year": "for this year ", "not yet this year": "of this year not ", "official": "the official ",
        "not found": "page cannot ", "come back": "come back ", "dashes": " - ", "character references": "&#x2014;",
    }.items():  # fmt: skip
        # A digit at the end makes the rules search the whole text for clocks and counters.
        yield Kind(name, paragraph(unit, end=" 1"))
    yield Kind("markers in blocks", markup("<p>June 2026</p>"))
    yield Kind("labels", markup("<p>Upcoming</p><p>June 2026</p>"))
    yield Kind("headings", markup("<h1>Widget prices</h1>"))
    yield Kind("cookie notices", markup("<div class=cookie>We use cookies</div>"))
    yield Kind("nested cookie notices", nested("div class=cookie"))
    yield Kind("nested menus", nested("nav"))
    yield Kind("nested headers", nested("header", before="<main>"))
    yield Kind("nested elements", markup("<div>" * 363 + "</div>" * 363))
    yield Kind("elements without end", markup("<div>"))
    yield Kind("elements with a wrong end", markup("<span></x>"))
    yield Kind("wrong ends", markup("a</x>"))
    yield Kind("paragraphs without end", markup("<p>x"))
    yield Kind("items without end", markup("<li>x", before="<ul>"))
    yield Kind("text between rows", markup("x<tr>", before="<table>"))
    yield Kind("choices", markup("<option>June 2026", before="<select>"))
    yield Kind("choices in groups", markup("<optgroup><option>x</option></optgroup>", before="<select>"))
    yield Kind("choices without a list", markup("<option>x"))
    yield Kind("attributes", counted(" a{}=1", before="<p", after=">x"))
    yield Kind("attributes of many elements", markup(f"<p{''.join(f' a{each}' for each in range(250))}>x"))
    yield Kind("attributes of the body", counted("<body a{}>"))
    yield Kind("formatting without end", counted("<b id={}>", before="<p>", between="<p>x</p>"))
    yield Kind("some formatting without end", counted("<b id={}>", before="<p>", between="<p>x</p>", most=49))
    yield Kind("bold without end", markup("<p><b>x"))
    yield Kind("anchors without end", markup("<a name=x>x"))
    yield Kind("comments", markup("<!-- x -->"))
    yield Kind("comments without end", markup("<!--"))
    yield Kind("tags without end", markup("<a "))
    yield Kind("quotes without end", markup("<a b=\"'"))
    yield Kind("scripts", markup("<script></script>"))
    yield Kind("drawings", markup("<svg><path/></svg>"))
    yield Kind("names for machines", in_head("<meta name=description content='June 2026'>"))
    yield Kind("refreshes", in_head("<meta http-equiv=refresh content='0;url='>"))
    yield Kind(
        "refreshes without scripts",
        nested("div", before="<noscript>", unit="<meta http-equiv=refresh content='0;url=/x'>"),
    )
    yield Kind("a long refresh", lambda size: page("x", head="<meta http-equiv=refresh content='0;url=/"
                                                   + repeat("a/../", size) + "'>"))  # fmt: skip
    yield Kind("linked data", in_head('<script type="application/ld+json">{"@type":"x","name":"June 2026"}</script>'))
    yield Kind("a long class", lambda size: page(f"<p class='{repeat('a ', size)}cookie'>x</p>"))
    yield Kind("a long style", lambda size: page(f"<p style='{repeat('display  ', size)}'>x</p>"))
    yield Kind("GOV.UK document", _document, content_type="application/json", govuk=True)
    yield Kind("CSV file", lambda size: repeat("area,value\nNorth East,1.2\n", size), content_type="text/csv",
               ending=".csv")  # fmt: skip
    yield Kind("XML file of comments", _xml, content_type="application/xml", ending=".xml")


KINDS: tuple[Kind, ...] = tuple(_kinds())
