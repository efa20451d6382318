"""The looks that verdicts rest on, as kept and as people corrected them, read for many releases at once."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Case, TextField, Value, When
from django.db.models.functions import Cast

from releases.core.judging.diagnosis import DiagnosedLook
from releases.core.judging.evidence import LookResult
from releases.core.judging.judgement import Seen
from releases.core.judging.publisher import PublisherSays, from_json
from releases.core.judging.reading.finding import tells_taken_away
from releases.core.judging.statements import last_said, sighting_of
from releases.core.judging.verdict import Sighting
from releases.models import Observation, Statement
from releases.models.observation import Purpose
from releases.record import repetitions
from releases.record.repetitions import CLOCK_OFF, TAKEN_AWAY, TELLS_A_TIME, Needed

# release and schedule version, by key and number
type ScheduleKey = tuple[int, int]
# Reads the looks of one schedule, by the address' key; what cannot be read is an error of this release alone.
type Reader = Callable[[ScheduleKey], Mapping[int, Seen]]


class _Row(NamedTuple):
    """One look, plain or past the caches, as the database gives it."""

    release: int
    version: int
    address: int
    key: int
    purpose: str
    result: str
    planned_at: datetime
    sent_at: datetime
    completed_at: datetime
    text_digest: str
    bound_seconds: float | None
    # As the database writes what is JSON: reading it as such for every look would take longer than all the rest.
    codes: str
    tells: str

    @property
    def clock_off(self) -> bool:
        """Whether the watcher's clock was known to be wrong."""
        return CLOCK_OFF in self.codes

    @property
    def taken_away(self) -> bool:
        """Whether what it saw tells that the release had been there."""
        return any(code in self.codes for code in TAKEN_AWAY) and tells_taken_away(json.loads(self.codes))


_COLUMNS = (
    "release_id",
    "schedule_version",
    "address_id",
    "pk",
    "purpose",
    "result",
    "planned_at",
    "sent_at",
    "completed_at",
    "text_digest",
    "clock_bound_seconds",
    "codes",
    "tells",
)


def read(releases: Collection[int]) -> Reader:
    """Read the looks that count at some releases, in a number of queries that does not grow with them.

    Those that only repeat what others showed are counted and not read. What a person said of a text corrects every
    look that saw that text; the look itself stays as it was kept.

    :param releases: by key.
    :return: gives the looks of one schedule.
    """
    spoken: dict[int, list[tuple[str, str]]] = defaultdict(list)
    stated = Statement.objects.filter(release__in=releases).in_order()
    for release, digest, kind in stated.values_list("release_id", "text_digest", "kind"):
        spoken[release].append((digest, kind))
    rows: dict[ScheduleKey, dict[int, list[_Row]]] = defaultdict(lambda: defaultdict(list))
    needed = repetitions.needed(releases)
    for row in map(_Row._make, _looks(releases, needed)):
        rows[row.release, row.version][row.address].append(row)
    headers = _headers(
        key for by_address in rows.values() for listed in by_address.values() for key in _telling(listed)
    )

    def of(key: ScheduleKey) -> Mapping[int, Seen]:
        said = last_said(spoken.get(key[0], ()))
        return {
            address: _seen(listed, said, headers, number=needed.number.get((*key, address), 0))
            for address, listed in rows.get(key, {}).items()
        }

    return of


def _looks(releases: Collection[int], needed: Needed) -> Iterable[tuple[object, ...]]:
    looks = Observation.objects.filter(
        needed.condition, release__in=releases, superseded=False, purpose__in=[Purpose.PLAIN, Purpose.FRESH]
    ).annotate(codes=Cast("reasons", TextField()), says=Cast("publisher_says", TextField()))
    tells = Case(When(says__contains=TELLS_A_TIME, then="says"), default=Value(""), output_field=TextField())
    return looks.annotate(tells=tells).order_by("sent_at", "position").values_list(*_COLUMNS)


def _telling(listed: Sequence[_Row]) -> Iterable[int]:
    """Name the looks whose headers may explain when an address was seen: the first live one, and the one before."""
    shown = next((row for row in listed if row.result == LookResult.LIVE and row.purpose == Purpose.PLAIN), None)
    if shown is None:
        return ()
    before = (row for row in listed if row.sent_at < shown.sent_at and row.purpose == Purpose.PLAIN)
    absent = [row.key for row in before if row.result == LookResult.NOT_LIVE]
    return (absent[-1], shown.key) if absent else ()


def _headers(keys: Iterable[int]) -> dict[int, list[list[str]]]:
    return dict(Observation.objects.filter(pk__in=list(keys)).values_list("pk", "headers"))


def _seen(
    listed: Sequence[_Row], said: Mapping[str, str], headers: Mapping[int, list[list[str]]], *, number: int
) -> Seen:
    plain = [row for row in listed if row.purpose == Purpose.PLAIN]
    return Seen(
        number=number,
        looks=[_sighting(row, said.get(row.text_digest)) for row in plain],
        reasons=json.loads(plain[-1].codes) if plain else (),
        publisher_says=[says for row in listed if row.tells and (says := _says(row))],
        # Where nothing was ever seen live there is nothing to explain.
        diagnosed=[_diagnosed(row, headers) for row in listed if not row.clock_off]
        if any(row.result == LookResult.LIVE for row in listed)
        else (),
    )


def _sighting(row: _Row, word: str | None) -> Sighting:
    return sighting_of(
        row.result,
        word,
        planned_at=row.planned_at,
        sent_at=row.sent_at,
        completed_at=row.completed_at,
        text_digest=row.text_digest,
        clock_off=row.clock_off,
        bound_seconds=row.bound_seconds,
        taken_away=row.taken_away,
    )


def _says(row: _Row) -> PublisherSays | None:
    return from_json(json.loads(row.tells))


def _diagnosed(row: _Row, headers: Mapping[int, list[list[str]]]) -> DiagnosedLook:
    return DiagnosedLook(
        purpose=row.purpose,
        result=LookResult(row.result),
        sent_at=row.sent_at,
        completed_at=row.completed_at,
        headers=[(name, value) for name, value in headers.get(row.key, ())],
    )
