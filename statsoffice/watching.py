"""Watching without a broker: sweep, draft and deliver in one process, as the Celery tasks do."""

import logging
import threading
from collections.abc import Callable

from statsoffice import celery, tasks, unhurried
from statsoffice.canary import turn

logger = logging.getLogger(__name__)


def watch(stop: threading.Event) -> None:
    """Sweep, draft and deliver, each at its own interval, until told to stop.

    A step that fails is logged in full and tried again at its next interval.

    :param stop: set by whoever wants the watch to end; what a sweep has under way is kept first.
    """

    def sweep() -> None:
        tasks.sweep_once(stop=stop.is_set)

    def canary() -> None:
        turn.take(clock=tasks.CLOCK, stop=stop.is_set)

    def preflight() -> None:
        unhurried.take(clock=tasks.CLOCK, watcher=tasks.watcher_name(), stop=stop.is_set)

    beside = [
        threading.Thread(target=_repeat, args=(step, seconds, stop), daemon=True)
        for step, seconds in (
            (tasks.draft, celery.DRAFT_EVERY.total_seconds()),
            (tasks.deliver, celery.DELIVER_EVERY.total_seconds()),
            (canary, celery.CANARY_EVERY.total_seconds()),
            (preflight, celery.PREFLIGHT_EVERY.total_seconds()),
        )
    ]
    for thread in beside:
        thread.start()
    _repeat(sweep, celery.SWEEP_EVERY.total_seconds(), stop)
    for thread in beside:
        thread.join()


def _repeat(step: Callable[[], None], seconds: float, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            step()
        except Exception:
            # The loop is the last place that sees the fault, and the next interval may well succeed.
            logger.exception("%s failed", step.__name__)
        stop.wait(seconds)
