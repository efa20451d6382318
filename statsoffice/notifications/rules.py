"""The table of notifications: which query finds each kind, and which template writes its message."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.template import Context, Engine
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from statsoffice.notifications import office_queries, release_queries, report_queries
from statsoffice.notifications.notification import Notification, one_line

BEFORE = lazy("This is a rehearsal: nothing is to be released.")
AFTER = lazy("This is a rehearsal: nothing was released and nothing is to be reported.")
# Part of an official email, in the language of the report.
NO_BREACH = "This is a rehearsal: no real release and no real breach."


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of notification.

    The query is called with `known`, the events that have a message already, and `now`. It gives the notifications that
    are due, with their recipients. The template has the subject in its first paragraph and the text after it.
    `rehearsal` is the first paragraph of a message about a rehearsal.
    """

    query: Callable[..., Iterator[Notification]]
    template: str
    rehearsal: Promise | str = AFTER

    def render(self, notification: Notification) -> tuple[str, str]:
        """Return the subject on one line, and the text."""
        context = {
            **notification.context,
            "release": notification.release,
            "report": notification.report,
            "office": settings.OFFICE_NAME,
            "site": settings.ADDRESS,
        }
        template = Engine.get_default().get_template(f"notifications/{self.template}.txt")
        # Plain text: nothing is markup, and nothing is escaped.
        rendered = template.render(Context(context, autoescape=False))
        first, _blank, text = rendered.lstrip().partition("\n\n")
        subject, text = one_line(first), text.rstrip("\n") + "\n"
        if notification.is_rehearsal:
            return _("Rehearsal: %(subject)s") % {"subject": subject}, f"{self.rehearsal}\n\n{text}"
        return subject, text


# Urgent kinds come first: this is the order in which the messages are written.
RULES = (
    Rule(release_queries.find_suspected_breaches, "suspected_breach"),
    Rule(release_queries.find_releases_to_check, "release_to_check"),
    Rule(release_queries.find_late_releases_seen_live, "late_release_seen_live"),
    Rule(report_queries.find_report_steps, "report_step"),
    Rule(report_queries.find_unacknowledged_reports, "unacknowledged_report"),
    Rule(release_queries.find_preflight_problems, "preflight_problem", BEFORE),
    Rule(release_queries.find_announcement_differences, "announcement_difference"),
    Rule(release_queries.find_morning_summaries, "morning_summary"),
    Rule(office_queries.find_date_requests, "date_request", BEFORE),
    Rule(office_queries.find_date_decisions, "date_decision", BEFORE),
    Rule(office_queries.find_access_requests, "access_request", BEFORE),
    Rule(office_queries.find_access_decisions, "access_decision", BEFORE),
    Rule(office_queries.find_incidents, "incident"),
    Rule(report_queries.find_reports_to_send, "report_to_send", NO_BREACH),
    Rule(report_queries.find_due_reports, "report_due"),
    Rule(report_queries.find_overdue_actions, "overdue_action"),
    Rule(office_queries.find_anchors, "anchor"),
)
