"""Doing steps whatever became of the others, or again and again in a thread of their own."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from django.db import close_old_connections

from releases.watching.unstored import DATABASE_AWAY

logger = logging.getLogger(__name__)


def repeat(step: Callable[[], None], *, name: str, seconds: float, stop: threading.Event) -> None:
    """Do a step, and again so many seconds after it has ended, until told to stop."""
    while not stop.is_set():
        do(step, name=name)
        stop.wait(seconds)


def do(step: Callable[[], None], *, name: str) -> None:
    """Do a step once, with a connection to the database that works if there is one.

    A step that fails is told in the log: nobody else would see the fault, and the next time may well succeed.
    """
    close_old_connections()
    try:
        step()
    except DATABASE_AWAY as fault:
        logger.error("%s failed, for the database is away: %s", name, str(fault).strip().partition("\n")[0])
    except Exception:
        logger.exception("%s failed", name)
    finally:
        close_old_connections()


def each(*steps: Callable[..., object], now: Callable[[], datetime]) -> None:
    """Do one step after the other; a fault in one keeps no other from being done, and is raised in the end.

    :param steps: each is called with `now`, the aware instant at which it begins.
    :param now: the clock.
    :raises ExceptionGroup: if steps failed.
    """
    faults: list[Exception] = []
    for step in steps:
        try:
            step(now=now())
        except Exception as fault:  # noqa: BLE001  # raised below
            faults.append(fault)
    if faults:
        message = f"{len(faults)} of {len(steps)} steps failed"
        raise ExceptionGroup(message, faults)
