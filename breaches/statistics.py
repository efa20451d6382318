"""Queries for the figures of the releases and reports that a person may read."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db.models import Case as Cases
from django.db.models import Count, F, Field, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, TruncDate

from breaches.models import DONE, CorrectiveAction, JoinedDraft, StartedReport, Suspicion
from breaches.permissions import TABLE as REPORT_TABLE
from breaches.permissions import Action, find_unlisted_reports, listed_reports_with, report_producers
from breaches.register import about_series, is_breach, with_outcome
from breaches.rules.lifecycle import MERGED_OR_SPLIT, Cause, ReportStatus, decision_on
from breaches.rules.statistics import (
    Case,
    Delay,
    Figures,
    History,
    SameDayChanges,
    Verdicts,
    figures_of,
    quarter_of,
    quarters_between,
)
from releases import overview
from releases.early_findings import shown_outcome
from releases.models import Address as ReleaseAddress
from releases.models import DateChange, Producer, Series, Verification
from releases.models.verification import read_results
from releases.permissions import Person
from releases.rules.calendar import LONDON, Month, local_date, month_of
from releases.verdict.address import Outcome
from releases.verdict.parts import PartFigures, measure_spread, summarise_lags

# The outcomes whose delays count in the figures (decision 34). The delay of an early release does not count. A release
# that was never found has no final delay.
DELAYED = (Outcome.LATE, Outcome.PARTIAL)
# Both databases return int and float. With a field for numbers, Django would convert each value again, and a page reads
# thousands of them.
AS_READ: Field[Any, Any] = Field()


@dataclass(frozen=True, slots=True)
class Scope:
    """The producer, series and days that figures are about. The first and the last day are included.

    If `producer` or `series` is None, all producers or series that the person may read are included.
    """

    first: date
    last: date
    producer: Producer | None = None
    series: Series | None = None


def read_breach_history(scope: Scope, *, by: Person, today: date, shown: Cases | None = None) -> History:
    """Read the history of the releases and reports that a person may read.

    The field `series` of verdicts, delays and reports is empty unless the scope has a producer or a series.

    :param today: the day in London. Open actions that were due before this day are overdue.
    :param shown: the result of `shown_outcome`, if the caller already has it.
    """
    verdicts, delays = _verdicts_and_delays(scope, by, shown)
    return History(
        verdicts=verdicts,
        delays=delays,
        cases=list(_cases(scope, by, today)),
        changes=list(_changes(scope, by)),
    )


def _verified(scope: Scope, by: Person, shown: Cases | None = None) -> "QuerySet[Any]":
    return counted_verdicts(scope, shown).filter(release__series__producer__in=report_producers(by))


def counted_verdicts(scope: Scope, shown: Cases | None = None) -> "QuerySet[Any]":
    """Return the verdicts in a scope that count in figures. This function does not check permissions.

    The annotation `shown` is the outcome that figures show (decision 73).

    :param shown: the result of `shown_outcome`, if the caller already has it.
    """
    since, before = overview.london_days(scope.first, scope.last)
    found = Verification.objects.filter(
        release__rehearsal=False,
        due_at__gte=since,
        due_at__lt=before,
        **_narrowed(scope, "release__series"),
    )
    # A pending verdict does not count yet, because it needs more checks.
    return found.annotate(shown=shown or shown_outcome()).exclude(shown=Outcome.PENDING)


def _narrowed(scope: Scope, series: str) -> dict[str, Any]:
    filters = {f"{series}__producer": scope.producer, series: scope.series}
    return {path: value for path, value in filters.items() if value}


def _by_series(scope: Scope) -> bool:
    return bool(scope.producer or scope.series)


def _verdicts_and_delays(scope: Scope, by: Person, shown: Cases | None) -> tuple[list[Verdicts], list[Delay]]:
    """Count the verdicts in a scope, and list the delays that count in figures.

    Both are read with one query, because most of its time is the search for the series of each release.
    """
    quarters = quarters_between(scope.first, scope.last)
    whose = ["release__series__producer", *(["release__series"] if _by_series(scope) else [])]
    counted = (
        _verified(scope, by, shown)
        .annotate(
            quarter=_period_due(one.last for one in quarters),
            delay=Cases(When(outcome__in=DELAYED, then=F("delay_to")), output_field=AS_READ),
        )
        .order_by()
        .values_list("shown", "quarter", "delay", *whose)
        .annotate(number=Count("*"))
    )
    verdicts, delays = [], []
    for outcome, place, seconds, producer, *series, number in counted:
        of = {"producer": producer, "series": tuple(series), "quarter": quarters[place]}
        verdicts.append(Verdicts(outcome=Outcome(outcome), number=number, **of))
        if seconds is not None:
            delays += [Delay(seconds=seconds, **of)] * number
    return verdicts, delays


def _period_due(last_days: Iterable[date]) -> Cases:
    """Return an expression for the index of the period in which a release was due.

    The expression compares the due time with the ends of the periods, because converting every due time to London time
    would be the slowest part of the query.

    :param last_days: the last day of each period (inclusive), in the order of the periods.
    """
    ends = (When(due_at__lt=overview.london_day(day)[1], then=Value(place)) for place, day in enumerate(last_days))
    return Cases(*ends, output_field=AS_READ)


def read_part_figures(scope: Scope, *, by: Person, shown: Cases | None = None) -> list[PartFigures]:
    """Summarise, for each named part, how long after the first part of its release it was published.

    Only releases that the person may read are included.

    :param shown: the result of `shown_outcome`, if the caller already has it.
    """
    with_parts = ReleaseAddress.objects.exclude(part="").values("release")
    found = _verified(scope, by, shown).filter(release__in=with_parts, shown=F("outcome")).order_by("due_at", "pk")
    spreads = (measure_spread(read_results(results)) for results in found.values_list("addresses", flat=True))
    return summarise_lags(filter(None, spreads))


def _cases(scope: Scope, by: Person, today: date) -> Iterator[Case]:
    actions = _count_actions(by, today)
    whole = with_outcome(counted_reports(scope, by, unlisted=find_unlisted_reports())).values_list(
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
    series = _series_of([key for key, *_rest in whole]) if _by_series(scope) else {}
    # Each value is computed once, because the loop runs for thousands of reports.
    find_quarter, without_actions = cache(quarter_of), ActionCount()
    decisions = {
        (status.value, was_sent): decision_on(status, was_sent=was_sent)
        for status in ReportStatus
        if status not in MERGED_OR_SPLIT
        for was_sent in (False, True)
    }
    causes = {cause.value: cause for cause in Cause}
    for key, producer, status, reason, cause, counts_on, occurred_on, approved_at, sent_on, alone in whole:
        counted, was_sent = actions.get(key, without_actions), sent_on is not None
        yield Case(
            decision=decisions[status, was_sent],
            reason=reason,
            cause=causes[cause] if cause else None,
            producer=producer,
            series=tuple(sorted(series[key])) if key in series else (),
            quarter=find_quarter(counts_on),
            days_to_approval=_days(occurred_on, approved_at and local_date(approved_at)),
            days_to_sending=_days(occurred_on, sent_on),
            approved=approved_at is not None,
            one_person=bool(alone),
            sent=was_sent,
            open_actions=counted.still_open,
            overdue_actions=counted.overdue,
            done_actions=counted.done,
        )


def counted_reports(scope: Scope, by: Person, *, unlisted: Collection[int] | None = None) -> "QuerySet[Any]":
    """Return the reports in a scope that a person may read.

    The annotation `counts_on` is the day that decides in which period a report counts.
    """
    # Leave out drafts that were merged into a joint report, because the joint report counts. Leave out joint reports
    # that were split, because their drafts count.
    listed = listed_reports_with(by, REPORT_TABLE[Action.VIEW], unlisted=unlisted)
    found = listed.official().exclude(status__in=MERGED_OR_SPLIT)
    if scope.producer:
        found = found.filter(producer=scope.producer)
    if scope.series:
        found = found.filter(about_series(scope.series))
    counted = found.annotate(counts_on=Coalesce(F("occurred_on"), TruncDate("drafted_at", tzinfo=LONDON)))
    return counted.filter(counts_on__gte=scope.first, counts_on__lte=scope.last).order_by()


@dataclass(frozen=True, slots=True)
class ActionCount:
    """The number of open, overdue and done corrective actions of a report. Overdue actions are also open."""

    still_open: int = 0
    overdue: int = 0
    done: int = 0

    def __add__(self, other: "ActionCount") -> "ActionCount":
        return ActionCount(self.still_open + other.still_open, self.overdue + other.overdue, self.done + other.done)


def _count_actions(by: Person, today: date) -> dict[int, ActionCount]:
    """Return the number of corrective actions of each report, keyed by the report's primary key.

    Actions of merged drafts count in the joint report. The result includes all producers whose reports the person may
    read.
    """
    rows = list(
        CorrectiveAction.objects.filter(report__producer__in=report_producers(by))
        .order_by()
        .values("report", "report__status")
        .annotate(
            number=Count("pk", filter=~DONE),
            late=Count("pk", filter=~DONE & Q(due__lt=today)),
            ended=Count("pk", filter=DONE),
        )
        .values_list("report", "report__status", "number", "late", "ended")
    )
    merged = {report for report, status, *_counts in rows if status == ReportStatus.JOINED}
    joints = JoinedDraft.objects.in_force().last_joints_of(merged)
    actions: dict[int, ActionCount] = defaultdict(ActionCount)
    for report, _status, *counts in rows:
        actions[joints[report].pk if report in joints else report] += ActionCount(*counts)
    return actions


def _series_of(reports: Sequence[int]) -> dict[int, set[int]]:
    """Return a dict that maps the primary key of each of these reports to the keys of the series that it is about."""
    series: dict[int, set[int]] = defaultdict(set)
    suspected = Suspicion.objects.filter(report__in=reports).values_list("report_id", "release__series")
    started = StartedReport.objects.filter(report__in=reports).values_list(
        "report_id", Coalesce("release__series", "series")
    )
    for report, of in (*suspected, *started):
        if of is not None:  # None if the report is not about a release or a series
            series[report].add(of)
    return series


def _changes(scope: Scope, by: Person) -> Iterator[SameDayChanges]:
    found = DateChange.objects.filter(
        release__rehearsal=False,
        release__series__producer__in=report_producers(by),
        **_narrowed(scope, "release__series"),
    )
    made: QuerySet[Any] = overview.made_on_the_day(found)
    rows = made.filter(made_on__gte=scope.first, made_on__lte=scope.last).order_by()
    for producer, series, made_on in rows.values_list("release__series__producer", "release__series", "made_on"):
        yield SameDayChanges(producer=producer, series=(series,), quarter=quarter_of(made_on))


YEAR_MONTHS = 12


def last_months(today: date) -> tuple[Month, ...]:
    """Return the month of a day and the 11 months before it, starting with the earliest."""
    months = [month_of(today)]
    while len(months) < YEAR_MONTHS:
        months.append(months[-1].previous)
    return tuple(reversed(months))


def scope_of_months(months: Sequence[Month], *, producer: Producer | None, series: Series | None) -> Scope:
    return Scope(months[0].first, months[-1].last, producer=producer, series=series)


def _figures_by_month(months: Sequence[Month], counted: Iterable[tuple[int, Outcome, int]]) -> dict[Month, Figures]:
    """Return the figures of each month.

    :param counted: the place of a month in `months`, an outcome and the number of releases, for each pair.
    """
    verdicts: dict[Month, list[Verdicts]] = {month: [] for month in months}
    for place, outcome, number in counted:
        month = months[place]
        quarter = quarter_of(month.first)
        verdicts[month].append(Verdicts(outcome=outcome, number=number, producer=0, quarter=quarter))
    return {month: figures_of(History(verdicts=found)) for month, found in verdicts.items()}


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """The result of one release.

    `delay` is the number of seconds from the due time to the first check that found the release. It is negative for an
    early release. It is None if no check found the release, if the result could not be determined, or if the stored
    outcome may not be shown (decision 73).
    """

    series: int
    series_title: str
    title: str
    due_at: datetime
    outcome: Outcome
    delay: float | None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class SeriesResults:
    """The results of the releases of one series. Each release has an outcome and a delay, as in `ReleaseResult`."""

    title: str
    outcomes: Sequence[Outcome]
    delays: Sequence[float | None]


# The outcomes for which the checks show when the release went live. An incomplete release counts as live when its last
# part is live.
WITH_DELAY = (Outcome.ON_TIME, Outcome.EARLY, *DELAYED)


def list_results(scope: Scope, *, by: Person) -> list[ReleaseResult]:
    """Return the results of the releases that a person may read, sorted by due time."""
    rows = _verified(scope, by).order_by("due_at", "pk")
    found = rows.values_list(
        "release__series",
        "release__series__title",
        "release__title",
        "due_at",
        "shown",
        "outcome",
        "delay_to",
        "release__reference",
    )
    return [
        ReleaseResult(
            series,
            name,
            title,
            due_at,
            Outcome(shown),
            # The stored delay belongs to the stored outcome. If another outcome is shown, leave out the delay, because
            # it could reveal an early release (decision 73).
            delay if shown == outcome and shown in WITH_DELAY else None,
            reference,
        )
        for series, name, title, due_at, shown, outcome, delay, reference in found
    ]


def read_months_and_series(
    months: Sequence[Month], scope: Scope, *, by: Person
) -> tuple[dict[Month, Figures], dict[int, SeriesResults]]:
    """Return the figures of each month, and the results for each series, keyed by its primary key.

    Both are read with one query, because finding the series of each release takes most of its time. The query reads no
    titles and is not sorted, so an index answers it alone. The order of the results of a series is undefined.
    """
    known = When(shown=F("outcome"), outcome__in=WITH_DELAY, then=F("delay_to"))
    rows = (
        _verified(scope, by)
        .annotate(month=_period_due(one.last for one in months), delay=Cases(known, output_field=AS_READ))
        .order_by()
        .values_list("release__series", "month", "shown", "delay")
    )
    by_name = {outcome.value: outcome for outcome in Outcome}
    numbers: Counter[tuple[int, str]] = Counter()
    results: dict[int, tuple[list[Outcome], list[float | None]]] = defaultdict(lambda: ([], []))
    for series, place, shown, delay in rows:
        numbers[place, shown] += 1
        outcomes, delays = results[series]
        outcomes.append(by_name[shown])
        delays.append(delay)
    # Read the series of the producers, because a condition with the keys of a thousand series is slow to build.
    offered = Series.objects.filter(producer__in=[scope.producer] if scope.producer else report_producers(by))
    titles = offered.order_by().values_list("pk", "title")
    found = {key: SeriesResults(title, *results[key]) for key, title in titles if key in results}
    return _figures_by_month(
        months, ((place, by_name[name], number) for (place, name), number in numbers.items())
    ), found


def count_causes(scope: Scope, *, by: Person, unlisted: Collection[int] | None = None) -> Counter[Cause | None]:
    """Count the breaches that a person may read, by cause.

    Breaches for which no cause has been chosen yet have the key None.
    """
    causes = counted_reports(scope, by, unlisted=unlisted).filter(is_breach()).values_list("cause")
    return Counter({Cause(cause) if cause else None: number for cause, number in causes.annotate(number=Count("*"))})


def _days(occurred_on: date | None, until: date | None) -> int | None:
    return (until - occurred_on).days if occurred_on and until else None
