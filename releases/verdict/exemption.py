"""What an exemption approved in advance covers: the rule that decides whether a verdict raises a suspicion."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from releases.detection.finding import AddressRole
from releases.rules import london
from releases.verdict.address import Outcome


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
    """What an exemption covers: which faults, on which days (both included), approved and recorded when.

    Instants are aware. From `ended_at` on it covers nothing more; one that was recorded in error never covered
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
    """Return all that has to be covered for a verdict to raise no suspicion; nothing if it raises none anyway.

    A release that was early and then late needs both.

    :param required: the role of each required address, with its outcome from the due instant on.
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
    in_force = terms.recorded_at < happened_at and terms.approved_on <= london.local_date(happened_at)
    not_ended = not terms.in_error and (terms.ended_at is None or terms.ended_at > happened_at)
    return in_force and not_ended and terms.covers_from <= london.local_date(due_at) <= terms.covers_to


def find_covering_exemptions[K](
    exemptions: Sequence[tuple[K, Terms]],
    *,
    what: frozenset[Covers],
    due_at: datetime,
    occurred_at: datetime | None,
) -> list[K]:
    """Return the exemptions that together cover all that is needed; none if anything stays uncovered.

    :param exemptions: those of the release's series and producer, each with the caller's own key.
    """
    speaking = [
        (key, terms.covers & what)
        for key, terms in exemptions
        if terms.covers & what and applies(terms, due_at=due_at, occurred_at=occurred_at)
    ]
    covered = frozenset[Covers]().union(*(covers for _, covers in speaking))
    return [key for key, _ in speaking] if what and covered == what else []
