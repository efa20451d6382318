"""When the watcher was alive, and the stretches in which nothing was observed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from releases.models import Coverage

# A watcher marks itself alive at least every five seconds; a longer silence is a hole.
LONGEST_SILENCE = timedelta(seconds=15)


# From one aware instant to another.
type Stretch = tuple[datetime, datetime]


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


def alive(*, start: datetime, end: datetime) -> list[Stretch]:
    """Return the stretches between two aware instants, or reaching into that time, in which a watcher was alive."""
    return list(Coverage.objects.filter(ended_at__gt=start, began_at__lt=end).values_list("began_at", "ended_at"))


def holes(*, start: datetime, end: datetime, looks: Iterable[Made] = ()) -> list[Stretch]:
    """Return the stretches between two aware instants in which nothing was observed, in order.

    A silence of up to 15 seconds is no hole: looks are never planned more often than every 5 seconds.

    :param looks: what was observed all the same: a watcher too busy to mark itself alive still looked.
    """
    return holes_in(alive(start=start, end=end), start=start, end=end, looks=looks)


def holes_in(
    stretches: Iterable[Stretch], *, start: datetime, end: datetime, looks: Iterable[Made] = ()
) -> list[Stretch]:
    """Return what `holes` does, from stretches that `alive` returned for that time or a longer one."""
    watched = ((began_at, ended_at) for began_at, ended_at in stretches if ended_at > start and began_at < end)
    looked = ((look.sent_at, look.completed_at) for look in looks if start < look.completed_at and look.sent_at < end)
    found, alive_until = [], start
    for began_at, ended_at in sorted([*watched, *looked]):
        if began_at - alive_until > LONGEST_SILENCE:
            found.append((alive_until, began_at))
        alive_until = max(alive_until, ended_at)
    if end - alive_until > LONGEST_SILENCE:
        found.append((alive_until, end))
    return found
