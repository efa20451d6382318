"""Looks as people read them: consecutive looks that showed the same are one line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """One look for the timeline: what it showed, why, and the aware instants at which it was sent and answered."""

    result: str
    reasons: tuple[str, ...]
    sent_at: datetime
    completed_at: datetime
    said: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive looks that showed the same; `first_at` and `last_at` are the instants at which they were sent."""

    result: str
    reasons: tuple[str, ...]
    said: str
    first_at: datetime
    last_at: datetime
    looks: int


def fold_runs(looks: Iterable[Seen], *, due_at: datetime) -> list[Run]:
    """Fold looks into runs of the same result, reasons and statement; a run never reaches across the due instant.

    :param looks: the looks at one address in whatever order they arrived.
    :param due_at: the aware instant at which the release is due.
    """
    runs: list[Run] = []
    for look in sorted(looks, key=lambda look: (look.sent_at, look.completed_at)):
        last = runs[-1] if runs else None
        if last and _continues(last, look, due_at=due_at):
            runs[-1] = Run(last.result, last.reasons, last.said, last.first_at, look.sent_at, last.looks + 1)
        else:
            runs.append(Run(look.result, look.reasons, look.said, look.sent_at, look.sent_at, 1))
    return runs


def _continues(run: Run, look: Seen, *, due_at: datetime) -> bool:
    same = (run.result, run.reasons, run.said) == (look.result, look.reasons, look.said)
    return same and (run.last_at < due_at) == (look.sent_at < due_at)
