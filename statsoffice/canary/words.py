"""The watcher's condition in the words of the people at the desk."""

from datetime import datetime

from releases import london
from releases.verdict import Outcome
from statsoffice.canary.condition import Condition, Problem, Trouble

NEVER_ACTIVE = "The watcher has never been active. No release is being watched."
TO_BE_DONE = "Until this is mended, look at each release yourself when it is due."

_OUTCOMES = {
    Outcome.ON_TIME: "on time",
    Outcome.EARLY: "early",
    Outcome.LATE: "late",
    Outcome.NOT_SEEN: "not seen",
    Outcome.PARTIAL: "partial",
    Outcome.UNCERTAIN: "uncertain",
    Outcome.CANNOT_TELL: "cannot tell",
    Outcome.PENDING: "not decided",
}


def sentence(condition: Condition, *, now: datetime) -> str:
    """Say in one line how the watcher is; where it is not well, what is to be done, and not why.

    :param now: the aware instant of saying it; times of another day are named with their day.
    """
    if not condition.ever_active:
        return NEVER_ACTIVE
    if condition.problems:
        return f"The watcher is not well. {TO_BE_DONE}"
    return f"The watcher is active. {of_the_rehearsals(condition, now=now)}"


def problem_in_words(problem: Problem, *, now: datetime) -> str:
    """Say in one sentence or two what is wrong."""
    since = problem.since and _at(problem.since, now=now)
    match problem.trouble:
        case Trouble.UNSTORED:
            return f"Looks have waited since {since} in a file of the watcher to be put on record."
        case Trouble.CLOCK_OFF:
            return "The clock of the watcher is wrong. Looks made meanwhile are kept and accuse nobody."
        case Trouble.SWEEP_SILENT:
            return f"The watcher was last active at {since}. No release is being watched."
        case Trouble.SWEEP_FAILS:
            last = f" The last one that finished did so at {since}." if since else ""
            return f"The watcher's sweeps end with an error of our own, and some releases may not be looked at.{last}"
        case Trouble.CANARY_WRONG:
            return _wrong(problem, at=since or "an unknown time")
        case Trouble.CANARY_OVERDUE if since:
            return (
                f"The watcher has not proved itself since {since}: no rehearsal has ended, and one should each minute."
            )
        case Trouble.CANARY_OVERDUE:
            return "The watcher has not proved itself yet: no rehearsal has ended, and one should each minute."


def _wrong(problem: Problem, *, at: str) -> str:
    expected = _OUTCOMES[Outcome(problem.expected)]
    beginning = f"The watcher cannot be relied on: its rehearsal at {at} should have come out as “{expected}”"
    if not problem.found:
        return f"{beginning} and ended with an error of our own."
    if problem.found == problem.expected:
        return f"{beginning}, and did so with the wrong times."
    return f"{beginning} and came out as “{_OUTCOMES[Outcome(problem.found)]}”."


def of_the_rehearsals(condition: Condition, *, now: datetime) -> str:
    """Say of a watcher with no problem whether its rehearsals vouch for it."""
    if not condition.canary_on:
        return "Its rehearsals are switched off."
    if condition.rehearsed_at is None:
        return "Its first rehearsal is under way."
    return f"Its last rehearsal, at {_at(condition.rehearsed_at, now=now)}, came out right."


def of_the_clock(condition: Condition) -> str:
    """Say of a clock that is not known to be wrong whether anything vouches for it."""
    if condition.clock_vouched is None:
        return "Nobody has asked lately who vouches for the watcher's clock."
    if condition.clock_vouched:
        return "The watcher's clock is vouched for."
    return "Nothing vouches for the watcher's clock; nothing shows that it is wrong either."


def _at(instant: datetime, *, now: datetime) -> str:
    time = london.clock_time(instant)
    return time if london.local_date(instant) == london.local_date(now) else f"{time} on {london.day(instant)}"
