"""Several people at work in the same moment, each in a thread and their own transaction."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from releases.rules.lifecycle import MoveRefused


def are_done_at_once(*acts: Callable[[], object]) -> list[bool]:
    """Do some acts that start together; return of each whether it was done, or refused."""
    ready = Barrier(len(acts), timeout=20)

    def one(act: Callable[[], object]) -> bool:
        ready.wait()
        return is_done(act)

    with ThreadPoolExecutor(max_workers=len(acts)) as threads:
        return list(threads.map(one, acts))


def is_done(act: Callable[[], object]) -> bool:
    """Do an act in its own thread; return whether it was done, or refused."""
    try:
        act()
    except MoveRefused:
        return False
    else:
        return True
    finally:
        connection.close()
