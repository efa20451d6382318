"""Redaction of personal details from a report and from everything written about it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from breaches.models import (
    ApprovedDocument,
    Attachment,
    CorrectiveAction,
    Dispatch,
    JoinedDraft,
    Published,
    Report,
    ReportEvent,
    ReportRowRecord,
    ReportVersion,
    SectionComment,
    TimelineNote,
)
from breaches.permissions import TABLE, Action, senior_role
from breaches.rules.content import content_from_json
from breaches.versions import record_report_event
from releases.models import Release, ReleaseEvent, ReleaseTask, Statement
from releases.models.append_only import allow_redaction, new_salt, overwrite, redaction_marker, salted_digest
from releases.models.event import REDACTION, AbstractEvent, Digests, RowRecord, Table
from releases.permissions import User
from releases.rules.canonical import canonical_json
from releases.rules.lifecycle import MissingFields
from releases.tasks import TICKED

KIND = "redacted"
SHORTEST = 3
WORD_JOINER = "\u2060"  # inserted after hyphens when the document is rendered


class NothingToRedact(Exception):
    """The words are not in the report, or only in places where they cannot be removed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Rows with free text, and the columns that contain it.

    `record` is the table in which the digests of these rows are recorded, if any. Such rows have a salt.
    """

    rows: models.QuerySet[Any]
    columns: Sequence[str]
    record: type[RowRecord] | None = None


# A row that contains the words, and its columns without them.
type Change = tuple[models.Model, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RedactionResult:
    """The number of rows in which the words were found, by table, and the places where they remain.

    They remain in approved documents: those of the report (by version), those of drafts merged into it (by number
    and version), and possibly those that could not be read. They also remain in the facts of events.
    """

    rows: dict[str, int]
    documents: list[int]
    drafts_documents: list[str]
    unread_documents: list[str]
    facts: int


def shows_words(file: bytes, words: str) -> bool:
    """Return whether the pages of a PDF file show some words, wherever the lines end.

    Case is significant; the number of spaces between two words is not.

    :raises PyPdfError: if the file cannot be read.
    """
    wanted = _plain(words)
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(file)).pages)
    # A line breaks between two words, or within a long word such as an address.
    return any(wanted in _plain(one) for one in (text, text.replace("\n", "")))


def _plain(text: str) -> str:
    return " ".join(text.replace(WORD_JOINER, "").split())


def places_of(report: Report) -> list[Place]:
    """Return the free text about a report and the drafts merged into it, in this app and in `releases`."""
    parts = list(JoinedDraft.objects.in_force().parts_of(report))
    about = Q(suspicions__report__in=parts) | Q(started_reports__report__in=parts)
    tasks = ReleaseTask.objects.filter(corrective_action__report__in=parts)
    # The task of a corrective action is finished at a later release, and the event of that release repeats the text.
    ticked = Q(kind__in=TICKED, facts__task__in=list(tasks.values_list("pk", flat=True)))
    releases = list(Release.objects.filter(about).distinct())
    return [
        Place(Report.objects.filter(pk__in=parts), ("machine", "cause_words", "available_unknown"), ReportRowRecord),
        Place(ReportVersion.objects.filter(report__in=parts), ("content", "machine"), ReportRowRecord),
        Place(ReportEvent.objects.filter(report__in=parts), ("words",)),
        Place(TimelineNote.objects.filter(report__in=parts), ("text",)),
        Place(SectionComment.objects.filter(event__report__in=parts), ("words",)),
        Place(CorrectiveAction.objects.filter(report__in=parts), ("text", "owner")),
        Place(Attachment.objects.filter(report__in=parts), ("name",), ReportRowRecord),
        Place(Dispatch.objects.filter(report__in=parts), ("words", "reference")),
        Place(Published.objects.filter(report__in=parts), ("statement",)),
        Place(Statement.objects.filter(release__in=releases), ("words",)),
        Place(tasks, ("text",)),
        Place(ReleaseEvent.objects.filter(Q(release__in=releases) | ticked), ("words",)),
    ]


def redact_report(
    report: Report,
    *,
    words: str,
    why: str,
    by: User,
    at: datetime,
    besides: Sequence[Place] = (),
    dry_run: bool = False,
    form_key: str = "",
) -> RedactionResult:
    """Remove words from a report and everything written about it, and leave a dated marker in each place.

    :param words: exactly as they are written, apart from spaces around them.
    :param why: the reason, stored in the event and shown in the report's history.
    :param at: the instant whose London day is in the marker.
    :param besides: further places, outside this app.
    :param dry_run: return the result without changing anything.
    :param form_key: the key of the submitted form. If the form is submitted twice, the key finds the first event.
    :raises MissingFields: if the words are too short, the reason is empty or contains the words, the marker does not
        fit, or a report would be unreadable without the words.
    :raises NothingToRedact: if the words are not found, or only in places where they cannot be removed.
    :raises ValueError: if the person is not Head of Profession of the report's producer.
    """
    role = senior_role(by, TABLE[Action.REDACT], report)
    words = words.strip()
    if len(words) < SHORTEST:
        raise MissingFields("words", _("Enter the text to remove. It must have at least 3 characters."))
    if not why.strip():
        raise MissingFields("why", _("Enter the reason for removal."))
    if words.casefold() in why.casefold():
        raise MissingFields("why", _("We save the reason, so it must not contain the text to remove."))
    with allow_redaction():
        Report.objects.select_for_update().get(pk=report.pk)
        places = [*places_of(report), *besides]
        changes = list(_find_changes(places, words, redaction_marker(at)))
        if not changes:
            raise NothingToRedact(_("We did not find this text in any place where it can be removed."))
        found = _result(report, words, changes)
        if not dry_run:
            facts = {
                "rows": found.rows,
                "events": _overwrite_rows(changes),
                "documents": found.documents,
                "drafts_documents": found.drafts_documents,
                "unread_documents": found.unread_documents,
                "in_facts": found.facts,
                "left": {table.name: dict(table.digests(keys)) for _, table, keys in _recorded_rows(places, changes)},
            }
            sent = {"form_key": form_key} if form_key else {}
            record_report_event(report, KIND, at=at, by=by, words=why.strip(), role=role, **facts, **sent)
            for row_record, table, keys in _recorded_rows(places, changes):
                row_record.record({table.model: keys}, why=REDACTION)
    return found


def find_silent_redaction(rows: type[AbstractEvent]) -> str | None:
    """Return a sentence on an event whose words were changed without a recorded redaction, or None."""
    emptied = {row.position: row for row in rows._default_manager.exclude(words_digest="")}
    left: dict[int, str] = {}
    for redaction in ReportEvent.objects.filter(kind=KIND).order_by("position") if emptied else ():
        mine = [event for event in redaction.facts["events"] if event["chain"] == rows.CHAIN]
        left |= {event["position"]: event["left"] for event in mine}
    for position, row in sorted(emptied.items()):
        if left.get(position) != salted_digest(row.words, row.words_salt):
            return f"the words of row {position} were changed, and no redaction says so"
    return None


def _find_changes(places: Sequence[Place], words: str, marker: str) -> Iterator[Change]:
    """Yield each row that contains the words, with its columns without the words. Nothing is written.

    :raises MissingFields: if the rest of a row could not be stored or read.
    """
    for place in places:
        for row in place.rows.order_by("pk").iterator(chunk_size=200):
            now = {column: getattr(row, column) for column in place.columns}
            then = {column: _replace(value, words, marker) for column, value in now.items()}
            changed = {column: value for column, value in then.items() if value != now[column]}
            if changed:
                _refuse_to_break(row, changed)
                yield row, changed


def _result(report: Report, words: str, changes: Sequence[Change]) -> RedactionResult:
    versions: list[int] = []
    of_drafts: list[str] = []
    unread: list[str] = []
    parts = JoinedDraft.objects.in_force().parts_of(report)
    documents = ApprovedDocument.objects.filter(report__in=parts).select_related("report")
    for document in documents.order_by("report__number_year", "report__number_position", "version").iterator(
        chunk_size=5
    ):
        name = f"{document.report.number}, {document.version}"
        try:
            is_shown = shows_words(bytes(document.pdf), words)
        except PyPdfError:
            is_shown = False
            unread.append(name)
        # The content is searched as well, because it contains the words in one piece even if a page of the PDF ends
        # within them.
        contents = ReportVersion.objects.filter(report=document.report_id, number=document.version)
        if not (is_shown or any(_replace(one.content, words, "") != one.content for one in contents)):
            continue
        if document.report_id == report.pk:
            versions.append(document.version)
        else:
            of_drafts.append(name)
    return RedactionResult(
        rows=dict(Counter(row._meta.label_lower for row, _changed in changes)),
        documents=versions,
        drafts_documents=of_drafts,
        unread_documents=unread,
        facts=sum(_replace(event.facts, words, "") != event.facts for event in report.events.all()),
    )


def _overwrite_rows(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Write the rows without the words, and return the digests of the changed events for the redaction's own event."""
    events = []
    for row, changed in changes:
        if isinstance(row, AbstractEvent):
            # Delete the salt too: with it, someone could guess the removed words and verify the guess.
            digest = row.words_digest or salted_digest(row.words, row.words_salt)
            row.words, row.words_salt, row.words_digest = changed["words"], new_salt(), digest
            overwrite(row, words=row.words, words_salt=row.words_salt, words_digest=digest)
            left = salted_digest(row.words, row.words_salt)
            events.append({"chain": row.CHAIN, "position": row.position, "left": left})
        elif any(column.name == "salt" for column in row._meta.concrete_fields):
            overwrite(row, **changed, salt=new_salt())
        else:
            overwrite(row, **changed)
    return events


def digests_after(event: ReportEvent) -> Digests:
    """Return the digests, recorded in the event of a redaction, of the rows that the redaction changed."""
    left: Digests = event.facts.get("left", {})
    return left


def _recorded_rows(
    places: Sequence[Place], changes: Sequence[Change]
) -> Iterator[tuple[type[RowRecord], Table, list[int]]]:
    """Yield each table with recorded digests in which rows contained the words, and the keys of these rows.

    The first item is the model that records the digests.
    """
    for place in places:
        keys = [row.pk for row, _ in changes if isinstance(row, place.rows.model)]
        if place.record is not None and keys:
            yield place.record, next(t for t in place.record.TABLES if t.model is place.rows.model), keys


def _refuse_to_break(row: models.Model, changed: Mapping[str, Any]) -> None:
    """Refuse a redaction after which a value would not fit its column, or a report could not be read.

    A redaction may also change the days of a report, because they are stored as text.

    :raises MissingFields: if the value does not fit, or the report could not be read.
    """
    for column, value in changed.items():
        most = getattr(row._meta.get_field(column), "max_length", None)
        if most and len(value) > most:
            sentence = _(
                "In one place there is not enough room to mark the redaction. Enter more of the text "
                "around these words."
            )
            raise MissingFields("words", sentence)
        if isinstance(value, dict) and _is_readable(getattr(row, column)) and not _is_readable(value):
            sentence = _("This text is also part of a date or time in the report, which cannot be removed.")
            raise MissingFields("words", sentence)


def _is_readable(value: dict[str, Any]) -> bool:
    try:
        content_from_json(value)
    except ValueError:
        return False
    return True


def _replace(value: Any, words: str, marker: str) -> Any:
    match value:
        case str():
            return value.replace(words, marker)
        case list():
            return [_replace(one, words, marker) for one in value]
        case dict():
            return {name: _replace(one, words, marker) for name, one in value.items()}
        case _:
            return value


def removals_of(report: Report, versions: Iterable[ReportVersion]) -> Mapping[int, Sequence[ReportEvent]]:
    """Return the redactions, oldest first, that left their marker in each version, by the version's number.

    A redaction is not listed for the versions that were written after it, because these only copied the marker. Two
    redactions of one day leave the same marker, so both are listed.
    """
    # A redaction of a joint report also changes the drafts merged into it. So the redactions of every joint report into
    # which this report was ever merged are included.
    parts, reports = {report.pk}, {report.pk}
    while parts:
        parts = set(JoinedDraft.objects.filter(draft__in=parts).values_list("joint", flat=True)) - reports
        reports |= parts
    events = ReportEvent.objects.filter(kind=KIND, report__in=reports).select_related("actor").order_by("position")
    removals: dict[int, list[ReportEvent]] = {}
    for version in versions:
        later = [event for event in events if event.at >= version.written_at]
        text = canonical_json(version.content) if later else b""
        removals[version.number] = [event for event in later if redaction_marker(event.at).encode() in text]
    return removals
