"""The watcher's heartbeat: that a sweep finished, or is plainly at work; never that a process is up."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import Error, IntegrityError, transaction

from releases.models import Coverage, Release
from statsoffice.canary.models import Pulse

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
    note(step, begun_at=now(), begun_by=by)
    try:
        yield
    except Exception:
        note(step, failed_at=now())
        raise
    note(step, finished_at=now())


def is_beating(pulse: Pulse, *, now: datetime) -> bool:
    """Tell whether sweeps finish, or a long one is at work. Close to a due instant ten seconds of silence are too many.

    A morning can keep one sweep busy for many minutes. It counts as long as it marks itself alive, if it began soon
    after the end of another: of processes that die in each sweep, the last one alone would always seem at work.

    :param now: the aware instant of asking.
    """
    if _within(pulse.finished_at, LONGEST_PAUSE_NEAR_DUE, now=now):
        return True
    is_near_due = Release.objects.official().watched(now=now, ahead=NEAR_DUE, behind=NEAR_DUE).exists()
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


def note(step: str, **what: Any) -> None:
    """Note an instant of a step: when it began or how it ended; what the database does not take is logged."""
    try:
        with transaction.atomic():
            if not Pulse.objects.filter(step=step).update(**what):
                Pulse.objects.create(step=step, **what)
    except IntegrityError:
        Pulse.objects.filter(step=step).update(**what)  # another process was the first, a moment ago
    except Error as fault:
        logger.warning("The pulse of %s was not noted: %s", step, fault)
