"""Doing a step again and again in a thread of its own, whatever became of it the last time."""

import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections

from releases.unstored import DATABASE_AWAY

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
