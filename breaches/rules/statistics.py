"""Statistics of releases and reports, for quarters and years."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from breaches.rules.lifecycle import BREACHES, Cause, Decision
from releases.verdict.address import NEEDS_CHECKING, SUSPICIOUS, Outcome

MONTHS = 3
NUMBERS = (1, 2, 3, 4)


class Quarter(NamedTuple):
    """A quarter of a year. `number` is from 1 to 4. Quarters sort by time."""

    year: int
    number: int

    @property
    def first(self) -> date:
        return date(self.year, MONTHS * self.number - MONTHS + 1, 1)

    @property
    def last(self) -> date:
        year, month = (self.year + 1, 1) if self.number == NUMBERS[-1] else (self.year, MONTHS * self.number + 1)
        return date(year, month, 1) - timedelta(days=1)

    @property
    def a_year_before(self) -> "Quarter":
        return Quarter(self.year - 1, self.number)


def quarter_of(day: date) -> Quarter:
    return Quarter(day.year, (day.month - 1) // MONTHS + 1)


def quarters_between(first: date, last: date) -> tuple[Quarter, ...]:
    begin, end = quarter_of(first), quarter_of(last)
    years = range(begin.year, end.year + 1)
    return tuple(one for year in years for one in quarters_of(year) if begin <= one <= end)


def quarters_of(year: int) -> tuple[Quarter, ...]:
    return tuple(Quarter(year, number) for number in NUMBERS)


NEARLY_ALL = 95
# These causes never count as repeated. Two breaches with "another cause", or with a cause that is not known, may have
# different causes.
NO_ONE_CAUSE = frozenset({Cause.OTHER, Cause.NOT_KNOWN})


# Facts are named tuples, because a page of figures reads thousands of them, and frozen dataclasses are slow to create.
# All facts have three fields in common. `quarter` is the quarter in which the fact counts. `series` has the keys of the
# series that the fact is about. It can have several keys or none.
class Verdicts(NamedTuple):
    """The number of due and verified releases that have the same outcome."""

    producer: int
    quarter: Quarter
    outcome: Outcome
    number: int = 1
    series: tuple[int, ...] = ()


class Delay(NamedTuple):
    """The delay of a release or of a part of a release.

    The delay is the number of seconds from the due time to the first check that found the release or the part.
    """

    producer: int
    quarter: Quarter
    seconds: float
    series: tuple[int, ...] = ()


class Case(NamedTuple):
    """One report and the decision on it.

    `cause` is None until a person chooses the cause. `days_to_approval` and `days_to_sending` are counted from the day
    on which the breach occurred. `approved` is true if there is an approved document. `one_person` is true if the last
    approver also wrote or submitted the report. `sent` is true if a version was sent to the regulator.
    """

    producer: int
    quarter: Quarter
    decision: Decision
    series: tuple[int, ...] = ()
    reason: str = ""
    cause: Cause | None = None
    days_to_approval: int | None = None
    days_to_sending: int | None = None
    approved: bool = False
    one_person: bool = False
    sent: bool = False
    open_actions: int = 0
    overdue_actions: int = 0
    done_actions: int = 0


class SameDayChanges(NamedTuple):
    """The number of date changes that were made on the day of release."""

    producer: int
    quarter: Quarter
    number: int = 1
    series: tuple[int, ...] = ()


type Fact = Verdicts | Delay | Case | SameDayChanges


@dataclass(frozen=True, slots=True)
class History:
    verdicts: Sequence[Verdicts] = ()
    delays: Sequence[Delay] = ()
    cases: Sequence[Case] = ()
    changes: Sequence[SameDayChanges] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.verdicts or self.delays or self.cases or self.changes)


@dataclass(frozen=True, slots=True)
class Spread:
    """The distribution of some figures.

    `middle` is the median, `nearly_all` is the 95th percentile, and `worst` is the greatest figure. All three are None
    if there are no figures.
    """

    number: int = 0
    middle: float | None = None
    nearly_all: float | None = None
    worst: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures for the releases and reports in a `History`.

    Releases in `unknown` are neither on time nor late, and `on_time_rate` leaves them out. Causes and corrective
    actions are only counted for breaches. A report counts as reported in `by_decision` once it is approved, even if it
    has not been sent.
    """

    by_outcome: Mapping[Outcome, int]
    delays: Spread
    by_decision: Mapping[Decision, int]
    by_reason: Mapping[tuple[Decision, str], int]
    days_to_approval: Spread
    days_to_sending: Spread
    approvals: int
    one_person_approvals: int
    sent_reports: int
    same_day_changes: int
    by_cause: Mapping[Cause, int]
    open_actions: int
    overdue_actions: int
    done_actions: int

    @property
    def on_time(self) -> int:
        return self.by_outcome.get(Outcome.ON_TIME, 0)

    @property
    def not_on_time(self) -> int:
        return sum(self.by_outcome.get(outcome, 0) for outcome in SUSPICIOUS)

    @property
    def unknown(self) -> int:
        return sum(self.by_outcome.get(outcome, 0) for outcome in NEEDS_CHECKING)

    @property
    def due(self) -> int:
        return self.on_time + self.not_on_time + self.unknown

    @property
    def on_time_rate(self) -> Fraction | None:
        """The share of releases that were on time, or None if no result is known.

        Releases in `unknown` are left out.
        """
        known = self.on_time + self.not_on_time
        return Fraction(self.on_time, known) if known else None

    @property
    def breaches(self) -> int:
        return sum(self.by_decision.get(decision, 0) for decision in BREACHES)

    @property
    def unsent_reports(self) -> int:
        return self.by_decision.get(Decision.REPORTED, 0) - self.sent_reports

    @property
    def undecided(self) -> int:
        return self.by_decision.get(Decision.UNDECIDED, 0)


def figures_of(history: History) -> Figures:
    by_outcome: Counter[Outcome] = Counter()
    for one in history.verdicts:
        by_outcome[one.outcome] += one.number
    by_decision: Counter[Decision] = Counter()
    by_reason: Counter[tuple[Decision, str]] = Counter()
    breaches, reported = [], []
    for case in history.cases:
        by_decision[case.decision] += 1
        if case.reason:
            by_reason[case.decision, case.reason] += 1
        if case.decision in BREACHES:
            breaches.append(case)
        if case.decision is Decision.REPORTED:
            reported.append(case)
    return Figures(
        by_outcome=by_outcome,
        delays=spread_of(delay.seconds for delay in history.delays),
        by_decision=by_decision,
        by_reason=by_reason,
        days_to_approval=spread_of(case.days_to_approval for case in reported if case.days_to_approval is not None),
        days_to_sending=spread_of(case.days_to_sending for case in reported if case.days_to_sending is not None),
        approvals=sum(case.approved for case in reported),
        one_person_approvals=sum(case.approved and case.one_person for case in reported),
        sent_reports=sum(case.sent for case in reported),
        same_day_changes=sum(change.number for change in history.changes),
        by_cause=Counter(case.cause for case in breaches if case.cause),
        open_actions=sum(case.open_actions for case in breaches),
        overdue_actions=sum(case.overdue_actions for case in breaches),
        done_actions=sum(case.done_actions for case in breaches),
    )


def round_share(share: Fraction, *, parts: int) -> int:
    """Return a share multiplied by `parts`, as a rounded number. If `parts` is 100, the number is a percentage.

    A share below 1 is never rounded up to `parts`. A share above 0 is never rounded down to 0.
    """
    # In whole numbers, because a page has more than a hundred shares, and arithmetic with fractions is slow.
    nearest = (2 * share.numerator * parts + share.denominator) // (2 * share.denominator)
    return min(max(nearest, 1), parts - 1) if 0 < share < 1 else nearest


def repeat_causes(cases: Iterable[Case]) -> dict[tuple[int, Cause], Counter[Quarter]]:
    """Find the causes that a producer had for more than one breach.

    :param cases: the reports of the period in which causes are compared.
    :return: a dict that maps the producer's key and the cause to the number of breaches in each quarter.
    """
    found: dict[tuple[int, Cause], Counter[Quarter]] = defaultdict(Counter)
    for case in cases:
        if case.cause and case.cause not in NO_ONE_CAUSE and case.decision in BREACHES:
            found[case.producer, case.cause][case.quarter] += 1
    return {of: quarters for of, quarters in found.items() if quarters.total() > 1}


def spread_of(values: Iterable[float]) -> Spread:
    """Return the distribution of some figures.

    The 95th percentile uses the nearest-rank method, so it is always one of the figures.
    """
    ordered = sorted(values)
    if not ordered:
        return Spread()
    rank = math.ceil(NEARLY_ALL * len(ordered) / 100)
    return Spread(len(ordered), median(ordered), ordered[rank - 1], ordered[-1])


def split_cases[K: Hashable](history: History, by: Callable[[Fact], Iterable[K]]) -> dict[K, History]:
    """Split a history by key. A fact with several keys is included in the history of each key.

    :param by: returns the keys of a fact.
    """
    found: dict[str, dict[K, list[Fact]]] = {}
    for field in fields(History):
        of_each = found[field.name] = defaultdict(list)
        for fact in getattr(history, field.name):
            for part in by(fact):
                of_each[part].append(fact)
    parts = dict.fromkeys(part for of_each in found.values() for part in of_each)
    return {
        part: History(**{name: of_each.get(part, []) for name, of_each in found.items()})  # type: ignore[arg-type]
        for part in parts
    }


def by_quarter(history: History) -> dict[Quarter, History]:
    return split_cases(history, lambda fact: (fact.quarter,))


def by_year(history: History) -> dict[int, History]:
    return split_cases(history, lambda fact: (fact.quarter.year,))


def by_producer(history: History) -> dict[int, History]:
    return split_cases(history, lambda fact: (fact.producer,))


def by_series(history: History) -> dict[int, History]:
    """Split a history by series. A report about several series is included in the history of each series."""
    return split_cases(history, lambda fact: fact.series)
