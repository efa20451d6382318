"""Who is reminded of a corrective action that is overdue, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from breaches import corrective_actions
from breaches.models import CorrectiveAction
from breaches.rules.lifecycle import RESTRICTED, ReportStatus
from releases.models import Series
from releases.rules.london import format_day, local_date
from statsoffice.messages.owed import NEWS, Owed, about_report, addresses_of, open_memberships

# What turned out to be no breach, or was withdrawn, asks nobody for anything.
ASKS_NOTHING = (ReportStatus.DISMISSED, ReportStatus.WITHDRAWN)


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for open actions whose day has passed: one reminder for each action and day set for it.

    It goes to the responsible statisticians and Heads of Profession of the report's series, or to the producer's
    leads where none can be reached, and names the report by its reference alone. Nobody is reminded of rehearsals.

    :param told: the events that were told already.
    :param now: the aware instant of asking; what fell due in the last seven days is told.
    """
    today = local_date(now)
    overdue = CorrectiveAction.objects.overdue(on=today).filter(due__gt=today - NEWS, report__rehearsal=False)
    listed = overdue.exclude(report__status__in=ASKS_NOTHING).select_related("report__producer")
    for action in listed.order_by("due", "pk"):
        if _event(action) not in told:
            about = about_report(action.report)
            yield Owed(_event(action), _recipients(action), _subject(action), _text(action), about=about)


def _event(action: CorrectiveAction) -> str:
    return f"overdue-action-{action.pk}-{action.due}"


def _recipients(action: CorrectiveAction) -> frozenset[str]:
    series = Series.objects.filter(pk__in=corrective_actions.series_of_report(action.report).values("pk"))
    contacts = [
        contact
        for one in series.select_related("responsible__user", "head_of_profession__user")
        for contact in (one.responsible, one.head_of_profession)
        if contact
    ]
    # A report on who had access, or on a leak, does not exist for whoever keeps the series.
    if action.report.kind not in RESTRICTED and (reached := addresses_of(contacts)):
        return reached
    return frozenset(open_memberships([action.report.producer_id]).values_list("user__email", flat=True))


def _subject(action: CorrectiveAction) -> str:
    return _("A corrective action is overdue: %(reference)s") % {"reference": action.report.reference}


def _text(action: CorrectiveAction) -> str:
    assert action.due is not None  # noqa: S101  # what has no day is never overdue
    path = reverse("breaches:actions", args=[action.report.reference])
    paragraphs = [
        _("A corrective action of the report %(reference)s was due by %(day)s and is not put down as done.")
        % {"reference": action.report.reference, "day": format_day(action.due)},
        _("Read it here after signing in, and say that it is done or give it another day:"),
        f"{settings.ADDRESS}{path}",
    ]
    return "\n\n".join(paragraphs) + "\n"
