"""The watcher's condition in the words of the people at the desk."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.rules import london
from releases.verdict.address import Outcome
from statsoffice.canary.condition import Condition, Problem, Trouble

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


def sentence(condition: Condition, *, now: datetime) -> str:
    """Say in one line how the watcher is; where it is not well, what is to be done, and not why.

    :param now: the aware instant of saying it; times of another day are named with their day.
    """
    if not condition.ever_active:
        return str(NEVER_ACTIVE)
    if condition.problems:
        return _("The watcher is not well. %(to_be_done)s") % {"to_be_done": TO_BE_DONE}
    return _("The watcher is active. %(rehearsals)s") % {"rehearsals": of_the_rehearsals(condition, now=now)}


def problem_in_words(problem: Problem, *, now: datetime) -> str:
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


def of_the_rehearsals(condition: Condition, *, now: datetime) -> str:
    """Say of a watcher with no problem, or one that never ran, whether its rehearsals vouch for it."""
    if not condition.canary_on:
        return _("Its rehearsals are switched off.")
    if not condition.ever_active:
        return _("No self-test has run yet. Start a worker.")
    if condition.rehearsed_at is None:
        return _("Its first rehearsal is under way.")
    return _("Its last rehearsal, at %(at)s, came out right.") % {"at": _at(condition.rehearsed_at, now=now)}


def of_the_clock(condition: Condition) -> str:
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
