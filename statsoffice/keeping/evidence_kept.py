"""How long evidence is kept, over both apps: what no report needs any more goes at the end of its time."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from breaches import facts
from releases import preflight
from releases.evidence import retention
from releases.evidence.retention import Pruned
from releases.monitoring.clock import Clock
from statsoffice.canary import pulse

logger = logging.getLogger(__name__)

PRUNE = "prune"
EVERY = timedelta(days=1)


def prune(*, now: datetime, dry_run: bool = False, stop: Callable[[], bool] = lambda: False) -> Pruned:
    """Remove the bodies that are older than EVIDENCE_KEPT and that no open or approved report rests on.

    Safe to call again and again: what is gone is not removed twice.

    :param now: the aware instant of pruning.
    :param dry_run: say what would be removed, and remove nothing.
    :param stop: asked before each release whether to leave the rest for another time.
    """
    return retention.prune_bodies(
        now=now, kept_for=settings.EVIDENCE_KEPT, needed=facts.releases_with_needed_evidence, dry_run=dry_run, stop=stop
    )


def prune_daily(*, clock: Clock, by: str, stop: Callable[[], bool] = lambda: False) -> None:
    """Prune unless that was done within the last day; around a due instant the rest waits for the next call.

    Two processes that prune at once remove nothing twice.

    :param clock: the watcher's clock.
    :param by: the name of this process.
    :param stop: asked before each release whether to end.
    """
    now = clock.now()
    finished_at = pulse.pulse_of(PRUNE).finished_at
    if finished_at is not None and timedelta(0) <= now - finished_at < EVERY:
        return
    interrupted = False

    def interrupt() -> bool:
        nonlocal interrupted
        interrupted = stop() or not preflight.is_quiet_time(now=clock.now())
        return interrupted

    pulse.note(PRUNE, begun_at=now, begun_by=by)
    pruned = prune(now=now, stop=interrupt)
    if not interrupted:
        pulse.note(PRUNE, finished_at=clock.now())
    if pruned.bodies:
        logger.info("bodies at the end of their time: %s removed, of %s releases", pruned.bodies, pruned.releases)
