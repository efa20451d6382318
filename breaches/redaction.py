"""Redaction of personal details from a report and from everything written about it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import chain
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
    """The words were not found, or were found only in places where they cannot be removed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Rows of one model, and the columns of these rows that contain free text.

    `record` is the model that records the digests of the rows, or None if their digests are not recorded. Rows with
    recorded digests have a salt.
    """

    rows: models.QuerySet[Any]
    columns: Sequence[str]
    record: type[RowRecord] | None = None


# A row that contains the words to remove, and the new values of its changed columns, keyed by column.
type Change = tuple[models.Model, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RedactionResult:
    """The places in which the words were found, and the places in which they remain.

    `rows` is the number of rows that contained the words, keyed by table. The other fields are about places in which
    the words remain:

    - `documents` are the versions of the report whose approved documents contain the words.
    - `drafts_documents` are the approved documents of drafts and joint reports that contain the words, each as number
      and version.
    - `unread_documents` are the approved documents that could not be read, so they may contain the words.
    - `facts` is the number of events of these reports whose facts contain the words.
    """

    rows: dict[str, int]
    documents: list[int]
    drafts_documents: list[str]
    unread_documents: list[str]
    facts: int


def shows_words(file: bytes, words: str) -> bool:
    """Return whether the pages of a PDF file contain some words, even if a line ends within the words.

    Case is significant. The number of spaces between two words is not significant.

    :raises PyPdfError: if the file cannot be read.
    """
    wanted = _plain(words)
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(file)).pages)
    # A line can end between two words, or within a long word such as a web address. So search with and without line
    # breaks.
    return any(wanted in _plain(one) for one in (text, text.replace("\n", "")))


def _plain(text: str) -> str:
    return " ".join(text.replace(WORD_JOINER, "").split())


def find_redacted_reports(report: Report) -> set[int]:
    """Return the primary keys of the reports in which a redaction of a report removes the words.

    These are the report, the drafts that were merged into it, and the joint reports into which it was merged. The joint
    reports have copied its text, even if they were split again. Other drafts of these joint reports are left out.
    """
    return JoinedDraft.objects.in_force().parts_of(report) | JoinedDraft.objects.all().joints_of([report.pk])


def places_of(report: Report) -> list[Place]:
    """Return the places that contain free text about a report, its drafts and its joint reports.

    Places in the app `releases` are included.
    """
    reports = find_redacted_reports(report)
    parts = JoinedDraft.objects.in_force().parts_of(report)
    # While a draft is merged, the joint report has its suspicions.
    brought = JoinedDraft.objects.filter(draft__in=parts).values_list("suspicions", flat=True)
    about = Q(suspicions__report__in=parts) | Q(started_reports__report__in=parts)
    about |= Q(suspicions__in=list(chain.from_iterable(brought)))
    tasks = ReleaseTask.objects.filter(corrective_action__report__in=reports)
    # When the task of a corrective action is ticked off at a later release, an event of that release repeats the text
    # of the task. So these events are included too.
    ticked = Q(kind__in=TICKED, facts__task__in=list(tasks.values_list("pk", flat=True)))
    releases = list(Release.objects.filter(about).distinct())
    return [
        Place(Report.objects.filter(pk__in=reports), ("machine", "cause_words", "available_unknown"), ReportRowRecord),
        Place(ReportVersion.objects.filter(report__in=reports), ("content", "machine"), ReportRowRecord),
        Place(ReportEvent.objects.filter(report__in=reports), ("words",)),
        Place(TimelineNote.objects.filter(report__in=reports), ("text",)),
        Place(SectionComment.objects.filter(event__report__in=reports), ("words",)),
        Place(CorrectiveAction.objects.filter(report__in=reports), ("text", "owner")),
        Place(Attachment.objects.filter(report__in=reports), ("name",), ReportRowRecord),
        Place(Dispatch.objects.filter(report__in=reports), ("words", "reference")),
        Place(Published.objects.filter(report__in=reports), ("statement",)),
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

    :param words: the words to remove, exactly as they are written. Spaces at the start and at the end are ignored.
    :param why: the reason, stored in the event and shown in the report's history.
    :param at: the time of the redaction (aware). The marker shows its London day.
    :param besides: more places to search, outside this app.
    :param dry_run: return the result without changing anything.
    :param form_key: the key of the submitted form. It is stored in the event. If the form is submitted again, the view
        uses the key to find the event.
    :raises MissingFields: if the words are too short, the reason is empty or contains the words, the marker does not
        fit, or a report would be unreadable without the words.
    :raises NothingToRedact: if the words are not found, or are found only in places where they cannot be removed.
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
        _lock_reports(report)
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


def _lock_reports(report: Report) -> None:
    """Lock a report and its joint reports, so that no one saves their text during the redaction.

    A split changes the joint report before its drafts. The locks are taken in the same order, to prevent deadlocks.
    """
    keys = JoinedDraft.objects.all().joints_of([report.pk])
    locked = Report.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("-pk")
    list(locked.values_list("pk", flat=True))


def find_silent_redaction(rows: type[AbstractEvent]) -> str | None:
    """Return an error text about an event whose words were changed without a recorded redaction, or None."""
    emptied = {row.position: row for row in rows._default_manager.exclude(words_digest="")}
    left: dict[int, str] = {}
    for redaction in ReportEvent.objects.filter(kind=KIND).order_by("position") if emptied else ():
        mine = [event for event in redaction.facts["events"] if event["chain"] == rows.CHAIN]
        left |= {event["position"]: event["left"] for event in mine}
    for position, row in sorted(emptied.items()):
        if left.get(position) != salted_digest(row.words, row.words_salt):
            return f"the words of row {position} were changed without a recorded redaction"
    return None


def _find_changes(places: Sequence[Place], words: str, marker: str) -> Iterator[Change]:
    """Yield each row that contains the words, and the new values of its changed columns. Nothing is saved.

    :raises MissingFields: if a new value does not fit its column, or makes a report unreadable.
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
    reports = find_redacted_reports(report)
    documents = ApprovedDocument.objects.filter(report__in=reports).select_related("report")
    for document in documents.order_by("report__number_year", "report__number_position", "version").iterator(
        chunk_size=5
    ):
        name = _document_name(document)
        try:
            is_shown = shows_words(bytes(document.pdf), words)
        except PyPdfError:
            is_shown = False
            unread.append(name)
        # Search the content as well, because the words may be divided between two pages of the PDF. In the content,
        # they are not divided.
        contents = ReportVersion.objects.filter(report=document.report_id, number=document.version)
        if not (is_shown or any(_replace(one.content, words, "") != one.content for one in contents)):
            continue
        if document.report_id == report.pk:
            versions.append(document.version)
        else:
            of_drafts.append(name)
    events = ReportEvent.objects.filter(report__in=reports)
    return RedactionResult(
        rows=dict(Counter(row._meta.label_lower for row, _changed in changes)),
        documents=versions,
        drafts_documents=of_drafts,
        unread_documents=unread,
        facts=sum(_replace(event.facts, words, "") != event.facts for event in events),
    )


def _document_name(document: ApprovedDocument) -> str:
    """Return the name of an approved document in the event of a redaction of another report."""
    return f"{document.report.number}, {document.version}"


def _overwrite_rows(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Save the changed rows, and return a list that describes the changed events.

    The list is stored in the event of the redaction. Each item has the chain and position of a changed event, and the
    digest of the words that are left in the event.
    """
    events = []
    for row, changed in changes:
        if isinstance(row, AbstractEvent):
            # Replace the salt too. With the old salt, someone could guess the removed words and verify the guess with
            # the digest.
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
    """Return the digests of the rows that a redaction changed, as recorded in the event of the redaction."""
    left: Digests = event.facts.get("left", {})
    return left


def _recorded_rows(
    places: Sequence[Place], changes: Sequence[Change]
) -> Iterator[tuple[type[RowRecord], Table, list[int]]]:
    """Yield the keys of the changed rows, for each table whose digests are recorded.

    Each item has the model that records the digests, the table, and the primary keys of the changed rows.
    """
    for place in places:
        keys = [row.pk for row, _ in changes if isinstance(row, place.rows.model)]
        if place.record is not None and keys:
            yield place.record, next(t for t in place.record.TABLES if t.model is place.rows.model), keys


def _refuse_to_break(row: models.Model, changed: Mapping[str, Any]) -> None:
    """Check that the new values fit their columns, and that a report can still be read.

    A redaction can make a report unreadable, because the dates in a report are stored as text and may contain the
    words.

    :raises MissingFields: if a value does not fit, or the report could not be read.
    """
    for column, value in changed.items():
        most = getattr(row._meta.get_field(column), "max_length", None)
        if most and len(value) > most:
            sentence = _(
                "The note that replaces this text is too long for one of the places. Enter some of the surrounding "
                "text too."
            )
            raise MissingFields("words", sentence)
        if isinstance(value, dict) and _is_readable(getattr(row, column)) and not _is_readable(value):
            sentence = _(
                "This text is also part of a date or time in the report. We cannot remove dates or times. Enter some "
                "of the surrounding text too."
            )
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
    """Return a dict that maps the number of each version to the redactions that changed the version, oldest first.

    A redaction changed a version if the version was written before the redaction and contains the redaction's marker.
    Versions that were written later only copied the marker. Two redactions on the same day leave the same marker, so
    both are listed.
    """
    events = _redactions_about(report)
    removals: dict[int, list[ReportEvent]] = {}
    for version in versions:
        later = [event for event in events if event.at >= version.written_at]
        text = canonical_json(version.content) if later else b""
        removals[version.number] = [event for event in later if redaction_marker(event.at).encode() in text]
    return removals


def removals_left_in(documents: Iterable[ApprovedDocument], report: Report) -> Mapping[int, Sequence[ReportEvent]]:
    """Return a dict that maps the version of each approved document to the redactions of words that it still contains.

    :param documents: approved documents of the report.
    """
    events = _redactions_about(report)
    return {document.version: [event for event in events if _is_left_in(document, event)] for document in documents}


def _is_left_in(document: ApprovedDocument, event: ReportEvent) -> bool:
    if event.report_id == document.report_id:
        return document.version in event.facts["documents"]
    # Redactions recorded by earlier versions did not store the documents of drafts and joint reports.
    return _document_name(document) in event.facts.get("drafts_documents", [])


def _redactions_about(report: Report) -> list[ReportEvent]:
    """Return the redactions that may have changed a report, oldest first.

    A redaction of a joint report also changes its drafts, and a redaction of a draft its joint reports. So include the
    redactions of every report that was ever merged into this report, or into which this report was ever merged.
    """
    merges = JoinedDraft.objects.all()
    reports = merges.joints_of([report.pk]) | merges.parts_of(report)
    events = ReportEvent.objects.filter(kind=KIND, report__in=reports)
    return list(events.select_related("actor").order_by("position"))
