"""Tables and files of figures on releases and reports, compared with the year before."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from breaches import text
from breaches.register import REASON_AFTER
from breaches.rules.lifecycle import (
    Cause,
    Decision,
    DismissalReason,
    RecordingReason,
)
from breaches.rules.statistics import (
    Case,
    Figures,
    History,
    Quarter,
    Spread,
    by_quarter,
    by_year,
    figures_of,
    quarters_of,
    repeat_causes,
    round_share,
)
from breaches.text import describe_days, describe_delay, describe_rate, quarter_months, quarter_name
from releases.rules import tables
from releases.verdict.address import Outcome

# The figures of a period, and the figures of the same period a year before.
type Pair = tuple[Figures, Figures]
# The heading of a column, and a function that returns the value of a cell in this column. The function takes the
# figures of the period and the figures of the year before.
type Column = tuple[str, Callable[[Figures, Figures], int | str]]
# The name of a line in a table, its figures, and the address of the page to which the name links.
type Line = tuple[str, Pair, str]
# A function that returns the address of the register or of the page of figures, filtered by the arguments.
type Address = Callable[..., str]

NOTHING = figures_of(History())
# With fewer figures, the 95th percentile by the nearest rank is the greatest figure, so the pages do not show it. Files
# have it with the number of delays.
ENOUGH_FOR_NEARLY_ALL = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. If `address` is not empty, the name links to it."""

    name: str
    cells: Sequence[str]
    address: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart. `words` is the value as text. `length` is None if there is no value."""

    name: str
    words: str
    length: float | None


@dataclass(frozen=True, slots=True)
class BarGroup:
    """The bars of one period. All groups of a chart have bars with the same names."""

    name: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of figures.

    `bars` has some of the figures for a bar chart. If `greatest` is None, the longest bar fills the whole chart.
    Otherwise, `greatest` is the length that fills the whole chart. If there are no rows, the text in `nothing` is shown
    instead of the table.
    """

    key: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    bars: Sequence[BarGroup] = ()
    greatest: float | None = None
    nothing: str = ""

    @property
    def labelled(self) -> Sequence[tuple[Row, Sequence[tuple[str, str]]]]:
        """Each row, with a column heading for each figure.

        If the screen is too small for columns, the page shows each heading next to its figure.
        """
        return [(row, list(zip(self.columns[1:], row.cells, strict=True))) for row in self.rows]


@dataclass(frozen=True, slots=True)
class YearComparison:
    """The figures of a year and of the year before. They are counted for the whole year and for each quarter.

    `again` has the causes that a producer had more than once in the two years. It maps the producer's key and the cause
    to the number of breaches in each quarter.
    """

    year: int
    whole: Pair
    quarters: Mapping[Quarter, Pair]
    again: Mapping[tuple[int, Cause], Counter[Quarter]]


def compare_years(history: History, year: int) -> YearComparison:
    """Return the figures that the tables show. They are counted once, so that the tables can share them.

    :param history: the history of two years.
    :param year: the later of the two years.
    """
    parts = {part: figures_of(of) for part, of in by_quarter(history).items()}
    quarters = {one: (parts.get(one, NOTHING), parts.get(one.a_year_before, NOTHING)) for one in quarters_of(year)}
    return YearComparison(year, _count_pair(history, year), quarters, repeat_causes(history.cases))


def year_table(compared: YearComparison) -> Table:
    year = compared.year
    now, before = map(_describe_figures, compared.whole)
    rows = [Row(name, [cell, before[name]]) for name, cell in now.items()]
    again = [sum(_count_in_year(quarters, one) for quarters in compared.again.values()) for one in (year, year - 1)]
    rows.append(Row(_("Breaches with a repeat cause"), _numbers(*again)))
    caption = _("%(year)s compared with %(before)s") % {"year": year, "before": year - 1}
    return Table("year", caption, [_("Figure"), str(year), str(year - 1)], rows)


def _describe_figures(figures: Figures) -> dict[str, str]:
    delays, approval, sending = figures.delays, figures.days_to_approval, figures.days_to_sending
    return {
        _("Releases due and checked"): f"{figures.due:,}",
        **{str(name): f"{figures.by_outcome.get(outcome, 0):,}" for outcome, name in text.OUTCOMES.items()},
        _("Could not be determined"): f"{figures.unknown:,}",
        _("On time, where the result is known"): describe_rate(figures.on_time_rate),
        _("Median delay"): describe_delay(delays.middle),
        _("95th percentile delay"): _describe_nearly_all(delays),
        _("Longest delay"): describe_delay(delays.worst),
        _("Breaches (to report, or in our breach log only)"): f"{figures.breaches:,}",
        _("Reports not decided"): f"{figures.undecided:,}",
        _("Dismissed"): f"{figures.by_decision.get(Decision.DISMISSED, 0):,}",
        _("Withdrawn"): f"{figures.by_decision.get(Decision.WITHDRAWN, 0):,}",
        _("Median time from breach to approval"): describe_days(approval.middle),
        _("Longest time from breach to approval"): describe_days(approval.worst),
        _("Median time from breach to sending the report"): describe_days(sending.middle),
        _("Longest time from breach to sending the report"): describe_days(sending.worst),
        _("Reports approved by their author"): f"{figures.one_person_approvals:,}",
        _("Release dates changed on the day"): f"{figures.same_day_changes:,}",
        _("Open corrective actions"): f"{figures.open_actions:,}",
        _("Overdue corrective actions"): f"{figures.overdue_actions:,}",
    }


def _describe_nearly_all(delays: Spread) -> str:
    return describe_delay(delays.nearly_all if delays.number >= ENOUGH_FOR_NEARLY_ALL else None)


def on_time_table(compared: YearComparison) -> Table:
    """Show how many releases were on time in each quarter, and the percentage for the same quarter a year before."""
    columns: list[Column] = [
        (_("Due and checked"), lambda now, before: now.due),
        (_("On time"), lambda now, before: now.on_time),
        (_("Not on time"), lambda now, before: now.not_on_time),
        (_("Could not be determined"), lambda now, before: now.unknown),
        (_("Percentage on time"), lambda now, before: describe_rate(now.on_time_rate)),
        (_("Percentage on time, year before"), lambda now, before: describe_rate(before.on_time_rate)),
    ]
    found = _lay_out_chart("on-time", columns, _quarter_lines(compared))
    return replace(found, bars=_compare_bars(compared, _rate_bar), greatest=1.0)


def _rate_bar(of: Figures) -> tuple[str, float | None]:
    share = of.on_time_rate
    return (_("no result"), None) if share is None else (describe_rate(share), float(share))


def delays_table(compared: YearComparison) -> Table:
    """Show the delays of late and incomplete releases in each quarter.

    The table also shows the median delay in the same quarter a year before.
    """
    columns: list[Column] = [
        (_("Late or incomplete"), lambda now, before: now.delays.number),
        (_("Median"), lambda now, before: describe_delay(now.delays.middle)),
        (_("95th percentile"), lambda now, before: _describe_nearly_all(now.delays)),
        (_("Longest"), lambda now, before: describe_delay(now.delays.worst)),
        (_("Median, year before"), lambda now, before: describe_delay(before.delays.middle)),
    ]
    groups = [
        BarGroup(
            quarter_name(one),
            [
                Bar(name, describe_delay(seconds) if seconds else _("none"), seconds)
                for name, seconds in ((_("Median"), now.delays.middle), (_("Longest"), now.delays.worst))
            ],
        )
        for one, (now, _before) in compared.quarters.items()
    ]
    return replace(_lay_out_chart("delays", columns, _quarter_lines(compared)), bars=groups)


def breaches_table(compared: YearComparison, *, register: Address) -> Table:
    """Show how many breaches occurred in each quarter, and in the same quarter a year before."""
    columns: list[Column] = [
        (str(text.DECISIONS[Decision.REPORTED]), lambda now, before: now.by_decision.get(Decision.REPORTED, 0)),
        (str(text.DECISIONS[Decision.RECORDED]), lambda now, before: now.by_decision.get(Decision.RECORDED, 0)),
        (_("Breaches"), lambda now, before: now.breaches),
        (_("Breaches, year before"), lambda now, before: before.breaches),
        (str(text.DECISIONS[Decision.UNDECIDED]), lambda now, before: now.undecided),
    ]
    groups = _compare_bars(compared, lambda of: (f"{of.breaches:,}", float(of.breaches)))
    lines = _quarter_lines(compared, register)
    return replace(_lay_out_chart("breaches", columns, lines), bars=groups)


def reasons_table(compared: YearComparison, *, register: Address) -> Table:
    """Show the reasons why reports were dismissed, or only recorded in the office's own log."""
    reasons: list[tuple[Decision, str, Any]] = [
        *((Decision.DISMISSED, one.value, text.REASONS[one]) for one in DismissalReason),
        *((Decision.RECORDED, one.value, text.RECORDING_REASONS[one]) for one in RecordingReason),
    ]
    every_quarter = [now for now, _before in compared.quarters.values()]
    first, last = Quarter(compared.year, 1).first, Quarter(compared.year, 4).last
    rows = [
        Row(
            f"{text.DECISIONS[decision]}: {words}",
            _numbers(*(of.by_reason.get((decision, reason), 0) for of in (*every_quarter, *compared.whole))),
            register(decision=f"{decision}{REASON_AFTER}{reason}", first=first, last=last),
        )
        for decision, reason, words in reasons
    ]
    return Table("reasons", _("Reasons for not reporting"), [_("Reason"), *_periods(compared)], rows)


def handling_table(compared: YearComparison) -> Table:
    """Show for each quarter how long approval and sending took, and how many reports their authors approved.

    The table also shows how many release dates were changed on the day of release.
    """
    columns: list[Column] = [
        *_handling_columns(),
        (_("Approved by their author, year before"), lambda now, before: before.one_person_approvals),
        (_("Dates changed on the day, year before"), lambda now, before: before.same_day_changes),
    ]
    caption = _("Time to report, approvals and date changes by quarter")
    return _lay_out_table("handling", caption, _("Quarter"), columns, _quarter_lines(compared))


def _handling_columns() -> list[Column]:
    return [
        (_("Median time to approval"), lambda now, before: describe_days(now.days_to_approval.middle)),
        (_("Longest time to approval"), lambda now, before: describe_days(now.days_to_approval.worst)),
        (_("Median time to sending"), lambda now, before: describe_days(now.days_to_sending.middle)),
        (_("Longest time to sending"), lambda now, before: describe_days(now.days_to_sending.worst)),
        (_("Approved by their author"), lambda now, before: now.one_person_approvals),
        (_("Dates changed on the day"), lambda now, before: now.same_day_changes),
    ]


def actions_table(compared: YearComparison, *, register: Address) -> Table:
    """Show how many corrective actions are open and overdue for the breaches of each quarter.

    The table also has the numbers for the breaches of the same quarter a year before.
    """
    columns: list[Column] = [
        (_("Open"), lambda now, before: now.open_actions),
        (_("Overdue"), lambda now, before: now.overdue_actions),
        (_("Open, year before"), lambda now, before: before.open_actions),
        (_("Overdue, year before"), lambda now, before: before.overdue_actions),
    ]
    groups = [
        BarGroup(
            quarter_months(one),
            [
                Bar(_("Open"), f"{now.open_actions:,}", float(now.open_actions)),
                Bar(_("Overdue"), f"{now.overdue_actions:,}", float(now.overdue_actions)),
            ],
        )
        for one, (now, _before) in compared.quarters.items()
    ]
    lines = _quarter_lines(compared, partial(register, actions="open"))
    return replace(_lay_out_chart("actions", columns, lines), bars=groups)


def repeats_table(
    compared: YearComparison, parts: Iterable[tuple[str, Sequence[Case], Address]], *, what: str
) -> Table:
    """Show which causes each producer or series had more than once in the two years, and how often.

    :param parts: for each producer or series, its name, its reports, and a function that returns the address of the
        register.
    :param what: the heading of the first column.
    """
    year = compared.year
    found = [
        (name, cause, quarters, register)
        for name, cases, register in parts
        for (_producer, cause), quarters in repeat_causes(cases).items()
    ]
    rows = [
        Row(
            f"{name}: {text.CAUSES[cause]}" if name else str(text.CAUSES[cause]),
            _numbers(
                *(quarters[one] for one in quarters_of(year)),
                _count_in_year(quarters, year),
                _count_in_year(quarters, year - 1),
            ),
            register(cause=cause, first=Quarter(year - 1, 1).first, last=Quarter(year, 4).last),
        )
        for name, cause, quarters, register in sorted(found, key=lambda one: -one[2].total())
    ]
    return Table(
        "repeats",
        _("Repeat causes, %(before)s and %(year)s") % {"before": year - 1, "year": year},
        [what, *_periods(compared)],
        rows,
        nothing=_("There are no repeat causes."),
    )


def comparison_tables(
    parts: Mapping[int, History], names: Mapping[int, str], year: int, *, what: str, address: Address
) -> Iterable[Table]:
    """Yield tables that compare producers or series.

    The first table compares their releases, the second compares their reports, and the third compares how the reports
    were handled.

    :param parts: the history of each producer or series, keyed by its primary key. A missing history counts as empty.
    :param names: the names of the producers or series in the order of display, keyed by primary key.
    :param what: the heading of the first column.
    :param address: a function that takes a primary key and returns the address of a page of figures.
    """
    histories = {key: parts.get(key, History()) for key in names}
    lines = [(names[key], _count_pair(history, year), address(key)) for key, history in histories.items()]
    values = {"what": what, "year": year}
    releases: list[Column] = [
        (_("Due and checked"), lambda now, before: now.due),
        (_("Percentage on time"), lambda now, before: describe_rate(now.on_time_rate)),
        (_("Percentage on time, year before"), lambda now, before: describe_rate(before.on_time_rate)),
        (_("Median delay"), lambda now, before: describe_delay(now.delays.middle)),
        (_("95th percentile"), lambda now, before: _describe_nearly_all(now.delays)),
        (_("Longest"), lambda now, before: describe_delay(now.delays.worst)),
    ]
    yield _lay_out_table("compared", _("%(what)s: releases in %(year)s") % values, what, releases, lines)
    reports: list[Column] = [
        (_("Breaches"), lambda now, before: now.breaches),
        (_("Breaches, year before"), lambda now, before: before.breaches),
        (_("Not decided"), lambda now, before: now.undecided),
        (_("Dismissed"), lambda now, before: now.by_decision.get(Decision.DISMISSED, 0)),
        (_("In our breach log only"), lambda now, before: now.by_decision.get(Decision.RECORDED, 0)),
        (_("Open actions"), lambda now, before: now.open_actions),
        (_("Overdue actions"), lambda now, before: now.overdue_actions),
    ]
    yield _lay_out_table("compared-reports", _("%(what)s: reports in %(year)s") % values, what, reports, lines)
    caption = _("%(what)s: time to report, approvals, date changes and repeat causes in %(year)s") % values
    handling = _lay_out_table("compared-handling", caption, what, _handling_columns(), lines)
    # A repeat cause counts in the year if it was the cause of a breach in this year, even if the others were before.
    again = [
        sum(_count_in_year(quarters, year) > 0 for quarters in repeat_causes(history.cases).values())
        for history in histories.values()
    ]
    yield replace(
        handling,
        columns=[*handling.columns, _("Repeat causes")],
        rows=[
            replace(row, cells=[*row.cells, f"{number:,}"]) for row, number in zip(handling.rows, again, strict=True)
        ],
    )


def _count_pair(history: History, year: int) -> Pair:
    if history.is_empty:
        return NOTHING, NOTHING
    years = by_year(history)
    now, before = (figures_of(years[one]) if one in years else NOTHING for one in (year, year - 1))
    return now, before


def _count_in_year(quarters: Mapping[Quarter, int], year: int) -> int:
    return sum(number for quarter, number in quarters.items() if quarter.year == year)


def _quarter_lines(compared: YearComparison, register: Address | None = None) -> list[Line]:
    """Return a line for each quarter.

    :param register: a function that returns the address of the reports of a quarter. If it is None, the lines have no
        links.
    """
    return [
        (quarter_name(one), pair, register(first=one.first, last=one.last) if register else "")
        for one, pair in compared.quarters.items()
    ]


def _lay_out_chart(key: str, columns: Sequence[Column], lines: Iterable[Line]) -> Table:
    return _lay_out_table(key, str(text.CHARTS[key]), _("Quarter"), columns, lines)


def _lay_out_table(key: str, caption: str, what: str, columns: Sequence[Column], lines: Iterable[Line]) -> Table:
    """:param what: the heading of the first column."""

    def cells(now: Figures, before: Figures) -> list[str]:
        values = [value(now, before) for _heading, value in columns]
        return [f"{value:,}" if isinstance(value, int) else value for value in values]

    rows = [Row(name, cells(*pair), address) for name, pair, address in lines]
    return Table(key, caption, [what, *(heading for heading, _value in columns)], rows)


def _compare_bars(compared: YearComparison, bar: Callable[[Figures], tuple[str, float | None]]) -> list[BarGroup]:
    return [
        BarGroup(quarter_months(one), [Bar(str(compared.year), *bar(now)), Bar(str(compared.year - 1), *bar(before))])
        for one, (now, before) in compared.quarters.items()
    ]


def _periods(compared: YearComparison) -> list[str]:
    return [*(quarter_months(one) for one in compared.quarters), str(compared.year), str(compared.year - 1)]


def _numbers(*values: int) -> list[str]:
    return [f"{value:,}" for value in values]


WHOSE = ("producer", "series", "first_day", "last_day")
SHARES = 10_000


def _figure_values(of: Figures) -> dict[str, tables.Value]:
    return {
        "due_and_verified": of.due,
        **{one.value: of.by_outcome.get(one, 0) for one in Outcome if one is not Outcome.PENDING},
        "share_on_time": _share(of.on_time_rate),
        "delays": of.delays.number,
        "delay_median_seconds": _blank(of.delays.middle),
        "delay_95th_percentile_seconds": _blank(of.delays.nearly_all),
        "delay_worst_seconds": _blank(of.delays.worst),
        "breaches": of.breaches,
        **{one.value: of.by_decision.get(one, 0) for one in Decision},
        **{f"dismissed_{one.value}": of.by_reason.get((Decision.DISMISSED, one), 0) for one in DismissalReason},
        **{f"recorded_{one.value}": of.by_reason.get((Decision.RECORDED, one), 0) for one in RecordingReason},
        "days_to_approval_median": _blank(of.days_to_approval.middle),
        "days_to_approval_longest": _blank(of.days_to_approval.worst),
        "days_to_sending_median": _blank(of.days_to_sending.middle),
        "days_to_sending_longest": _blank(of.days_to_sending.worst),
        "approvals": of.approvals,
        "one_person_approvals": of.one_person_approvals,
        "dates_changed_on_the_day": of.same_day_changes,
        "actions_not_done": of.open_actions,
        "actions_overdue": of.overdue_actions,
        **{f"cause_{one.value}": of.by_cause.get(one, 0) for one in Cause},
    }


def _share(rate: Fraction | None) -> tables.Value:
    """Return a rounded share. A share below 1 never becomes 1, and a share above 0 never becomes 0, as on the page."""
    return "" if rate is None else round_share(rate, parts=SHARES) / SHARES


def _blank(value: float | None) -> tables.Value:
    return "" if value is None else value


AGAIN = "breaches_of_a_cause_that_came_again"
FIGURE_COLUMNS = (*WHOSE, *_figure_values(NOTHING), AGAIN)


def write_figures(parts: Iterable[tuple[str, str, History]], kind: tables.TableKind, *, year: int, title: str) -> bytes:
    """Write a file with the figures of a year and the year before. Each whole year and each quarter has a row.

    :param parts: for each part of the file, the name of a producer, the name of a series or "" for all series, and the
        history.
    :param title: the title of the sheet in a spreadsheet.
    """
    lines = (line for part in parts for line in _figure_lines(*part, year=year))
    return tables.write_table(kind, FIGURE_COLUMNS, lines, title=title)


def _figure_lines(producer: str, series: str, history: History, *, year: int) -> Iterator[list[tables.Value]]:
    years = {one: figures_of(of) for one, of in by_year(history).items()}
    quarters = {one: figures_of(of) for one, of in by_quarter(history).items()}
    again = repeat_causes(history.cases).values()

    def line(within: Sequence[Quarter], figures: Figures) -> list[tables.Value]:
        whose = [producer, series, within[0].first.isoformat(), within[-1].last.isoformat()]
        repeats = sum(found.get(one, 0) for one in within for found in again)
        return [*whose, *_figure_values(figures).values(), repeats]

    for one in (year, year - 1):
        yield line(quarters_of(one), years.get(one, NOTHING))
        for quarter in quarters_of(one):
            yield line([quarter], quarters.get(quarter, NOTHING))
