"""Coverage: the periods in which a monitoring process was running, and the gaps between them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.db.models import F, QuerySet

from releases.models import Coverage, MonitoringRowRecord

# A monitoring process marks itself alive at least every 5 seconds. A silence of more than 15 seconds is a gap.
LONGEST_SILENCE = timedelta(seconds=15)
# A period is extended every few seconds. Recording a digest each time would be too often, so a digest is recorded only
# at this interval.
RECORD_EVERY = timedelta(minutes=5)
# The largest expected difference between the clocks of two monitoring processes.
CLOCKS_DIFFER = timedelta(minutes=1)


# The start and end of a period of coverage or of a gap, as aware instants.
type Stretch = tuple[datetime, datetime]


class TimedCheck(Protocol):
    """A check as evidence that monitoring was working. Its instants are aware."""

    @property
    def sent_at(self) -> datetime:
        """When the request was sent."""

    @property
    def completed_at(self) -> datetime:
        """When the response was complete."""


def mark_alive(process: str, *, at: datetime) -> None:
    """Record that a process was alive at an aware instant.

    If the last period of the process ended at most 15 seconds ago, extend this period. Otherwise begin a new period,
    unless another period of the process includes the instant.
    """
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
    """Return a sentence about the first period whose end was changed outside this module, or None.

    A recorded digest covers `recorded_until`, but not `ended_at`. So this function checks the periods in which these
    two differ. The difference is valid only if it is short and the period ended only recently.
    """
    newest = Coverage.objects.order_by("recorded_until").values_list("recorded_until", flat=True).last()
    for row in Coverage.objects.exclude(ended_at=F("recorded_until")).order_by("pk"):
        ended = row.ended_at < newest - LONGEST_SILENCE - CLOCKS_DIFFER if newest else False
        unrecorded = row.ended_at - row.recorded_until
        if ended or not timedelta(0) <= unrecorded <= RECORD_EVERY + LONGEST_SILENCE:
            return f"the end of coverage period {row.pk} was changed after it was recorded"
    return None


def _record(begun: QuerySet[Coverage], *, at: datetime) -> None:
    """Record digests of the periods in `begun`, and of all past periods whose end is not recorded yet."""
    over = Coverage.objects.filter(recorded_until__lt=F("ended_at"), ended_at__lt=at - LONGEST_SILENCE)
    with transaction.atomic():
        keys = sorted({*begun.values_list("pk", flat=True), *over.values_list("pk", flat=True)})
        Coverage.objects.filter(pk__in=keys).update(recorded_until=F("ended_at"))
        MonitoringRowRecord.record({Coverage: keys})


def monitored_stretches(*, start: datetime, end: datetime) -> list[Stretch]:
    """Return the periods of coverage that overlap the time between two aware instants."""
    return list(Coverage.objects.filter(ended_at__gt=start, began_at__lt=end).values_list("began_at", "ended_at"))


def find_gaps(*, start: datetime, end: datetime, checks: Iterable[TimedCheck] = ()) -> list[Stretch]:
    """Return the gaps in coverage between two aware instants, in order.

    A silence of up to 15 seconds is not a gap. Checks are planned at least 5 seconds apart, so only a few checks can be
    planned within this time.

    :param checks: checks that also count as coverage. A process that is too busy to mark itself alive still makes
        checks.
    """
    return gaps_in(monitored_stretches(start=start, end=end), start=start, end=end, checks=checks)


def gaps_in(
    stretches: Iterable[Stretch], *, start: datetime, end: datetime, checks: Iterable[TimedCheck] = ()
) -> list[Stretch]:
    """Find gaps as `find_gaps` does, but use periods of coverage that the caller has already read."""
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
