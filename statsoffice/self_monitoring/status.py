"""The status of monitoring: heartbeat, spool, problems and incidents, as codes and as sentences."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.models import Coverage, Release
from releases.monitoring import spool
from releases.rules import london
from releases.rules.clock_error import Voucher
from releases.verdict.address import Outcome
from statsoffice.self_monitoring.models import Illness, Pulse, Rehearsed

logger = logging.getLogger(__name__)

SWEEP = "sweep"
LONGEST_PAUSE = timedelta(seconds=60)
"""A watcher of which no sweep has finished for so long is silent; one should finish every five seconds."""
LONGEST_PAUSE_NEAR_DUE = timedelta(seconds=10)
"""The same close to an instant at which a release is due."""
NEAR_DUE = timedelta(minutes=5)
MARKED_ALIVE_WITHIN = timedelta(seconds=15)
"""A sweep at work marks itself alive every two seconds, where it is not just looking at something due."""


@contextlib.contextmanager
def beating(step: str, *, now: Callable[[], datetime], by: str) -> Iterator[None]:
    """Note when a step begins, and how it ends.

    A note that the database does not take is logged and holds the step up in nothing.

    :param now: the clock.
    :param by: the name under which the process keeps what it does.
    """
    record_heartbeat(step, begun_at=now(), begun_by=by)
    try:
        yield
    except Exception:
        record_heartbeat(step, failed_at=now())
        raise
    record_heartbeat(step, finished_at=now())


def is_beating(pulse: Pulse, *, now: datetime) -> bool:
    """Tell whether sweeps finish, or a long one is at work. Close to a due instant ten seconds of silence are too many.

    A morning can keep one sweep busy for many minutes. It counts as long as it marks itself alive, if it began soon
    after the end of another: of processes that die in each sweep, the last one alone would always seem at work.

    :param now: the aware instant of asking.
    """
    if _within(pulse.finished_at, LONGEST_PAUSE_NEAR_DUE, now=now):
        return True
    is_near_due = Release.objects.official().monitored(now=now, ahead=NEAR_DUE, behind=NEAR_DUE).exists()
    if not is_near_due and _within(pulse.finished_at, LONGEST_PAUSE, now=now):
        return True
    ends = [at for at in (pulse.finished_at, pulse.failed_at) if at]
    if pulse.begun_at is None or (ends and pulse.begun_at <= max(ends)):
        return False
    if ends and pulse.begun_at > max(ends) + LONGEST_PAUSE:
        return False
    # After a failure a sweep has to last before it shows anything.
    failed_last = pulse.failed_at is not None and pulse.failed_at == max(ends)
    if failed_last and now - pulse.begun_at < MARKED_ALIVE_WITHIN:
        return False
    alive_within = LONGEST_PAUSE_NEAR_DUE if is_near_due else MARKED_ALIVE_WITHIN
    return Coverage.objects.filter(watcher=pulse.begun_by, ended_at__gte=now - alive_within).exists()


def last_alive_at(pulse: Pulse, *, now: datetime) -> datetime | None:
    """Return when the watcher last showed that it was at work: a sweep finished, or marked itself alive.

    :param now: the aware instant of asking; what lies ahead was written by a clock that was off.
    """
    marked = Coverage.objects.filter(ended_at__lte=now).order_by("-ended_at").values_list("ended_at", flat=True).first()
    return max((at for at in (pulse.finished_at, marked) if at and at <= now), default=None)


def pulse_of(step: str) -> Pulse:
    """Return what is known of a step; nothing if it was never begun."""
    return Pulse.objects.filter(step=step).first() or Pulse(step=step)


def _within(at: datetime | None, pause: timedelta, *, now: datetime) -> bool:
    # An instant that lies ahead was written by a clock that was off, and shows nothing of now.
    return at is not None and abs(now - at) <= pause


def record_heartbeat(step: str, **what: Any) -> None:
    """Note an instant of a step: when it began or how it ended; what the database does not take is logged."""
    try:
        with transaction.atomic():
            if not Pulse.objects.filter(step=step).update(**what):
                Pulse.objects.create(step=step, **what)
    except IntegrityError:
        Pulse.objects.filter(step=step).update(**what)  # another process was the first, a moment ago
    except Error as fault:
        logger.warning("The pulse of %s was not noted: %s", step, fault)


STEP = "unstored "
LONGEST = timedelta(minutes=1)
"""A sweep stores what waits within seconds of the database's return."""
REMEMBERED = timedelta(days=1)
"""What a machine that is silent since then kept is not told any more; it stores its files when it comes back."""


def record_spool(folder: Path, *, machine: str, now: datetime) -> None:
    """Note whether looks wait in a folder, and since when.

    :param folder: where watchers of this machine keep what the database did not take.
    :param machine: the machine's name.
    :param now: the aware instant of noting.
    """
    kept = Pulse.objects.filter(step=f"{STEP}{machine}"[:100])
    if not (spool.is_any_waiting(folder) or any(folder.glob(f"*{spool.REFUSED}"))):
        if kept.exists():
            kept.delete()
    elif not kept.update(failed_at=now):
        try:
            with transaction.atomic():
                Pulse.objects.create(step=f"{STEP}{machine}"[:100], begun_at=now, failed_at=now)
        except IntegrityError:
            return  # another process of this machine was the first, a moment ago


def spool_waiting_since(*, now: datetime) -> datetime | None:
    """Return since when looks wait anywhere for longer than a moment, or None if none do.

    :param now: the aware instant of asking.
    """
    noted = Pulse.objects.filter(step__startswith=STEP, begun_at__lte=now - LONGEST, failed_at__gt=now - REMEMBERED)
    return noted.order_by("begun_at").values_list("begun_at", flat=True).first()


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
    beat = pulse_of(SWEEP)
    active_at = last_alive_at(beat, now=now)
    problems: list[Problem] = []
    if active_at is not None:
        problems += _of_the_sweep(beat, active_at=active_at, now=now)
        problems += _of_the_canary(latest, now=now) if settings.CANARY else []
        problems += [Problem(Trouble.CLOCK_OFF, one.begins_at) for one in latest[:1] if one.clock_off]
        waiting_since = spool_waiting_since(now=now)
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
    if is_beating(beat, now=now):
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


NEVER_ACTIVE = lazy("The watcher has never been active. No release is being watched.")
TO_BE_DONE = lazy("Until this is mended, look at each release yourself when it is due.")

_OUTCOMES = {
    Outcome.ON_TIME: lazy("on time"),
    Outcome.EARLY: lazy("early"),
    Outcome.LATE: lazy("late"),
    Outcome.NOT_SEEN: lazy("not seen"),
    Outcome.PARTIAL: lazy("partial"),
    Outcome.UNCERTAIN: lazy("uncertain"),
    Outcome.CANNOT_TELL: lazy("cannot tell"),
    Outcome.PENDING: lazy("not decided"),
}


def status_sentence(condition: Condition, *, now: datetime) -> str:
    """Say in one line how the watcher is; where it is not well, what is to be done, and not why.

    :param now: the aware instant of saying it; times of another day are named with their day.
    """
    if not condition.ever_active:
        return str(NEVER_ACTIVE)
    if condition.problems:
        return _("The watcher is not well. %(to_be_done)s") % {"to_be_done": TO_BE_DONE}
    return _("The watcher is active. %(rehearsals)s") % {"rehearsals": describe_synthetic_checks(condition, now=now)}


def describe_problem(problem: Problem, *, now: datetime) -> str:
    """Say in one sentence or two what is wrong."""
    since = problem.since and _at(problem.since, now=now)
    match problem.trouble:
        case Trouble.UNSTORED:
            return _("Looks have waited since %(since)s in a file of the watcher to be put on record.") % {
                "since": since
            }
        case Trouble.CLOCK_OFF:
            return _("The clock of the watcher is wrong. Looks made meanwhile are kept and accuse nobody.")
        case Trouble.SWEEP_SILENT:
            return _("The watcher was last active at %(since)s. No release is being watched.") % {"since": since}
        case Trouble.SWEEP_FAILS:
            fails = _("The watcher's sweeps end with an error of our own, and some releases may not be looked at.")
            last = _("The last one that finished did so at %(since)s.") % {"since": since}
            return f"{fails} {last}" if since else fails
        case Trouble.CANARY_WRONG:
            return _wrong(problem, at=since or _("an unknown time"))
        case Trouble.CANARY_OVERDUE if since:
            unproved = _(
                "The watcher has not proved itself since %(since)s: no rehearsal has ended, and one should each minute."
            )
            return unproved % {"since": since}
        case Trouble.CANARY_OVERDUE:
            return _("The watcher has not proved itself yet: no rehearsal has ended, and one should each minute.")


def _wrong(problem: Problem, *, at: str) -> str:
    expected = _OUTCOMES[Outcome(problem.expected)]
    if not problem.found:
        words = _(
            "The watcher cannot be relied on: its rehearsal at %(at)s should have come out as “%(expected)s” and ended "
            "with an error of our own."
        )
        return words % {"at": at, "expected": expected}
    if problem.found == problem.expected:
        words = _(
            "The watcher cannot be relied on: its rehearsal at %(at)s should have come out as “%(expected)s”, and did "
            "so with the wrong times."
        )
        return words % {"at": at, "expected": expected}
    words = _(
        "The watcher cannot be relied on: its rehearsal at %(at)s should have come out as “%(expected)s” and came out "
        "as “%(found)s”."
    )
    return words % {"at": at, "expected": expected, "found": _OUTCOMES[Outcome(problem.found)]}


def describe_synthetic_checks(condition: Condition, *, now: datetime) -> str:
    """Say of a watcher with no problem, or one that never ran, whether its rehearsals vouch for it."""
    if not condition.canary_on:
        return _("Its rehearsals are switched off.")
    if not condition.ever_active:
        return _("No self-test has run yet. Start a worker.")
    if condition.rehearsed_at is None:
        return _("Its first rehearsal is under way.")
    return _("Its last rehearsal, at %(at)s, came out right.") % {"at": _at(condition.rehearsed_at, now=now)}


def describe_clock(condition: Condition) -> str:
    """Say of a clock that is not known to be wrong whether anything on this machine confirms it."""
    if condition.clock_vouched is None:
        return _("No recent check has tested whether anything confirms the clock.")
    if condition.clock_vouched:
        return _("The clock of the checks is confirmed.")
    return _(
        "Nothing on this machine confirms the clock of the checks. A check counts only if the response that it got "
        "tells the same time within 2 seconds."
    )


def _at(instant: datetime, *, now: datetime) -> str:
    time = london.format_time(instant)
    return (
        time
        if london.local_date(instant) == london.local_date(now)
        else _("%(time)s on %(day)s") % {"time": time, "day": london.format_day(instant)}
    )


ALARM_AFTER = {
    Trouble.SWEEP_SILENT: timedelta(seconds=30),
    Trouble.SWEEP_FAILS: timedelta(seconds=30),
    Trouble.CLOCK_OFF: timedelta(seconds=30),
    Trouble.UNSTORED: timedelta(seconds=30),
    # One rehearsal that failed by chance is forgotten after two more that came out right.
    Trouble.CANARY_WRONG: timedelta(minutes=3),
    Trouble.CANARY_OVERDUE: timedelta(minutes=3),
}
"""How long a trouble must have been observed before people are told."""
LONGEST_GAP = timedelta(minutes=1)
"""If nobody attended for longer, what was observed before says nothing of the time since."""


def record_incidents(*, now: datetime) -> None:
    """Look at the watcher's condition, and move the record of its illness by what is found.

    :param now: the aware instant of attending.
    """
    found = condition(now=now)
    if found.problems:
        _observe(found.problems, now=now)
    elif found.is_well:
        _end(now=now)


def is_told() -> bool:
    """Tell whether people were told that the watcher is ill, and it has not been found well since."""
    return Illness.objects.filter(is_open=True, alarmed_at__isnull=False).exists()


def _observe(problems: tuple[Problem, ...], *, now: datetime) -> None:
    current = Illness.objects.filter(is_open=True).first() or _begin(now=now)
    if current is None:
        return  # another process was the first, a moment ago
    still = Illness.objects.filter(pk=current.pk, is_open=True)
    unobserved = current.alarmed_at is None and not timedelta(0) <= now - current.observed_at <= LONGEST_GAP
    if unobserved:
        still.filter(alarmed_at__isnull=True).update(began_at=now, observed_at=now)
        return
    still.update(observed_at=now)
    if current.alarmed_at is None and now - current.began_at >= _patience(problems):
        kept = [problem.as_kept() for problem in problems]
        if still.filter(alarmed_at__isnull=True).update(alarmed_at=now, why=kept):
            logger.error("the watcher is ill: %s", ", ".join(problem.trouble for problem in problems))


def _begin(*, now: datetime) -> Illness | None:
    try:
        with transaction.atomic():
            return Illness.objects.create(began_at=now, observed_at=now)
    except IntegrityError:
        return None


def _end(*, now: datetime) -> None:
    for current in Illness.objects.filter(is_open=True):
        ended_at = max(now, current.began_at)
        if Illness.objects.filter(pk=current.pk, is_open=True).update(is_open=False, ended_at=ended_at):
            logger.info("the watcher is well again")


def _patience(problems: Iterable[Problem]) -> timedelta:
    return min(ALARM_AFTER[problem.trouble] for problem in problems)
