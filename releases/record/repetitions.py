"""Looks before the due time that only repeat that the release was not there: nothing rests on them, so few are read.

A release is looked at some two hundred times before it is due. Of the looks that were over by then, only the last that
did not find it, the last of all, and their number matter: unless one of them found it, somebody said what a text is,
the clock was wrong, the page told that it was taken away, or the publisher's own system told a time. Then every look
is read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, F, Max, Min, Q, TextField
from django.db.models.functions import Cast

from releases.core.judging.evidence import LookResult, Reason
from releases.models import Observation, Statement
from releases.models.append_only import ChainHead
from releases.models.observation import Purpose

# As the database writes what is JSON.
CLOCK_OFF = f'"{Reason.CLOCK_OFF}"'
TELLS_A_TIME = '"published_at"'
TAKEN_AWAY = (f'"{Reason.GONE}"', f'"{Reason.WITHDRAWN}"')

# release, schedule version and address, by key and number
type LookKey = tuple[int, int, int]

_PRESENT = Q(schedule_version=F("release__schedule_version"))
_DUE = F("release__due_at")
_OVER_BY_DUE = _PRESENT & Q(planned_at__lt=_DUE, sent_at__lt=_DUE, completed_at__lt=_DUE)
_NOT_OVER_BY_DUE = (
    ~_PRESENT
    | Q(release__due_at__isnull=True)
    | Q(planned_at__gte=_DUE)
    | Q(sent_at__gte=_DUE)
    | Q(completed_at__gte=_DUE)
)
_PLAIN = Q(purpose=Purpose.PLAIN)
_PLAIN_OVER_BY_DUE = _PLAIN & _OVER_BY_DUE
# By a clock that nothing confirmed nobody knows what was seen before what.
_ABSENT = _PLAIN_OVER_BY_DUE & Q(result=LookResult.NOT_LIVE, clock_bound_seconds__isnull=False)
# One that was still under way at the due time makes those before it matter too, and so does one past the caches.
_SHOWN = _PRESENT & Q(sent_at__lt=_DUE, result=LookResult.LIVE)
_TOLD = (Q(says__contains=TELLS_A_TIME), *(Q(codes__contains=code) for code in (CLOCK_OFF, *TAKEN_AWAY)))
_TELLING = _PLAIN_OVER_BY_DUE & reduce(or_, _TOLD)


@dataclass(frozen=True, slots=True)
class Needed:
    """Which looks at some releases must be read, as a condition on them, and how many plain ones were kept of each."""

    condition: Q
    number: Mapping[LookKey, int]


def needed(releases: Collection[int]) -> Needed:
    """Find which of the looks that are kept by now must be read, in three queries.

    What is kept from then on is left to whoever reads next: counted in part it could make others seem repetitions.

    :param releases: by key.
    """
    kept = Q(position__lte=ChainHead.objects.filter(chain=Observation.CHAIN).aggregate(end=Max("position"))["end"] or 0)
    in_full = set(
        Statement.objects.filter(release__in=releases).exclude(text_digest="").values_list("release_id", flat=True)
    )
    instants: set[datetime] = set()
    begins: set[datetime] = set()
    number: dict[LookKey, int] = {}
    for row in _counted(releases, kept):
        number[row["release_id"], row["schedule_version"], row["address_id"]] = row["looks"]
        if row["shown"] or row["telling"]:
            in_full.add(row["release_id"])
        else:
            instants |= {row["last_absent"], row["last"]} - {None}
            begins |= {row["first"]} - {None}
    # The database finds by its index what was sent from an instant on, and reads nothing of what was sent before.
    from_then_on = Q(sent_at__gte=min(instants | begins)) if instants | begins else Q(pk__in=[])
    unrepeated = from_then_on & (~_PLAIN | _NOT_OVER_BY_DUE | Q(sent_at__in=instants))
    return Needed(kept & (unrepeated | Q(release__in=in_full) if in_full else unrepeated), number)


def _counted(releases: Collection[int], kept: Q) -> Collection[Mapping[str, Any]]:
    purposes = [Purpose.PLAIN, Purpose.FRESH]
    return (
        Observation.objects.filter(kept, release__in=releases, superseded=False, purpose__in=purposes)
        .annotate(codes=Cast("reasons", TextField()), says=Cast("publisher_says", TextField()))
        .order_by()
        .values("release_id", "schedule_version", "address_id")
        .annotate(
            looks=Count("pk", filter=_PLAIN),
            shown=Count("pk", filter=_SHOWN),
            telling=Count("pk", filter=_TELLING),
            last_absent=Max("sent_at", filter=_ABSENT),
            last=Max("sent_at", filter=_PLAIN_OVER_BY_DUE),
            first=Min("sent_at", filter=~_PLAIN | _NOT_OVER_BY_DUE),
        )
    )
