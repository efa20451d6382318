"""When a monitoring process was alive, and the gaps in which nothing was observed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.db.models import F, QuerySet

from releases.models import Coverage, MonitoringRowRecord

# A monitoring process marks itself alive at least every five seconds; a longer silence is a gap.
LONGEST_SILENCE = timedelta(seconds=15)
# A stretch grows every few seconds, which is too often for a digest of each time.
RECORD_EVERY = timedelta(minutes=5)
# The clocks of two monitoring processes may differ by so much.
CLOCKS_DIFFER = timedelta(minutes=1)


# From one aware instant to another.
type Stretch = tuple[datetime, datetime]


class TimedCheck(Protocol):
    """A check that was made, which shows that monitoring worked; its instants are aware."""

    @property
    def sent_at(self) -> datetime:
        """When the request left."""

    @property
    def completed_at(self) -> datetime:
        """When the answer was there."""


def mark_alive(process: str, *, at: datetime) -> None:
    """Record that a process was alive at an aware instant, extending its last stretch if that is recent."""
    extended = Coverage.objects.filter(
        watcher=process, ended_at__gte=at - LONGEST_SILENCE, began_at__lte=at, ended_at__lte=at
    ).update(ended_at=at)
    mine = Coverage.objects.filter(watcher=process, began_at__lte=at, ended_at__gte=at)
    if extended:
        if mine.filter(recorded_until__lte=at - RECORD_EVERY).exists():
            _record(mine, at=at)
    elif not mine.exists():
        with transaction.atomic():
            begun = Coverage.objects.create(watcher=process, began_at=at, ended_at=at, recorded_until=at)
            _record(Coverage.objects.filter(pk=begun.pk), at=at)


def check_coverage() -> str | None:
    """Return one sentence on the first stretch whose end this module cannot have written, or None.

    The digests cover all but the end since `recorded_until`.
    """
    newest = Coverage.objects.order_by("recorded_until").values_list("recorded_until", flat=True).last()
    for row in Coverage.objects.exclude(ended_at=F("recorded_until")).order_by("pk"):
        ended = row.ended_at < newest - LONGEST_SILENCE - CLOCKS_DIFFER if newest else False
        unrecorded = row.ended_at - row.recorded_until
        if ended or not timedelta(0) <= unrecorded <= RECORD_EVERY + LONGEST_SILENCE:
            return f"the end of coverage {row.pk} was changed after it was recorded"
    return None


def _record(begun: QuerySet[Coverage], *, at: datetime) -> None:
    """Record some stretches, and all that have ended since they were recorded."""
    over = Coverage.objects.filter(recorded_until__lt=F("ended_at"), ended_at__lt=at - LONGEST_SILENCE)
    with transaction.atomic():
        keys = sorted({*begun.values_list("pk", flat=True), *over.values_list("pk", flat=True)})
        Coverage.objects.filter(pk__in=keys).update(recorded_until=F("ended_at"))
        MonitoringRowRecord.record({Coverage: keys})


def monitored_stretches(*, start: datetime, end: datetime) -> list[Stretch]:
    """Return the stretches that overlap the time between two aware instants."""
    return list(Coverage.objects.filter(ended_at__gt=start, began_at__lt=end).values_list("began_at", "ended_at"))


def find_gaps(*, start: datetime, end: datetime, checks: Iterable[TimedCheck] = ()) -> list[Stretch]:
    """Return the gaps between two aware instants, in order.

    A silence of up to 15 seconds is no gap: checks are never planned more often than every 5 seconds.

    :param checks: these also show that monitoring worked: a process too busy to mark itself alive still made checks.
    """
    return gaps_in(monitored_stretches(start=start, end=end), start=start, end=end, checks=checks)


def gaps_in(
    stretches: Iterable[Stretch], *, start: datetime, end: datetime, checks: Iterable[TimedCheck] = ()
) -> list[Stretch]:
    """Return what `find_gaps` does, from the stretches of that time or a longer one."""
    monitored = ((began_at, ended_at) for began_at, ended_at in stretches if ended_at > start and began_at < end)
    checked = (
        (check.sent_at, check.completed_at) for check in checks if start < check.completed_at and check.sent_at < end
    )
    found, alive_until = [], start
    for began_at, ended_at in sorted([*monitored, *checked]):
        if began_at - alive_until > LONGEST_SILENCE:
            found.append((alive_until, began_at))
        alive_until = max(alive_until, ended_at)
    if end - alive_until > LONGEST_SILENCE:
        found.append((alive_until, end))
    return found
