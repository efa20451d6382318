"""Cover for a Head of Profession who is away: on which days who covers, and whether every day is covered once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from releases.rules.calendar import local_date
from releases.rules.lifecycle import Role

# The roles of people who can cover: they read and write reports already. Auditors must stay independent.
COVERERS = frozenset({Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.STATISTICIAN})
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CoverSpan:
    """The London days, `first` and `last` included, on which `person` covers `absent` (both by key).

    `ended_at` is the instant at which the cover was ended early, or None.
    """

    person: int
    absent: int
    first: date
    last: date
    ended_at: datetime | None = None

    def is_in_force(self, at: datetime) -> bool:
        return self.first <= local_date(at) <= self.last and (self.ended_at is None or at < self.ended_at)


class CoverFault(StrEnum):
    BACKWARDS = "backwards"
    """The last day is before the first."""
    OUTSIDE = "outside"
    """A day of cover is not a day of the absence."""
    GAP = "gap"
    """On some days of the absence no one covers."""
    OVERLAP = "overlap"
    """On some days two people cover."""


@dataclass(frozen=True, slots=True)
class CoverProblem:
    """One problem of a plan for an absence, and its first and last day. `place` is the index of the span."""

    fault: CoverFault
    first: date
    last: date
    place: int


def find_cover_problem(first: date, last: date, spans: Sequence[tuple[date, date]]) -> CoverProblem | None:
    """Return the first reason why spans do not cover each day of an absence exactly once, or None.

    :param first: the first day of the absence.
    :param last: its last day.
    :param spans: the first and the last day of each person's cover, in any order.
    """
    for place, (begins, ends) in enumerate(spans):
        if ends < begins:
            return CoverProblem(CoverFault.BACKWARDS, begins, ends, place)
        if begins < first or ends > last:
            return CoverProblem(CoverFault.OUTSIDE, begins, ends, place)
    expected = first
    for place, (begins, ends) in sorted(enumerate(spans), key=lambda span: span[1]):
        if begins > expected:
            return CoverProblem(CoverFault.GAP, expected, begins - ONE_DAY, place)
        if begins < expected:
            return CoverProblem(CoverFault.OVERLAP, begins, min(ends, expected - ONE_DAY), place)
        expected = ends + ONE_DAY
    if expected <= last:
        return CoverProblem(CoverFault.GAP, expected, last, len(spans) - 1)
    return None
