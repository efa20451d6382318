"""Short ways to examine a document of the content API for a release due at 9:30am on 30 June 2026."""

import json
from datetime import UTC, datetime, timedelta

from releases.detection.finding import AddressRole, Expectation
from releases.probe.adapters import get_adapter
from releases.rules.response import Answer, Hop
from statsoffice.fake_publisher import govuk as govuk_pages

DUE = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
PATH = "/government/statistics/road-fuel-prices-june-2026"
URL = f"https://www.example.gov.uk{PATH}"
ASKED = f"https://www.example.gov.uk/api/content{PATH}"
SERIES = "Road fuel prices"
TITLE = "Road fuel prices: June 2026"
EARLIER = "Road fuel prices: May 2026"
LONG_AGO = datetime(2025, 1, 30, 9, 30, 36, tzinfo=UTC)
LAST_EDITION = datetime(2026, 5, 29, 8, 30, 36, tzinfo=UTC)
IN_PLACE = {"first_published_at": LONG_AGO, "published_at": LAST_EDITION}
OLD_HISTORY = [(LAST_EDITION, "Added figures for May 2026."), (LONG_AGO, "First published.")]


def after(seconds: float) -> datetime:
    return DUE + timedelta(seconds=seconds)


def answered(document, *, at=None, status=200, asked=ASKED, hops=()):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    when = at or after(10)
    way = [*hops, asked]
    return Answer(
        way[0],
        when,
        when,
        when,
        status=status,
        hops=tuple(Hop(url, 200) for url in way),
        final_url=asked,
        headers=(("content-type", "application/json; charset=utf-8"),),
        body=body,
    )


def expectation(**changes):
    known = {
        "role": AddressRole.PAGE,
        "url": URL,
        "marker": "June 2026",
        "release_title": TITLE,
        "series_title": SERIES,
        "due_at": DUE,
    }
    return Expectation(**(known | changes))


def examined(document, *, at=None, status=200, asked=ASKED, hops=(), **changes):
    answer = answered(document, at=at, status=status, asked=asked, hops=hops)
    return get_adapter("govuk").examine(answer, expectation(**changes))


def publication(title=TITLE, **fields):
    return govuk_pages.publication(PATH, title, **({"published_at": after(36)} | fields))


def shown(finding):
    return finding.result, finding.reasons
