"""Whether the watcher can be relied on, and if not, why: codes and instants, no words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings

from releases.models import Coverage
from releases.rules.clock_error import Voucher
from statsoffice.canary import left_in_files, pulse
from statsoffice.canary.models import Pulse, Rehearsed

OVERDUE = timedelta(minutes=3)
"""So long after the last finished rehearsal the canary is silent; one should finish every minute."""
JUDGED_BY = 2
"""So many rehearsals in a row must be right. Neighbours expect different verdicts."""


class Trouble(StrEnum):
    """What can be wrong with the watcher."""

    SWEEP_SILENT = "sweep_silent"
    SWEEP_FAILS = "sweep_fails"
    CANARY_WRONG = "canary_wrong"
    CANARY_OVERDUE = "canary_overdue"
    CLOCK_OFF = "clock_off"
    UNSTORED = "unstored"


@dataclass(frozen=True, slots=True)
class Problem:
    """One trouble; since when (aware, None if nobody knows), and of a rehearsal what was expected and found."""

    trouble: Trouble
    since: datetime | None = None
    expected: str = ""
    found: str = ""

    def as_kept(self) -> dict[str, Any]:
        """Return the problem as JSON can hold it."""
        since = self.since and self.since.isoformat()
        return {"trouble": self.trouble, "since": since, "expected": self.expected, "found": self.found}


def problem_from(kept: dict[str, Any]) -> Problem:
    """Read a problem as it was kept."""
    since = datetime.fromisoformat(kept["since"]) if kept["since"] else None
    return Problem(Trouble(kept["trouble"]), since, kept["expected"], kept["found"])


@dataclass(frozen=True, slots=True)
class Condition:
    """The watcher's condition at one instant.

    Where it was never active there are no problems: nothing watches yet, and nothing is ill. `rehearsed_at` is the
    beginning of the last rehearsal if it came out right, else None. `clock_vouched` says whether anything vouches for
    the watcher's clock, None where nobody asked.
    """

    ever_active: bool
    problems: tuple[Problem, ...]
    canary_on: bool
    rehearsed_at: datetime | None
    clock_vouched: bool | None

    @property
    def is_well(self) -> bool:
        """Whether the watcher is active and nothing is known against it."""
        return self.ever_active and not self.problems


def condition(*, now: datetime) -> Condition:
    """Return the watcher's condition at an aware instant."""
    latest = list(Rehearsed.objects.filter(finished_at__gt=now - OVERDUE, finished_at__lte=now)[:JUDGED_BY])
    beat = pulse.pulse_of(pulse.SWEEP)
    active_at = pulse.last_alive_at(beat, now=now)
    problems: list[Problem] = []
    if active_at is not None:
        problems += _of_the_sweep(beat, active_at=active_at, now=now)
        problems += _of_the_canary(latest, now=now) if settings.CANARY else []
        problems += [Problem(Trouble.CLOCK_OFF, one.begins_at) for one in latest[:1] if one.clock_off]
        waiting_since = left_in_files.waiting_since(now=now)
        problems += [Problem(Trouble.UNSTORED, waiting_since)] if waiting_since else []
    right = latest[0].begins_at if settings.CANARY and latest and latest[0].right else None
    return Condition(
        ever_active=active_at is not None,
        problems=tuple(problems),
        canary_on=settings.CANARY,
        rehearsed_at=right,
        clock_vouched=latest[0].clock_voucher != Voucher.NOBODY if latest else None,
    )


def _of_the_sweep(beat: Pulse, *, active_at: datetime, now: datetime) -> list[Problem]:
    if pulse.is_beating(beat, now=now):
        return []
    if beat.failed_at and (beat.finished_at is None or beat.failed_at > beat.finished_at):
        return [Problem(Trouble.SWEEP_FAILS, beat.finished_at)]
    return [Problem(Trouble.SWEEP_SILENT, active_at)]


def _of_the_canary(latest: Sequence[Rehearsed], *, now: datetime) -> list[Problem]:
    for one in latest:
        if not one.right:
            return [Problem(Trouble.CANARY_WRONG, one.begins_at, one.expected, one.found)]
    if latest:
        return []
    finished = Rehearsed.objects.filter(finished_at__isnull=False).values_list("finished_at", flat=True).first()
    if finished is not None:
        return [Problem(Trouble.CANARY_OVERDUE, finished)]
    began = Coverage.objects.order_by("began_at").values_list("began_at", flat=True).first()
    return [] if began is not None and now - began <= OVERDUE else [Problem(Trouble.CANARY_OVERDUE)]
