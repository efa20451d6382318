"""What the figures of the register count, read with a fixed number of queries. Rehearsals are left out."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Case as Cases
from django.db.models import Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, TruncDate

from breaches.core.decision import DECISION_ON
from breaches.core.figures.figures import Case, Delay, History, SameDayChanges, Verdicts
from breaches.core.figures.quarter import Quarter, quarter_of, quarters_between
from breaches.core.status import TOLD_ELSEWHERE, Cause, ReportStatus
from breaches.models import CorrectiveAction, StartedReport, Suspicion
from breaches.permissions import Action, reports_where
from breaches.registers.register import about_series, producers_of, with_outcome
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


def history(scope: Scope, *, by: Person, today: date) -> History:
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
