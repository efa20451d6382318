"""When the watcher was alive, and the stretches in which nothing was observed."""

from datetime import datetime, timedelta

from releases.models import Coverage

# A watcher marks itself alive at least every five seconds; a longer silence is a hole.
LONGEST_SILENCE = timedelta(seconds=15)


def mark_alive(watcher: str, *, at: datetime) -> None:
    """Record that a watcher was alive at an aware instant, extending its last stretch if that is recent."""
    extended = Coverage.objects.filter(
        watcher=watcher, ended_at__gte=at - LONGEST_SILENCE, began_at__lte=at, ended_at__lte=at
    ).update(ended_at=at)
    if not extended and not Coverage.objects.filter(watcher=watcher, began_at__lte=at, ended_at__gte=at).exists():
        Coverage.objects.create(watcher=watcher, began_at=at, ended_at=at)


def holes(*, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return the stretches between two aware instants in which no watcher was alive, in order.

    A silence of up to 15 seconds is no hole: looks are never planned more often than every 5 seconds.
    """
    stretches = Coverage.objects.filter(ended_at__gt=start, began_at__lt=end).order_by("began_at")
    found, alive_until = [], start
    for began_at, ended_at in stretches.values_list("began_at", "ended_at"):
        if began_at - alive_until > LONGEST_SILENCE:
            found.append((alive_until, began_at))
        alive_until = max(alive_until, ended_at)
    if end - alive_until > LONGEST_SILENCE:
        found.append((alive_until, end))
    return found
