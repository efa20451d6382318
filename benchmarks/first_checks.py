"""How long after the due instant the last of many first checks reaches the publisher, with the fetcher alone.

All checks are due at one instant, for different paths, without a limit on requests. "Connections open" is the state
after the check five seconds before the due instant. Otherwise every connection is opened after the instant. The floor
is the bare client for the same addresses, in turns with the fetcher.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from benchmarks import site as judge
from benchmarks.bare import Bare
from benchmarks.fetching import Ours
from benchmarks.row import Limit, Row, middle
from statsoffice.fake_publisher.client import RehearsalSite, rehearsal_site

HEAD_START = timedelta(seconds=0.3)
LIMIT_MILLISECONDS = {1_000: 500, 10_000: 1_500}

type Check = Callable[[Sequence[str], datetime], object]


def measure(size: int, *, rounds: int) -> list[Row]:
    """Check the pages with both clients, without open connections and then with the connections of the first time."""
    with rehearsal_site() as site:
        urls = judge.addresses(site, size)
        judge.show(site, urls)
        found = [_round(site, urls) for _ in range(rounds)]
    return [middle(rows) for rows in zip(*found, strict=True)]


def limit(size: int) -> Limit:
    """Return the limit in milliseconds for the last of some checks."""
    return Limit(next(most for checks, most in LIMIT_MILLISECONDS.items() if size <= checks))


def _round(site: RehearsalSite, urls: Sequence[str]) -> list[Row]:
    bare, ours = Bare(), Ours(site)
    rows = []
    for state in ("no connection open", "connections open"):
        floor, figure = (_last(client.check, site, urls) for client in (bare, ours))
        what = f"last of {len(urls):,} first checks, fetcher, {state}"
        rows.append(Row(what, figure, "ms", floor, "bare client", limit=limit(len(urls))))
    bare.close()
    ours.close()
    return rows


def _last(check: Check, site: RehearsalSite, urls: Sequence[str]) -> float:
    site.forget_arrivals()
    due_at = datetime.now(UTC) + HEAD_START
    check(urls, due_at)
    return judge.last_arrival(site, urls, due_at)
