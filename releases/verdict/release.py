"""From the verdicts on the addresses of a release to the verdict on the release."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from releases.detection.finding import AddressRole, PublisherSays, Source, publisher_time
from releases.verdict.address import AddressVerdict, Outcome, Sighting, judge_address, occurred_at
from releases.verdict.diagnosis import DiagnosedLook, diagnose

if TYPE_CHECKING:
    from releases.models import Address


_PAGE = frozenset({AddressRole.PAGE})
_ANY = frozenset(AddressRole)
_PRECEDENCE: tuple[tuple[Outcome, frozenset[Outcome], frozenset[AddressRole]], ...] = (
    # the release's outcome, where a required address has one of these, in one of these roles
    (Outcome.EARLY, frozenset({Outcome.EARLY}), _ANY),
    (Outcome.PENDING, frozenset({Outcome.PENDING}), _ANY),
    (Outcome.NOT_SEEN, frozenset({Outcome.NOT_SEEN}), _PAGE),
    (Outcome.LATE, frozenset({Outcome.LATE}), _PAGE),
    (Outcome.PARTIAL, frozenset({Outcome.NOT_SEEN, Outcome.LATE}), _ANY),
    (Outcome.CANNOT_TELL, frozenset({Outcome.CANNOT_TELL}), _ANY),
    (Outcome.UNCERTAIN, frozenset({Outcome.UNCERTAIN}), _ANY),
    (Outcome.ON_TIME, frozenset({Outcome.ON_TIME}), _ANY),
)


@dataclass(frozen=True, slots=True)
class ReleaseVerdict:
    """What can be said about a release, and which of its addresses decide it (positions, the most telling first)."""

    outcome: Outcome
    deciding: tuple[int, ...]


def judge_release(addresses: Sequence[tuple[AddressRole, bool, AddressVerdict]]) -> ReleaseVerdict:
    """Judge a release from its addresses, each given as (role, required, verdict).

    Addresses that are not required never decide. A release without any required address cannot be judged:
    once nothing is pending any more, nobody can tell.
    """
    for outcome, of_addresses, roles in _PRECEDENCE:
        deciding = [
            (_most_telling_first(verdict), position)
            for position, (role, required, verdict) in enumerate(addresses)
            if required and role in roles and verdict.outcome in of_addresses
        ]
        if deciding:
            return ReleaseVerdict(outcome, tuple(position for _, position in sorted(deciding)))
    waiting = any(verdict.outcome is Outcome.PENDING for _, _, verdict in addresses)
    return ReleaseVerdict(Outcome.PENDING if waiting else Outcome.CANNOT_TELL, ())


def _most_telling_first(verdict: AddressVerdict) -> tuple[bool, float]:
    seen = verdict.first_live_at
    if verdict.outcome is Outcome.EARLY and seen:
        return True, seen.timestamp()
    return seen is not None, -seen.timestamp() if seen else 0.0


type SettledAt = Callable[[Address, Sequence[Sighting]], datetime | None]

LIVE_AT_LAST = frozenset({Outcome.ON_TIME, Outcome.LATE, Outcome.UNCERTAIN})
# What is on time or early needs no explanation.
EXPLAINED = frozenset({Outcome.LATE, Outcome.NOT_SEEN, Outcome.PARTIAL, Outcome.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class Seen:
    """The looks at one address under one schedule, and the reasons that the last plain one gave.

    `number` is how many plain ones were kept; `looks` are all of them, or all but such as only repeat what the others
    show. `publisher_says` is what was read of the publisher's own times, in the order of the looks; `diagnosed` are the
    looks, those past the caches among them, from which a diagnosis is made.
    """

    looks: Sequence[Sighting] = ()
    reasons: Sequence[str] = ()
    publisher_says: Sequence[PublisherSays] = ()
    diagnosed: Sequence[DiagnosedLook] = ()
    number: int = 0


NOTHING = Seen()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the looks at a release amount to.

    `found` are the columns of its verification. `live_at` is when every required page had been seen live since it
    was due, None while one was not. `live_since` is the same of each single address, by key.
    """

    found: Mapping[str, Any]
    live_at: datetime | None
    live_since: Mapping[int, datetime]


@dataclass(frozen=True, slots=True)
class _Judged:
    """One address with what was seen of it and the verdict on that."""

    address: "Address"
    seen: Seen
    verdict: AddressVerdict
    longest_gap: timedelta
    settled_at: datetime | None


def judgement_of(
    addresses: "Iterable[Address]",
    seen: Mapping[int, Seen],
    *,
    due_at: datetime,
    limit_at: datetime,
    longest_gap: "Callable[[Address], timedelta]",
    settled_at: SettledAt,
) -> Judgement:
    """Judge a release from the looks at each of its addresses.

    :param addresses: those that are judged, in the order in which they are told.
    :param seen: by the address' key.
    :param due_at: the aware instant at which the release is due.
    :param limit_at: the last aware instant at which it is still on time.
    :param longest_gap: says of an address how long a stretch without a check of it still counts as monitored.
    :param settled_at: returns for an address, with the checks of it, the instant up to which every planned check has to
        be over, or None while that is not so.
    """
    judged = [
        _judge(
            address,
            seen.get(address.pk, NOTHING),
            due_at=due_at,
            limit_at=limit_at,
            longest_gap=longest_gap(address),
            settled_at=settled_at,
        )
        for address in addresses
    ]
    verdict = judge_release([(AddressRole(one.address.role), one.address.required, one.verdict) for one in judged])
    deciding = judged[verdict.deciding[0]].verdict if verdict.deciding else None
    delay = deciding.delay if deciding else None
    first_live_at = deciding.first_live_at if deciding else None
    published_at, source = _publisher_time(judged, due_at=due_at) or (None, None)
    found = {
        "outcome": verdict.outcome,
        "last_not_live_at": deciding.last_not_live_at if deciding else None,
        "first_live_at": first_live_at,
        "delay_from": delay.from_seconds if delay else None,
        "delay_to": delay.to_seconds if delay else None,
        "occurred_at": occurred_at(verdict.outcome, due_at=due_at, first_live_at=first_live_at),
        "reasons": sorted({reason for one in judged for reason in one.seen.reasons}),
        "addresses": [_as_kept(one) for one in judged],
        "published_at_by_publisher": published_at,
        "publisher_source": source or "",
        "diagnoses": _diagnoses(judged, published_at) if verdict.outcome in EXPLAINED else [],
    }
    live_since = {one.address.pk: at for one in judged if (at := _live_since(one.verdict, due_at=due_at))}
    return Judgement(found=found, live_at=_all_live_at(judged), live_since=live_since)


def _judge(
    address: "Address",
    seen: Seen,
    *,
    due_at: datetime,
    limit_at: datetime,
    longest_gap: timedelta,
    settled_at: SettledAt,
) -> _Judged:
    at = settled_at(address, seen.looks)
    verdict = judge_address(
        seen.looks, due_at=due_at, limit_at=limit_at, longest_gap=longest_gap, settled=at is not None
    )
    return _Judged(address, seen, verdict, longest_gap, at)


def _live_since(verdict: AddressVerdict, *, due_at: datetime) -> datetime | None:
    """Return when an address was first seen live since it was due, or None while nobody can say so."""
    if verdict.from_due not in LIVE_AT_LAST or verdict.outcome is Outcome.PENDING or not verdict.first_live_at:
        return None
    # Of one that was early, the first look that showed it is the one before it was due.
    return max(verdict.first_live_at, due_at)


def _all_live_at(judged: Iterable[_Judged]) -> datetime | None:
    pages = [one.verdict for one in judged if one.address.required and one.address.role == AddressRole.PAGE]
    seen = [of.first_live_at for of in pages if of.from_due in LIVE_AT_LAST and of.first_live_at]
    return max(seen) if seen and len(seen) == len(pages) else None


def _publisher_time(judged: Iterable[_Judged], *, due_at: datetime) -> tuple[datetime, Source] | None:
    """Return what the publisher says of the release itself: of its pages, in order, the first that tells a time."""
    pages = (one.seen for one in judged if one.address.required and one.address.role == AddressRole.PAGE)
    return next(filter(None, (publisher_time(seen.publisher_says, due_at=due_at) for seen in pages)), None)


def _diagnoses(judged: Iterable[_Judged], published_at: datetime | None) -> list[str]:
    required = (one.seen.diagnosed for one in judged if one.address.required)
    return sorted({code for looks in required for code in diagnose(looks, published_at=published_at)})


def _as_kept(one: _Judged) -> dict[str, Any]:
    address, of = one.address, one.verdict
    return {
        "address": address.pk,
        "url": address.url,
        "role": address.role,
        "required": address.required,
        "outcome": of.outcome,
        "before_due": of.before,
        "from_due": of.from_due,
        "last_not_live_at": _written(of.last_not_live_at),
        "first_live_at": _written(of.first_live_at),
        "live_before_due_at": _written(of.live_before_due_at),
        "gone_again_at": _written(of.gone_again_at),
        "settled_at": _written(one.settled_at),
        "longest_gap_seconds": one.longest_gap.total_seconds(),
        "gaps": [[_written(gap.begins_at), _written(gap.ends_at)] for gap in of.gaps],
        "flips": [[_written(flip.gone_at), _written(flip.back_at)] for flip in of.flips],
        "delay": [of.delay.from_seconds, of.delay.to_seconds] if of.delay else None,
        "clock_bound_seconds": of.clock_bound.total_seconds(),
        "looks": one.seen.number,
        "reasons": list(one.seen.reasons),
    }


def _written(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
