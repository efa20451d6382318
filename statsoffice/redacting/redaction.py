"""A redaction over both apps and the messages: what a Head of Profession removes from a report goes there too."""

from datetime import datetime

from breaches import redaction
from breaches.models import JoinedDraft, Report
from breaches.redaction import Place, Redacted
from statsoffice.accounts.models import User
from statsoffice.messages.models import Message, MessageRowRecord


def redact(
    report: Report, *, words: str, why: str, by: User, at: datetime, dry_run: bool = False, form_key: str = ""
) -> Redacted:
    """Take some words out of a report, all that was written about it, and the messages that told of it.

    The arguments and what is raised are those of `breaches.redaction.redact_report`.
    """
    besides = [places_of_messages(report)]
    return redaction.redact_report(
        report, words=words, why=why, by=by, at=at, besides=besides, dry_run=dry_run, form_key=form_key
    )


def places_of_messages(report: Report) -> Place:
    """Return the messages that told of a report, or of a draft from which it was joined, with what they say."""
    parts = JoinedDraft.objects.standing().parts_of(report)
    return Place(Message.objects.filter(report__in=parts), ("subject", "text"), MessageRowRecord)
