"""The register: every real report that a person may read, by what they ask for. Rehearsals are in no register."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery

from breaches.core.decision import STATES, Decision
from breaches.core.status import TOLD_ELSEWHERE, Nature
from breaches.models import (
    ApprovedDocument,
    CorrectiveAction,
    Dispatch,
    PracticeCited,
    Report,
    ReportVersion,
    StartedReport,
    Suspicion,
)
from breaches.models.report import ReportQuerySet
from breaches.permissions import TABLE, Action, reports_where
from releases.models import Producer, Series
from releases.permissions import Person, producers_with

REASON_AFTER = "."
EDITION_BEFORE = " "


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; None and "" ask for nothing.

    `decision` is one of `Decision`, with a reason behind it where one is asked for ("dismissed.check_error");
    `practice` names edition and code ("2.1 T3.6"); `actions` is "open" for those with corrective actions that are not
    done; `first` and `last` are days of occurrence, in London, both included.
    """

    producer: Producer | None = None
    series: Series | None = None
    kind: str = ""
    cause: str = ""
    state: str = ""
    decision: str = ""
    practice: str = ""
    actions: str = ""
    first: date | None = None
    last: date | None = None


def producers_of(person: Person, *, action: Action = Action.VIEW) -> QuerySet[Producer]:
    """Return the producers with whose reports a person may do something: read them, if nothing else is asked."""
    return producers_with(person, TABLE[action])


def reports(wanted: Wanted, *, by: Person, action: Action = Action.VIEW) -> ReportQuerySet:
    """Return the reports that are asked for, of those that a person may read; the latest occurrence comes first.

    One that names no day yet comes last, and is in no period.

    :param action: what the person must be allowed to do with them.
    """
    # What became part of a joint report is found there.
    found = reports_where(by, action).official().exclude(status__in=TOLD_ELSEWHERE)
    for field in fields(wanted):
        if value := getattr(wanted, field.name):
            found = found.filter(NARROWED[field.name](value))
    return found.order_by(F("occurred_on").desc(nulls_last=True), "-pk")


def with_text(found: ReportQuerySet) -> ReportQuerySet:
    """Let reports bring their producer and, as `standing`, a list of their present version alone."""
    # The machine's text beside a report is as long as the report; sorting it along is what would take the time.
    standing = ReportVersion.objects.filter(number=F("report__version")).defer("machine")
    return (
        found.defer("machine")
        .select_related("producer")
        .prefetch_related(Prefetch("versions", standing, to_attr="standing"))
    )


def listed(keys: Sequence[int]) -> "list[Any]":
    """Return reports with their text and the verdicts that they are about, in the order of their keys.

    A page asks for the keys first: sorting them all costs little, and whole rows much.
    """
    outcomes = Prefetch("suspicions", Suspicion.objects.with_outcome())
    asked = with_text(Report.objects.filter(pk__in=keys)).prefetch_related(outcomes)
    found = {report.pk: report for report in asked}
    return [found[key] for key in keys if key in found]


def with_outcome(found: "QuerySet[Report]") -> "QuerySet[Any]":
    """Let reports say when one was approved and sent first, and whether whoever approved it last had written it.

    They do so as `approved_at`, an aware instant, `sent_on`, a day in London, and `alone`; each may be None.
    """
    documents = ApprovedDocument.objects.filter(report=OuterRef("pk"))
    sent = Dispatch.objects.filter(report=OuterRef("pk"), nature=Nature.REPORT)
    return found.annotate(
        approved_at=Subquery(documents.order_by("approved_at").values("approved_at")[:1]),
        sent_on=Subquery(sent.order_by("sent_on").values("sent_on")[:1]),
        alone=Subquery(documents.order_by("-version").values("one_person")[:1]),
    )


def practices_cited() -> list[tuple[str, str]]:
    """Return edition and code of every practice that some report cites."""
    return list(PracticeCited.objects.order_by("edition", "code").values_list("edition", "code").distinct())


def about_series(series: Series) -> Q:
    """Return the condition that a report is about a release of a series."""
    suspected = Suspicion.objects.filter(release__series=series, report__isnull=False).values("report")
    started = StartedReport.objects.filter(Q(release__series=series) | Q(series=series)).values("report")
    return Q(pk__in=suspected) | Q(pk__in=started)


def _decided(value: str) -> Q:
    decision, _, reason = value.partition(REASON_AFTER)
    states = Q(status__in=STATES[Decision(decision)])
    return states & Q(decision_reason=reason) if reason else states


def _citing(value: str) -> Q:
    edition, _, code = value.partition(EDITION_BEFORE)
    return Q(pk__in=PracticeCited.objects.filter(edition=edition, code=code).values("report"))


def _with_actions(_value: str) -> Q:
    return Q(pk__in=CorrectiveAction.objects.open().values("report"))


# One line for each thing that may be asked for.
NARROWED: Mapping[str, Callable[[Any], Q]] = {
    "producer": lambda producer: Q(producer=producer),
    "series": about_series,
    "kind": lambda kind: Q(kind=kind),
    "cause": lambda cause: Q(cause=cause),
    "state": lambda state: Q(status=state),
    "decision": _decided,
    "practice": _citing,
    "actions": _with_actions,
    "first": lambda day: Q(occurred_on__gte=day),
    "last": lambda day: Q(occurred_on__lte=day),
}
