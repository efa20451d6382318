"""How much memory a process needs to monitor many releases that are due at once.

`manage.py watch` plans, checks, examines, stores and judges. The figure is the most memory that it used at any time, as
the system reports it. The floor is the same command without releases.
"""

import time
from datetime import UTC, datetime, timedelta

from benchmarks import chain, due_together
from benchmarks import site as judge
from benchmarks.row import Limit, Row
from releases.models import Release, Verification
from releases.verdict.address import Outcome
from statsoffice.fake_publisher.client import RehearsalSite, rehearsal_site

LIMIT = Limit(300.0)
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
    return [Row(f"most memory of a process that watches {size:,}", figure, "MB", floor, "watching nothing", LIMIT)]


def _idle(site: RehearsalSite, *, seconds: float) -> float:
    with chain.watching(site) as process:
        time.sleep(seconds)
        return chain.peak_megabytes(process)


def _watched(site: RehearsalSite, *, until: datetime) -> float:
    with chain.watching(site) as process:
        while Verification.objects.filter(outcome=Outcome.ON_TIME).count() < Release.objects.count():
            assert datetime.now(UTC) < until, "not every release was judged in time"
            time.sleep(1)
        return chain.peak_megabytes(process)
