"""Queries for stored checks, with or without corrections from staff statements.

All queries for checks are in this module.
"""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, reduce
from operator import or_
from typing import NamedTuple

from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast

from releases.detection.finding import (
    CheckOutcome,
    EarlierTexts,
    PublisherSays,
    Reason,
    codes_from_json,
    is_taken_away,
    publisher_from_json,
    words_from_json,
)
from releases.models import Address, Observation, Release, Statement
from releases.models.append_only import ChainHead
from releases.models.observation import Purpose
from releases.rules.lifecycle import Status
from releases.verdict.address import Sighting, count_result, last_statements, sighting_of
from releases.verdict.release import AddressChecks, DiagnosticCheck

BEFORE_DUE = "before_due"
"""The key under which `count_by_result` counts checks before the due time that found a release live or not live."""

# Strings to search for in the text of a JSON column, in the form in which the database writes them.
CLOCK_OFF = f'"{Reason.CLOCK_OFF}"'
SAYS_A_TIME = '"published_at"'
TAKEN_AWAY = (f'"{Reason.GONE}"', f'"{Reason.WITHDRAWN}"')

# The key of a release, the version of its schedule, and the key of an address.
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
# Ignore checks with an unconfirmed clock, because the order of these checks is unknown.
_ABSENT = _PLAIN_OVER_BY_DUE & Q(result=CheckOutcome.NOT_LIVE, clock_bound_seconds__isnull=False)
# If a live check was sent before the due time, a verdict also needs the checks before the live check. This also applies
# if the live check was completed later or bypassed caches.
_SHOWN = _PRESENT & Q(sent_at__lt=_DUE, result=CheckOutcome.LIVE)


def _explains() -> Q:
    """Return a condition for checks that a verdict must take into account.

    These are the checks with one of the reasons in `codes`, and the checks for which the publisher stated a time of
    publication. PostgreSQL searches the JSON columns. SQLite cannot search an array in JSON, so there the columns are
    searched as text.
    """
    if connection.vendor == "postgresql":
        codes = [Reason.CLOCK_OFF, Reason.GONE, Reason.WITHDRAWN]
        return Q(publisher_says__has_key="published_at") | Q(reasons__has_any_keys=codes)
    stated = (Q(codes__contains=code) for code in (CLOCK_OFF, *TAKEN_AWAY))
    return reduce(or_, stated, Q(written__contains=SAYS_A_TIME))


class _AddressCount(NamedTuple):
    """The counts and times of the checks of one address under one schedule.

    Only plain checks and checks that bypassed caches are included. The times are when the checks were sent.

    - `checks` is the number of plain checks.
    - `shown` is the number of live checks that were sent before the due time.
    - `telling` is the number of plain checks before the due time that a verdict must take into account.
    - `last_absent` is the time of the last plain check before the due time that found the release not live. Checks with
      an unconfirmed clock are ignored.
    - `last` is the time of the last plain check before the due time.
    - `first` is the time of the first of all other checks: those that bypassed caches, that were not completed before
      the due time, or that are not for the present schedule.
    """

    checks: int
    shown: int
    telling: int
    last_absent: datetime | None
    last: datetime | None
    first: datetime | None

    def plus(self, later: "_AddressCount") -> "_AddressCount":
        return _AddressCount(
            self.checks + later.checks,
            self.shown + later.shown,
            self.telling + later.telling,
            max(filter(None, (self.last_absent, later.last_absent)), default=None),
            max(filter(None, (self.last, later.last)), default=None),
            min(filter(None, (self.first, later.first)), default=None),
        )


class _ReleaseCount(NamedTuple):
    """The counts of one release under one schedule.

    The counts include the checks up to `position` in the chain. `row_hash` is the hash of the row at this position.
    """

    schedule_version: int
    due_at: datetime | None
    position: int
    row_hash: str
    addresses: Mapping[AddressKey, _AddressCount]


class _CountCache:
    """A cache of the counts of releases in this process.

    A release has hundreds of checks. Without the cache, all of them would be counted again for each verdict and each
    draft. Checks are only added at the end of the chain, and the hash of a row covers all earlier rows. So cached
    counts are valid as long as the row at their position has the same hash. Then only later checks have to be counted.
    """

    MOST = 2_000
    """The maximum number of entries. An entry takes a kilobyte.

    In most offices, fewer releases are due at the same time.
    """

    def __init__(self) -> None:
        self._counts: dict[int, _ReleaseCount] = {}
        self._lock = threading.Lock()

    def find(self, schedules: Mapping[int, tuple[int, datetime | None]], end: int) -> dict[int, _ReleaseCount]:
        """Return the valid cached counts of some releases, keyed by release.

        Counts are valid if they are for the given schedule, if they end at or before the position `end`, and if the row
        at which they end is unchanged.
        """
        with self._lock:
            known = {key: self._counts[key] for key in schedules if key in self._counts}
        fitting = {
            key: one
            for key, one in known.items()
            if (one.schedule_version, one.due_at) == schedules[key] and one.position <= end
        }
        if not fitting:
            return {}
        ends = Observation.objects.filter(position__in={one.position for one in fitting.values()})
        hashes = dict(ends.values_list("position", "row_hash"))
        return {key: one for key, one in fitting.items() if hashes.get(one.position) == one.row_hash}

    def store(self, counts: Mapping[int, _ReleaseCount]) -> None:
        with self._lock:
            for key, count in counts.items():
                self._counts.pop(key, None)
                self._counts[key] = count
            for key in list(self._counts)[: max(0, len(self._counts) - self.MOST)]:
                del self._counts[key]


_counts = _CountCache()


def count_checks(releases: Collection[int]) -> None:
    """Count the checks of some releases in advance, so that judging the releases has to count fewer checks."""
    _count(releases)


def find_needed_checks(releases: Collection[int]) -> tuple[Q, Mapping[AddressKey, int]]:
    """Return a condition for those stored checks of some releases that must be read.

    Checks that only repeat other checks are left out. Counts of the stored checks decide which checks these are. The
    counts do not include checks that are stored after this call, so these checks are left out too.

    :return: the condition, and the number of stored plain checks, keyed by release, schedule and address.
    """
    end, counts = _count(releases)
    in_full = set(
        Statement.objects.filter(release__in=releases).exclude(text_digest="").values_list("release_id", flat=True)
    )
    instants: set[datetime] = set()
    begins: set[datetime] = set()
    number: dict[AddressKey, int] = {}
    for key, count in counts.items():
        number[key] = count.checks
        if count.shown or count.telling:
            in_full.add(key[0])
        else:
            instants |= {at for at in (count.last_absent, count.last) if at}
            begins |= {count.first} if count.first else set()
    # With this condition, the database can use its index and skip earlier checks.
    from_then_on = Q(sent_at__gte=min(instants | begins)) if instants | begins else Q(pk__in=[])
    unrepeated = from_then_on & (~_PLAIN | _NOT_OVER_BY_DUE | Q(sent_at__in=instants))
    return Q(position__lte=end) & (unrepeated | Q(release__in=in_full) if in_full else unrepeated), number


def _count(releases: Collection[int]) -> tuple[int, Mapping[AddressKey, _AddressCount]]:
    """Count the checks of some releases up to the end of the chain, and return the end's position and the counts."""
    # Read the head first. All rows up to it are complete, because rows and head are written together.
    end, row_hash = (
        ChainHead.objects.filter(chain=Observation.CHAIN).values_list("position", "row_hash").first() or NO_CHAIN
    )
    schedules: dict[int, tuple[int, datetime | None]] = {
        key: (version, due_at)
        for key, version, due_at in Release.objects.filter(pk__in=releases)
        .order_by()
        .values_list("pk", "schedule_version", "due_at")
    }
    known = _counts.find(schedules, end)
    # Use only the cached counts that end at the most common positions, so that the query has few conditions. If
    # releases were judged together, their counts end at the same position.
    usual = {position for position, _ in Counter(one.position for one in known.values()).most_common(MOST_POSITIONS)}
    known = {key: one for key, one in known.items() if one.position in usual}
    found: dict[int, dict[AddressKey, _AddressCount]] = {
        key: dict(known[key].addresses) if key in known else {} for key in schedules
    }
    since: dict[int, list[int]] = defaultdict(list)
    for key, one in known.items():
        if one.position < end:
            since[one.position].append(key)
    later = reduce(or_, (Q(release__in=keys, position__gt=position) for position, keys in since.items()), Q())
    uncounted = [key for key in schedules if key not in known]
    for which in ([Q(release__in=uncounted)] if uncounted else []) + ([later] if since else []):
        for address, count in _count_which(which & Q(position__lte=end)):
            of_release = found[address[0]]
            of_release[address] = of_release[address].plus(count) if address in of_release else count
    _counts.store({key: _ReleaseCount(*schedules[key], end, row_hash, found[key]) for key in schedules})
    return end, {key: count for counts in found.values() for key, count in counts.items()}


NO_CHAIN = (0, "")
MOST_POSITIONS = 10


def _count_which(which: Q) -> Iterator[tuple[AddressKey, _AddressCount]]:
    """Count the plain checks and the checks that bypassed caches, in one query."""
    counted = (
        Observation.objects.filter(which, superseded=False, purpose__in=[Purpose.PLAIN, Purpose.FRESH])
        .annotate(codes=Cast("reasons", TextField()), written=Cast("publisher_says", TextField()))
        .order_by()
        .values_list("release_id", "schedule_version", "address_id")
        .annotate(
            checks=Count("pk", filter=_PLAIN),
            shown=Count("pk", filter=_SHOWN),
            telling=Count("pk", filter=_PLAIN_OVER_BY_DUE & _explains()),
            last_absent=Max("sent_at", filter=_ABSENT),
            last=Max("sent_at", filter=_PLAIN_OVER_BY_DUE),
            first=Min("sent_at", filter=~_PLAIN | _NOT_OVER_BY_DUE),
        )
    )
    for release, version, address, *values in counted:
        yield (release, version, address), _AddressCount(*values)


# The key of a release and the version of its schedule.
type ScheduleKey = tuple[int, int]
# A function that returns the checks of a release under one schedule, keyed by address. If a check cannot be read, only
# the call for its release fails.
type Reader = Callable[[ScheduleKey], Mapping[int, AddressChecks]]


class RecordedCheck(NamedTuple):
    """The row of a plain check, of a check that bypassed caches, or of a check from another vantage point."""

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
    replayed: bool
    # JSON as text, because parsing it for every check would take longer than everything else.
    codes: str
    says: str

    @property
    def reasons(self) -> tuple[str, ...]:
        return codes_from_json(_parse_reasons(self.codes))

    @property
    def words(self) -> str:
        """The text by which the page said that the release was absent, or "" if no text is stored."""
        return words_from_json(_parse_reasons(self.codes))

    @property
    def clock_off(self) -> bool:
        """Whether the clock was known to be wrong."""
        return CLOCK_OFF in self.codes

    @property
    def taken_away(self) -> bool:
        """Whether the response shows that the release was live before and has been removed."""
        gone, withdrawn = TAKEN_AWAY
        return (gone in self.codes or withdrawn in self.codes) and is_taken_away(self.reasons)

    @property
    def publisher_says(self) -> PublisherSays | None:
        return publisher_from_json(json.loads(self.says)) if self.says else None

    def sighting(self, statement: str | None) -> Sighting:
        """Return the check, corrected by the last staff statement about its text.

        :param statement: the kind of this statement, or None if there is no statement.
        """
        return sighting_of(
            self.result,
            statement,
            planned_at=self.planned_at,
            sent_at=self.sent_at,
            completed_at=self.completed_at,
            text_digest=self.text_digest,
            clock_off=self.clock_off,
            bound_seconds=self.clock_bound_seconds,
            taken_away=self.taken_away,
        )


@lru_cache(maxsize=1024)  # cached, because most checks have the same reasons as earlier checks
def _parse_reasons(reasons: str) -> tuple[str, ...]:
    return tuple(json.loads(reasons))


def _read(which: Q, *, says: Q | None = None) -> Iterable[RecordedCheck]:
    """Read plain checks and checks that bypassed caches, in the order in which they were sent.

    Superseded checks are left out.

    :param says: read the publisher's statement only for checks that meet this condition. If None, read it for all
        checks.
    """
    written = Cast("publisher_says", TextField())
    checks = (
        Observation.objects.filter(which, superseded=False, purpose__in=[Purpose.PLAIN, Purpose.FRESH])
        .annotate(codes=Cast("reasons", TextField()), written=written)
        .annotate(
            says=Case(When(says, then="written"), default=Value(""), output_field=TextField()) if says else written
        )
        .order_by("sent_at", "position")
    )
    return map(RecordedCheck._make, checks.values_list(*RecordedCheck._fields))


def read_needed_checks(releases: Collection[int]) -> tuple[Iterable[RecordedCheck], Mapping[AddressKey, int]]:
    """Read those checks of some releases that a verdict needs, in the order in which they were sent.

    Checks that only repeat other checks are left out. The publisher's statement is only read if it contains a time of
    publication.

    :return: the checks, and the number of stored plain checks, keyed by release, schedule and address.
    """
    needed, number = find_needed_checks(releases)
    return _read(needed & Q(release__in=releases), says=Q(written__contains=SAYS_A_TIME)), number


def read_present_checks(release: Release) -> list[RecordedCheck]:
    """Read the plain checks and the checks that bypassed caches for a release's present schedule.

    The checks are in the order in which they were sent.
    """
    return list(_read(Q(release=release, schedule_version=release.schedule_version)))


class WindowCheck(NamedTuple):
    """A plain check for the present schedule of a release, without the columns that only a verdict needs."""

    release_id: int
    address_id: int
    result: str
    sent_at: datetime
    completed_at: datetime
    text_digest: str
    replayed: bool
    # JSON as text, as in `RecordedCheck`.
    codes: str

    @property
    def clock_off(self) -> bool:
        """Whether the clock was known to be wrong."""
        return CLOCK_OFF in self.codes


def read_window_checks(windows: Mapping[tuple[datetime, datetime], Collection[int]]) -> list[WindowCheck]:
    """Read the plain checks that were sent in some periods, in the order in which they were sent.

    :param windows: a mapping from a period to the keys of the releases whose checks are read. A period is two aware
        instants.
    """
    if not windows:
        return []
    which = reduce(or_, (Q(release__in=keys, sent_at__range=window) for window, keys in windows.items()))
    checks = Observation.objects.plain().filter(_PRESENT & which).order_by("sent_at", "position")
    columns = checks.annotate(codes=Cast("reasons", TextField())).values_list(*WindowCheck._fields)
    return list(map(WindowCheck._make, columns))


# Except in an outage, a check is stored within this time after it was sent.
_STORED_WITHIN = timedelta(minutes=1)
# A transaction may be committed up to this long after the `recorded_at` of its rows.
_COMMITTED_WITHIN = timedelta(seconds=2)


def find_checked_since(instant: datetime, releases: Collection[int]) -> set[int]:
    """Return the keys of the releases that have a check stored after an instant, or shortly before it."""
    later = Observation.objects.filter(
        _PRESENT,
        release__in=releases,
        sent_at__gte=instant - _STORED_WITHIN,
        recorded_at__gt=instant - _COMMITTED_WITHIN,
    )
    return set(later.order_by().values_list("release_id", flat=True).distinct())


def read_sightings(releases: Collection[int]) -> Reader:
    """Read the checks that are needed for the verdicts on some releases, in a fixed number of queries.

    Checks that only repeat other checks are counted, but not read. A staff statement about a text corrects all checks
    that received this text. The stored checks do not change.

    :return: a function that returns the checks of one schedule.
    """
    spoken: dict[int, list[tuple[str, str]]] = defaultdict(list)
    stated = Statement.objects.filter(release__in=releases).in_order()
    for release, digest, kind in stated.values_list("release_id", "text_digest", "kind"):
        spoken[release].append((digest, kind))
    rows: dict[ScheduleKey, dict[int, list[RecordedCheck]]] = defaultdict(lambda: defaultdict(list))
    checks, number = read_needed_checks(releases)
    for row in checks:
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


# The checks from other vantage points, keyed by schedule, address and the name of the vantage point.
type VantageSightings = Mapping[ScheduleKey, Mapping[int, Mapping[str, Sequence[Sighting]]]]


def has_vantage_check() -> Exists:
    """Return a condition for addresses whose release was checked from another vantage point."""
    return Exists(Observation.objects.filter(release=OuterRef("release"), purpose=Purpose.VANTAGE))


def count_vantage_checks(releases: Collection[int]) -> dict[int, int]:
    """Return the number of checks from other vantage points for each address of some releases, if there are any."""
    checks = Observation.objects.filter(release__in=releases, superseded=False, purpose=Purpose.VANTAGE).order_by()
    return dict(checks.values_list("address").annotate(number=Count("pk")))


def read_vantage_sightings(releases: Collection[int]) -> VantageSightings:
    """Read the checks from other vantage points for some releases.

    If there are no releases, no query is made.
    """
    if not releases:
        return {}
    checks = (
        Observation.objects.filter(release__in=releases, superseded=False, purpose=Purpose.VANTAGE)
        .annotate(codes=Cast("reasons", TextField()), says=Value("", output_field=TextField()))
        .order_by("sent_at", "position")
    )
    rows = list(checks.values_list(*RecordedCheck._fields, "vantage"))
    spoken: dict[int, list[tuple[str, str]]] = defaultdict(list)
    if rows:
        stated = Statement.objects.filter(release__in=releases).in_order()
        for release, digest, kind in stated.values_list("release_id", "text_digest", "kind"):
            spoken[release].append((digest, kind))
    said = {release: last_statements(statements) for release, statements in spoken.items()}
    found: dict[ScheduleKey, dict[int, dict[str, list[Sighting]]]] = {}
    for *columns, vantage in rows:
        row = RecordedCheck._make(columns)
        of_address = found.setdefault((row.release_id, row.schedule_version), {}).setdefault(row.address_id, {})
        statement = said.get(row.release_id, {}).get(row.text_digest)
        of_address.setdefault(vantage, []).append(row.sighting(statement))
    return found


def _telling(listed: Sequence[RecordedCheck]) -> Iterable[int]:
    """Return the keys of the checks whose headers a diagnosis needs.

    These are the first live check, and the last "not live" check before the first live check. If one of the two is
    missing, return an empty tuple.
    """
    shown = next((row for row in listed if row.result == CheckOutcome.LIVE and row.purpose == Purpose.PLAIN), None)
    if shown is None:
        return ()
    before = (row for row in listed if row.sent_at < shown.sent_at and row.purpose == Purpose.PLAIN)
    absent = [row.pk for row in before if row.result == CheckOutcome.NOT_LIVE]
    return (absent[-1], shown.pk) if absent else ()


def _build_address_checks(
    listed: Sequence[RecordedCheck], said: Mapping[str, str], headers: Mapping[int, list[list[str]]], *, number: int
) -> AddressChecks:
    plain = [row for row in listed if row.purpose == Purpose.PLAIN]
    return AddressChecks(
        number=number,
        sightings=[row.sighting(said.get(row.text_digest)) for row in plain],
        reasons=plain[-1].reasons if plain else (),
        publisher_says=[says for row in listed if (says := row.publisher_says)],
        # If the release was never found live, there is nothing to diagnose.
        diagnostic=[_diagnostic(row, headers) for row in listed if not row.clock_off]
        if any(row.result == CheckOutcome.LIVE for row in listed)
        else (),
    )


def _diagnostic(row: RecordedCheck, headers: Mapping[int, list[list[str]]]) -> DiagnosticCheck:
    return DiagnosticCheck(
        purpose=row.purpose,
        result=CheckOutcome(row.result),
        sent_at=row.sent_at,
        completed_at=row.completed_at,
        headers=[(name, value) for name, value in headers.get(row.pk, ())],
    )


def read_texts_before(addresses: Collection[int]) -> dict[int, EarlierTexts]:
    """Read the texts that were found at some addresses before their releases were due, keyed by address."""
    before = {key: EarlierTexts() for key in addresses}
    checks = (
        # A check of a web address that was corrected since says nothing about the present one.
        Observation.objects.filter(address__in=addresses, url=F("address__url"), completed_at__lt=F("release__due_at"))
        .exclude(result__in=[CheckOutcome.LIVE, CheckOutcome.UNREACHABLE, CheckOutcome.OBSERVER_FAULT])
        .annotate(codes=Cast("reasons", TextField()))
        .values("address_id", "result", "codes", "text_digest")
        .annotate(first=Min("sent_at"), last=Max("sent_at"))
        .values_list("address_id", "result", "codes", "text_digest", "first", "last")
    )
    for key, result, codes, digest, first, last in checks:
        before[key].note(CheckOutcome(result), json.loads(codes), digest, first=first, last=last)
    return before


class SeenText(NamedTuple):
    """A text that plain checks of an address received for the present schedule, and the result of these checks.

    `first_at` and `last_at` are when the first and the last of these checks were sent. `checks` is the number of these
    checks.
    """

    release_id: int
    address_id: int
    text_digest: str
    result: str
    first_at: datetime
    last_at: datetime
    checks: int


def read_seen_texts(releases: Collection[Release] | QuerySet[Release]) -> list[SeenText]:
    """Read the texts that plain checks received for the present schedules of some releases.

    The texts are sorted by address, and then by the time of the first check.
    """
    columns = ("release_id", "address_id", "text_digest", "result")
    texts = (
        Observation.objects.plain()
        .filter(release__in=releases, schedule_version=F("release__schedule_version"))
        .values(*columns)
        .annotate(first=Min("sent_at"), last=Max("sent_at"), checks=Count("pk"))
        .order_by("address_id", "first")
    )
    return [SeenText(*row) for row in texts.values_list(*columns, "first", "last", "checks")]


def has_seen_text(address: Address, release: Release, text_digest: str) -> bool:
    """Return whether a plain check of an address for the release's present schedule received a text."""
    return Observation.objects.to_judge(release).filter(address=address, text_digest=text_digest).exists()


def read_texts_since_due(releases: Collection[int]) -> Mapping[int, set[str]]:
    """Return the digests of the texts that plain checks received after the due time, keyed by release.

    Only checks for present schedules are included. If there are no releases, no query is made.

    :param releases: the keys of the releases.
    """
    texts: dict[int, set[str]] = defaultdict(set)
    if not releases:
        return texts
    checks = Observation.objects.plain().filter(_PRESENT, release__in=releases, sent_at__gte=_DUE).order_by()
    for release, digest in checks.values_list("release_id", "text_digest").distinct():
        texts[release].add(digest)
    return texts


def find_first_absences(release: Release) -> dict[int, int]:
    """Return the position of the first check that found an address not live, keyed by address."""
    absent = Observation.objects.to_judge(release).filter(result=CheckOutcome.NOT_LIVE).order_by("-position")
    return dict(absent.values_list("address_id", "position"))


def is_checked(subject: Address | Release) -> bool:
    """Return whether any check of an address, or of a release, is stored."""
    return subject.observations.exists()


def is_checked_since(release: int, instant: datetime) -> bool:
    """Return whether a check of a release was stored at or after an instant."""
    return Observation.objects.filter(release=release, recorded_at__gte=instant).exists()


def address_has_check() -> Exists:
    """Return a condition for addresses that have a stored check."""
    return Exists(Observation.objects.filter(address=OuterRef("pk")))


def address_has_current_check() -> Exists:
    """Return a condition for addresses that have a stored check that is not superseded."""
    return Exists(Observation.objects.filter(address=OuterRef("pk"), superseded=False))


def release_has_check_since_due() -> Exists:
    """Return a condition for releases that have a plain check after the due time.

    Only checks for the present schedule are included.
    """
    checks = Observation.objects.plain().filter(release=OuterRef("pk"), schedule_version=OuterRef("schedule_version"))
    return Exists(checks.filter(sent_at__gte=OuterRef("due_at")))


def last_announcement_check(*, without: Collection[CheckOutcome] = ()) -> Subquery:
    """Return a subquery for the time when the last announcement check of an address was sent.

    :param without: checks with these results are ignored.
    """
    checks = Observation.objects.filter(address=OuterRef("pk"), purpose=Purpose.ANNOUNCEMENT).order_by()
    last = checks.exclude(result__in=without).values("address").annotate(at=Max("sent_at")).values("at")
    return Subquery(last, output_field=DateTimeField())


def read_announcement_checks(release: Release) -> Sequence[Observation]:
    """Read the checks of a release's announcement with their addresses, oldest first."""
    checks = Observation.objects.filter(release=release, purpose=Purpose.ANNOUNCEMENT).select_related("address")
    return list(checks.order_by("sent_at", "position"))


# A check counts as made before the release was due if it was sent before the due time or for an earlier schedule. If
# the release has no exact date, it is not due yet.
_BEFORE_DUE = (
    Q(release__due_at__isnull=True)
    | Q(sent_at__lt=F("release__due_at"))
    | Q(schedule_version__lt=F("release__schedule_version"))
)


def find_bodies_seen_early(hashes: Collection[str], *, now: datetime) -> Iterator[tuple[str, int]]:
    """Find the bodies that checks received before a release was due.

    If the check found the release not live, its body is left out, unless it is a check of an announcement that was
    redirected. Bodies of releases that have become due and were found live are left out too.

    :param hashes: the SHA-256 of each body.
    :return: pairs of a body's hash and the key of the release's producer. A pair can occur several times.
    """
    too_early = (
        Observation.objects.filter(body_sha256__in=hashes)
        .filter(_BEFORE_DUE)
        .exclude(release__status=Status.PUBLISHED, release__due_at__lte=now)
        .order_by()
    )
    columns = ("body_sha256", "release__series__producer_id")
    yield from too_early.exclude(result=CheckOutcome.NOT_LIVE).values_list(*columns).distinct()
    # If a check of an announcement did not find the release live, its body is the public announcement, so it is left
    # out. But if the request was redirected, the body is included, because it may be the body of the release itself.
    announced = too_early.filter(purpose=Purpose.ANNOUNCEMENT, result=CheckOutcome.NOT_LIVE)
    for sha256, producer, hops in announced.values_list(*columns, "hops"):
        if len(hops) > 1:
            yield sha256, producer


def is_checked_since_due(address: Address) -> bool:
    """Return whether a check of an address after the due time is already stored.

    Only plain checks for the release's present schedule are included. Checks of the release's other addresses are
    ignored, because another process may not have stored its checks of this address yet.
    """
    release = address.release
    return Observation.objects.to_judge(release).filter(address=address, sent_at__gte=release.due_at).exists()


def was_live_before_due(release: int) -> bool:
    """Return whether a check found a release live before it was due. Staff statements override results of checks."""
    said = last_statements(Statement.objects.filter(release=release).in_order().values_list("text_digest", "kind"))
    found = Observation.objects.filter(_BEFORE_DUE, release=release).order_by()
    results = found.values_list("result", "text_digest").distinct()
    return any(count_result(result, said.get(digest)) == CheckOutcome.LIVE for result, digest in results)


def was_ever_said_live_before_due(release: int) -> bool:
    """Return whether a check or a staff statement ever showed that a release was live before it was due.

    A statement counts if it says that the text of a check before the due time is the release. A later statement that
    says otherwise does not change the result, because a seal ends only when the release is due and was found live.
    """
    identified = Statement.objects.filter(release=release, kind=Statement.Kind.THIS_IS_IT).values("text_digest")
    says_so = Q(result=CheckOutcome.LIVE) | Q(text_digest__in=identified)
    return Observation.objects.filter(_BEFORE_DUE, says_so, release=release).exists()


def find_hashes_before_due(release: Release) -> list[str]:
    """Return the SHA-256 of each body from a check that found the release live before it was due.

    The hashes are in the order of the chain.
    """
    early = Observation.objects.filter(_BEFORE_DUE, release=release, result=CheckOutcome.LIVE).exclude(body_sha256="")
    return list(dict.fromkeys(early.order_by("position").values_list("body_sha256", flat=True)))


def checks_in_chain_order(release: Release) -> QuerySet[Observation]:
    return Observation.in_order().filter(release=release)


def find_observed_period(release: Release) -> tuple[datetime, datetime] | None:
    """Return when the first check of a release was sent and when the last check was completed."""
    ends = Observation.objects.filter(release=release).aggregate(first=Min("sent_at"), last=Max("completed_at"))
    return (ends["first"], ends["last"]) if ends["first"] else None


def read_row_hashes(which: Q) -> list[str]:
    """Return the row hashes of the checks that meet a condition, in chain order and without duplicates."""
    rows = Observation.objects.filter(which).order_by("position")
    return list(dict(rows.values_list("position", "row_hash")).values())


def find_stored_checks(addresses: Collection[int], sent_at: Collection[datetime]) -> QuerySet[Observation]:
    """Return the checks of some addresses that were sent at given instants, with the producers of the releases."""
    checks = Observation.objects.filter(address__in=addresses, sent_at__in=sent_at)
    return checks.select_related("address__release__series__producer")


def is_stored(position: int, row_hash: str) -> bool:
    """Return whether the evidence chain of checks has this hash at this position."""
    return Observation.objects.filter(position=position, row_hash=row_hash).exists()


def count_by_result(*, after: int, until: int) -> dict[str, int]:
    """Count the checks after position `after`, up to and including position `until`, keyed by result.

    A check before the due time that found the release live or not live is counted as BEFORE_DUE. Separate counts would
    reveal an early release, because the count of live checks would rise and the other count would stop rising.
    """
    added = Observation.objects.filter(position__gt=after, position__lte=until).order_by()
    conclusive = Q(result__in=[CheckOutcome.LIVE, CheckOutcome.NOT_LIVE], sent_at__lt=F("release__due_at"))
    counted = Case(When(conclusive, then=Value(BEFORE_DUE)), default=F("result"), output_field=CharField())
    return dict(added.values_list(counted).annotate(Count("pk")))
