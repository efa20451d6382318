"""The checks on which verdicts are based, as stored and as corrected by people's statements."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, Max, Min, Q, TextField, Value, When
from django.db.models.functions import Cast

from releases.detection.finding import CheckOutcome, EarlierTexts, Reason, is_taken_away, publisher_from_json
from releases.models import Observation, Statement
from releases.models.append_only import ChainHead
from releases.models.observation import Purpose
from releases.verdict.address import Sighting, last_statements, sighting_of
from releases.verdict.release import AddressChecks, DiagnosticCheck

# As the database writes JSON.
CLOCK_OFF = f'"{Reason.CLOCK_OFF}"'
SAYS_A_TIME = '"published_at"'
TAKEN_AWAY = (f'"{Reason.GONE}"', f'"{Reason.WITHDRAWN}"')

# release, schedule version and address, by key and number
type AddressKey = tuple[int, int, int]

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
# With an unconfirmed clock, the order of observations is unknown.
_ABSENT = _PLAIN_OVER_BY_DUE & Q(result=CheckOutcome.NOT_LIVE, clock_bound_seconds__isnull=False)
# If a check was still under way at the due time, or bypassed caches, the checks before it matter too.
_SHOWN = _PRESENT & Q(sent_at__lt=_DUE, result=CheckOutcome.LIVE)
_EXPLAINS = (Q(says__contains=SAYS_A_TIME), *(Q(codes__contains=code) for code in (CLOCK_OFF, *TAKEN_AWAY)))
_TELLING = _PLAIN_OVER_BY_DUE & reduce(or_, _EXPLAINS)


def find_needed_checks(releases: Collection[int]) -> tuple[Q, Mapping[AddressKey, int]]:
    """Find which of the stored checks must be read, in three queries.

    Checks stored after this call are left to the next one, because a partial count could make others seem to be
    repetitions.

    :return: a condition on the checks, and the number of stored plain checks by release, schedule and address.
    """
    known = Q(
        position__lte=ChainHead.objects.filter(chain=Observation.CHAIN).aggregate(end=Max("position"))["end"] or 0
    )
    in_full = set(
        Statement.objects.filter(release__in=releases).exclude(text_digest="").values_list("release_id", flat=True)
    )
    instants: set[datetime] = set()
    begins: set[datetime] = set()
    number: dict[AddressKey, int] = {}
    for row in _counted(releases, known):
        number[row["release_id"], row["schedule_version"], row["address_id"]] = row["checks"]
        if row["shown"] or row["telling"]:
            in_full.add(row["release_id"])
        else:
            instants |= {row["last_absent"], row["last"]} - {None}
            begins |= {row["first"]} - {None}
    # This condition lets the database use its index and read no earlier checks.
    from_then_on = Q(sent_at__gte=min(instants | begins)) if instants | begins else Q(pk__in=[])
    unrepeated = from_then_on & (~_PLAIN | _NOT_OVER_BY_DUE | Q(sent_at__in=instants))
    return known & (unrepeated | Q(release__in=in_full) if in_full else unrepeated), number


def _counted(releases: Collection[int], known: Q) -> Collection[Mapping[str, Any]]:
    purposes = [Purpose.PLAIN, Purpose.FRESH]
    return (
        Observation.objects.filter(known, release__in=releases, superseded=False, purpose__in=purposes)
        .annotate(codes=Cast("reasons", TextField()), says=Cast("publisher_says", TextField()))
        .order_by()
        .values("release_id", "schedule_version", "address_id")
        .annotate(
            checks=Count("pk", filter=_PLAIN),
            shown=Count("pk", filter=_SHOWN),
            telling=Count("pk", filter=_TELLING),
            last_absent=Max("sent_at", filter=_ABSENT),
            last=Max("sent_at", filter=_PLAIN_OVER_BY_DUE),
            first=Min("sent_at", filter=~_PLAIN | _NOT_OVER_BY_DUE),
        )
    )


# release and schedule version, by key and number
type ScheduleKey = tuple[int, int]
# Returns the checks of one schedule by the address's key. If one cannot be read, only this release fails.
type Reader = Callable[[ScheduleKey], Mapping[int, AddressChecks]]


class _Row(NamedTuple):
    """The row of one check, plain or bypassing caches."""

    release_id: int
    schedule_version: int
    address_id: int
    pk: int
    purpose: str
    result: str
    planned_at: datetime
    sent_at: datetime
    completed_at: datetime
    text_digest: str
    clock_bound_seconds: float | None
    # JSON as text, because parsing it for every check would take longer than everything else.
    codes: str
    timed: str

    @property
    def clock_off(self) -> bool:
        """Whether the clock was known to be wrong."""
        return CLOCK_OFF in self.codes

    @property
    def taken_away(self) -> bool:
        """Whether the response shows that the release was there and was removed."""
        return any(code in self.codes for code in TAKEN_AWAY) and is_taken_away(json.loads(self.codes))


def read_sightings(releases: Collection[int]) -> Reader:
    """Read the checks that count for some releases, in a fixed number of queries.

    Checks that only repeat others are counted and not read. A statement about a text corrects every check that received
    that text; the stored check does not change.

    :return: a function that returns the checks of one schedule.
    """
    spoken: dict[int, list[tuple[str, str]]] = defaultdict(list)
    stated = Statement.objects.filter(release__in=releases).in_order()
    for release, digest, kind in stated.values_list("release_id", "text_digest", "kind"):
        spoken[release].append((digest, kind))
    rows: dict[ScheduleKey, dict[int, list[_Row]]] = defaultdict(lambda: defaultdict(list))
    needed, number = find_needed_checks(releases)
    # Only the publisher's statements about times are read.
    timed = Case(When(says__contains=SAYS_A_TIME, then="says"), default=Value(""), output_field=TextField())
    checks = (
        Observation.objects.filter(
            needed, release__in=releases, superseded=False, purpose__in=[Purpose.PLAIN, Purpose.FRESH]
        )
        .annotate(codes=Cast("reasons", TextField()), says=Cast("publisher_says", TextField()))
        .annotate(timed=timed)
        .order_by("sent_at", "position")
        .values_list(*_Row._fields)
    )
    for row in map(_Row._make, checks):
        rows[row.release_id, row.schedule_version][row.address_id].append(row)
    telling = [key for by_address in rows.values() for listed in by_address.values() for key in _telling(listed)]
    headers = dict(Observation.objects.filter(pk__in=telling).values_list("pk", "headers"))

    def of(key: ScheduleKey) -> Mapping[int, AddressChecks]:
        said = last_statements(spoken.get(key[0], ()))
        return {
            address: _build_address_checks(listed, said, headers, number=number.get((*key, address), 0))
            for address, listed in rows.get(key, {}).items()
        }

    return of


def _telling(listed: Sequence[_Row]) -> Iterable[int]:
    """Return the keys of the checks whose headers a diagnosis needs: the first live one, and the one before it."""
    shown = next((row for row in listed if row.result == CheckOutcome.LIVE and row.purpose == Purpose.PLAIN), None)
    if shown is None:
        return ()
    before = (row for row in listed if row.sent_at < shown.sent_at and row.purpose == Purpose.PLAIN)
    absent = [row.pk for row in before if row.result == CheckOutcome.NOT_LIVE]
    return (absent[-1], shown.pk) if absent else ()


def _build_address_checks(
    listed: Sequence[_Row], said: Mapping[str, str], headers: Mapping[int, list[list[str]]], *, number: int
) -> AddressChecks:
    plain = [row for row in listed if row.purpose == Purpose.PLAIN]
    return AddressChecks(
        number=number,
        sightings=[_sighting(row, said.get(row.text_digest)) for row in plain],
        reasons=json.loads(plain[-1].codes) if plain else (),
        publisher_says=[says for row in listed if row.timed and (says := publisher_from_json(json.loads(row.timed)))],
        # If the release was never found live, there is nothing to explain.
        diagnostic=[_diagnostic(row, headers) for row in listed if not row.clock_off]
        if any(row.result == CheckOutcome.LIVE for row in listed)
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
        bound_seconds=row.clock_bound_seconds,
        taken_away=row.taken_away,
    )


def _diagnostic(row: _Row, headers: Mapping[int, list[list[str]]]) -> DiagnosticCheck:
    return DiagnosticCheck(
        purpose=row.purpose,
        result=CheckOutcome(row.result),
        sent_at=row.sent_at,
        completed_at=row.completed_at,
        headers=[(name, value) for name, value in headers.get(row.pk, ())],
    )


def read_texts_before(addresses: Collection[int]) -> dict[int, EarlierTexts]:
    """Read the texts that some addresses showed before their releases were due, by the address's key."""
    before = {key: EarlierTexts() for key in addresses}
    checks = (
        Observation.objects.filter(address__in=addresses, completed_at__lt=F("release__due_at"))
        .exclude(result__in=[CheckOutcome.LIVE, CheckOutcome.UNREACHABLE, CheckOutcome.OBSERVER_FAULT])
        .annotate(codes=Cast("reasons", TextField()))
        .values("address_id", "result", "codes", "text_digest")
        .annotate(first=Min("sent_at"), last=Max("sent_at"))
        .values_list("address_id", "result", "codes", "text_digest", "first", "last")
    )
    for key, result, codes, digest, first, last in checks:
        before[key].note(CheckOutcome(result), json.loads(codes), digest, first=first, last=last)
    return before
