"""Comments on the sections of a report. A comment stays on its section until a person resolves it.

Once the report is decided, comments can no longer be added. Unresolved comments are still shown, and can be resolved.

A joint report shows the comments on its drafts too, and people resolve them there. If the report is split, the drafts
show the comments that are still unresolved.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.models import JoinedDraft, Report, ReportEvent, SectionComment
from breaches.permissions import senior_role
from breaches.rules.content import FORM_SECTIONS, ReportSection
from breaches.rules.lifecycle import MERGED_OR_SPLIT, UNDECIDED, WRITERS
from breaches.versions import lock_report, record_report_event
from releases.permissions import User
from releases.rules.lifecycle import FieldRefused, MissingFields, MoveRefused

RESOLVED = "comment_resolved"

CLOSED = lazy("You cannot comment on this report in its present state.")
CONTINUED = lazy("This report was combined or separated. Resolve the comment on the report that replaced it.")


def open_comments(report: Report, *, parts: Collection[int] | None = None) -> Sequence[SectionComment]:
    """Return the unresolved comments on a report and on the drafts that were merged into it, the oldest first.

    The event, the author and the report of each comment are loaded as well, except the automatic text of the report.

    :param parts: the result of `find_parts`, if the caller already has it.
    """
    parts = find_parts(report) if parts is None else parts
    comments = SectionComment.objects.filter(event__report__in=parts).order_by("event__position", "pk")
    found = list(comments.select_related("event__actor", "event__report").defer("event__report__machine"))
    resolved = _resolved(parts) if found else set()
    return [comment for comment in found if comment.pk not in resolved]


def find_parts(report: Report) -> set[int]:
    """Return the primary keys of the reports whose comments a report shows."""
    return JoinedDraft.objects.in_force().parts_of(report)


def add_comment(report: Report, *, section: ReportSection, words: str, by: User, at: datetime) -> SectionComment:
    """Comment on a section. If a person sends the same comment twice, it is stored once.

    :raises MissingFields: if the comment is empty.
    :raises FieldRefused: if the form does not print the section.
    :raises MoveRefused: if the report was decided, merged or split.
    :raises ValueError: if none of the person's roles lets them write reports or decide on them.
    """
    role = senior_role(by, WRITERS, report)
    words = words.strip()
    if not words:
        raise MissingFields("words", _("Enter your comment."))
    if section not in FORM_SECTIONS:
        raise FieldRefused("words", _("You cannot comment on this section."))
    with transaction.atomic():
        if lock_report(report).status not in UNDECIDED:
            raise MoveRefused(CLOSED)
        for comment in open_comments(report):
            if (comment.section, comment.words, comment.event.actor_id) == (section, words, by.pk):
                return comment
        event = record_report_event(report, "commented", at=at, by=by, role=role, sections=[section])
        return SectionComment.objects.create(event=event, section=section, words=words)


def resolve_comment(report: Report, comment: SectionComment, *, by: User, at: datetime) -> None:
    """Resolve a comment on a report or on a draft that was merged into it. If it is already resolved, do nothing.

    Resolved comments stay in the history of the report on which they were made. The event is recorded there too, so
    that a comment on a draft stays resolved if the joint report is split.

    :param report: the report that shows the comment.
    :raises MoveRefused: if the report was merged or split.
    :raises ValueError: if none of the person's roles lets them write reports or decide on them.
    """
    role = senior_role(by, WRITERS, report)
    with transaction.atomic():
        if lock_report(report).status in MERGED_OR_SPLIT:
            raise MoveRefused(CONTINUED)
        commented = comment.event.report
        if comment.pk not in _resolved([commented.pk]):
            record_report_event(
                commented, RESOLVED, at=at, by=by, role=role, comment=comment.pk, sections=[comment.section]
            )


def _resolved(reports: Collection[int]) -> set[int]:
    events = ReportEvent.objects.filter(report__in=reports, kind=RESOLVED)
    return {facts["comment"] for facts in events.values_list("facts", flat=True)}
