"""Who is reminded of a report that is not decided yet, before and after the day on which it is due."""

from collections.abc import Collection, Iterator
from datetime import datetime, time

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from breaches.models import JoinedDraft, Report
from breaches.permissions import Action, may
from breaches.rules import lifecycle
from breaches.rules.lifecycle import ReportStatus
from releases.rules import london
from releases.rules.calendar import Nation
from releases.rules.lifecycle import LEADS, Role
from statsoffice.messages.owed import NEWS, Owed, about_report, open_memberships

# Nobody is reminded in the night.
FROM = time(9, 0)


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give the reminders whose day has come, each once, whenever this is asked.

    A report that waits for the lead reminds the leads; any other those who write it as well. They name the report by
    its reference alone. Rehearsals remind nobody; nor does a joint report, where one of its drafts did so already.

    :param told: the events that were told already.
    :param now: the aware instant of asking; reminders of the last seven days are given.
    """
    for report in Report.objects.official().undecided().select_related("producer").order_by("pk"):
        nation, drafted_on = Nation(report.producer.nation), london.local_date(report.drafted_at)
        day = lifecycle.due_on(drafted_on, working_days=settings.REPORT_DUE_AFTER, nation=nation)
        for reminder in lifecycle.reminders(
            day, days_after=settings.REPORT_REMINDERS, drafted_on=drafted_on, nation=nation
        ):
            begins = london.from_london(datetime.combine(reminder.on, FROM))
            event = _event(report.pk, reminder)
            is_news = begins <= now < begins + NEWS and event not in told
            if is_news and not any(_event(draft, reminder) in told for draft in _drafts_of(report)):
                subject = _("Breach report %(reference)s is due on %(day)s") % {
                    "reference": report.reference,
                    "day": london.format_day(day),
                }
                text = _text(report, day=london.format_day(day))
                yield Owed(event, _recipients(report), subject, text, about=about_report(report))


def _event(report: int, reminder: lifecycle.Reminder) -> str:
    return f"report-due-{report}-{reminder.days_after}"


def _drafts_of(report: Report) -> QuerySet[JoinedDraft, int]:
    """Return the keys of the drafts that became a report, if several did."""
    return JoinedDraft.objects.standing().filter(joint=report).values_list("draft", flat=True)


def _recipients(report: Report) -> frozenset[str]:
    roles = LEADS if report.status == ReportStatus.WITH_HOP else LEADS | {Role.STATISTICIAN}
    users = {membership.user for membership in open_memberships([report.producer_id], roles).select_related("user")}
    # A report on who had access, or on a leak, does not exist for everybody who writes reports.
    return frozenset(user.email.lower() for user in users if may(user, Action.VIEW, report))


def _text(report: Report, *, day: str) -> str:
    waits = (
        _("It waits for the decision of the Head of Profession or a deputy.")
        if report.status == ReportStatus.WITH_HOP
        else _("It has not been submitted to the Head of Profession.")
    )
    lines = [
        _("The breach report %(reference)s is due on %(day)s, and not decided.")
        % {"reference": report.reference, "day": day},
        waits,
        _("Read it here, after signing in:"),
        f"{settings.ADDRESS}{reverse('breaches:report', args=[report.reference])}",
    ]
    return "\n\n".join(lines) + "\n"
