"""How the cost of each step of the product grows if the calendar has a hundred times as many releases.

The work of a step stays the same: ninety releases are due this morning, and ninety late ones are undecided. The floor
is the same step with the smaller calendar, in the same process and database. The number of queries must not grow at
all. A figure is the median of its repetitions. The changes of each repetition are rolled back, so that the next one has
the same work.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks import office
from benchmarks.office import Office
from benchmarks.reader import Reader
from benchmarks.row import Row
from breaches import drafting
from releases.monitoring.clock import RealClock
from releases.monitoring.sweep import Sweep
from releases.probe.probe import probe_from_settings
from statsoffice import jobs

TIMES_SMALLER = 100
# With the late releases that are added without a draft, this is below the two hundred releases that the dashboard
# shows. With more, the dashboard would also count those that it leaves out. That would be more work for a reason other
# than the size of the calendar.
THIS_MORNING = 90
LATE_BY = timedelta(minutes=10)

type Step = Callable[[], object]


def measure(size: int, *, rounds: int) -> list[Row]:
    """Measure every step with a hundredth of the releases, and again with all of them."""
    now = datetime.now(UTC)
    head = office.found()
    small = max(1, size // TIMES_SMALLER)
    office.fill(head, releases=small, late=small // 10, now=now)
    this_morning(head, now=now, number=min(THIS_MORNING, size))
    smaller = _costs(head, rounds=rounds)
    # `fill` also drafts the reports that were still missing.
    office.fill(head, releases=size - small, late=(size - small) // 10, now=now)
    without_draft(head, now=now, number=min(THIS_MORNING, size) // 10)
    larger = _costs(head, rounds=rounds)
    sizes = f"{size:,} releases against {small:,}"
    return [
        Row(
            f"{what}, {sizes}",
            larger[what][0],
            "ms",
            smaller[what][0],
            "the fewer",
            queries=(smaller[what][1], larger[what][1]),
        )
        for what in smaller
    ]


def this_morning(head: Office, *, now: datetime, number: int) -> None:
    """Add late releases, a tenth of them without a draft yet, and as many that are due in two hours."""
    late = office.announce(head, [now - LATE_BY] * (number - number // 10))
    office.judge(late, live_after=None)
    drafting.draft_missing(now=now - LATE_BY / 2)
    without_draft(head, now=now, number=number // 10)
    office.announce(head, [now + timedelta(hours=2)] * number)


def without_draft(head: Office, *, now: datetime, number: int) -> None:
    """Add late releases with a verdict and without a draft."""
    office.judge(office.announce(head, [now - LATE_BY] * number), live_after=None)


def _costs(head: Office, *, rounds: int) -> dict[str, tuple[float, int]]:
    """Return the milliseconds and the number of queries of each step."""
    person, nobody = Reader(head.head), Reader(None)
    steps: dict[str, Step] = {
        "claim of a sweep": _claim,
        "drafting": partial(drafting.draft_missing, now=datetime.now(UTC)),
        "a tick that drafts": jobs.draft,
        "a tick that tells": jobs.deliver,
        "calendar": partial(nobody.open, "/"),
        "desk": partial(person.open, "/desk/"),
        "register": partial(person.open, "/reports/"),
        "register, decided": partial(person.open, "/reports/?show=decided"),
    }
    return {what: _cost(step, rounds=rounds) for what, step in steps.items()}


def _cost(step: Step, *, rounds: int) -> tuple[float, int]:
    with undone():
        step()  # the first call fills caches, for example of templates
    took = []
    for _ in range(rounds):
        with undone():
            began = time.perf_counter()
            step()
            took.append((time.perf_counter() - began) * 1000)
    with undone(), CaptureQueriesContext(connection) as asked:
        step()
    return statistics.median(took), len(asked)


def _claim() -> None:
    """Claim the releases that are due soon, with a sweep that has no targets yet."""
    with probe_from_settings(now=lambda: datetime.now(UTC)) as probe:
        sweep = Sweep(clock=RealClock(), probe=probe, name="benchmark")
        sweep.claim()
        assert sweep.targets


@contextmanager
def undone() -> Iterator[None]:
    """Roll back the changes of the block at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
