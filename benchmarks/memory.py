"""How much memory a process needs to monitor many releases that are due at once.

`manage.py watch` plans, checks, examines, stores and judges. The first figure is the most memory that this process used
at any time, as the system reports it. The second is the most that it used together with its examiners, read once a
second; memory that several processes share counts once (PSS). The floor is the same command without releases.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from benchmarks import chain, due_together
from benchmarks import site as judge
from benchmarks.row import Limit, Row
from releases.models import Release, Verification
from releases.verdict.address import Outcome
from statsoffice.fake_publisher.client import RehearsalSite, rehearsal_site

LIMIT = Limit(200.0)
LIMIT_WITH_EXAMINERS = Limit(320.0)
IDLE_SECONDS = 10
STARTING = timedelta(seconds=25)
PATIENCE = timedelta(minutes=6)


def measure(size: int, *, rounds: int) -> list[Row]:
    """Run without releases for some seconds, then with `size` rehearsals until each of them is judged."""
    with rehearsal_site() as site:
        floor = _idle(site, seconds=IDLE_SECONDS)
        urls = judge.addresses(site, size)
        due_at = datetime.now(UTC) + STARTING + timedelta(seconds=size / 200)
        judge.show_from(site, urls, due_at)
        due_together.record(urls, marker=judge.MARKER, due_at=due_at)
        figure = _watched(site, until=due_at + PATIENCE)
    what = f"most memory of a process that monitors {size:,}"
    return [
        Row(what, figure.process, "MB", floor.process, "monitoring nothing", LIMIT),
        Row(f"{what}, with its examiners", figure.all, "MB", floor.all, "monitoring nothing", LIMIT_WITH_EXAMINERS),
    ]


class Memory(NamedTuple):
    """The most memory of the process, and of the process and its examiners together, in millions of bytes."""

    process: float
    all: float


def _idle(site: RehearsalSite, *, seconds: float) -> Memory:
    with chain.watching(site) as process:
        time.sleep(seconds)
        return Memory(chain.peak_megabytes(process), chain.shared_megabytes(process))


def _watched(site: RehearsalSite, *, until: datetime) -> Memory:
    most = 0.0
    with chain.watching(site) as process:
        while Verification.objects.filter(outcome=Outcome.ON_TIME).count() < Release.objects.count():
            assert datetime.now(UTC) < until, "not every release was judged in time"
            most = max(most, chain.shared_megabytes(process))
            time.sleep(1)
        return Memory(chain.peak_megabytes(process), most)
