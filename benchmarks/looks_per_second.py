"""How many looks a second the product makes, against the bare client doing the same work.

Both fetch the same pages over connections that are open, from a site on the same machine, and keep status, headers and
body of each. "Examined" is the product's look with what follows in the same thread: the page is read, its text
normalised and searched; the floor for it is the bare client, which only fetches. The site has one of the machine's two
cores and may be what both wait for, so the processor time of the looking process itself is told beside.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks import site as judge
from benchmarks.bare import Bare
from benchmarks.fetching import Ours
from benchmarks.row import Limit, Row, middle
from releases.evidence import AddressRole, Expectation
from releases.probe.registry import adapter_named
from statsoffice.rehearsal_site.process import rehearsal_site

HALF = Limit(0.5, of="ratio")


@dataclass(frozen=True, slots=True)
class Took:
    """The seconds that passed, and those for which the process kept a core busy."""

    passed: float
    busy: float


def measure(size: int, *, rounds: int) -> list[Row]:
    """Look at as many pages with each in turns, after a first time that opens the connections."""
    with rehearsal_site() as site:
        urls = judge.addresses(site, size)
        judge.show(site, urls)
        bare, ours = Bare(), Ours(site)
        bare.look(urls, datetime.now(UTC))
        ours.look(urls, datetime.now(UTC))
        found = [_round(bare, ours, urls) for _ in range(rounds)]
        bare.close()
        ours.close()
    return [middle(rows) for rows in zip(*found, strict=True)]


def _round(bare: Bare, ours: Ours, urls: Sequence[str]) -> list[Row]:
    floor = _timed(lambda: bare.look(urls, datetime.now(UTC)))
    fetched = _timed(lambda: ours.look(urls, datetime.now(UTC)))
    examined = _timed(lambda: _look_and_examine(ours, urls))
    rows = []
    for what, took in (("fetched", fetched), ("fetched and examined", examined)):
        rows += [
            Row(f"looks, {what}", len(urls) / took.passed, "looks/s", len(urls) / floor.passed, "bare client", HALF),
            Row(
                f"processor time of a look, {what}",
                took.busy / len(urls) * 1e6,
                "µs",
                floor.busy / len(urls) * 1e6,
                "bare client",
            ),
        ]
    return rows


def _look_and_examine(ours: Ours, urls: Sequence[str]) -> None:
    expectation = Expectation(
        role=AddressRole.PAGE,
        url=urls[0],
        marker=judge.MARKER,
        release_title=f"Pupil absence in schools: {judge.MARKER}",
        series_title="Pupil absence in schools",
    )
    adapter = adapter_named("page")
    for answer in ours.look(urls, datetime.now(UTC)):
        adapter.examine(answer, expectation)


def _timed(work: Callable[[], object]) -> Took:
    passed, busy = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - passed, time.process_time() - busy)
