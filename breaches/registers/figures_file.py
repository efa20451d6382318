"""The figures as a file, for whoever counts or compares: a line for each producer or series and each period."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from breaches.core.decision import Decision
from breaches.core.figures.figures import Figures, History, Spread, by_quarter, by_year, figures_of, repeat_causes
from breaches.core.figures.quarter import Quarter, quarters_of
from breaches.core.status import Cause, DismissalReason, RecordingReason
from releases.rules import tables
from releases.rules.table import Value
from releases.rules.tables import TableKind
from releases.verdict.address import Outcome

WHOSE = ("producer", "series", "first_day", "last_day")
SHARES = 10_000
NOTHING = figures_of(History())


@dataclass(frozen=True, slots=True)
class Part:
    """Whose figures some lines hold: of a producer as a whole, or of one of its series; "" stands for all of them."""

    producer: str
    series: str
    history: History


def _decided(decision: Decision) -> Callable[[Figures], Value]:
    return lambda of: of.by_decision.get(decision, 0)


def _came_out(outcome: Outcome) -> Callable[[Figures], Value]:
    return lambda of: of.by_outcome.get(outcome, 0)


def _because(decision: Decision, reason: str) -> Callable[[Figures], Value]:
    return lambda of: of.by_reason.get((decision, reason), 0)


def _caused(cause: Cause) -> Callable[[Figures], Value]:
    return lambda of: of.by_cause.get(cause, 0)


def _middle(of: Spread | None) -> Value:
    return of.middle if of else ""


def _worst(of: Spread | None) -> Value:
    return of.worst if of else ""


MEASURES: Mapping[str, Callable[[Figures], Value]] = {
    "due_and_verified": lambda of: of.due,
    **{outcome.value: _came_out(outcome) for outcome in Outcome if outcome is not Outcome.PENDING},
    "share_on_time": lambda of: _share(of.on_time_rate),
    "delays": lambda of: of.delays.number if of.delays else 0,
    "delay_median_seconds": lambda of: _middle(of.delays),
    "delay_95th_percentile_seconds": lambda of: of.delays.nearly_all if of.delays else "",
    "delay_worst_seconds": lambda of: _worst(of.delays),
    "breaches": lambda of: of.breaches,
    **{decision.value: _decided(decision) for decision in Decision},
    **{f"dismissed_{one.value}": _because(Decision.DISMISSED, one) for one in DismissalReason},
    **{f"recorded_{one.value}": _because(Decision.RECORDED, one) for one in RecordingReason},
    "days_to_approval_median": lambda of: _middle(of.days_to_approval),
    "days_to_approval_longest": lambda of: _worst(of.days_to_approval),
    "days_to_sending_median": lambda of: _middle(of.days_to_sending),
    "days_to_sending_longest": lambda of: _worst(of.days_to_sending),
    "approvals": lambda of: of.approvals,
    "one_person_approvals": lambda of: of.one_person_approvals,
    "dates_changed_on_the_day": lambda of: of.same_day_changes,
    "actions_not_done": lambda of: of.open_actions,
    "actions_overdue": lambda of: of.overdue_actions,
    **{f"cause_{cause.value}": _caused(cause) for cause in Cause},
}
AGAIN = "breaches_of_a_cause_that_came_again"
COLUMNS = (*WHOSE, *MEASURES, AGAIN)


def write(parts: Iterable[Part], kind: TableKind, *, year: int, title: str) -> bytes:
    """Write the figures of a year and of the year before, of each as a whole and of their quarters.

    :param title: what a sheet is called.
    """
    return tables.write_table(kind, COLUMNS, (line for part in parts for line in _lines(part, year)), title=title)


def _lines(part: Part, year: int) -> Iterator[list[Value]]:
    years = {one: figures_of(of) for one, of in by_year(part.history).items()}
    quarters = {one: figures_of(of) for one, of in by_quarter(part.history).items()}
    again = repeat_causes(part.history.cases)
    for one in (year, year - 1):
        within = quarters_of(one)
        yield _line(part, (within[0].first, within[-1].last), years.get(one, NOTHING), _again(again, within))
        for quarter in within:
            yield _line(part, (quarter.first, quarter.last), quarters.get(quarter, NOTHING), _again(again, [quarter]))


def _line(part: Part, period: tuple[date, date], figures: Figures, again: int) -> list[Value]:
    whose = [part.producer, part.series, *(day.isoformat() for day in period)]
    return [*whose, *(measure(figures) for measure in MEASURES.values()), again]


def _again(found: Mapping[tuple[int, Cause], Mapping[Quarter, int]], within: Iterable[Quarter]) -> int:
    return sum(quarters.get(one, 0) for one in within for quarters in found.values())


def _share(rate: Fraction | None) -> Value:
    """Write a share, rounded down as on the page: 1 is said of nothing but all."""
    return "" if rate is None else math.floor(rate * SHARES) / SHARES
