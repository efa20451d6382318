"""What kinds of news there are, for messages whose own subject was removed at the end of its time."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

KINDS: dict[str, Promise] = {
    "suspected-breach": lazy("Suspected breach"),
    "needs-checking-": lazy("Release that needs checking"),
    "live-at-last": lazy("Release seen live at last"),
    "report-sent-": lazy("Report sent"),
    "report-due-": lazy("Reminder that a report is due"),
    "report-submitted-": lazy("Report submitted"),
    "report-taken-back-": lazy("Report taken back"),
    "report-returned-": lazy("Report returned"),
    "report-approved-": lazy("Report approved"),
    "unacknowledged-": lazy("Suspected breach that nobody was dealing with"),
    "preflight-": lazy("Problems found before a release"),
    "comparison-": lazy("Announcement that differed"),
    "roll-call-": lazy("Roll call of a morning"),
    "date-request-": lazy("Request for another date"),
    "access-request-": lazy("Request about pre-release access"),
    "overdue-action-": lazy("Corrective action overdue"),
    "anchor-": lazy("Anchor of the record"),
    "watcher-ill-": lazy("Watcher not well"),
    "watcher-restored-": lazy("Watcher restored"),
}
"""In words, by how the events of each kind begin."""

OTHER = lazy("Message")


def kind_of(event: str) -> str:
    """Say of which kind the news is that an event of the outbox names; of a kind that is not known, only “Message”."""
    return str(next((words for begins, words in KINDS.items() if event.startswith(begins)), OTHER))
