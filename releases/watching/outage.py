"""The database away in the middle of a sweep: looking goes on by the plan in memory, and what was seen waits."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import close_old_connections

from releases.record import leases
from releases.watching.unstored import DATABASE_AWAY
from releases.watching.watch_round import Round

logger = logging.getLogger(__name__)

TRY_AGAIN_AFTER = timedelta(seconds=2)
# So long an attempt may wait for a database that does not even refuse; no look that decides a verdict waits for it.
LONGEST_ATTEMPT = timedelta(seconds=6)


def attempt(going: Round, step: Callable[[Round], None]) -> None:
    """Do a step of a sweep that needs the database; where it is away, put what was seen aside and try again later.

    While it is away the leases of the hosts cannot be renewed, by this watcher or any other: it goes on with the hosts
    that it held last. Nothing is judged meanwhile, and shortly before a look that decides a verdict nothing is tried.

    :raises OperationalError: or another of `DATABASE_AWAY`, if the sweep has nothing in memory to go on with.
    """
    now = going.clock.now()
    if going.away_since and now < going.try_again_at:
        return
    if going.away_since and going.is_decided_by(now + LONGEST_ATTEMPT):
        _put_aside(going)
        going.try_again_at = now + TRY_AGAIN_AFTER
        return
    unjudged, faults = dict(going.unjudged), len(going.faults)
    try:
        step(going)
        _raise_if_away(going, faults=faults)
    except DATABASE_AWAY as fault:
        close_old_connections()
        going.unjudged = unjudged | going.unjudged
        _put_aside(going)
        if not (going.targets or going.flying or going.shelf):
            raise
        if going.away_since is None:
            going.away_since = now
            logger.error("the database is away; looking goes on from memory: %s", _first_line(fault))
        going.try_again_at = going.clock.now() + TRY_AGAIN_AFTER
    else:
        if going.away_since is not None:
            logger.warning("the database is back; it was away for %s", now - going.away_since)
        going.away_since = None


def release_all(going: Round) -> None:
    """Give back the hosts; where the database is away their leases run out by themselves."""
    try:
        leases.release_all(going.watcher, now=going.clock.now(), look=going.look)
    except DATABASE_AWAY as fault:
        close_old_connections()
        logger.warning("the leases were not given back: %s", _first_line(fault))


def _raise_if_away(going: Round, *, faults: int) -> None:
    """Raise what a step took for a fault on one release, if it is the database that is away."""
    away = [fault for fault in going.faults[faults:] if isinstance(fault, DATABASE_AWAY)]
    if away:
        going.faults[faults:] = [fault for fault in going.faults[faults:] if fault not in away]
        raise away[0]


def _put_aside(going: Round) -> None:
    looks, going.looks = going.looks, []
    going.shelf.put(looks)


def _first_line(fault: Exception) -> str:
    return (str(fault).strip() or type(fault).__name__).splitlines()[0]
