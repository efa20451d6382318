"""Rules for the verdict on a release, for diagnoses and exemptions, and for the bodies to store."""

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
    """The addresses that a rule in `_PRECEDENCE` considers. They are always required addresses.

    `AT_ONCE` means the addresses without `may_follow`. If there are none, it means all required addresses.
    """

    ALL = "all"
    AT_ONCE = "at_once"
    MAIN_PAGES = "main_pages"


_PRECEDENCE: tuple[tuple[Outcome, frozenset[Outcome], _Among], ...] = (
    # Each row contains the outcome of the release, the outcomes of addresses that lead to it, and the addresses to
    # consider. A row matches if one of these addresses has one of these outcomes. The first row that matches decides.
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
    """Possible reasons why readers saw a release late. A diagnosis is never certain and never excuses the delay."""

    EDGE_CACHE = "edge_cache"


@dataclass(frozen=True, slots=True)
class DiagnosticCheck:
    """One check with the data for a diagnosis.

    `purpose` is `PLAIN` if the check was made like the request of a reader, and `FRESH` if the check bypassed caches.
    `result` is the result of the check itself, without corrections by staff. Instants are aware. The names of headers
    are in lower case.
    """

    purpose: str
    result: CheckOutcome
    sent_at: datetime
    completed_at: datetime
    headers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class AddressChecks:
    """The checks of one address under one schedule.

    `sightings` contains the plain checks. Checks that only repeat other checks may be missing there, so `number` is the
    number of all stored plain checks. `reasons` contains the reasons of the last plain check. `publisher_says` is in
    the order of the checks. `diagnostic` contains the checks for a diagnosis, including checks that bypassed caches.
    """

    sightings: Sequence[Sighting] = ()
    reasons: Sequence[str] = ()
    publisher_says: Sequence[PublisherSays] = ()
    diagnostic: Sequence[DiagnosticCheck] = ()
    number: int = 0


class JudgedAddress(Protocol):
    """A verdict on one address, with the facts that decide how the verdict counts for the release."""

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
    """The result for one address of a release, as it is stored.

    `address` is a primary key. The address is still on time if it is published up to `may_follow` after the limit of
    the release. `longest_gap` is the longest time that may pass between two checks without a gap in monitoring.
    `checks` is the number of plain checks. When all checks planned up to the instant from `settles_at` are over,
    `settled_at` is set to that instant. Until then, it is None.
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
    """The verdict on a release.

    `deciding` is the most significant of the address verdicts that decide the outcome.
    """

    due_at: datetime
    outcome: Outcome
    deciding: AddressVerdict | None
    addresses: tuple[AddressResult, ...]
    published_at: datetime | None
    publisher_source: Source | None
    diagnoses: tuple[Diagnosis, ...]

    @property
    def occurred_at(self) -> datetime | None:
        """When the suspected breach occurred, or None if there is no suspected breach.

        If the release was early, this is the time of the first live check. Otherwise, it is the due time.
        """
        if self.outcome is Outcome.EARLY:
            return self.deciding.first_live_at if self.deciding else None
        return self.due_at if self.outcome in SUSPICIOUS else None

    @property
    def live_at(self) -> datetime | None:
        """When all main pages had been found live, or None if a main page is not live."""
        pages = [result.verdict for result in find_main_pages(self.addresses)]
        live_times = [page.first_live_at for page in pages if page.is_live_at_last and page.first_live_at]
        return max(live_times) if live_times and len(live_times) == len(pages) else None


def judge_release(judged: Sequence[tuple[AddressResult, AddressChecks]], *, due_at: datetime) -> ReleaseVerdict:
    outcome, deciding = combine_addresses(result for result, _ in judged)
    required = [(result, checks) for result, checks in judged if result.required]
    # Use the publication time that the publisher's own system states for a main page. If there are times for several
    # main pages, use the time for the first of these pages.
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
    """Return the main pages, in the given order. They decide whether the release itself is late.

    Required pages are main pages if they are the English page or have no name, and do not have `may_follow`. If there
    is no such page, the first required page without `may_follow` is the main page. If all required pages have
    `may_follow`, the first one is the main page.

    Every other page counts as a part, like a file. If only parts are late, the release is incomplete.
    """
    pages = [one for one in addresses if one.required and one.role is AddressRole.PAGE]
    at_once = [page for page in pages if not page.may_follow]
    return [page for page in at_once if page.part in MAIN] or at_once[:1] or pages[:1]


def combine_addresses(addresses: Iterable[JudgedAddress]) -> tuple[Outcome, AddressVerdict | None]:
    """Return the outcome of a release, and the most significant of the address verdicts that decide it.

    Addresses that are not required never decide. If no address is required, the release cannot be judged, so the
    address verdict is None. Then the outcome is PENDING until all addresses have a verdict, and CANNOT_TELL afterwards.
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
    """Return the address whose verdict `combine_addresses` returns, or None if it returns no address verdict."""
    _outcome, deciding = combine_addresses(addresses)
    return next((one for one in addresses if one.verdict is deciding), None)


def _rank(verdict: AddressVerdict) -> tuple[bool, float]:
    # The most significant verdict sorts first. If the release is early, this is the verdict with the earliest live
    # time. Otherwise, verdicts on addresses that were never live come first, and then the verdict with the latest live
    # time.
    live_at = verdict.first_live_at
    if verdict.outcome is Outcome.EARLY and live_at:
        return True, live_at.timestamp()
    return live_at is not None, -live_at.timestamp() if live_at else 0.0


def diagnose(checks: Iterable[DiagnosticCheck], *, published_at: datetime | None = None) -> tuple[Diagnosis, ...]:
    """Return possible reasons why readers saw one address late.

    :param checks: the checks of the address.
    :param published_at: the publication time that the publisher states (aware), if there is one.
    """
    listed = list(checks)
    if find_past_caches(listed) or _old_copy_was_stored(listed, published_at=published_at):
        return (Diagnosis.EDGE_CACHE,)
    return ()


def _in_order(checks: Iterable[DiagnosticCheck], purpose: str) -> list[DiagnosticCheck]:
    those = (check for check in checks if check.purpose == purpose)
    return sorted(those, key=lambda check: (check.sent_at, check.completed_at))


def find_past_caches(checks: Iterable[DiagnosticCheck]) -> tuple[DiagnosticCheck, DiagnosticCheck] | None:
    """Find a live check that bypassed caches, and the last later plain check that did not find the release.

    Return None if there is no such pair. Plain checks count only until the first plain check that finds the release. If
    a later check that bypasses caches no longer finds the release, plain checks after it do not count either, because
    the page may have been removed again.
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
    """Return whether a cache served an old copy of the page after the release was live.

    The function considers the last plain check that found the page not live before the first live check. The `Age` of
    its response must show that the copy was stored before the release was live. The check must have been sent after the
    release was live.

    The release counts as live from the time when the first live copy was stored, according to its `Age`, or from the
    publication time that the publisher states. One of these times is enough. `Last-Modified` is not used, because a
    page is often written long before it is published.

    Source: RFC 9111, section 5.1. `Age` is the time in seconds since the response was made or confirmed at the origin.
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
    """Return the latest instant at which the origin can have made the response.

    Return None if the response did not come from a cache.
    """
    age = dict(check.headers).get("age", "").strip()
    if not re.fullmatch(r"[0-9]{1,8}", age, re.ASCII) or int(age) == 0:
        return None
    # `Age` is in whole seconds and may be rounded up or down, so assume one second less.
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
    """The terms of an exemption.

    The exemption covers the faults in `covers`, on the days from `covers_from` to `covers_to` (both included). From
    `ended_at`, it covers nothing. If `in_error` is true, the exemption was recorded by mistake and never covered
    anything. Instants are aware.
    """

    covers: frozenset[Covers]
    covers_from: date
    covers_to: date
    approved_on: date
    recorded_at: datetime
    ended_at: datetime | None = None
    in_error: bool = False


def faults_to_cover(outcome: Outcome, required: Iterable[tuple[AddressRole, Outcome]]) -> frozenset[Covers]:
    """Return the faults that exemptions must cover to prevent a suspected breach.

    The result is empty if the outcome raises no suspected breach. If a release was early and then late, exemptions must
    cover both faults.

    :param required: a pair of role and outcome for each required address. The outcome is `AddressVerdict.from_due`. If
        a page is not a main page, pass the role of a file.
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
    """Return whether an exemption applies to a release.

    The exemption must have been recorded before the breach, so that it cannot be used to hide a breach.

    Source: OSR's policy on alternative release times. The Director General for Regulation must approve them in writing
    and in advance.
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
    """Return the exemptions that together cover all faults. If a fault is not covered, return an empty list.

    :param exemptions: pairs of a key and terms for the exemptions of the series and its producer. The result contains
        these keys.
    :param what: the faults to cover.
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
"""The reasons for which the body of the last matching check is stored.

For all other reasons, the body of the first matching check is stored.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A place for a stored body of an address.

    It is identified by the reason for storing the body, and by whether the check counts as made since the due instant.
    For each address and schedule, one body is stored in each place. Checks before and since the due instant are judged
    separately, so both periods have their own last "not live" body and their own first "live" body.
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
    """Return the places in which the body of a check must be stored.

    The body is stored in empty places, and in places where it replaces the body of another check.

    :param fresh: whether the check bypassed caches. If so, the check is not judged.
    :param held: a dict that maps the filled places of this address and schedule to the times when their checks were
        sent.
    """
    # A check that was still open at the due instant may have received a page that went live in time. So it counts as
    # made since the due instant, as in verdicts.
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
