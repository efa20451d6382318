"""Cover for an absent Head of Profession, and the check that each day of the absence is covered exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from releases.rules.calendar import local_date
from releases.rules.lifecycle import Role

# People with these roles can cover, because they already read and write reports. Auditors must stay independent.
COVERERS = frozenset({Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.STATISTICIAN})
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CoverSpan:
    """The days from `first` to `last` inclusive, in London, on which one person covers for another.

    `person` is the key of the person who covers, and `absent` is the key of the absent person. `ended_at` is the
    instant at which the cover was ended early, or None.
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
    """The cover includes days outside the absence."""
    GAP = "gap"
    """No one covers on some days of the absence."""
    OVERLAP = "overlap"
    """Two people cover on the same day."""


@dataclass(frozen=True, slots=True)
class CoverProblem:
    """A problem with the cover that is planned for an absence.

    `first` and `last` are the first and last day of the problem. `place` is the index of the span with the problem. For
    a gap, `place` is the index of the span after the gap. If there is no span after the gap, `place` is the last index.
    """

    fault: CoverFault
    first: date
    last: date
    place: int


def find_cover_problem(first: date, last: date, spans: Sequence[tuple[date, date]]) -> CoverProblem | None:
    """Return the first problem with the cover for an absence, or None if each day is covered exactly once.

    :param first: the first day of the absence.
    :param last: the last day of the absence.
    :param spans: the first and last day of each person's cover, in any order.
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
