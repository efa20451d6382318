"""The status of monitoring, its problems and its incidents, as codes and as sentences."""

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
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.models import Coverage, Release
from releases.monitoring import spool
from releases.monitoring.sweep import SweepFaults
from releases.rules import calendar
from releases.rules.clock_error import Voucher
from releases.verdict.address import Outcome
from statsoffice.self_monitoring.models import Heartbeat, Incident, SyntheticCheck

logger = logging.getLogger(__name__)

SWEEP = "sweep"
FAULT = " fault"
"""The end of the name of the heartbeat row that contains the time of the last fault of a step."""
LONGEST_PAUSE = timedelta(seconds=60)
"""If no sweep has finished for this long, monitoring is silent. A sweep should finish every five seconds."""
LONGEST_PAUSE_NEAR_DUE = timedelta(seconds=10)
"""The longest time without a finished sweep when a release is due soon or was due recently."""
NEAR_DUE = timedelta(minutes=5)
MARKED_ALIVE_WITHIN = timedelta(seconds=15)
"""A running sweep counts as alive if it marked itself alive within this time.

Near a due instant, `LONGEST_PAUSE_NEAR_DUE` applies instead. A sweep marks itself alive every two seconds, except
during checks at a due instant.
"""
FAULT_REPORTED_FOR = timedelta(minutes=3)
"""A fault of our own code in a sweep is a problem for this long, even if sweeps end normally.

A page is checked every minute in the first minutes after it is live, so a fault at each of its checks is one incident.
"""


@contextlib.contextmanager
def record_step(step: str, *, now: Callable[[], datetime], by: str) -> Iterator[None]:
    """Record when a step begins and how it ends.

    If the record cannot be stored because of a database error, the error is logged and the step continues.

    :param by: the name of the process.
    """
    record_heartbeat(step, begun_at=now(), begun_by=by)
    try:
        yield
    except Exception as fault:
        failed_at = now()
        record_heartbeat(step, failed_at=failed_at)
        # A database that fails for a moment is no fault of our own code. If it fails for longer, no sweep finishes.
        # A sweep reports the faults on single releases itself, when they occur.
        if not isinstance(fault, (*spool.DATABASE_AWAY, SweepFaults)):
            record_fault(step, at=failed_at)
        raise
    record_heartbeat(step, finished_at=now())


def record_fault(step: str, *, at: datetime) -> None:
    """Record a fault apart from the heartbeat, which the next run that ends normally overwrites."""
    record_heartbeat(f"{step}{FAULT}", failed_at=at)


def is_beating(heartbeat: Heartbeat, *, now: datetime) -> bool:
    """Return whether a sweep has finished recently, or a long sweep is running.

    "Recently" means within the last ten seconds near a due instant, and otherwise within the last minute.

    A long sweep can take hours. A sweep counts as running while it marks itself alive, but only if it has run for some
    time, or began soon after the previous sweep ended. Without this condition, monitoring would seem to work even if
    the process died in every sweep. Two sweeps may run at the same time. So the heartbeat of the sweep that began last
    says nothing about the other one.
    """
    if _is_recent(heartbeat.finished_at, LONGEST_PAUSE_NEAR_DUE, now=now):
        return True
    is_near_due = Release.objects.official().monitored(now=now, ahead=NEAR_DUE, behind=NEAR_DUE).exists()
    if not is_near_due and _is_recent(heartbeat.finished_at, LONGEST_PAUSE, now=now):
        return True
    alive_within = LONGEST_PAUSE_NEAR_DUE if is_near_due else MARKED_ALIVE_WITHIN
    alive = Coverage.objects.filter(ended_at__gte=now - alive_within)
    if alive.filter(began_at__lte=now - MARKED_ALIVE_WITHIN).exists():
        return True
    ends = [at for at in (heartbeat.finished_at, heartbeat.failed_at) if at]
    if heartbeat.begun_at is None or (ends and heartbeat.begun_at <= max(ends)):
        return False
    if ends and heartbeat.begun_at > max(ends) + LONGEST_PAUSE:
        return False
    # If the last sweep failed, the next sweep must run for some time before monitoring counts as working.
    failed_last = heartbeat.failed_at is not None and heartbeat.failed_at == max(ends)
    if failed_last and now - heartbeat.begun_at < MARKED_ALIVE_WITHIN:
        return False
    return alive.filter(watcher=heartbeat.begun_by).exists()


def last_alive_at(heartbeat: Heartbeat, *, now: datetime) -> datetime | None:
    """Return when a sweep last finished or marked itself alive, or None if there is no such instant.

    Instants after `now` were recorded with a wrong clock and are ignored.
    """
    marked = Coverage.objects.filter(ended_at__lte=now).order_by("-ended_at").values_list("ended_at", flat=True).first()
    return max((at for at in (heartbeat.finished_at, marked) if at and at <= now), default=None)


def find_heartbeat(step: str) -> Heartbeat:
    return Heartbeat.objects.filter(step=step).first() or Heartbeat(step=step)


def _is_recent(at: datetime | None, pause: timedelta, *, now: datetime) -> bool:
    # `at` can be in the future if it was recorded with a wrong clock.
    return at is not None and abs(now - at) <= pause


def record_heartbeat(step: str, **what: Any) -> None:
    """Record when a step began or how it ended. If the database fails, log the error."""
    try:
        with transaction.atomic():
            if not Heartbeat.objects.filter(step=step).update(**what):
                Heartbeat.objects.create(step=step, **what)
    except IntegrityError:
        Heartbeat.objects.filter(step=step).update(**what)  # another process has just created the row
    except Error as fault:
        logger.warning("The heartbeat of %s was not stored: %s", step, fault)


STEP = "unstored "
LONGEST = timedelta(minutes=1)
"""If a spool has had files for longer than this, there is a problem.

When the database works, a sweep stores the files within seconds.
"""
REMEMBERED = timedelta(days=1)
"""If a machine has been silent for longer than this, its spool is not reported.

The files in the spool are stored when the machine returns.
"""


def record_spool(folder: Path, *, owner: str, now: datetime) -> None:
    """Record whether a spool has files, and since when.

    :param owner: the id of the spool, which all processes that share it use.
    """
    step = f"{STEP}{owner}"
    heartbeat = Heartbeat.objects.filter(step=step)
    if not (spool.is_any_waiting(folder) or any(folder.glob(f"*{spool.REFUSED}"))):
        if heartbeat.exists():
            heartbeat.delete()
    elif not heartbeat.update(failed_at=now):
        # Another process that shares the spool may have created the row first.
        with contextlib.suppress(IntegrityError), transaction.atomic():
            Heartbeat.objects.create(step=step, begun_at=now, failed_at=now)


def spool_waiting_since(heartbeats: Iterable[Heartbeat], *, now: datetime) -> datetime | None:
    """Return the earliest instant, at least a minute ago, since which a spool has had files.

    Return None if there is no such instant.

    :param heartbeats: the rows of all spools. Rows of other steps are ignored.
    """
    begun = [
        heartbeat.begun_at
        for heartbeat in heartbeats
        if heartbeat.step.startswith(STEP)
        and heartbeat.begun_at
        and heartbeat.begun_at <= now - LONGEST
        and heartbeat.failed_at
        and heartbeat.failed_at > now - REMEMBERED
    ]
    return min(begun, default=None)


OVERDUE = timedelta(minutes=3)
"""If no self-test has finished for this long, there is a problem. A self-test should finish every minute."""
JUDGED_BY = 2
"""The number of self-tests in a row that must pass. Consecutive self-tests expect different verdicts."""


class Trouble(StrEnum):
    SWEEP_SILENT = "sweep_silent"
    SWEEP_FAILS = "sweep_fails"
    CANARY_WRONG = "canary_wrong"
    CANARY_OVERDUE = "canary_overdue"
    CLOCK_OFF = "clock_off"
    UNSTORED = "unstored"


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of monitoring. `since` is None if the beginning of the problem is not known.

    If a self-test failed, `expected` and `found` are its expected verdict and its actual verdict. `found` is empty if
    the self-test ended with an error. For all other problems, both are empty.
    """

    trouble: Trouble
    since: datetime | None = None
    expected: str = ""
    found: str = ""

    def as_json(self) -> dict[str, Any]:
        since = self.since and self.since.isoformat()
        return {"trouble": self.trouble, "since": since, "expected": self.expected, "found": self.found}


def problem_from_json(row: dict[str, Any]) -> Problem:
    since = datetime.fromisoformat(row["since"]) if row["since"] else None
    return Problem(Trouble(row["trouble"]), since, row["expected"], row["found"])


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition of monitoring at one instant. Before the first sweep, there are no problems.

    `rehearsed_at` is the beginning of the last self-test, or None if the self-test did not pass or is not recent.
    `clock_vouched` is whether a time source confirms the clock, or None if there is no recent self-test.
    """

    ever_active: bool
    problems: tuple[Problem, ...]
    rehearsed_at: datetime | None
    clock_vouched: bool | None

    @property
    def is_well(self) -> bool:
        return self.ever_active and not self.problems


def condition(*, now: datetime) -> Condition:
    latest = list(SyntheticCheck.objects.filter(finished_at__gt=now - OVERDUE, finished_at__lte=now)[:JUDGED_BY])
    of_sweep_or_spool = Q(step__in=[SWEEP, f"{SWEEP}{FAULT}"]) | Q(step__startswith=STEP)
    heartbeats = {row.step: row for row in Heartbeat.objects.filter(of_sweep_or_spool)}
    heartbeat = heartbeats.get(SWEEP) or Heartbeat(step=SWEEP)
    fault = heartbeats.get(f"{SWEEP}{FAULT}") or Heartbeat()
    # `last_alive_at` reads the periods of coverage. This is not necessary if the heartbeat has a finished sweep.
    has_finished = heartbeat.finished_at is not None and heartbeat.finished_at <= now
    ever_active = has_finished or last_alive_at(heartbeat, now=now) is not None
    problems: list[Problem] = []
    if ever_active:
        problems += _sweep_problems(heartbeat, fault_at=fault.failed_at, now=now)
        problems += _self_test_problems(latest, now=now) if settings.CANARY else []
        problems += [Problem(Trouble.CLOCK_OFF, one.begins_at) for one in latest[:1] if one.clock_off]
        waiting_since = spool_waiting_since(heartbeats.values(), now=now)
        problems += [Problem(Trouble.UNSTORED, waiting_since)] if waiting_since else []
    right = latest[0].begins_at if settings.CANARY and latest and latest[0].right else None
    return Condition(
        ever_active=ever_active,
        problems=tuple(problems),
        rehearsed_at=right,
        clock_vouched=latest[0].clock_voucher != Voucher.NOBODY if latest else None,
    )


def _sweep_problems(heartbeat: Heartbeat, *, fault_at: datetime | None, now: datetime) -> list[Problem]:
    if is_beating(heartbeat, now=now):
        return [Problem(Trouble.SWEEP_FAILS)] if _is_recent(fault_at, FAULT_REPORTED_FOR, now=now) else []
    if heartbeat.failed_at and (heartbeat.finished_at is None or heartbeat.failed_at > heartbeat.finished_at):
        return [Problem(Trouble.SWEEP_FAILS, heartbeat.finished_at)]
    return [Problem(Trouble.SWEEP_SILENT, last_alive_at(heartbeat, now=now))]


def _self_test_problems(latest: Sequence[SyntheticCheck], *, now: datetime) -> list[Problem]:
    for one in latest:
        if not one.right:
            return [Problem(Trouble.CANARY_WRONG, one.begins_at, one.expected, one.found)]
    if latest:
        return []
    finished = SyntheticCheck.objects.filter(finished_at__isnull=False).values_list("finished_at", flat=True).first()
    if finished is not None:
        return [Problem(Trouble.CANARY_OVERDUE, finished)]
    began = Coverage.objects.order_by("began_at").values_list("began_at", flat=True).first()
    return [] if began is not None and now - began <= OVERDUE else [Problem(Trouble.CANARY_OVERDUE)]


NEVER_ACTIVE = lazy("Monitoring has not started. We are not checking any releases.")
TO_BE_DONE = lazy("Until this is fixed, check each release yourself when it is due.")

_OUTCOMES = {
    Outcome.ON_TIME: lazy("on time"),
    Outcome.EARLY: lazy("early"),
    Outcome.LATE: lazy("late"),
    Outcome.NOT_SEEN: lazy("not live"),
    Outcome.PARTIAL: lazy("incomplete"),
    Outcome.UNCERTAIN: lazy("uncertain"),
    Outcome.CANNOT_TELL: lazy("cannot tell"),
    Outcome.PENDING: lazy("no result"),
}


def status_sentence(condition: Condition, *, now: datetime) -> str:
    """Describe the status in one line. A time on another day includes the date.

    If there are problems, the line says what to do, but does not name the problems.
    """
    if not condition.ever_active:
        return str(NEVER_ACTIVE)
    if condition.problems:
        return _("Monitoring has a problem. %(to_be_done)s") % {"to_be_done": TO_BE_DONE}
    return _("Monitoring is working. %(rehearsals)s") % {"rehearsals": describe_synthetic_checks(condition, now=now)}


def describe_problem(problem: Problem, *, now: datetime) -> str:
    since = problem.since and _at(problem.since, now=now)
    match problem.trouble:
        case Trouble.UNSTORED:
            return _(
                "We have not been able to save checks to the database since %(since)s. We are storing "
                "them in a file until we can."
            ) % {"since": since}
        case Trouble.CLOCK_OFF:
            return _(
                "The monitoring clock is wrong. We save the checks, but do not use them to record a suspected breach."
            )
        case Trouble.SWEEP_SILENT:
            return _("Monitoring stopped at %(since)s. We are not checking any releases.") % {"since": since}
        case Trouble.SWEEP_FAILS:
            fails = _("Monitoring has an error, and we may not be checking some releases.")
            last = _("It last worked at %(since)s.") % {"since": since}
            return f"{fails} {last}" if since else fails
        case Trouble.CANARY_WRONG:
            return _describe_wrong_rehearsal(problem, at=since or _("an unknown time"))
        case Trouble.CANARY_OVERDUE if since:
            unproved = _("No self-test has finished since %(since)s. One should finish every minute.")
            return unproved % {"since": since}
        case Trouble.CANARY_OVERDUE:
            return _("No self-test has finished yet. One should finish every minute.")


def _describe_wrong_rehearsal(problem: Problem, *, at: str) -> str:
    expected = _OUTCOMES[Outcome(problem.expected)]
    if not problem.found:
        words = _(
            "Do not rely on the monitoring. The self-test at %(at)s ended with an error. The expected result was "
            "‘%(expected)s’."
        )
        return words % {"at": at, "expected": expected}
    if problem.found == problem.expected:
        words = _(
            "Do not rely on the monitoring. The self-test at %(at)s had the expected result ‘%(expected)s’, but with "
            "the wrong times."
        )
        return words % {"at": at, "expected": expected}
    words = _(
        "Do not rely on the monitoring. The result of the self-test at %(at)s was ‘%(found)s’. The expected result "
        "was ‘%(expected)s’."
    )
    return words % {"at": at, "expected": expected, "found": _OUTCOMES[Outcome(problem.found)]}


def describe_synthetic_checks(condition: Condition, *, now: datetime) -> str:
    """Describe the last self-test. The sentence is correct only if monitoring has no problems."""
    if not settings.CANARY:
        return _("Self-tests are switched off.")
    if not condition.ever_active:
        return _("No self-test has run yet. Start a worker.")
    if condition.rehearsed_at is None:
        return _("The first self-test is running.")
    return _("Last self-test passed at %(at)s.") % {"at": _at(condition.rehearsed_at, now=now)}


def describe_clock(condition: Condition) -> str:
    """Describe whether a time source on this machine confirms the clock."""
    if condition.clock_vouched is None:
        return _("No recent check has tested the clock.")
    if condition.clock_vouched:
        return _("The clock is confirmed.")
    return _(
        "No time source on this machine confirms the clock. We use a check only if the website’s own time is within "
        "2 seconds of our clock."
    )


def _at(instant: datetime, *, now: datetime) -> str:
    time = calendar.format_time(instant)
    return (
        time
        if calendar.local_date(instant) == calendar.local_date(now)
        else _("%(time)s on %(day)s") % {"time": time, "day": calendar.format_day(instant)}
    )


ALARM_AFTER = {
    Trouble.SWEEP_SILENT: timedelta(seconds=30),
    Trouble.SWEEP_FAILS: timedelta(seconds=30),
    Trouble.CLOCK_OFF: timedelta(seconds=30),
    Trouble.UNSTORED: timedelta(seconds=30),
    # This is long enough for two more self-tests. If both pass, a self-test that failed by chance causes no alarm.
    Trouble.CANARY_WRONG: timedelta(minutes=3),
    Trouble.CANARY_OVERDUE: timedelta(minutes=3),
}
"""How long a problem must last before people are notified."""
LONGEST_GAP = timedelta(minutes=1)
"""If two observations of a problem are further apart than this, the problem's duration counts from the second one."""


def record_incidents(*, now: datetime) -> None:
    """Begin, continue or end an incident, depending on the condition of monitoring.

    If the incident has lasted long enough, this also raises the alarm.
    """
    found = condition(now=now)
    if found.problems:
        _continue_incident(found.problems, now=now)
    elif found.is_well:
        for current in Incident.objects.filter(is_open=True):
            ended_at = max(now, current.began_at)
            if Incident.objects.filter(pk=current.pk, is_open=True).update(is_open=False, ended_at=ended_at):
                logger.info("monitoring works again")


def is_alarm_sent() -> bool:
    return Incident.objects.filter(is_open=True, alarmed_at__isnull=False).exists()


def _continue_incident(problems: tuple[Problem, ...], *, now: datetime) -> None:
    found = Incident.objects.filter(is_open=True).first()
    current = found or Incident(began_at=now, observed_at=now)
    # The clock of another process may be some seconds ahead. So `observed_at` can be later than `now`.
    observed_at = max(now, current.observed_at)
    still = Incident.objects.filter(pk=current.pk, is_open=True)
    if current.alarmed_at is not None:
        still.update(observed_at=observed_at)
        return
    is_continued = now - current.observed_at <= LONGEST_GAP
    starts = _find_starts(problems, earlier=_read_starts(current.why) if is_continued else {}, now=now)
    why = [problem.as_json() | {OBSERVED_SINCE: starts[problem.trouble].isoformat()} for problem in problems]
    if found is None:
        # Ignore the error if another process has just created the incident.
        with contextlib.suppress(IntegrityError), transaction.atomic():
            Incident.objects.create(began_at=now, observed_at=now, why=why)
        return
    is_alarm = any(now - start >= ALARM_AFTER[trouble] for trouble, start in starts.items())
    changed = still.filter(alarmed_at__isnull=True).update(
        began_at=min(now, current.began_at) if is_continued else now,
        observed_at=observed_at,
        why=why,
        alarmed_at=now if is_alarm else None,
    )
    if changed and is_alarm:
        logger.error("monitoring has a problem: %s", ", ".join(problem.trouble for problem in problems))


OBSERVED_SINCE = "observed_since"
"""The field of `Incident.why` with the time of the first observation of a problem. The alarm freezes the problems."""


def _read_starts(why: Iterable[dict[str, Any]]) -> dict[Trouble, datetime]:
    return {Trouble(row["trouble"]): datetime.fromisoformat(row[OBSERVED_SINCE]) for row in why}


def _find_starts(
    problems: Iterable[Problem], *, earlier: dict[Trouble, datetime], now: datetime
) -> dict[Trouble, datetime]:
    """Return since when each problem has been observed without a break.

    A problem also continues another one that is as urgent or more urgent. For example, a sweep that fails can become
    silent, and a self-test that failed can become overdue.

    :param earlier: the result of the previous observation.
    """
    return {
        problem.trouble: min(
            start
            for trouble, start in [(problem.trouble, now), *earlier.items()]
            if ALARM_AFTER[trouble] <= ALARM_AFTER[problem.trouble]
        )
        for problem in problems
    }
