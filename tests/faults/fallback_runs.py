"""Whether the fallback of a worker ran although ticks came: judged by their times in Celery's own log.

The fallback may run if no tick came for a while, even because the machine was too slow to bring them in time.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from statsoffice.celery import PATIENCE_SECONDS, patience_among_workers
from statsoffice.jobs import INTERVAL_JOBS, JOBS

INSTANT = r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) \w+ "
LINE = re.compile(INSTANT)
RECEIVED = re.compile(rf"{INSTANT}celery\.\S+: Task (?P<task>\w+)\[(?P<id>[\w-]+)\] received")
ENDED = re.compile(
    rf"{INSTANT}celery\.\S+: Task (?P<task>\w+)\[(?P<id>[\w-]+)\] (?:succeeded in (?P<seconds>[\d.e-]+)s|raised|retry)"
)
STOOD_IN = re.compile(
    rf"{INSTANT}statsoffice\.celery: (?:no job was triggered here|(?P<step>\w+) makes no progress here, so this worker)"
)
INTERVALS = {job.name: job.interval_seconds for job in INTERVAL_JOBS}
TO_SAY_SO = timedelta(seconds=5)
"""A process may be held up between seeing that a step is missing and saying so; the gap may have ended meanwhile."""

TO_BEGIN = timedelta(seconds=10)
"""A worker begins to count before it writes its first line, which it does once it has reached the broker."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick on which a worker acted: it began between two instants. If it waited too long, no worker acts on it."""

    step: str
    after: datetime
    by: datetime


def ticks(log: str) -> Sequence[Tick]:
    """Read from the log of a worker the ticks on which it acted."""
    received = {found["id"]: _instant(found) for found in _lines(RECEIVED, log)}
    return [
        Tick(found["task"], after=received[found["id"]], by=_instant(found) - _lasted(found))
        for found in _lines(ENDED, log)
        if found["task"] in {job.name for job in JOBS}
    ]


def without_cause(log: str) -> Sequence[str]:
    """Return the lines of a worker's log that show the fallback for a step although the ticks came in time."""
    came, began = ticks(log), min((_instant(found) for found in _lines(LINE, log)), default=None)
    return [
        found.string
        for found in _lines(STOOD_IN, log)
        if began and not _is_meant(found["step"], at=_instant(found), came=came, began=began - TO_BEGIN)
    ]


def _is_meant(step: str | None, *, at: datetime, came: Sequence[Tick], began: datetime) -> bool:
    """Return whether the times of the ticks are a cause: of all of them, or of those of one job."""
    patience = PATIENCE_SECONDS if step is None else patience_among_workers(INTERVALS[step])
    counted = [tick for tick in came if step in {None, tick.step}]
    return _longest_gap(counted, at=at, began=began) > timedelta(seconds=patience)


def _longest_gap(came: Sequence[Tick], *, at: datetime, began: datetime) -> timedelta:
    """Return the longest time without any tick, as far as their times show, that ended at an instant or just before."""
    ends = [at, *(tick.by for tick in came if at - TO_SAY_SO <= tick.by < at)]
    return max(end - max([began, *(tick.after for tick in came if tick.by < end)]) for end in ends)


def _lines(pattern: re.Pattern[str], log: str) -> Iterator[re.Match[str]]:
    return (found for line in log.splitlines() if (found := pattern.match(line)))


def _instant(found: re.Match[str]) -> datetime:
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S,%f")  # noqa: DTZ007  # the log's own zone, as all its lines


def _lasted(found: re.Match[str]) -> timedelta:
    return timedelta(seconds=float(found["seconds"] or 0))
