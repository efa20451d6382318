"""Doing steps whatever became of the others, or again and again in a thread of their own."""

import logging
import threading
from collections.abc import Callable, Collection
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
    of_all(steps, lambda step: step(now=now()), failed="steps failed")


def of_all[T, R](things: Collection[T], act: Callable[[T], R], *, failed: str) -> list[R]:
    """Do something with each of several things, and return what came of it; a fault at one keeps no other waiting.

    :param failed: what is said of those at which it failed, after their number: "steps failed".
    :raises ExceptionGroup: after all others were done, if it failed at some.
    """
    done: list[R] = []
    faults: list[Exception] = []
    for thing in things:
        try:
            done.append(act(thing))
        except Exception as fault:  # noqa: BLE001  # raised below
            faults.append(fault)
    if faults:
        message = f"{len(faults)} of {len(things)} {failed}"
        raise ExceptionGroup(message, faults)
    return done
