"""How many checks the product makes in a second, compared with the bare client doing the same work.

Both fetch the same pages over open connections from a site on the same machine, and store the status, headers and body
of each in memory. The floor is the bare client.

"Examined" adds the examination in the same thread: the visible text of the page is extracted and searched for signs
that the release is live or not. The floor is then the bare client with a keyword check: the same parser extracts the
whole text, which is searched for the marker. docs/reference/verdicts.md shows how often a keyword check is wrong.

The site uses one core, and both may have to wait for it. So the processor time of the checking process is shown too.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from selectolax.lexbor import LexborHTMLParser

from benchmarks import site as judge
from benchmarks.bare import Bare
from benchmarks.fetching import Ours
from benchmarks.row import Limit, Row, middle
from releases.detection.finding import AddressRole, CheckOutcome, Expectation
from releases.probe.adapters import get_adapter
from statsoffice.fake_publisher.client import rehearsal_site

HALF = Limit(0.5, of="ratio")


@dataclass(frozen=True, slots=True)
class Took:
    """The elapsed seconds and the seconds of processor time of one check."""

    passed: float
    busy: float


def measure(size: int, *, rounds: int) -> list[Row]:
    """Check the pages with both clients in turns. A first check opens the connections and is not measured."""
    with rehearsal_site() as site:
        urls = judge.addresses(site, size)
        judge.show(site, urls)
        bare, ours = Bare(), Ours(site)
        bare.check(urls, datetime.now(UTC))
        ours.check(urls, datetime.now(UTC))
        found = [_round(bare, ours, urls) for _ in range(rounds)]
        bare.close()
        ours.close()
    return [middle(rows) for rows in zip(*found, strict=True)]


def _round(bare: Bare, ours: Ours, urls: Sequence[str]) -> list[Row]:
    kinds = (
        ("fetched", "bare client", HALF, ours.check, bare.check),
        (
            "fetched and examined",
            "bare client, keyword check",
            None,
            partial(_check_and_examine, ours),
            partial(_check_and_search, bare),
        ),
    )
    rows = []
    for what, floor_is, limit, check, least in kinds:
        floor, took = _timed(least, urls), _timed(check, urls)
        rows += [
            Row(f"checks, {what}", 1 / took.passed, "checks/s", 1 / floor.passed, floor_is, limit),
            Row(f"processor time of a check, {what}", took.busy * 1e6, "µs", floor.busy * 1e6, floor_is),
        ]
    return rows


def _check_and_search(bare: Bare, urls: Sequence[str], due_at: datetime) -> None:
    for body in bare.check(urls, due_at):
        page = LexborHTMLParser(body).body
        assert page is not None
        assert judge.MARKER in page.text().casefold()


def _check_and_examine(ours: Ours, urls: Sequence[str], due_at: datetime) -> None:
    expectation = Expectation(
        role=AddressRole.PAGE,
        url=urls[0],
        marker=judge.MARKER,
        release_title=f"Pupil absence in schools: {judge.MARKER}",
        series_title="Pupil absence in schools",
    )
    adapter = get_adapter("page")
    for answer in ours.check(urls, due_at):
        found = adapter.examine(answer, expectation)
        assert found.result is CheckOutcome.LIVE


def _timed(check: Callable[[Sequence[str], datetime], object], urls: Sequence[str]) -> Took:
    passed, busy = time.perf_counter(), time.process_time()
    check(urls, datetime.now(UTC))
    return Took((time.perf_counter() - passed) / len(urls), (time.process_time() - busy) / len(urls))
