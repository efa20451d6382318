"""What a report still needs before it can be submitted, besides what its text alone tells."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q

from breaches.completing import timeline
from breaches.core.content import ReportContent
from breaches.core.printed.document import exactly
from breaches.core.remarks import Remark, Section, impossible, missing
from breaches.core.status import Kind
from breaches.models import Report

# What is said on the page of the cause, and not in the section that prints it.
OF_THE_CAUSE = frozenset({"cause", "available_on"})


def for_submission(report: Report, content: ReportContent) -> tuple[Remark, ...]:
    """List what keeps a report from being submitted or approved besides its own text.

    Somebody must have chosen the cause, if only as not known yet; of what was late they must have said when it was made
    available, or why nobody knows, where the record does not show it; and the timeline prints what still stands.
    """
    return (*_not_said(report), *_outdated(report, content))


def in_the_way(report: Report, content: ReportContent, *, today: date) -> tuple[Remark, ...]:
    """List all that keeps a report from being submitted or approved. The wording of a practice never does.

    :param today: London's date.
    """
    return (*missing(content), *for_submission(report, content), *impossible(content, today=today))


def of_the_cause(report: Report) -> tuple[Remark, ...]:
    """List what still has to be said on the page of the cause before a report can be submitted."""
    return tuple(_not_said(report))


def is_late(report: Report) -> bool:
    """Tell whether a report is about something that was late."""
    return report.kind == Kind.LATE or report.suspicions.filter(kind=Kind.LATE).exists()


def is_closed(report: Report) -> bool:
    """Tell whether the record shows, for all that was late, between which looks it was made available."""
    late = report.suspicions.filter(kind=Kind.LATE)
    is_open = Q(verification__last_not_live_at__isnull=True) | Q(verification__first_live_at__isnull=True)
    return late.exists() and not late.filter(is_open).exists()


def _not_said(report: Report) -> Iterator[Remark]:
    if not report.cause:
        yield Remark(Section.CIRCUMSTANCES, "cause", "Choose the cause, or say that it is not known yet.")
    if not (report.available_at or report.available_unknown) and is_late(report) and not is_closed(report):
        sentence = "Say when it was made available, or why that is not known."
        yield Remark(Section.CIRCUMSTANCES, "available_on", sentence)


def _outdated(report: Report, content: ReportContent) -> Iterator[Remark]:
    for entry in timeline.outdated(report, content):
        sentence = (
            f"The timeline prints an entry that was corrected or has changed since, of {exactly(entry.at)}: "
            "choose again what it prints."
        )
        yield Remark(Section.CIRCUMSTANCES, "timeline", sentence)
