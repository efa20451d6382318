"""Pages in the shapes of well-known publishing systems (shapes/*.html); every text and name in them is invented."""

from html import escape
from pathlib import Path
from string import Template

from statsoffice.fake_publisher.platforms import fill_shape

_SHAPES = {file.stem: Template(file.read_text().rstrip()) for file in (Path(__file__).parent / "shapes").glob("*.html")}
_FIRST = (
    "The average price of unleaded petrol rose by two pence per litre over the month, while diesel fell by one. "
    "Prices at motorway services were higher than elsewhere throughout, by nine pence on average. "
)
_SECOND = (
    "Supermarkets again sold the cheapest fuel. The gap to other sellers was four pence, as it has been since "
    "spring. In rural areas the gap was wider, and in three of them no supermarket sells road fuel at all. "
)
_THIRD = (
    "Figures are the mean of daily prices that sellers report. About nine in ten sellers reported on every day. "
    "Missing days are filled with the price of the day before, which changes the mean by less than a tenth of a penny. "
)
_LAST = (
    "These prices include duty and value added tax. They are not adjusted for the season or for the days in the month."
)
TEXT = (_FIRST, _SECOND, _THIRD, _LAST)
PROSE = "".join(f"<p>{paragraph}</p>" for paragraph in TEXT)
COOKIES = (
    '<div class="govuk-cookie-banner" role="region" aria-label="Cookies on this site"><h2>Cookies on this site</h2>'
    "<p>We use some essential cookies. We would like to set additional ones.</p>"
    "<button>Accept additional cookies</button><button>Reject additional cookies</button></div>"
)


def _page(shape: str, title: str, *, heading: str = "", **parts: str) -> bytes:
    page = _SHAPES[shape].substitute(title=escape(title), heading=escape(heading or title), cookies=COOKIES, **parts)
    return page.encode()


def govuk(
    title: str, main: str, *, heading: str = "", head: str = "", status: str = "", kind: str = "Official Statistics"
) -> bytes:
    """Write a page as a government-wide site has it: banner for cookies, black header, metadata, footer."""
    return _page("govuk", title, main=main, heading=heading, head=head, status=status, kind=kind)


def govuk_release(title: str, *, published: str = "14 July 2026", main: str = PROSE, **more: str) -> bytes:
    """Write the page of a release with its metadata and its files."""
    metadata = (
        '<dl class="gem-c-metadata"><dt>From:</dt><dd>Department for Fuel</dd>'
        f"<dt>Published</dt><dd>{published}</dd></dl>"
    )
    files = (
        '<section class="attachment"><h3><a href="/media/fuel-tables.ods">Road fuel prices: tables</a></h3>'
        '<p><abbr title="OpenDocument Spreadsheet">ODS</abbr>, 48.2 KB</p>'
        "<p>This file may not be suitable for users of assistive technology.</p></section>"
    )
    return govuk(title, f"{metadata}<h2>Documents</h2>{files}<h2>Details</h2>{main}", **more)


def office(title: str, main: str, *, heading: str = "", head: str = "", aside: str = "", lang: str = "en") -> bytes:
    """Write a page as a statistical office of a nation has it, with its own design system and script."""
    return _page("office", title, main=main, heading=heading, head=head, aside=aside, lang=lang)


def drupal(title: str, main: str, *, heading: str = "", messages: str = "") -> bytes:
    """Write a page as Drupal does, with its regions, settings for scripts and a form with a token."""
    return _page("drupal", title, main=main, heading=heading, messages=messages)


def wordpress(title: str, main: str, *, heading: str = "", body_class: str = "single") -> bytes:
    """Write a page as WordPress does, with its sidebar and archive."""
    return _page("wordpress", title, main=main, heading=heading, body_class=body_class)


def shell(title: str, *, head: str = "", visible: str = "") -> bytes:
    """Write the page of a single-page application: nothing but a place for a script."""
    return _page("shell", title, head=head, visible=visible)


def bare(title: str, body: str, *, head: str = "") -> bytes:
    """Write a page with nothing around it, as servers and networks make them themselves."""
    return _page("bare", title, body=body, head=head)


def shaped(shape: str, title: str, *, heading: str = "", head: str = "", **parts: str) -> bytes:
    """Write a page in the shape of a publishing platform, which the practice site plays too."""
    return fill_shape(shape, title, heading=heading, head=head, cookies=COOKIES, **parts).encode()
