"""What one step of the product costs while the calendar around it grows: with a hundred times as many releases.

The work of the step stays the same: ninety releases fall due this morning, and ninety others were late and are still
undecided. The floor is the same step with the smaller calendar, in the same process and database. The number of
queries must not grow at all. Each figure is the middle of its repetitions; what a step would store is undone, so that
each repetition finds the same work.
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
# All of them, and those that are added without a draft, are fewer than the two hundred that the dashboard shows: above
# that it counts those that it leaves out, and would do more with the larger calendar for a reason that is not its size.
THIS_MORNING = 90
LATE_BY = timedelta(minutes=10)

type Step = Callable[[], object]


def measure(size: int, *, rounds: int) -> list[Row]:
    """Measure every step with a hundredth of as many releases, and again with all of them."""
    now = datetime.now(UTC)
    head = office.found()
    small = max(1, size // TIMES_SMALLER)
    office.fill(head, releases=small, late=small // 10, now=now)
    this_morning(head, now=now, number=min(THIS_MORNING, size))
    smaller = _costs(head, rounds=rounds)
    # Filling the calendar drafts the reports that were still missing.
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
    """Let some releases be late by now, a tenth of them without a draft yet, and as many more fall due in a while."""
    late = office.announce(head, [now - LATE_BY] * (number - number // 10))
    office.judge(late, live_after=None)
    drafting.draft_missing(now=now - LATE_BY / 2)
    without_draft(head, now=now, number=number // 10)
    office.announce(head, [now + timedelta(hours=2)] * number)


def without_draft(head: Office, *, now: datetime, number: int) -> None:
    """Let some more be late by now, and judged so, but not drafted yet."""
    office.judge(office.announce(head, [now - LATE_BY] * number), live_after=None)


def _costs(head: Office, *, rounds: int) -> dict[str, tuple[float, int]]:
    """Return milliseconds and number of queries of each step."""
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
        step()  # the first time reads data that is then cached, such as templates
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
    """Take up what falls due within the horizon, as a sweep that has nothing in memory yet."""
    with probe_from_settings(now=lambda: datetime.now(UTC)) as probe:
        sweep = Sweep(clock=RealClock(), probe=probe, name="benchmark")
        sweep.claim()
        assert sweep.targets


@contextmanager
def undone() -> Iterator[None]:
    """Undo at the end the changes stored within the block."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
