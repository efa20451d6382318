"""Mornings on which several releases of one producer are suspected: the drafts that can become one report."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from breaches.core.status import ReportStatus
from breaches.models import Report, Suspicion
from breaches.models.report import ReportQuerySet
from breaches.permissions import producers_written_for
from releases.models import Producer
from releases.permissions import Person
from releases.rules.london import from_london, local_date


@dataclass(frozen=True, slots=True)
class Morning:
    """One day, in London, of one producer, with its drafts; rehearsals have mornings of their own."""

    producer: Producer
    on: date
    rehearsal: bool
    drafts: int


def drafts_of(producer: Producer, *, on: date, rehearsal: bool) -> ReportQuerySet:
    """Return the drafts about releases of a producer that were due on a day, in London."""
    begins, ends = (from_london(datetime.combine(day, time())) for day in (on, on + timedelta(days=1)))
    suspected = Suspicion.objects.filter(
        verification__due_at__gte=begins, verification__due_at__lt=ends, release__rehearsal=rehearsal
    )
    of_producer = Report.objects.filter(producer=producer, status=ReportStatus.DRAFT, rehearsal=rehearsal)
    return of_producer.filter(pk__in=suspected.values("report"))


def to_join(person: Person, *, most: int) -> list[Morning]:
    """Return the mornings of which a person may join the drafts, the latest first.

    :param most: how many are given.
    """
    suspected = Suspicion.objects.filter(
        report__status=ReportStatus.DRAFT, report__producer__in=producers_written_for(person)
    )
    found: dict[tuple[date, Producer, bool], set[int]] = defaultdict(set)
    for one in suspected.select_related("report__producer", "verification"):
        assert one.report is not None  # noqa: S101  # the query asked for it
        on = local_date(one.verification.due_at)
        found[on, one.report.producer, one.report.rehearsal].add(one.report.pk)
    several = [Morning(producer, on, rehearsal, len(drafts)) for (on, producer, rehearsal), drafts in found.items()]
    offered = [morning for morning in several if morning.drafts > 1]
    return sorted(offered, key=lambda one: (one.on, one.producer.name, one.rehearsal), reverse=True)[:most]


def morning_of(report: Report) -> Morning | None:
    """Return the morning of a draft if other drafts of the same producer and day could be joined with it."""
    first = report.suspicions.select_related("verification").first()
    if first is None or report.status != ReportStatus.DRAFT:
        return None
    on = local_date(first.verification.due_at)
    drafts = drafts_of(report.producer, on=on, rehearsal=report.rehearsal).count()
    return Morning(report.producer, on, report.rehearsal, drafts) if drafts > 1 else None
