"""Fault isolation: run several steps even if some of them fail."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime

from django.db import InterfaceError, OperationalError, close_old_connections

logger = logging.getLogger(__name__)


def run_safely(act: Callable[[], None], *, name: str) -> None:
    """Call a function, and log the exception if the function raises one.

    Use this in threads that run a job again and again. No caller would see an exception there, and the next run may
    succeed. Broken and old database connections are closed before and after the call.
    """
    close_old_connections()
    try:
        act()
    except (OperationalError, InterfaceError) as fault:
        logger.error("%s failed, because the database is unavailable: %s", name, str(fault).strip().partition("\n")[0])
    except Exception:
        logger.exception("%s failed", name)
    finally:
        close_old_connections()


def run_steps(*steps: Callable[..., object], now: Callable[[], datetime], stop: Callable[[], bool]) -> None:
    """Run steps one after the other. If a step fails, the next steps still run.

    :param steps: functions with a parameter `now`, which is the aware instant at which the step begins.
    :param stop: called before each step. If this returns true, the remaining steps are left for the next run.
    :raises ExceptionGroup: if any steps failed. All other steps run first.
    """
    run_each(steps, lambda step: None if stop() else step(now=now()), failed="steps failed")


def run_each[T, R](things: Collection[T], act: Callable[[T], R], *, failed: str) -> list[R]:
    """Call `act` with each item, and return the results. If a call fails, the next calls are still made.

    :param failed: the end of the error message, such as "steps failed" in "2 of 5 steps failed".
    :raises ExceptionGroup: if any calls failed. All other calls are made first.
    """
    results: list[R] = []
    faults: list[Exception] = []
    for thing in things:
        try:
            results.append(act(thing))
        except Exception as fault:  # noqa: BLE001  # raised below
            faults.append(fault)
    if faults:
        raise ExceptionGroup(f"{len(faults)} of {len(things)} {failed}", faults)
    return results
