"""Watching without a broker: sweep, draft and deliver in one process, as the Celery tasks do."""

import threading

from statsoffice import celery, tasks
from statsoffice.canary import turn
from statsoffice.steps import repeating, unhurried


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

    def imports() -> None:
        tasks.imports_once(stop=stop.is_set)

    beside = [
        threading.Thread(
            target=repeating.repeat, args=(step,), kwargs={"name": name, "seconds": seconds, "stop": stop}, name=name
        )
        for name, step, seconds in (
            ("draft", tasks.draft, celery.DRAFT_EVERY.total_seconds()),
            ("deliver", tasks.deliver, celery.DELIVER_EVERY.total_seconds()),
            ("canary", canary, celery.CANARY_EVERY.total_seconds()),
            ("preflight", preflight, celery.PREFLIGHT_EVERY.total_seconds()),
            ("erase_names", tasks.erase_names, celery.ERASE_NAMES_EVERY.total_seconds()),
            ("imports", imports, celery.IMPORTS_EVERY.total_seconds()),
        )
    ]
    for thread in beside:
        thread.daemon = True
        thread.start()
    repeating.repeat(sweep, name="sweep", seconds=celery.SWEEP_EVERY.total_seconds(), stop=stop)
    for thread in beside:
        thread.join()
