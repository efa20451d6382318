"""The times in which the watcher could not be relied on: begun and ended once, whoever attends twice."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from statsoffice.canary.condition import Problem, Trouble, condition
from statsoffice.canary.models import Illness

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

logger = logging.getLogger(__name__)


def attend(*, now: datetime) -> None:
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
