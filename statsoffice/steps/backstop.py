"""The worker's backstop: where no tick has come for a while, the worker does every step by itself."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from celery import bootsteps

from statsoffice.steps import progress

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 12.0
"""Where no tick of any step came for so long, broker or beat are down: most bring one every five seconds."""
OTHERS_PATIENCE = 5
"""While ticks come, another worker may have those of one step; only after so many times as long is it missing,"""
OTHERS_TICKS = 12
"""and only after so many ticks of it: those of a step that comes four times a minute easily go to the other one."""


def with_others(every_seconds: float, *, patience_seconds: float = PATIENCE_SECONDS) -> float:
    """Return for how many seconds a step may not come to a worker while ticks of other steps come to it.

    :param every_seconds: how often a beat sends a tick of this step.
    :param patience_seconds: for how long no tick of any step may come.
    """
    return max(OTHERS_PATIENCE * patience_seconds, OTHERS_TICKS * every_seconds)


class Backstop:
    """Threads of a worker's main process, one for each step, that do nothing while tasks come."""

    def __init__(
        self, steps: dict[str, tuple[Callable[[], None], float]], *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Name the steps.

        :param steps: by name, as `progress` knows them: what to do, which never raises, and after how many seconds
            again.
        """
        self._patience_seconds = patience_seconds
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._stand_by, args=(name, act, seconds), name=f"backstop-{name}", daemon=True)
            for name, (act, seconds) in steps.items()
        ]

    def start(self) -> None:
        """Begin to count, and to stand by."""
        progress.begin()
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Tell the threads to end."""
        self._ending.set()

    def join(self) -> None:
        """Return once the threads have ended, with what they had under way."""
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _stand_by(self, name: str, act: Callable[[], None], seconds: float) -> None:
        standing_in = False
        with_others_seconds = with_others(seconds, patience_seconds=self._patience_seconds)
        while not self._ending.wait(seconds):
            idle_seconds = progress.seconds_since(name)
            alone = progress.seconds_since_tick() > self._patience_seconds
            missing = idle_seconds > (self._patience_seconds if alone else with_others_seconds)
            if missing != standing_in:
                standing_in = missing
                what = "no %s came; this worker does it by itself" if missing else "%s comes again"
                logger.warning(what, name)
            if missing:
                act()


class Step(bootsteps.StartStopStep):
    """The backstop as a part of a Celery worker: started after its pool was forked, and by nothing else."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._backstop: Backstop | None = None

    def start(self, worker: Any) -> None:
        """Stand by."""
        backstop = self._backstop = Backstop(self.steps())
        backstop.start()

    def steps(self) -> dict[str, tuple[Callable[[], None], float]]:
        """Give every step that beat wakes, with the pause in seconds after which it is done again."""
        # The application imports this module; these need the application, and Django with its models, set up.
        from statsoffice import celery, tasks
        from statsoffice.steps import repeating

        acts: dict[str, tuple[Callable[[], None], timedelta]] = {
            "sweep": (self._sweep, celery.SWEEP_EVERY),
            "draft": (tasks.draft_once, celery.DRAFT_EVERY),
            "deliver": (tasks.deliver_once, celery.DELIVER_EVERY),
            # It keeps the pause between two rehearsals itself, whoever asks.
            "canary": (self._rehearse, celery.CANARY_EVERY),
            "preflight": (self._check_ahead, celery.PREFLIGHT_EVERY),
            "imports": (partial(tasks.imports_once, stop=progress.is_ending), celery.IMPORTS_EVERY),
            # Personal data must not outlive its time for as long as beat is down.
            "erase_names": (tasks.erase_names_once, celery.ERASE_NAMES_EVERY),
        }
        return {
            name: (partial(repeating.do, act, name=name), every.total_seconds()) for name, (act, every) in acts.items()
        }

    def _sweep(self) -> None:
        from statsoffice import tasks

        tasks.sweep_once(stop=progress.is_ending)

    def _rehearse(self) -> None:
        from statsoffice import tasks
        from statsoffice.canary import turn

        turn.take(clock=tasks.CLOCK, stop=progress.is_ending)

    def _check_ahead(self) -> None:
        from statsoffice import tasks
        from statsoffice.steps import unhurried

        unhurried.take(clock=tasks.CLOCK, watcher=tasks.watcher_name(), stop=progress.is_ending)

    def close(self, worker: Any) -> None:
        """Let a long sweep end, in the pool's processes and here, before anybody waits for it."""
        progress.end()
        if self._backstop:
            self._backstop.end()

    def stop(self, worker: Any) -> None:
        """Wait for what the threads have under way."""
        if self._backstop:
            self._backstop.join()
