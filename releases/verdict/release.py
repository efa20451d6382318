"""The verdict on a release from its addresses' verdicts, with diagnoses, exemptions, and the bodies to store."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum
from typing import Protocol

from releases.detection.finding import AddressRole, CheckOutcome, PublisherSays, Source, publisher_time
from releases.rules import calendar
from releases.rules.parts import MAIN, Part
from releases.verdict.address import SUSPICIOUS, AddressVerdict, Outcome, Sighting
from releases.verdict.vantage import NO_FINDINGS, VantageFindings


class _Among(Enum):
    """The required addresses that count: all, those without `may_follow`, or the main pages."""

    ALL = "all"
    AT_ONCE = "at_once"
    MAIN_PAGES = "main_pages"


_PRECEDENCE: tuple[tuple[Outcome, frozenset[Outcome], _Among], ...] = (
    # Each row: the outcome of the release, the outcomes of addresses that lead to it, and the addresses that count. The
    # first row applies for which one of these addresses has one of these outcomes.
    (Outcome.EARLY, frozenset({Outcome.EARLY}), _Among.ALL),
    # A part that may follow later does not keep the release pending. Its verdict counts once its own limit has passed.
    (Outcome.PENDING, frozenset({Outcome.PENDING}), _Among.AT_ONCE),
    (Outcome.NOT_SEEN, frozenset({Outcome.NOT_SEEN}), _Among.MAIN_PAGES),
    (Outcome.LATE, frozenset({Outcome.LATE}), _Among.MAIN_PAGES),
    (Outcome.PARTIAL, frozenset({Outcome.NOT_SEEN, Outcome.LATE}), _Among.ALL),
    (Outcome.CANNOT_TELL, frozenset({Outcome.CANNOT_TELL}), _Among.ALL),
    (Outcome.UNCERTAIN, frozenset({Outcome.UNCERTAIN}), _Among.ALL),
    (Outcome.ON_TIME, frozenset({Outcome.ON_TIME}), _Among.AT_ONCE),
)
# Diagnoses are made only for these outcomes. A release that is on time or early needs no explanation.
_EXPLAINED = frozenset({Outcome.LATE, Outcome.NOT_SEEN, Outcome.PARTIAL, Outcome.UNCERTAIN})

PLAIN, FRESH = "plain", "fresh"


class Diagnosis(StrEnum):
    """Possible explanations why readers saw a release late. They are never certain, and never an excuse."""

    EDGE_CACHE = "edge_cache"


@dataclass(frozen=True, slots=True)
class DiagnosticCheck:
    """One check with the data for a diagnosis; instants are aware, header names in lower case.

    `purpose` is `PLAIN` for a check like a reader's request, `FRESH` for one that bypassed caches. `result` is the
    check's own result, without corrections by people.
    """

    purpose: str
    result: CheckOutcome
    sent_at: datetime
    completed_at: datetime
    headers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class AddressChecks:
    """The checks of one address under one schedule, and the reasons of the last plain one.

    `number` is the number of stored plain checks. `sightings` are the plain checks, possibly without checks that only
    repeat others. `publisher_says` is in the order of the checks. `diagnostic` has the checks for a diagnosis,
    including those that bypassed caches.
    """

    sightings: Sequence[Sighting] = ()
    reasons: Sequence[str] = ()
    publisher_says: Sequence[PublisherSays] = ()
    diagnostic: Sequence[DiagnosticCheck] = ()
    number: int = 0


class JudgedAddress(Protocol):
    """A verdict on one address, with the facts that decide how it counts for the release."""

    @property
    def role(self) -> AddressRole: ...
    @property
    def required(self) -> bool: ...
    @property
    def verdict(self) -> AddressVerdict: ...
    @property
    def part(self) -> Part: ...
    @property
    def may_follow(self) -> timedelta: ...


@dataclass(frozen=True, slots=True)
class JudgedPart:
    """A `JudgedAddress` that is not stored."""

    role: AddressRole
    required: bool
    verdict: AddressVerdict
    part: Part = Part.UNNAMED
    may_follow: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class AddressResult:
    """One address of a release, by key, with its verdict in the form that is stored.

    `may_follow` is how long after the release's own limit the address is still on time. `settled_at` is the result of
    `settles_at` once all checks planned up to that instant are over, None before. `longest_gap` is the longest time
    without a check that counts as monitored. `checks` is the number of plain checks.
    """

    address: int
    url: str
    role: AddressRole
    required: bool
    verdict: AddressVerdict
    longest_gap: timedelta
    settled_at: datetime | None = None
    checks: int = 0
    reasons: tuple[str, ...] = ()
    vantage: VantageFindings = NO_FINDINGS
    part: Part = Part.UNNAMED
    may_follow: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class ReleaseVerdict:
    """The verdict on a release; `deciding` is the most significant of the address verdicts that decide the outcome."""

    due_at: datetime
    outcome: Outcome
    deciding: AddressVerdict | None
    addresses: tuple[AddressResult, ...]
    published_at: datetime | None
    publisher_source: Source | None
    diagnoses: tuple[Diagnosis, ...]

    @property
    def occurred_at(self) -> datetime | None:
        """When a suspected breach occurred: an early one at the first live check, any other one at the due time."""
        if self.outcome is Outcome.EARLY:
            return self.deciding.first_live_at if self.deciding else None
        return self.due_at if self.outcome in SUSPICIOUS else None

    @property
    def live_at(self) -> datetime | None:
        """The instant by which every main page was found live, or None if one is not live."""
        pages = [result.verdict for result in find_main_pages(self.addresses)]
        live_times = [page.first_live_at for page in pages if page.is_live_at_last and page.first_live_at]
        return max(live_times) if live_times and len(live_times) == len(pages) else None


def judge_release(judged: Sequence[tuple[AddressResult, AddressChecks]], *, due_at: datetime) -> ReleaseVerdict:
    outcome, deciding = combine_addresses(result for result, _ in judged)
    required = [(result, checks) for result, checks in judged if result.required]
    # The publisher's time for the release is the one that the first main page states, or the next page if it states
    # none.
    main_pages = find_main_pages([result for result, _ in judged])
    pages = (checks.publisher_says for result, checks in required if result in main_pages)
    stated = next(filter(None, (publisher_time(says, due_at=due_at) for says in pages)), None)
    published_at, source = stated or (None, None)
    explained = [checks.diagnostic for _, checks in required] if outcome in _EXPLAINED else []
    diagnoses = {code for checks in explained for code in diagnose(checks, published_at=published_at)}
    return ReleaseVerdict(
        due_at=due_at,
        outcome=outcome,
        deciding=deciding,
        addresses=tuple(result for result, _ in judged),
        published_at=published_at,
        publisher_source=source,
        diagnoses=tuple(sorted(diagnoses)),
    )


def find_main_pages[T: JudgedAddress](addresses: Sequence[T]) -> list[T]:
    """Return the required pages that decide whether a release itself is late, in order.

    These are the English page and the pages without a name, unless they have `may_follow`. If there are none, it is the
    first page without `may_follow`, or else the first page. Every other page counts as a part, like a file: if only
    parts are late, the release is incomplete.
    """
    pages = [one for one in addresses if one.required and one.role is AddressRole.PAGE]
    at_once = [page for page in pages if not page.may_follow]
    return [page for page in at_once if page.part in MAIN] or at_once[:1] or pages[:1]


def combine_addresses(addresses: Iterable[JudgedAddress]) -> tuple[Outcome, AddressVerdict | None]:
    """Return the outcome of a release, and the most significant of the verdicts that decide it, if any.

    Addresses that are not required never decide. A release without any required address cannot be judged, so its
    outcome is CANNOT_TELL once nothing is pending any more.
    """
    listed = list(addresses)
    required = [one for one in listed if one.required]
    among = {
        _Among.ALL: required,
        _Among.AT_ONCE: [one for one in required if not one.may_follow] or required,
        _Among.MAIN_PAGES: find_main_pages(listed),
    }
    for outcome, of_addresses, which in _PRECEDENCE:
        deciding = [one.verdict for one in among[which] if one.verdict.outcome in of_addresses]
        if deciding:
            return outcome, min(deciding, key=_rank)
    waiting = any(one.verdict.outcome is Outcome.PENDING for one in listed)
    return Outcome.PENDING if waiting else Outcome.CANNOT_TELL, None


def find_deciding_address[T: JudgedAddress](addresses: Sequence[T]) -> T | None:
    """Return the address with the verdict that `combine_addresses` returns, if any."""
    _outcome, deciding = combine_addresses(addresses)
    return next((one for one in addresses if one.verdict is deciding), None)


def _rank(verdict: AddressVerdict) -> tuple[bool, float]:
    # The most significant verdict sorts first: for an early release the earliest, otherwise one that was never live,
    # and then the latest.
    live_at = verdict.first_live_at
    if verdict.outcome is Outcome.EARLY and live_at:
        return True, live_at.timestamp()
    return live_at is not None, -live_at.timestamp() if live_at else 0.0


def diagnose(checks: Iterable[DiagnosticCheck], *, published_at: datetime | None = None) -> tuple[Diagnosis, ...]:
    """Return possible explanations, from the checks of one address, for the time at which it was found live.

    :param published_at: the publisher's own time of publication, an aware instant, if there is one.
    """
    listed = list(checks)
    if find_past_caches(listed) or _old_copy_was_stored(listed, published_at=published_at):
        return (Diagnosis.EDGE_CACHE,)
    return ()


def _in_order(checks: Iterable[DiagnosticCheck], purpose: str) -> list[DiagnosticCheck]:
    those = (check for check in checks if check.purpose == purpose)
    return sorted(those, key=lambda check: (check.sent_at, check.completed_at))


def find_past_caches(checks: Iterable[DiagnosticCheck]) -> tuple[DiagnosticCheck, DiagnosticCheck] | None:
    """Find a check that bypassed caches and found the page live, and the last later plain check that did not find it.

    Plain checks are ignored once a plain check has found the page, or a later check that bypassed caches no longer
    finds it, because the page may have been removed again.
    """
    listed = list(checks)
    plain, fresh = _in_order(listed, PLAIN), _in_order(listed, FRESH)
    first_plain = next((check for check in plain if check.result is CheckOutcome.LIVE), None)
    for check in fresh:
        if check.result is not CheckOutcome.LIVE:
            continue
        gone = (later.sent_at for later in fresh if later.sent_at > check.sent_at and _is_absent(later))
        gone_at = next(gone, None)
        still_old = [
            later
            for later in plain
            if _is_absent(later)
            and later.sent_at >= check.completed_at
            and (first_plain is None or later.sent_at < first_plain.sent_at)
            and (gone_at is None or later.completed_at < gone_at)
        ]
        if still_old:
            return check, still_old[-1]
    return None


def _is_absent(check: DiagnosticCheck) -> bool:
    return check.result is CheckOutcome.NOT_LIVE


def _old_copy_was_stored(checks: Iterable[DiagnosticCheck], *, published_at: datetime | None) -> bool:
    """Return whether the last check without the release got an old copy from a cache after the release was live.

    The time from which the release was live is the time at which the first live copy was stored, by its `Age`, or the
    publisher's own time. `Last-Modified` is not used, because a page is often written long before it is published. The
    old copy must have been stored before that time, by its own `Age`.

    Source: RFC 9111, section 5.1: Age is the time in seconds since the response was made or confirmed at the origin.
    """
    plain = _in_order(checks, PLAIN)
    live = next((check for check in plain if check.result is CheckOutcome.LIVE), None)
    old = [check for check in plain if _is_absent(check) and live and check.sent_at < live.sent_at]
    if live is None or not old:
        return False
    last, stored_by = old[-1], _made_by(old[-1])
    out_by = (_made_by(live), published_at)
    return stored_by is not None and any(moment and stored_by < moment < last.sent_at for moment in out_by)


def _made_by(check: DiagnosticCheck) -> datetime | None:
    """Return the latest instant at which the origin can have made the served copy, if it came from a cache."""
    age = dict(check.headers).get("age", "").strip()
    if not re.fullmatch(r"[0-9]{1,8}", age, re.ASCII) or int(age) == 0:
        return None
    # An age is in whole seconds, rounded either way, so one second less is assumed.
    return check.completed_at - timedelta(seconds=int(age) - 1)


class Covers(StrEnum):
    LATE = "late"
    EARLY = "early"
    PARTIAL = "partial"


LATE_AT_LAST = frozenset({Outcome.LATE, Outcome.NOT_SEEN})
OF_OUTCOME = {
    Outcome.EARLY: Covers.EARLY,
    Outcome.LATE: Covers.LATE,
    Outcome.NOT_SEEN: Covers.LATE,
    Outcome.PARTIAL: Covers.PARTIAL,
}


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of an exemption: its faults, its days (both included), and when it was approved and recorded.

    Instants are aware. From `ended_at` on the exemption covers nothing. If it was recorded `in_error`, it never covered
    anything.
    """

    covers: frozenset[Covers]
    covers_from: date
    covers_to: date
    approved_on: date
    recorded_at: datetime
    ended_at: datetime | None = None
    in_error: bool = False


def faults_to_cover(outcome: Outcome, required: Iterable[tuple[AddressRole, Outcome]]) -> frozenset[Covers]:
    """Return the faults that exemptions must cover to prevent a suspicion; empty if the outcome raises none.

    A release that was early and then late has both faults.

    :param required: the role of each required address, with its outcome from the due instant on. The role of a page
        that is not a main page must be given as that of a file.
    """
    if outcome not in OF_OUTCOME:
        return frozenset()
    found = {OF_OUTCOME[outcome]}
    if outcome is Outcome.EARLY:
        late = {role for role, from_due in required if from_due in LATE_AT_LAST}
        if late:
            found.add(Covers.LATE if AddressRole.PAGE in late else Covers.PARTIAL)
    return frozenset(found)


def applies(terms: Terms, *, due_at: datetime, occurred_at: datetime | None) -> bool:
    """Return whether an exemption covers a release. It must be recorded before the breach, so that it cannot hide one.

    Source: OSR's policy on alternative release times: approved in writing, in advance, by the Director General for
    Regulation.
    """
    happened_at = min(due_at, occurred_at or due_at)
    in_force = terms.recorded_at < happened_at and terms.approved_on <= calendar.local_date(happened_at)
    not_ended = not terms.in_error and (terms.ended_at is None or terms.ended_at > happened_at)
    return in_force and not_ended and terms.covers_from <= calendar.local_date(due_at) <= terms.covers_to


def find_covering_exemptions[K](
    exemptions: Sequence[tuple[K, Terms]],
    *,
    what: frozenset[Covers],
    due_at: datetime,
    occurred_at: datetime | None,
) -> list[K]:
    """Return the exemptions that together cover all faults; empty if any fault is not covered.

    :param exemptions: the exemptions of the release's series and producer, each with the caller's own key.
    """
    speaking = [
        (key, terms.covers & what)
        for key, terms in exemptions
        if terms.covers & what and applies(terms, due_at=due_at, occurred_at=occurred_at)
    ]
    covered = frozenset[Covers]().union(*(covers for _, covers in speaking))
    return [key for key, _ in speaking] if what and covered == what else []


class Why(StrEnum):
    """The reasons for storing a body, in the order in which they usually arise."""

    FIRST_SEEN = "first_seen"
    ANNOUNCEMENT = "announcement"
    LAST_BEFORE_DUE = "last_before_due"
    LAST_NOT_LIVE = "last_not_live"
    FIRST_PARTIAL = "first_partial"
    FIRST_LIVE = "first_live"
    FIRST_LIVE_FRESH = "first_live_fresh"


LAST = frozenset({Why.ANNOUNCEMENT, Why.LAST_BEFORE_DUE, Why.LAST_NOT_LIVE})
"""For these reasons the body of the last matching check is stored, and for all others the body of the first."""


@dataclass(frozen=True, slots=True)
class Place:
    """A reason for storing a body, and whether the check counts as made since the due instant.

    Each address and schedule has one body for each place. Checks before and since the due instant are judged
    separately, so each side has its own last "not live" and first "live" body.
    """

    why: Why
    since_due: bool = False


def find_filled_places(
    check: Sighting,
    *,
    role: AddressRole,
    required: bool,
    fresh: bool,
    due_at: datetime | None,
    held: Mapping[Place, datetime],
    page_live_at: datetime | None,
) -> list[Place]:
    """Return the places that a check's body now fills, either empty ones or replacing another body.

    :param fresh: the check bypassed caches and is not judged.
    :param held: when the check of each filled place was sent, for the same address and schedule.
    """
    # As in judging, a check that was still open at the due instant counts as made since then: it may have received a
    # page that went live in time.
    since_due = due_at is not None and not check.surely_before(due_at)
    if fresh:
        candidates = [Place(Why.FIRST_LIVE_FRESH, since_due)] if check.result is CheckOutcome.LIVE else []
    elif role is AddressRole.ANNOUNCEMENT:
        candidates = [Place(Why.FIRST_SEEN), *([] if since_due else [Place(Why.ANNOUNCEMENT)])]
    else:
        live_at = held.get(Place(Why.FIRST_LIVE, since_due))
        # If a required attachment is not live although the page is live, the body is stored as FIRST_PARTIAL.
        is_part = role is AddressRole.ATTACHMENT and required and since_due
        is_partial = is_part and page_live_at is not None and check.sent_at >= page_live_at
        candidates = list(_judged(check, since_due=since_due, live_at=live_at, is_partial=is_partial))
    return [
        place
        for place in candidates
        if place not in held or (check.sent_at >= held[place] if place.why in LAST else check.sent_at < held[place])
    ]


def _judged(check: Sighting, *, since_due: bool, live_at: datetime | None, is_partial: bool) -> Iterator[Place]:
    """Yield the places that the body of a judged check could fill."""
    yield Place(Why.FIRST_SEEN)
    if not since_due:
        yield Place(Why.LAST_BEFORE_DUE)
    if check.result is CheckOutcome.LIVE:
        yield Place(Why.FIRST_LIVE, since_due)
    if check.result is CheckOutcome.NOT_LIVE:
        if live_at is None or check.sent_at < live_at:
            yield Place(Why.LAST_NOT_LIVE, since_due)
        if is_partial:
            yield Place(Why.FIRST_PARTIAL, since_due)
