"""The looks that verdicts rest on, as kept and as people corrected them, read for many releases at once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from releases.evidence import Reason
from releases.judgement import Seen
from releases.models import Observation, Statement
from releases.statements import counts_as, is_corrected, last_said
from releases.verdict import Sighting

# As the list of reasons is written in the database: SQLite cannot ask what a list holds.
CLOCK_OFF = f'"{Reason.CLOCK_OFF}"'

# release and schedule version, by key and number
type ScheduleKey = tuple[int, int]
# Reads the looks of one schedule, by the address' key; what cannot be read is an error of this release alone.
type Reader = Callable[[ScheduleKey], Mapping[int, Seen]]


def read(releases: Collection[int]) -> Reader:
    """Read every look that counts at some releases, in a number of queries that does not grow with them.

    What a person said of a text corrects every look that saw that text; the look itself stays as it was kept.

    :param releases: by key.
    :return: gives the looks of one schedule.
    """
    spoken: dict[int, list[tuple[str, str]]] = defaultdict(list)
    stated = Statement.objects.filter(release__in=releases).order_by("stated_at")
    for release, digest, kind in stated.values_list("release_id", "text_digest", "kind"):
        spoken[release].append((digest, kind))
    rows: dict[ScheduleKey, list[tuple[Any, ...]]] = defaultdict(list)
    looks = Observation.objects.plain().filter(release__in=releases).order_by("sent_at", "position")
    fields = (
        "address_id",
        "pk",
        "result",
        "planned_at",
        "sent_at",
        "completed_at",
        "text_digest",
        "clock_bound_seconds",
    )
    for release, version, *row in looks.values_list("release_id", "schedule_version", *fields):
        rows[release, version].append(tuple(row))
    # Reading the reasons of every look would take longer than all the rest.
    last = {(key, row[0]): row[1] for key, listed in rows.items() for row in listed}
    reasons = dict(Observation.objects.filter(pk__in=last.values()).values_list("pk", "reasons"))
    by_a_wrong_clock = looks.order_by().annotate(codes=Cast("reasons", TextField())).filter(codes__contains=CLOCK_OFF)
    clock_off = frozenset(by_a_wrong_clock.values_list("pk", flat=True))

    def of(key: ScheduleKey) -> Mapping[int, Seen]:
        by_address: dict[int, list[Sighting]] = defaultdict(list)
        for address, look in _sightings(rows.get(key, ()), last_said(spoken.get(key[0], ())), clock_off):
            by_address[address].append(look)
        return {address: Seen(seen, reasons[last[key, address]]) for address, seen in by_address.items()}

    return of


def _sightings(
    rows: Iterable[tuple[Any, ...]], said: Mapping[str, str], clock_off: Collection[int]
) -> Iterable[tuple[int, Sighting]]:
    for address, key, result, planned_at, sent_at, completed_at, digest, bound_seconds in rows:
        word = said.get(digest)
        yield (
            address,
            Sighting(
                result=counts_as(result, word, clock_off=key in clock_off),
                planned_at=planned_at,
                sent_at=sent_at,
                completed_at=completed_at,
                # Where nothing vouches for the clock it is believed, and said that nothing does.
                clock_bound=timedelta(seconds=bound_seconds or 0.0),
                # What a person called the release needs no such proof.
                text_digest="" if is_corrected(word) else digest,
            ),
        )
