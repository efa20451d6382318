"""How many checks a second the product makes, compared with the bare client doing the same work.

Both fetch the same pages over connections that are open, from a site on the same machine, and keep status, headers and
body of each: the floor is the bare client. "Examined" is the product's check with what follows in the same thread: the
page is read as a reader sees it and searched for signs that the release is there or is not. The floor of that is the
bare client, and the same parser giving the page's whole text to be searched for the marker: what a keyword check does,
and docs/reference/verdicts.md shows how often that is wrong. The site has one of the machine's cores and may be what
both wait for, so the processor time of the checking process is reported too.
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
    """For each check, the seconds that passed, and those for which the process used a core."""

    passed: float
    busy: float


def measure(size: int, *, rounds: int) -> list[Row]:
    """Check as many pages with each in turns, after a first time that opens the connections."""
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
