"""How long after the due instant the last of many first looks reaches the publisher, beside the bare client.

    python -m benchmarks.first_looks [1000] [--rounds 5]

The rehearsal site runs as a process on the same machine and is the judge: it notes when each request came. All
looks are due at one instant T, on paths of their own, with the budget lifted. "warm" has connections open, as
the look at T-5 s leaves them; "cold" opens every connection after T. The bare client makes the same GETs through
the same libcurl in the same way, but checks nothing and keeps nothing. "whole" is the watcher: a real sweep over as
many rehearsals on an SQLite database, which plans, looks, examines, keeps and judges; "all back" is for it the
start of the last judging.

Exit code 1 if the last look came later than the limit.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pycurl

from benchmarks import whole_watcher
from releases.errand import Errand
from releases.pacing import LIFTED
from releases.probe.fetch import MOST_IN_FLIGHT, Fetcher
from releases.probe.multi import Multi
from statsoffice.rehearsal_site import pages
from statsoffice.rehearsal_site.client import RehearsalSite
from statsoffice.rehearsal_site.process import rehearsal_site
from statsoffice.rehearsal_site.scenes import scene

HEAD_START = timedelta(seconds=0.3)
MARKER = "autumn 2026"
LIMIT_SECONDS = {1_000: 0.5, 10_000: 1.5}


@dataclass(frozen=True)
class Measured:
    """Milliseconds after T: arrivals at the site, and the end of all."""

    first: float
    median: float
    last: float
    done: float


Look = Callable[[Sequence[str], datetime], None]


class Ours:
    """The product's fetcher, with its guard, its budget and its evidence."""

    def __init__(self, site: RehearsalSite) -> None:
        self.host = site.base_url.removeprefix("http://")
        self.fetcher = Fetcher(
            now=lambda: datetime.now(UTC),
            user_agent="first-looks",
            allow_private=frozenset({self.host}),
            default_budget=LIFTED,
        )

    def look(self, urls: Sequence[str], due_at: datetime) -> None:
        allowed = frozenset({self.host})
        errands = [Errand(key=url, url=url, allowed_hosts=allowed, planned_at=due_at) for url in urls]
        wait_until(due_at)
        for errand in errands:
            self.fetcher.start(errand)
        while self.fetcher.in_flight:
            for _, answer in self.fetcher.poll(1):
                assert answer.status == 200, answer

    def close(self) -> None:
        self.fetcher.close()


class Bare:
    """libcurl alone: the floor."""

    def __init__(self, _site: RehearsalSite) -> None:
        self.multi = Multi(most_connections=MOST_IN_FLIGHT)
        self.idle = [self._handle() for _ in range(MOST_IN_FLIGHT)]

    @staticmethod
    def _handle() -> pycurl.Curl:
        curl = pycurl.Curl()
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.WRITEFUNCTION, lambda part: None)
        return curl

    def look(self, urls: Sequence[str], due_at: datetime) -> None:
        waiting = list(reversed(urls))
        self.left = len(waiting)
        wait_until(due_at)
        while self.left:
            for _ in range(min(len(waiting), len(self.idle), 25)):
                curl = self.idle.pop()
                curl.setopt(pycurl.URL, waiting.pop())
                self.multi.add(curl)
            self.take(seconds=0 if waiting and self.idle else 1)

    def take(self, *, seconds: float) -> None:
        for curl, code, message in self.multi.run(seconds=seconds):
            assert code == 0, message
            self.multi.remove(curl)
            self.idle.append(curl)
            self.left -= 1

    def close(self) -> None:
        self.multi.close()


def wait_until(instant: datetime) -> None:
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds() - 0.002))
    while datetime.now(UTC) < instant:
        pass


def measure(look: Look, site: RehearsalSite, urls: Sequence[str]) -> Measured:
    site.forget_arrivals()
    due_at = datetime.now(UTC) + HEAD_START
    look(urls, due_at)
    done = datetime.now(UTC)
    arrived = sorted((arrival.at - due_at) / timedelta(milliseconds=1) for arrival in site.arrivals())
    assert len(arrived) == len(urls), f"{len(arrived)} of {len(urls)} looks arrived"
    assert arrived[0] > 0, "a look came before it was due"
    return Measured(arrived[0], statistics.median(arrived), arrived[-1], (done - due_at) / timedelta(milliseconds=1))


def measure_whole(site: RehearsalSite, urls: Sequence[str], page: str, empty: Path) -> Measured:
    def appear(due_at: datetime) -> None:
        shown = [scene(status=404), scene(page, starts=due_at)]
        site.publish_all({url.removeprefix(site.base_url): shown for url in urls}, replace=True)

    site.forget_arrivals()
    due_at, done = whole_watcher.watch_through(urls, marker=MARKER, site=site, empty=empty, appear=appear)
    by_path: dict[str, datetime] = {}
    for arrival in site.arrivals():
        if arrival.at >= due_at - timedelta(seconds=1):
            by_path.setdefault(arrival.path, arrival.at)
    arrived = sorted((at - due_at) / timedelta(milliseconds=1) for at in by_path.values())
    assert len(arrived) == len(urls), f"{len(arrived)} of {len(urls)} looks arrived"
    assert arrived[0] > 0, "a look came before it was due"
    return Measured(arrived[0], statistics.median(arrived), arrived[-1], done / timedelta(milliseconds=1))


def middle(measured: Sequence[Measured]) -> Measured:
    """Return the round whose last look came in the middle of all rounds."""
    return sorted(measured, key=lambda one: one.last)[len(measured) // 2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("looks", nargs="?", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    page = pages.release_page(f"Pupil absence in schools: {MARKER}", published="9.30am on 24 November 2026")
    rows: dict[tuple[str, str], list[Measured]] = {}
    with rehearsal_site() as site, whole_watcher.empty_database() as empty:
        urls = [site.url(f"/statistics/{number}") for number in range(chosen.looks)]
        for _ in range(chosen.rounds):
            site.publish_all({f"/statistics/{number}": [scene(page)] for number in range(chosen.looks)}, replace=True)
            for name, client in (("bare", Bare), ("ours", Ours)):
                looking = client(site)
                for state in ("cold", "warm"):
                    rows.setdefault((name, state), []).append(measure(looking.look, site, urls))
                looking.close()
            rows.setdefault(("whole", "warm"), []).append(measure_whole(site, urls, page, empty))
    return report(chosen.looks, chosen.rounds, {key: middle(measured) for key, measured in rows.items()})


def report(looks: int, rounds: int, found: dict[tuple[str, str], Measured]) -> int:
    print(f"{looks} looks due at one instant T; milliseconds after T, middle of {rounds} rounds")
    print(f"{'':14}{'first':>8}{'median':>8}{'last':>8}{'all back':>10}")
    for (name, state), one in sorted(found.items()):
        print(f"{name} {state:9}{one.first:8.0f}{one.median:8.0f}{one.last:8.0f}{one.done:10.0f}")
    for state in ("cold", "warm"):
        ours, bare = found["ours", state], found["bare", state]
        print(f"ratio {state:8}{'':16}{ours.last / bare.last:8.2f}{ours.done / bare.done:10.2f}")
    whole, bare = found["whole", "warm"], found["bare", "warm"]
    print(f"ratio {'whole':8}{'':16}{whole.last / bare.last:8.2f}")
    limit = next((seconds for count, seconds in LIMIT_SECONDS.items() if looks <= count), None)
    if limit is None:
        return 0
    late = max(one.last for (name, _), one in found.items() if name != "bare") > limit * 1000
    print(f"limit: the last within {limit:g} s: {'MISSED' if late else 'held'}")
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
