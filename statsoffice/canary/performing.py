"""The turn of the canary: the next rehearsal is claimed, played and kept, whoever asks how often."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from releases.leases import Looker
from releases.monitoring.clock import Clock
from statsoffice.canary import page
from statsoffice.canary.models import Rehearsed
from statsoffice.canary.rehearsal import Played, Stopped, rehearse
from statsoffice.canary.script import Script, script_for

KEPT = 60
SHORTEST_PAUSE = timedelta(seconds=55)
"""Between the beginnings of two rehearsals; two beats ask twice as often as one."""

logger = logging.getLogger(__name__)


def perform_next(
    *, clock: Clock, look: Callable[[str], Looker], stop: Callable[[], bool] = lambda: False
) -> Rehearsed | None:
    """Play the next rehearsal and keep what came of it, unless it is another process's turn or not the time.

    :param clock: the watcher's clock.
    :param look: gives the probe for the page's address.
    :param stop: asked twice a second whether to end; an unfinished rehearsal says nothing.
    :return: the rehearsal as it was kept; None if none was played to its end.
    """
    if not settings.CANARY:
        return None
    script = _claim(now=clock.now())
    if script is None:
        return None
    url = page.url_of(script)
    try:
        played = rehearse(script, url=url, clock=clock, look=look(url), stop=stop)
    except Stopped:
        return None
    except Exception:
        _keep(script, None, clock=clock)
        raise
    return _keep(script, played, clock=clock)


def _claim(*, now: datetime) -> Script | None:
    """Take the number after the last one; of two that want it, the database lets one have it."""
    last = Rehearsed.objects.first()
    # One that lies ahead was begun by a clock that was off, and must not keep the canary waiting for its time.
    if last and timedelta(0) <= now - last.begins_at < SHORTEST_PAUSE:
        return None
    script = script_for(last.number + 1 if last else 1, begins_at=now)
    try:
        with transaction.atomic():
            Rehearsed.objects.create(
                number=script.number, expected=script.expected, begins_at=script.begins_at, live_at=script.live_at
            )
    except IntegrityError:
        return None
    return script


def _keep(script: Script, played: Played | None, *, clock: Clock) -> Rehearsed:
    right = played is not None and script.is_right(played.outcome, played.verdict)
    result = Rehearsed.objects.get(number=script.number)
    result.finished_at, result.right = clock.now(), right
    error = clock.error()
    result.clock_off = error.is_off(largest=settings.CLOCK_LARGEST_ERROR)
    result.clock_voucher = error.voucher
    if played is not None:
        result.found, result.reasons = played.outcome, list(played.reasons)
        result.last_not_live_at = played.verdict.last_not_live_at
        result.first_live_at = played.verdict.first_live_at
    result.save()
    Rehearsed.objects.filter(number__lte=script.number - KEPT).delete()
    if not right:
        logger.warning(
            "rehearsal %s should have come out as %s and came out as %s (%s)",
            script.number,
            script.expected,
            result.found or "an error",
            ", ".join(result.reasons) or "no look",
        )
    return result
