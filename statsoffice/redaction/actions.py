"""Redacting a report, its releases and its notifications together."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from breaches import redaction
from breaches.models import JoinedDraft, Report
from breaches.redaction import Place, RedactionResult
from statsoffice.accounts.models import User
from statsoffice.notifications.models import Message, MessageRowRecord


def redact(
    report: Report, *, words: str, why: str, by: User, at: datetime, dry_run: bool = False, form_key: str = ""
) -> RedactionResult:
    """Redact words from a report, its releases and its notifications, as `breaches.redaction.redact_report` does."""
    besides = [places_of_messages(report)]
    return redaction.redact_report(
        report, words=words, why=why, by=by, at=at, besides=besides, dry_run=dry_run, form_key=form_key
    )


def places_of_messages(report: Report) -> Place:
    """Return the messages about a report, or about a draft that was merged into it."""
    parts = JoinedDraft.objects.standing().parts_of(report)
    return Place(Message.objects.filter(report__in=parts), ("subject", "text"), MessageRowRecord)


PLACES: dict[str, Promise] = {
    "breaches.report": lazy("The report: what the automatic check wrote, and its cause"),
    "breaches.reportversion": lazy("Versions of the report’s text"),
    "breaches.reportevent": lazy("The report’s history: reasons and comments"),
    "breaches.timelinenote": lazy("Notes on the timeline"),
    "breaches.sectioncomment": lazy("Comments on single sections"),
    "breaches.correctiveaction": lazy("Corrective actions"),
    "breaches.dispatch": lazy("What was written with the report when it was sent"),
    "breaches.published": lazy("What was made public of it"),
    "releases.statement": lazy("Statements about its releases"),
    "releases.releasetask": lazy("Tasks at a next release that are its corrective actions"),
    "releases.releaseevent": lazy("The history of its releases: reasons"),
    "outbox.message": lazy("Messages about it, as they are kept here"),
}
"""What each table is called on pages."""


def places_in_words(rows: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return each place in which words were found, in words, and the number of rows."""
    return [(str(PLACES.get(table, table)), number) for table, number in sorted(rows.items())]
