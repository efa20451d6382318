"""The figures of the register compared with the year before, as tables and charts."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any

from django.db.models import Case as Cases
from django.db.models import Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext as _

from breaches import text
from breaches.models import CorrectiveAction, StartedReport, Suspicion
from breaches.permissions import Action, reports_where
from breaches.register.search import REASON_AFTER, about_series, producers_of, with_outcome
from breaches.rules.chart import Bar, BarGroup, Chart, lay_out_chart
from breaches.rules.lifecycle import (
    DECISION_ON,
    TOLD_ELSEWHERE,
    Cause,
    Decision,
    DismissalReason,
    RecordingReason,
    ReportStatus,
)
from breaches.rules.statistics import (
    Case,
    Delay,
    Figures,
    History,
    Quarter,
    SameDayChanges,
    Verdicts,
    by_quarter,
    by_year,
    figures_of,
    quarter_of,
    quarters_between,
    quarters_of,
    repeat_causes,
)
from breaches.text import (
    OUTCOMES,
    describe_days,
    describe_delay,
    describe_median,
    describe_percentile,
    describe_rate,
    describe_worst,
    quarter_months,
    quarter_name,
)
from releases import overview
from releases.models import DateChange, Producer, Series, Verification
from releases.permissions import Person
from releases.rules.london import LONDON, from_london, local_date
from releases.verdict.address import Outcome

# What was early is no delay, and what was never seen has none that ended (decision 34).
DELAYED = (Outcome.LATE, Outcome.PARTIAL)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose history is asked for, and from which day to which, both included. None asks for all that are theirs."""

    first: date
    last: date
    producer: Producer | None = None
    series: Series | None = None


def read_history(scope: Scope, *, by: Person, today: date) -> History:
    """Read what happened to the releases and reports that a person may read.

    :param today: the day in London before which an open action has to have been due to be overdue.
    :return: facts that name their series only where one producer, or one series, is asked for.
    """
    return History(
        verdicts=list(_verdicts(scope, by)),
        delays=list(_delays(scope, by)),
        cases=list(_cases(scope, by, today)),
        changes=list(_changes(scope, by)),
    )


def _verified(scope: Scope, by: Person) -> "QuerySet[Verification]":
    found = Verification.objects.filter(
        release__rehearsal=False,
        release__series__producer__in=producers_of(by),
        due_at__gte=_midnight(scope.first),
        due_at__lt=_midnight(scope.last, days_after=1),
        **_narrowed(scope, "release__series"),
    )
    # A verdict that still waits for a look says nothing yet.
    return found.exclude(outcome=Outcome.PENDING)


def _narrowed(scope: Scope, series: str) -> dict[str, Any]:
    asked = {f"{series}__producer": scope.producer, series: scope.series}
    return {path: value for path, value in asked.items() if value}


def _by_series(scope: Scope) -> bool:
    return bool(scope.producer or scope.series)


def _verdicts(scope: Scope, by: Person) -> Iterator[Verdicts]:
    quarters = quarters_between(scope.first, scope.last)
    whose = ["release__series__producer", *(["release__series"] if _by_series(scope) else [])]
    counted = (
        _verified(scope, by)
        .annotate(quarter=_quarter_due(quarters))
        .order_by()
        .values_list("outcome", "quarter", *whose)
        .annotate(number=Count("pk"))
    )
    for outcome, quarter, producer, *series, number in counted:
        yield Verdicts(
            outcome=Outcome(outcome),
            number=number,
            producer=producer,
            series=tuple(series),
            quarter=quarters[quarter],
        )


def _quarter_due(quarters: Sequence[Quarter]) -> Cases:
    """Name the place, among quarters in their order, of the one in which a release was due.

    Instants are compared with the ends of the quarters: turning each into London's time would take the database longer
    than everything else.
    """
    ends = (When(due_at__lt=_midnight(one.last, days_after=1), then=Value(place)) for place, one in enumerate(quarters))
    return Cases(*ends, output_field=IntegerField())


def _delays(scope: Scope, by: Person) -> Iterator[Delay]:
    delayed = _verified(scope, by).filter(outcome__in=DELAYED, delay_to__isnull=False).order_by()
    rows = delayed.values_list("release__series__producer", "release__series", "due_at", "delay_to")
    for producer, series, due_at, seconds in rows:
        assert seconds is not None  # noqa: S101  # the query asked for it
        yield Delay(seconds=seconds, producer=producer, series=(series,), quarter=quarter_of(local_date(due_at)))


def _cases(scope: Scope, by: Person, today: date) -> Iterator[Case]:
    found = _reports(scope, by)
    series = _series_of(found) if _by_series(scope) else {}
    actions = _open_actions(found, today)
    whole = with_outcome(found).values_list(
        "pk",
        "producer_id",
        "status",
        "decision_reason",
        "cause",
        "counts_on",
        "occurred_on",
        "approved_at",
        "sent_on",
        "alone",
    )
    for key, producer, status, reason, cause, counts_on, occurred_on, approved_at, sent_on, alone in whole:
        still_open, overdue = actions.get(key, (0, 0))
        yield Case(
            decision=DECISION_ON[ReportStatus(status)],
            reason=reason,
            cause=Cause(cause) if cause else None,
            producer=producer,
            series=tuple(sorted(series.get(key, ()))),
            quarter=quarter_of(counts_on),
            days_to_approval=_days(occurred_on, approved_at and local_date(approved_at)),
            days_to_sending=_days(occurred_on, sent_on),
            approved=approved_at is not None,
            one_person=bool(alone),
            open_actions=still_open,
            overdue_actions=overdue,
        )


def _reports(scope: Scope, by: Person) -> "QuerySet[Any]":
    """Return the reports within the scope, with the day on which each counts."""
    # What became part of a joint report is counted there, once.
    found = reports_where(by, Action.VIEW).official().exclude(status__in=TOLD_ELSEWHERE)
    if scope.producer:
        found = found.filter(producer=scope.producer)
    if scope.series:
        found = found.filter(about_series(scope.series))
    counted = found.annotate(counts_on=Coalesce(F("occurred_on"), TruncDate("drafted_at", tzinfo=LONDON)))
    return counted.filter(counts_on__gte=scope.first, counts_on__lte=scope.last).order_by()


def _open_actions(found: "QuerySet[Any]", today: date) -> dict[int, tuple[int, int]]:
    """Count, by the key of their report, the actions that are not done, and those of them that are overdue."""
    counted = (
        CorrectiveAction.objects.open()
        .filter(report__in=found.values("pk"))
        .order_by()
        .values("report")
        .annotate(number=Count("pk"), late=Count("pk", filter=Q(due__lt=today)))
    )
    return {report: (number, late) for report, number, late in counted.values_list("report", "number", "late")}


def _series_of(found: "QuerySet[Any]") -> dict[int, set[int]]:
    keys = found.values("pk")
    series: dict[int, set[int]] = defaultdict(set)
    suspected = Suspicion.objects.filter(report__in=keys).values_list("report_id", "release__series")
    started = StartedReport.objects.filter(report__in=keys).values_list(
        "report_id", Coalesce("release__series", "series")
    )
    for report, of in (*suspected, *started):
        if of is not None:  # a report that was started from nothing
            series[report].add(of)
    return series


def _changes(scope: Scope, by: Person) -> Iterator[SameDayChanges]:
    found = DateChange.objects.filter(
        release__rehearsal=False,
        release__series__producer__in=producers_of(by),
        **_narrowed(scope, "release__series"),
    )
    made: QuerySet[Any] = overview.made_on_the_day(found)
    rows = made.filter(made_on__gte=scope.first, made_on__lte=scope.last).order_by()
    for producer, series, made_on in rows.values_list("release__series__producer", "release__series", "made_on"):
        yield SameDayChanges(producer=producer, series=(series,), quarter=quarter_of(made_on))


def _days(occurred_on: date | None, until: date | None) -> int | None:
    return (until - occurred_on).days if occurred_on and until else None


def _midnight(on: date, *, days_after: int = 0) -> datetime:
    return from_london(datetime.combine(date.fromordinal(on.toordinal() + days_after), time()))


type Pair = tuple[Figures, Figures]
# The address of the register, or of figures, narrowed to what is named.
type Address = Callable[..., str]

NOTHING = figures_of(History())


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is about, its figures, and where the reports behind it are listed."""

    name: str
    cells: Sequence[str]
    address: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its caption, the heading of each column, its lines, and the chart of some of its figures.

    `nothing` is what is said in its place where there is no line.
    """

    key: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    chart: Chart | None = None
    nothing: str = ""

    @property
    def labelled(self) -> Sequence[tuple[Row, Sequence[tuple[str, str]]]]:
        """Its lines, each with its figures beside the heading of their column, for screens without room for columns."""
        return [(row, list(zip(self.columns[1:], row.cells, strict=True))) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Counted:
    """A year beside the year before, counted as a whole and by quarter.

    `again` are the causes that came again within the two years, by the key of the producer who had them.
    """

    year: int
    whole: Pair
    quarters: Mapping[Quarter, Pair]
    again: Mapping[tuple[int, Cause], Counter[Quarter]]


def count_years(history: History, year: int) -> Counted:
    """Count a history of two years once, for every table of it.

    :param year: the later of the two.
    """
    parts = {part: figures_of(of) for part, of in by_quarter(history).items()}
    quarters = {one: (parts.get(one, NOTHING), parts.get(one.a_year_before, NOTHING)) for one in quarters_of(year)}
    return Counted(year, both_years(history, year), quarters, repeat_causes(history.cases))


def both_years(history: History, year: int) -> Pair:
    """Count a year and the year before."""
    years = by_year(history)
    now, before = (figures_of(years[one]) if one in years else NOTHING for one in (year, year - 1))
    return now, before


def in_year(quarters: Mapping[Quarter, int], year: int) -> int:
    """Add up what was counted by quarter in one year."""
    return sum(number for quarter, number in quarters.items() if quarter.year == year)


def side_by_side(counted: Counted, figure: Callable[[Figures], tuple[str, float | None]]) -> list[BarGroup]:
    """Draw a figure of each quarter beside that of a year before."""
    return [
        BarGroup(
            quarter_months(one), [Bar(str(counted.year), *figure(now)), Bar(str(counted.year - 1), *figure(before))]
        )
        for one, (now, before) in counted.quarters.items()
    ]


def breaches_table(counted: Counted, *, register: Address) -> Table:
    """Show by quarter of occurrence how many breaches count, and how many counted a year before."""
    rows = [
        Row(
            quarter_name(one),
            [
                f"{now.by_decision.get(Decision.REPORTED, 0):,}",
                f"{now.by_decision.get(Decision.RECORDED, 0):,}",
                f"{now.breaches:,}",
                f"{before.breaches:,}",
                f"{now.undecided:,}",
            ],
            register(first=one.first, last=one.last),
        )
        for one, (now, before) in counted.quarters.items()
    ]
    columns = [
        _("Quarter"),
        str(text.DECISIONS[Decision.REPORTED]),
        str(text.DECISIONS[Decision.RECORDED]),
        _("Breaches"),
        _("Breaches a year before"),
        str(text.DECISIONS[Decision.UNDECIDED]),
    ]
    groups = side_by_side(counted, lambda of: (f"{of.breaches:,}", float(of.breaches)))
    caption = _("Breaches, by quarter of occurrence")
    return Table("breaches", caption, columns, rows, lay_out_chart(caption, groups))


def reasons_table(counted: Counted, *, register: Address) -> Table:
    """Show why what was not reported was not: dismissed, and kept in the office's own log."""
    year = counted.year
    listed: list[tuple[Decision, str, Any]] = [
        *((Decision.DISMISSED, one.value, text.REASONS[one]) for one in DismissalReason),
        *((Decision.RECORDED, one.value, text.RECORDING_REASONS[one]) for one in RecordingReason),
    ]
    every_quarter = [now for now, _before in counted.quarters.values()]
    rows = [
        Row(
            f"{text.DECISIONS[decision]}: {words}",
            [f"{of.by_reason.get((decision, reason), 0):,}" for of in (*every_quarter, *counted.whole)],
            register(decision=f"{decision}{REASON_AFTER}{reason}", **_whole(year)),
        )
        for decision, reason, words in listed
    ]
    return Table("reasons", _("Not reported, by reason"), [_("Reason"), *_periods(counted)], rows)


def handling_table(counted: Counted) -> Table:
    """Show by quarter how long reports took, who approved them, and which dates were changed on the day itself."""
    rows = [
        Row(
            quarter_name(one),
            [*handled(now), f"{before.one_person_approvals:,}", f"{before.same_day_changes:,}"],
        )
        for one, (now, before) in counted.quarters.items()
    ]
    columns = [
        _("Quarter"),
        *handled_columns(),
        _("One-person approvals a year before"),
        _("Dates changed on the day a year before"),
    ]
    return Table("handling", _("Days to report, approvals and changes of date, by quarter"), columns, rows)


def handled_columns() -> Sequence[str]:
    """Name the figures that `handled` gives."""
    return [
        _("To approval, median"),
        _("To approval, longest"),
        _("To sending, median"),
        _("To sending, longest"),
        _("One-person approvals"),
        _("Dates changed on the day"),
    ]


def handled(figures: Figures) -> list[str]:
    """Write how long reports took, how many were approved by their one author, and the same-day changes of date."""
    return [
        describe_days(describe_median(figures.days_to_approval)),
        describe_days(describe_worst(figures.days_to_approval)),
        describe_days(describe_median(figures.days_to_sending)),
        describe_days(describe_worst(figures.days_to_sending)),
        f"{figures.one_person_approvals:,}",
        f"{figures.same_day_changes:,}",
    ]


def actions_table(counted: Counted, *, register: Address) -> Table:
    """Show by quarter of the breach which corrective actions are not done yet, and which of a year before are not."""
    rows = [
        Row(
            quarter_name(one),
            [
                f"{now.open_actions:,}",
                f"{now.overdue_actions:,}",
                f"{before.open_actions:,}",
                f"{before.overdue_actions:,}",
            ],
            register(actions="open", first=one.first, last=one.last),
        )
        for one, (now, before) in counted.quarters.items()
    ]
    columns = [
        _("Quarter"),
        _("Not done"),
        _("Of these overdue"),
        _("Not done, of a year before"),
        _("Of these overdue"),
    ]
    groups = [
        BarGroup(
            quarter_months(one),
            [
                Bar(_("Not done"), f"{now.open_actions:,}", float(now.open_actions)),
                Bar(_("Of these overdue"), f"{now.overdue_actions:,}", float(now.overdue_actions)),
            ],
        )
        for one, (now, _before) in counted.quarters.items()
    ]
    caption = _("Corrective actions that are not done, by quarter of the breach")
    return Table("actions", caption, columns, rows, lay_out_chart(caption, groups))


def repeats_table(counted: Counted, parts: Iterable[tuple[str, Sequence[Case], Address]], *, what: str) -> Table:
    """Show which causes came again within the two years: of whom, and how often.

    :param parts: the name of each producer or series, its reports, and the address of the register for it.
    :param what: what the parts are.
    """
    year = counted.year
    found = [
        (name, cause, quarters, register)
        for name, cases, register in parts
        for (_producer, cause), quarters in repeat_causes(cases).items()
    ]
    rows = [
        Row(
            f"{name}: {text.CAUSES[cause]}" if name else str(text.CAUSES[cause]),
            [
                *(f"{quarters[one]:,}" for one in quarters_of(year)),
                f"{in_year(quarters, year):,}",
                f"{in_year(quarters, year - 1):,}",
            ],
            register(cause=cause, first=Quarter(year - 1, 1).first, last=Quarter(year, 4).last),
        )
        for name, cause, quarters, register in sorted(found, key=lambda one: -one[2].total())
    ]
    return Table(
        "repeats",
        _("Causes that came again, %(before)s and %(year)s") % {"before": year - 1, "year": year},
        [what, *_periods(counted)],
        rows,
        nothing=_("No cause came again."),
    )


def _whole(year: int) -> Mapping[str, Any]:
    return {"first": Quarter(year, 1).first, "last": Quarter(year, 4).last}


def _periods(counted: Counted) -> list[str]:
    return [*(quarter_months(one) for one in counted.quarters), str(counted.year), str(counted.year - 1)]


def year_table(counted: Counted) -> Table:
    """Set the figures of a year beside those of the year before."""
    year = counted.year
    rows = [Row(name, [cell(figures) for figures in counted.whole]) for name, cell in _measures()]
    again = [sum(in_year(quarters, one) for quarters in counted.again.values()) for one in (year, year - 1)]
    rows.append(Row(_("Breaches of a cause that came again"), [f"{number:,}" for number in again]))
    caption = _("%(year)s and the year before") % {"year": year}
    return Table("year", caption, [_("Figure"), str(year), str(year - 1)], rows)


def _measures() -> Iterable[tuple[str, Callable[[Figures], str]]]:
    yield _("Releases due and verified"), lambda figures: f"{figures.due:,}"
    for outcome, name in OUTCOMES.items():
        yield str(name), partial(_outcome, outcome)
    yield _("Could not be told"), lambda figures: f"{figures.unknown:,}"
    yield _("On time, of those that could be told"), lambda figures: describe_rate(figures.on_time_rate)
    yield _("Delay, median"), lambda figures: describe_delay(describe_median(figures.delays))
    yield _("Delay, 95th percentile"), lambda figures: describe_delay(describe_percentile(figures.delays))
    yield _("Delay, worst"), lambda figures: describe_delay(describe_worst(figures.delays))
    yield _("Breaches (to be reported, or kept in our own log)"), lambda figures: f"{figures.breaches:,}"
    yield _("Reports not decided yet"), lambda figures: f"{figures.undecided:,}"
    yield _("Dismissed"), lambda figures: f"{figures.by_decision.get(Decision.DISMISSED, 0):,}"
    yield _("Withdrawn"), lambda figures: f"{figures.by_decision.get(Decision.WITHDRAWN, 0):,}"
    yield (
        _("From occurrence to approval, median"),
        lambda figures: describe_days(describe_median(figures.days_to_approval)),
    )
    yield (
        _("From occurrence to approval, longest"),
        lambda figures: describe_days(describe_worst(figures.days_to_approval)),
    )
    yield (
        _("From occurrence to sending, median"),
        lambda figures: describe_days(describe_median(figures.days_to_sending)),
    )
    yield (
        _("From occurrence to sending, longest"),
        lambda figures: describe_days(describe_worst(figures.days_to_sending)),
    )
    yield _("Approved by one person who had written it"), lambda figures: f"{figures.one_person_approvals:,}"
    yield _("Dates changed on the day of release"), lambda figures: f"{figures.same_day_changes:,}"
    yield _("Corrective actions that are not done"), lambda figures: f"{figures.open_actions:,}"
    yield _("Corrective actions that are overdue"), lambda figures: f"{figures.overdue_actions:,}"


def _outcome(outcome: Outcome, figures: Figures) -> str:
    return f"{figures.by_outcome.get(outcome, 0):,}"


def on_time_chart(counted: Counted) -> Table:
    """Show by quarter how many releases were on time, and the rate of a year before."""
    pairs = counted.quarters
    rows = [
        Row(
            quarter_name(one),
            [
                f"{now.due:,}",
                f"{now.on_time:,}",
                f"{now.not_on_time:,}",
                f"{now.unknown:,}",
                describe_rate(now.on_time_rate),
                describe_rate(before.on_time_rate),
            ],
        )
        for one, (now, before) in pairs.items()
    ]
    columns = [
        _("Quarter"),
        _("Due and verified"),
        _("On time"),
        _("Not on time"),
        _("Could not be told"),
        _("On time, per cent"),
        _("Per cent a year before"),
    ]
    groups = side_by_side(counted, _rate_bar)
    chart = lay_out_chart(_("Releases on time, by quarter"), groups, greatest=1.0)
    return Table("on-time", _("Releases on time, by quarter"), columns, rows, chart)


def delays_chart(counted: Counted) -> Table:
    """Show by quarter how late the late ones were, and the median of a year before."""
    pairs = counted.quarters
    rows = [
        Row(
            quarter_name(one),
            [
                f"{now.delays.number if now.delays else 0:,}",
                *(
                    describe_delay(figure(now.delays))
                    for figure in (describe_median, describe_percentile, describe_worst)
                ),
                describe_delay(describe_median(before.delays)),
            ],
        )
        for one, (now, before) in pairs.items()
    ]
    columns = [
        _("Quarter"),
        _("Seen late"),
        _("Median"),
        _("95th percentile"),
        _("Worst"),
        _("Median a year before"),
    ]
    groups = [
        BarGroup(
            quarter_name(one),
            [
                Bar(name, describe_delay(seconds) if seconds else _("none"), seconds)
                for name, seconds in (
                    (_("Median"), describe_median(now.delays)),
                    (_("Worst"), describe_worst(now.delays)),
                )
            ],
        )
        for one, (now, _before) in pairs.items()
    ]
    return Table("delays", _("Delays, by quarter"), columns, rows, lay_out_chart(_("Delays, by quarter"), groups))


def comparison_of(
    parts: Mapping[int, History], names: Mapping[int, str], year: int, *, what: str, address: Address
) -> Iterable[Table]:
    """Set producers, or series, beside each other: their releases, and then their reports.

    :param parts: a history for each key; what has none is shown with nothing in it.
    :param names: what the keys are called, in the order in which they are shown.
    :param what: the heading of the first column.
    :param address: gives the address of the figures of one key.
    """
    pairs = {key: both_years(parts.get(key, History()), year) for key in names}
    releases = [
        _("Due and verified"),
        _("On time, per cent"),
        _("Per cent a year before"),
        _("Delay, median"),
        _("95th percentile"),
        _("Worst"),
    ]
    rows = [Row(names[key], _releases(*pair), address(key)) for key, pair in pairs.items()]
    said = {"what": what, "year": year}
    yield Table("compared", _("%(what)s: releases of %(year)s") % said, [what, *releases], rows)
    reports = [
        _("Breaches"),
        _("Breaches a year before"),
        _("Not decided yet"),
        _("Dismissed"),
        _("Kept in our own log"),
        _("Actions not done"),
        _("Of these overdue"),
    ]
    rows = [Row(names[key], _report_figures(*pair), address(key)) for key, pair in pairs.items()]
    yield Table("compared-reports", _("%(what)s: reports of %(year)s") % said, [what, *reports], rows)
    again = {key: len(repeat_causes(parts.get(key, History()).cases)) for key in names}
    rows = [Row(names[key], [*handled(now), f"{again[key]:,}"], address(key)) for key, (now, _before) in pairs.items()]
    caption = _("%(what)s: days to report, approvals, changes of date and causes, %(year)s") % said
    yield Table("compared-handling", caption, [what, *handled_columns(), _("Causes that came again")], rows)


def _releases(now: Figures, before: Figures) -> list[str]:
    return [
        f"{now.due:,}",
        describe_rate(now.on_time_rate),
        describe_rate(before.on_time_rate),
        *(describe_delay(figure(now.delays)) for figure in (describe_median, describe_percentile, describe_worst)),
    ]


def _report_figures(now: Figures, before: Figures) -> list[str]:
    return [
        f"{now.breaches:,}",
        f"{before.breaches:,}",
        f"{now.undecided:,}",
        f"{now.by_decision.get(Decision.DISMISSED, 0):,}",
        f"{now.by_decision.get(Decision.RECORDED, 0):,}",
        f"{now.open_actions:,}",
        f"{now.overdue_actions:,}",
    ]


def _rate_bar(of: Figures) -> tuple[str, float | None]:
    share = of.on_time_rate
    return (_("no release to tell of"), None) if share is None else (describe_rate(share), float(share))
