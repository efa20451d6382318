"""From the looks at one release's addresses to what is kept of its verdict."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from releases.evidence import AddressRole
from releases.release_verdict import judge_release
from releases.verdict import AddressVerdict, Outcome, Sighting, judge_address, occurred_at

if TYPE_CHECKING:
    from releases.models import Address

LIVE_AT_LAST = frozenset({Outcome.ON_TIME, Outcome.LATE, Outcome.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class Seen:
    """Every look at one address under one schedule, and the reasons that the last of them gave."""

    looks: Sequence[Sighting] = ()
    reasons: Sequence[str] = ()


NOTHING = Seen()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the looks at a release amount to.

    `found` are the columns of its verification. `live_at` is when every required page had been seen live since it
    was due, None while one was not. `seen_live_since_due` are the addresses that need no further look, by key.
    """

    found: Mapping[str, Any]
    live_at: datetime | None
    seen_live_since_due: frozenset[int]


def judgement_of(
    addresses: "Iterable[Address]",
    seen: Mapping[int, Seen],
    *,
    due_at: datetime,
    limit_at: datetime,
    settled: "Callable[[Address], bool]",
) -> Judgement:
    """Judge a release from the looks at each of its addresses.

    :param addresses: those that are judged, in the order in which they are told.
    :param seen: by the address' key.
    :param due_at: the aware instant at which the release is due.
    :param limit_at: the last aware instant at which it is still on time.
    :param settled: says of an address whether every look planned at it up to the limit is over.
    """
    judged = [
        (
            address,
            judge_address(
                seen.get(address.pk, NOTHING).looks, due_at=due_at, limit_at=limit_at, settled=settled(address)
            ),
        )
        for address in addresses
    ]
    verdict = judge_release([(AddressRole(address.role), address.required, of) for address, of in judged])
    deciding = judged[verdict.deciding[0]][1] if verdict.deciding else None
    delay = deciding.delay if deciding else None
    first_live_at = deciding.first_live_at if deciding else None
    found = {
        "outcome": verdict.outcome,
        "last_not_live_at": deciding.last_not_live_at if deciding else None,
        "first_live_at": first_live_at,
        "delay_from": delay.from_seconds if delay else None,
        "delay_to": delay.to_seconds if delay else None,
        "occurred_at": occurred_at(verdict.outcome, due_at=due_at, first_live_at=first_live_at),
        "reasons": sorted({reason for address, _ in judged for reason in seen.get(address.pk, NOTHING).reasons}),
        "addresses": [_as_kept(address, of, seen.get(address.pk, NOTHING)) for address, of in judged],
    }
    return Judgement(found=found, live_at=_all_live_at(judged), seen_live_since_due=_seen_live(judged))


def _all_live_at(judged: "Iterable[tuple[Address, AddressVerdict]]") -> datetime | None:
    pages = [of for address, of in judged if address.required and address.role == AddressRole.PAGE]
    seen = [of.first_live_at for of in pages if of.from_due in LIVE_AT_LAST and of.first_live_at]
    return max(seen) if seen and len(seen) == len(pages) else None


def _seen_live(judged: "Iterable[tuple[Address, AddressVerdict]]") -> frozenset[int]:
    return frozenset(
        address.pk for address, of in judged if of.from_due in LIVE_AT_LAST and of.outcome is not Outcome.PENDING
    )


def _as_kept(address: "Address", of: AddressVerdict, seen: Seen) -> dict[str, Any]:
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
        "delay": [of.delay.from_seconds, of.delay.to_seconds] if of.delay else None,
        "looks": len(seen.looks),
        "reasons": list(seen.reasons),
    }


def _written(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
