"""How many pages the pool of examining processes examines in a second, with different pages of 4 kB and of 20 kB.

The floor is the same examination in one process for each core (at most four, as in the pool). Each process has its own
share of the pages and reports no results. "Known" are the same pages again, whose results the parent process has
cached. The processes are started before the first round.
"""

import multiprocessing
import os
import time
from collections.abc import Sequence

from benchmarks.page_kinds import DUE_AT, PAGE_URL, page
from benchmarks.row import Limit, Row, middle
from releases.detection.finding import AddressRole, Expectation
from releases.detection.rules import examine
from releases.probe.examiner_pool import MOST_PROCESSES
from releases.probe.probe import Probe, probe_from_settings
from releases.rules.response import Answer

LIMIT = Limit(0.7, of="ratio")
SIZES = (4_000, 20_000)
PARAGRAPH = "<p>Prices of widgets and of parts rose by 3.2% in the year, having risen by 2.9% before.</p>"
EXPECTED = Expectation(
    role=AddressRole.PAGE,
    url=PAGE_URL,
    marker="June 2026",
    release_title="Widget prices: June 2026",
    series_title="Widget prices",
    due_at=DUE_AT,
)


def measure(size: int, *, rounds: int) -> list[Row]:
    """Examine some pages of each size with the pool and without it, in turns."""
    with probe_from_settings(now=lambda: DUE_AT) as probe:
        _pool(probe, [_answer(f"begin {each}", 20_000) for each in range(40)])
        found = []
        for number in range(rounds):
            rows = []
            for length in SIZES:
                answers = [_answer(f"{number}, {each}", length) for each in range(size)]
                floor = len(answers) / examine_on_each_core(answers, EXPECTED)
                cold, known = _pool(probe, answers), _pool(probe, answers)
                what = f"pages of {length / 1000:g} kB examined"
                rows += [
                    Row(f"{what}, each another", cold, "checks/s", floor, "a process per core", limit=LIMIT),
                    Row(f"{what}, known", known, "checks/s", floor, "a process per core"),
                ]
            found.append(rows)
    return [middle(rows) for rows in zip(*found, strict=True)]


def _answer(name: str, length: int) -> Answer:
    content = f"<main><h1>Widget prices</h1><p>{name}</p>{PARAGRAPH * (length // len(PARAGRAPH))}</main>"
    headers = (("content-type", "text/html; charset=utf-8"),)
    return Answer(
        PAGE_URL, DUE_AT, DUE_AT, DUE_AT, status=200, final_url=PAGE_URL, headers=headers, body=page(content).encode()
    )


def _pool(probe: Probe, answers: Sequence[Answer]) -> float:
    """Return the pages per second of the pool, from the first request to the last result."""
    began, waiting = time.perf_counter(), 0
    for number, answer in enumerate(answers):
        waiting += probe.begin_examination(number, "page", answer, EXPECTED) is None
    while waiting:
        waiting -= len(probe.examined(1.0))
    return len(answers) / (time.perf_counter() - began)


def examine_on_each_core(answers: Sequence[Answer], expectation: Expectation) -> float:
    """Examine pages in one process for each core, and return the seconds."""
    cores = min(os.cpu_count() or 1, MOST_PROCESSES)
    fork = multiprocessing.get_context("fork")
    parts = [answers[core::cores] for core in range(cores)]
    processes = [fork.Process(target=_examine, args=(part, expectation)) for part in parts]
    began = time.perf_counter()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return time.perf_counter() - began


def _examine(answers: Sequence[Answer], expectation: Expectation) -> None:
    for answer in answers:
        examine(answer, expectation)
