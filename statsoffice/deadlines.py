"""The next steps for breach reports: the reminder that no one is assigned, and the target date for a decision."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.utils.translation import ngettext

from breaches.models import Report, Suspicion
from breaches.rules import lifecycle
from releases.models import Producer
from releases.rules.calendar import Nation, format_day, format_time, local_date


@dataclass(frozen=True, slots=True)
class DueStep:
    """What happens or has to be done next, and when: a time or a day."""

    when: str
    text: str


def find_target_date(producer: Producer, *, drafted_on: date) -> date:
    """Return the day by which a report drafted on a day should be decided. Both are London days."""
    return lifecycle.due_on(
        drafted_on,
        working_days=settings.REPORT_DUE_AFTER,
        nation=Nation(producer.nation),
        closed=producer.closed_days(),
    )


def list_decision_steps(
    producer: Producer, reports: Sequence[Report], *, rehearsal: bool, now: datetime
) -> Iterator[DueStep]:
    """List when we send a reminder about unassigned reports of one morning, and by when the reports should be decided.

    Without a report, the target date is computed for a report that is drafted now, because a minute brief can be sent
    before the reports of its releases are drafted.

    :param rehearsal: whether the releases are rehearsals, whose reports have no target date.
    """
    undecided = [report for report in reports if report.status in lifecycle.UNDECIDED]
    unassigned = [report for report in undecided if report.person_dealing_id is None]
    raised = Suspicion.objects.filter(report__in=unassigned).order_by("raised_at").values_list("raised_at", flat=True)
    if (first := raised.first()) is not None and (remind_at := first + settings.ACKNOWLEDGED_WITHIN) > now:
        yield DueStep(
            format_time(remind_at),
            ngettext(
                "If no one is assigned to the report by then, we remind the next contact.",
                "If no one is assigned to the reports by then, we remind the next contact.",
                len(unassigned),
            ),
        )
    if not rehearsal and (undecided or not reports):
        drafted_at = undecided[0].drafted_at if undecided else now
        yield DueStep(
            format_day(find_target_date(producer, drafted_on=local_date(drafted_at))),
            ngettext(
                "Target date for a decision on the report. This is your office’s own target.",
                "Target date for decisions on the reports. This is your office’s own target.",
                max(1, len(undecided)),
            ),
        )
