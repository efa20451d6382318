"""Fault isolation: run several steps even if some of them fail."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime

from django.db import InterfaceError, OperationalError, close_old_connections

logger = logging.getLogger(__name__)


def run_safely(act: Callable[[], None], *, name: str) -> None:
    """Call a function once and log its failure. Broken or old database connections are closed before and after.

    Use this in threads, where no caller would see the exception. The next run may succeed.
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
    """Run one step after the other; a failure of one does not prevent the next.

    :param steps: each is called with `now`, the aware instant at which it begins.
    :param stop: called before each step; if it returns true, the remaining steps are left for the next run.
    :raises ExceptionGroup: in the end, if steps failed.
    """
    run_each(steps, lambda step: None if stop() else step(now=now()), failed="steps failed")


def run_each[T, R](things: Collection[T], act: Callable[[T], R], *, failed: str) -> list[R]:
    """Call `act` with each item, and return the results of the calls that did not fail.

    :param failed: the end of the error message, after the number of failures: "steps failed".
    :raises ExceptionGroup: in the end, if some failed.
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
