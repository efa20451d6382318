"""When to look next at a release, from a day before it is due until a week after."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

FIRST_LOOK = timedelta(days=1)
"""How long before the due instant the watch begins."""
GIVE_UP = timedelta(days=7)
"""How long after the due instant the watch ends; a person is asked then."""
LAST_BEFORE_DUE = timedelta(seconds=5)
"""How long before the due instant the last look falls that should still be "not live"."""
OVERDUE = timedelta(seconds=1)
"""A planned look that is later than this was missed."""
CROWDED = timedelta(seconds=1)
"""A shifted look this close to the look at the limit would add nothing to it."""


class _Period(NamedTuple):
    """One look every `step` from `first` to `last` (both included), counted from the due instant."""

    first: timedelta
    last: timedelta
    step: timedelta


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


_BEFORE_DUE = (
    _Period(-FIRST_LOOK, -_minutes(75), _minutes(15)),
    _Period(-_minutes(60), -_minutes(11), _minutes(1)),
    _Period(-_minutes(10), -_minutes(1.25), timedelta(seconds=15)),
    _Period(-_minutes(1), -2 * LAST_BEFORE_DUE, timedelta(seconds=5)),
)
_DENSE = _minutes(2)
_DENSE_STEP = timedelta(seconds=5)
_AFTER_DENSE = (
    # until, one look every
    (_minutes(10), timedelta(seconds=10)),
    (_minutes(60), timedelta(seconds=30)),
    (_minutes(360), _minutes(2)),
    (GIVE_UP, _minutes(15)),
)


def next_look(
    *, due_at: datetime, limit_at: datetime, after: datetime | None, now: datetime, key: str
) -> datetime | None:
    """Plan the next look at a release.

    Looks fall exactly five seconds before the due instant, at it, and at the limit. All others are shifted by up
    to half their spacing; the shift is derived from the key and is the same each time, so that releases do not all
    look at once. Where planned looks were missed, or the watch begins late, one look is made at once.

    :param due_at: aware instant at which the release is due.
    :param limit_at: due instant plus tolerance.
    :param after: instant of the last planned look, or None where none was planned yet.
    :param now: aware instant of planning; an earlier instant is returned only if overdue by less than a second.
    :param key: what names the release; another key has another shift.
    :returns: an instant later than `after`, or None once the release is given up.
    :raises ValueError: if the limit lies before the due instant.
    """
    if limit_at < due_at:
        message = f"The limit ({limit_at.isoformat()}) lies before the due instant ({due_at.isoformat()})."
        raise ValueError(message)
    phase = _phase(key)
    begin = due_at - 2 * FIRST_LOOK if after is None else after
    following = _first_after(begin - due_at, limit=limit_at - due_at, phase=phase)
    missed_until = now - OVERDUE
    if following is None or due_at + following > missed_until:
        return None if following is None else due_at + following
    if now > due_at + GIVE_UP:
        return None
    # Missed looks are not made up for one by one. One that is falling due just now is made under its own instant,
    # because a look counts for the due instant or for the limit only if it was planned there.
    current = _first_after(missed_until - due_at, limit=limit_at - due_at, phase=phase)
    return due_at + current if current is not None and due_at + current <= now else now


def _phase(key: str) -> float:
    """Derive a number from 0 up to, but never, 1/2 from a key; the same on every machine."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**33


def _first_after(offset: timedelta, *, limit: timedelta, phase: float) -> timedelta | None:
    """Return the first planned look later than an offset from the due instant, as an offset too."""
    fixed = (each for each in (-LAST_BEFORE_DUE, timedelta(0), limit) if each > offset)
    shifted = (_first_in(period, offset, limit=limit, phase=phase) for period in _periods(limit))
    return min((*fixed, *(each for each in shifted if each is not None)), default=None)


def _periods(limit: timedelta) -> Iterator[_Period]:
    yield from _BEFORE_DUE
    reached = max(_DENSE, limit)
    yield _Period(_DENSE_STEP, reached, _DENSE_STEP)
    for until, step in _AFTER_DENSE:
        yield _Period(reached + step, until, step)
        reached = max(reached, until)


def _first_in(period: _Period, offset: timedelta, *, limit: timedelta, phase: float) -> timedelta | None:
    shift = period.step * phase
    position = max(0, (offset - shift - period.first) // period.step + 1)
    while (nominal := period.first + position * period.step) <= period.last:
        planned = nominal + shift
        if planned > GIVE_UP:
            return None
        if abs(planned - limit) >= CROWDED:
            return planned
        position += 1
    return None
