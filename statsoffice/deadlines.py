"""The next steps for breach reports: reminders about unassigned reports, and target dates for decisions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import ngettext

from breaches.models import Suspicion
from breaches.rules import lifecycle
from releases.models import Producer
from releases.rules.calendar import Nation, format_day, format_time, local_date


@dataclass(frozen=True, slots=True)
class DueStep:
    """The next step for a report. `when` is a time or a day, as text."""

    when: str
    text: str


def find_target_date(producer: Producer, *, drafted_on: date) -> date:
    """Return the London day by which a report should be decided.

    :param drafted_on: the London day on which the report was drafted.
    """
    return lifecycle.due_on(
        drafted_on,
        working_days=settings.REPORT_DUE_AFTER,
        nation=Nation(producer.nation),
        closed=producer.closed_days(),
    )


def list_decision_steps(
    producer: Producer, reports: Sequence[Any], *, rehearsal: bool, now: datetime
) -> Iterator[DueStep]:
    """List the next steps for the reports of one morning.

    There are at most two steps: a reminder that reports are unassigned, and the target date for decisions. A minute
    brief can be sent before the reports are drafted. So if there are no reports, the target date is computed for a
    report that is drafted now. A report that was sent is already decided, so it has no steps while it is corrected.

    :param reports: reports with the annotation `sent_on` (`breaches.register.first_day_sent`).
    :param rehearsal: whether the releases are rehearsals. Reports on rehearsals have no target date.
    """
    undecided = [report for report in reports if report.status in lifecycle.UNDECIDED and report.sent_on is None]
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
