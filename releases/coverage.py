"""When the watcher was alive, and the stretches in which nothing was observed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from releases.models import Coverage

# A watcher marks itself alive at least every five seconds; a longer silence is a hole.
LONGEST_SILENCE = timedelta(seconds=15)


class Made(Protocol):
    """A look that was made, which shows that somebody was watching; its instants are aware."""

    @property
    def sent_at(self) -> datetime:
        """When the request left."""

    @property
    def completed_at(self) -> datetime:
        """When the answer was there."""


def mark_alive(watcher: str, *, at: datetime) -> None:
    """Record that a watcher was alive at an aware instant, extending its last stretch if that is recent."""
    extended = Coverage.objects.filter(
        watcher=watcher, ended_at__gte=at - LONGEST_SILENCE, began_at__lte=at, ended_at__lte=at
    ).update(ended_at=at)
    if not extended and not Coverage.objects.filter(watcher=watcher, began_at__lte=at, ended_at__gte=at).exists():
        Coverage.objects.create(watcher=watcher, began_at=at, ended_at=at)


def holes(*, start: datetime, end: datetime, looks: Iterable[Made] = ()) -> list[tuple[datetime, datetime]]:
    """Return the stretches between two aware instants in which nothing was observed, in order.

    A silence of up to 15 seconds is no hole: looks are never planned more often than every 5 seconds.

    :param looks: what was observed all the same: a watcher too busy to mark itself alive still looked.
    """
    alive = Coverage.objects.filter(ended_at__gt=start, began_at__lt=end).values_list("began_at", "ended_at")
    looked = ((look.sent_at, look.completed_at) for look in looks if start < look.completed_at and look.sent_at < end)
    found, alive_until = [], start
    for began_at, ended_at in sorted([*alive, *looked]):
        if began_at - alive_until > LONGEST_SILENCE:
            found.append((alive_until, began_at))
        alive_until = max(alive_until, ended_at)
    if end - alive_until > LONGEST_SILENCE:
        found.append((alive_until, end))
    return found
