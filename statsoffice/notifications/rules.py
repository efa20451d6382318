"""The table of notifications: the label of each kind, the query that finds it, and the template of its message."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.template import Context, Engine
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from statsoffice.notifications import office_queries, release_queries, report_queries
from statsoffice.notifications.models import KINDS
from statsoffice.notifications.notification import Notification, one_line

BEFORE = lazy("This is a rehearsal: nothing is to be released.")
AFTER = lazy("This is a rehearsal: nothing was released and nothing is to be reported.")
# Not translated, because it is part of an official email in the language of the report.
NO_BREACH = "This is a rehearsal: no real release and no real breach."


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of notification, or a few with the same query and template.

    `kinds` has the label of each kind by the beginning of its events, for a message whose subject was redacted. The
    query is called with `known`, the events that have a message already, and `now`. It returns the notifications that
    are due, with their recipients. The template has the subject in its first paragraph and the text after it.
    `rehearsal` is the first paragraph of a message about a rehearsal.
    """

    kinds: Mapping[str, Promise]
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
        # Plain text, so nothing is escaped.
        rendered = template.render(Context(context, autoescape=False))
        first, _blank, text = rendered.lstrip().partition("\n\n")
        subject, text = one_line(first), text.rstrip("\n") + "\n"
        if notification.is_rehearsal:
            return _("Rehearsal: %(subject)s") % {"subject": subject}, f"{self.rehearsal}\n\n{text}"
        return subject, text


# Urgent kinds come first: this is the order in which the messages are written.
RULES = (
    Rule({"suspected-breach": lazy("Suspected breach")}, release_queries.find_suspected_breaches, "suspected_breach"),
    Rule(
        {"needs-checking-": lazy("Release that needs checking")},
        release_queries.find_releases_to_check,
        "release_to_check",
    ),
    Rule(
        {"live-at-last": lazy("Release seen live at last")},
        release_queries.find_late_releases_now_live,
        "late_release_seen_live",
    ),
    Rule(
        {
            "report-submitted-": lazy("Report submitted"),
            "report-taken-back-": lazy("Report taken back"),
            "report-returned-": lazy("Report returned"),
            "report-approved-": lazy("Report approved"),
        },
        report_queries.find_report_steps,
        "report_step",
    ),
    Rule(
        {"unacknowledged-": lazy("Suspected breach that nobody was dealing with")},
        report_queries.find_unacknowledged_reports,
        "unacknowledged_report",
    ),
    Rule(
        {"preflight-": lazy("Problems found before a release")},
        release_queries.find_preflight_problems,
        "preflight_problem",
        BEFORE,
    ),
    Rule(
        {"comparison-": lazy("Announcement that differed")},
        release_queries.find_announcement_differences,
        "announcement_difference",
    ),
    Rule({"roll-call-": lazy("Roll call of a morning")}, release_queries.find_morning_summaries, "morning_summary"),
    Rule(
        {"date-request-": lazy("Request for another date")}, office_queries.find_date_requests, "date_request", BEFORE
    ),
    Rule(
        {"date-request-": lazy("Request for another date")}, office_queries.find_date_decisions, "date_decision", BEFORE
    ),
    Rule(
        {"access-request-": lazy("Request about pre-release access")},
        office_queries.find_access_requests,
        "access_request",
        BEFORE,
    ),
    Rule(
        {"access-request-": lazy("Request about pre-release access")},
        office_queries.find_access_decisions,
        "access_decision",
        BEFORE,
    ),
    Rule(
        {"watcher-ill-": lazy("Watcher not well"), "watcher-restored-": lazy("Watcher restored")},
        office_queries.find_incidents,
        "incident",
    ),
    Rule({"report-sent-": lazy("Report sent")}, report_queries.find_reports_to_send, "report_to_send", NO_BREACH),
    Rule({"report-due-": lazy("Reminder that a report is due")}, report_queries.find_due_reports, "report_due"),
    Rule({"overdue-action-": lazy("Corrective action overdue")}, report_queries.find_overdue_actions, "overdue_action"),
    Rule({"anchor-": lazy("Anchor of the record")}, office_queries.find_anchors, "anchor"),
)
KINDS.update({kind: label for rule in RULES for kind, label in rule.kinds.items()})
