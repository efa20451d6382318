"""From the verdicts on a release's addresses to what can be said about the release."""

from collections.abc import Sequence
from dataclasses import dataclass

from releases.core.judging.evidence import AddressRole
from releases.core.judging.verdict import AddressVerdict, Outcome

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
