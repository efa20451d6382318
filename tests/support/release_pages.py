"""Pages as publishers write them, and short ways to examine one."""

from datetime import UTC, datetime

from releases.detection.finding import AddressRole, Expectation, Finding
from releases.detection.rules import examine
from releases.rules.response import Answer, Failure

AT = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
URL = "https://stats.example.gov.uk/road-fuel/june-2026"
TITLE = "Road fuel prices, June 2026"
SERIES = "Road fuel prices"
MARKER = "June 2026"
PARAGRAPH = (
    "<p>The average price of unleaded petrol rose by two pence per litre over the month, while diesel fell by one. "
    "Prices at motorway services were higher than elsewhere throughout, by nine pence on average.</p>"
)
MUCH = PARAGRAPH * 6


def page(body: str, *, title: str = TITLE, head: str = "") -> bytes:
    """Write a page with a banner, a menu and a footer around its body."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} - Example Office</title>{head}'
        '</head><body><header><a href="/">Example Office</a></header>'
        "<nav><ul><li>Statistics</li><li>News</li></ul></nav>"
        f"<main>{body}</main><footer>Contact us. Privacy.</footer></body></html>"
    ).encode()


def release_page(extra: str = "", *, above: str = "", text: str = MUCH, heading: str = TITLE) -> bytes:
    """Write a page that carries the release: title, heading, text, a link to its tables."""
    return page(f'{above}<h1>{heading}</h1>{extra}{text}<p><a href="/t.xlsx">Tables</a></p>', title=heading)


def answered(
    body: bytes = b"",
    *,
    status: int | None = 200,
    url: str = URL,
    final_url: str = "",
    content_type: str = "text/html; charset=utf-8",
    left_allowed_hosts: bool = False,
    failure: Failure | None = None,
) -> Answer:
    """Make an answer as the probe returns it."""
    return Answer(
        url,
        AT,
        AT,
        AT,
        status=None if failure else status,
        failure=failure,
        final_url=final_url or url,
        left_allowed_hosts=left_allowed_hosts,
        headers=(("content-type", content_type),) if content_type else (),
        body=body,
    )


def expected(**changes: object) -> Expectation:
    """Expect June's edition of road fuel prices, with what a test says otherwise."""
    known: dict[str, object] = {
        "role": AddressRole.PAGE,
        "url": URL,
        "marker": MARKER,
        "release_title": TITLE,
        "series_title": SERIES,
    }
    return Expectation(**(known | changes))  # type: ignore[arg-type]


def shown(body: bytes, **changes: object) -> Finding:
    """Examine a page that answered 200."""
    return examine(answered(body), expected(**changes))
