"""Comments on the sections of a report. A comment stays on its section until a person resolves it.

Once the report is decided, comments can no longer be added or resolved. Unresolved comments are still shown.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from breaches.models import Report, SectionComment
from breaches.permissions import senior_role
from breaches.rules.content import FORM_SECTIONS, ReportSection
from breaches.rules.lifecycle import UNDECIDED, WRITERS
from breaches.versions import lock_report, record_report_event
from releases.permissions import User
from releases.rules.lifecycle import FieldRefused, MissingFields, MoveRefused

RESOLVED = "comment_resolved"


def open_comments(report: Report) -> Sequence[SectionComment]:
    """Return the unresolved comments of a report, the oldest first.

    The event and the author of each comment are loaded as well.
    """
    found = list(
        SectionComment.objects.filter(event__report=report).select_related("event__actor").order_by("event__position")
    )
    resolved = _resolved(report) if found else set()
    return [comment for comment in found if comment.pk not in resolved]


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
        _refuse_decided(lock_report(report))
        for comment in open_comments(report):
            if (comment.section, comment.words, comment.event.actor_id) == (section, words, by.pk):
                return comment
        event = record_report_event(report, "commented", at=at, by=by, role=role, sections=[section])
        return SectionComment.objects.create(event=event, section=section, words=words)


def resolve_comment(report: Report, comment: SectionComment, *, by: User, at: datetime) -> None:
    """Resolve a comment. If it is already resolved, do nothing.

    Resolved comments stay in the history of the report.

    :raises MoveRefused: if the report was decided, merged or split.
    :raises ValueError: if none of the person's roles lets them write reports or decide on them.
    """
    role = senior_role(by, WRITERS, report)
    with transaction.atomic():
        _refuse_decided(lock_report(report))
        if comment.pk not in _resolved(report):
            record_report_event(
                report, RESOLVED, at=at, by=by, role=role, comment=comment.pk, sections=[comment.section]
            )


def _resolved(report: Report) -> set[int]:
    return {event.facts["comment"] for event in report.events.filter(kind=RESOLVED)}


def _refuse_decided(report: Report) -> None:
    if report.status not in UNDECIDED:
        raise MoveRefused(_("You cannot comment on this report in its present state."))
