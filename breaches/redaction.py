"""Redaction of personal details from a report and from everything written about it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from breaches.models import (
    ApprovedDocument,
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
from breaches.permissions import TABLE, Action, acting_role
from breaches.rules.content import content_from_json
from breaches.versions import record_event
from releases.models import Release, ReleaseEvent, ReleaseTask, Statement
from releases.models.append_only import allow_redaction, new_salt, overwrite, redaction_marker, salted_digest
from releases.models.event import AbstractEvent
from releases.models.row_record import REDACTION, Digests, RowRecord, Table
from releases.rules.lifecycle import MissingFields
from releases.tasks import TICKED

if TYPE_CHECKING:
    from statsoffice.accounts.models import User
from collections.abc import Iterable

from releases.rules.canonical import canonical_json

WORD_JOINER = "\u2060"  # which the printer sets behind hyphens


@dataclass(frozen=True, slots=True)
class DocumentWithWords:
    """Which approved documents hold some words.

    `versions` are the report's own; `of_drafts` name those of drafts that were joined into it; `unread` name those of
    either whose file no program could read, so that nobody knows.
    """

    versions: list[int]
    of_drafts: list[str]
    unread: list[str]


def documents_with(report: Report, words: str) -> DocumentWithWords:
    """Return which approved documents of a report, and of the drafts joined into it, hold some words.

    :param words: capital and small letters count, how many blanks stand between two words does not.
    """
    versions: list[int] = []
    of_drafts: list[str] = []
    unread: list[str] = []
    parts = JoinedDraft.objects.standing().parts_of(report)
    documents = ApprovedDocument.objects.filter(report__in=parts).select_related("report")
    for document in documents.order_by("report__reference", "version").iterator(chunk_size=5):
        named = f"{document.report.reference}, {document.version}"
        try:
            is_shown = shows_words(bytes(document.pdf), words)
        except PyPdfError:
            is_shown = False
            unread.append(named)
        if not (is_shown or _is_in_version(document, words)):
            continue
        if document.report_id == report.pk:
            versions.append(document.version)
        else:
            of_drafts.append(named)
    return DocumentWithWords(versions, of_drafts, unread)


def shows_words(file: bytes, words: str) -> bool:
    """Tell whether the pages of a PDF file show some words, wherever the lines between and within them end.

    :raises PyPdfError: if it is no PDF file that could be read.
    """
    wanted = _plain(words)
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(file)).pages)
    # A line ends between two words, or within one that is too long for it, such as an address.
    return any(wanted in _plain(one) for one in (text, text.replace("\n", "")))


def _plain(text: str) -> str:
    return " ".join(text.replace(WORD_JOINER, "").split())


def _is_in_version(document: ApprovedDocument, words: str) -> bool:
    """Tell whether the text that was printed holds the words still: it has them whole where a page ends in them."""
    versions = ReportVersion.objects.filter(report=document.report_id, number=document.version)
    return any(_is_in(content, words) for content in versions.values_list("content", flat=True))


def _is_in(value: Any, words: str) -> bool:
    match value:
        case str():
            return words in value
        case list():
            return any(_is_in(one, words) for one in value)
        case dict():
            return any(_is_in(one, words) for one in value.values())
        case _:
            return False


KIND = "redacted"
SHORTEST = 3


class NothingToRedact(Exception):
    """The words stand nowhere in the report, or nowhere where they can be taken out."""


@dataclass(frozen=True, slots=True)
class Place:
    """Rows in which people write, and the columns that hold what they wrote.

    Where `record` is given, it records digests of the rows, and the rows have a salt.
    """

    rows: models.QuerySet[Any]
    columns: Sequence[str]
    record: type[RowRecord] | None = None


# A row that holds the words, and its columns as they are without them.
type Change = tuple[models.Model, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Redacted:
    """What was found: by table, in how many rows; in which approved documents and events' facts the words remain.

    `documents` are versions of the report; the other documents are named by reference and version.
    """

    rows: dict[str, int]
    documents: list[int]
    drafts_documents: list[str]
    unread_documents: list[str]
    facts: int


def places_of(report: Report) -> list[Place]:
    """Return everywhere where people write about a report, within this app and its releases.

    The drafts from which it was joined are told in it: what was written in them is a part of it.
    """
    parts = list(JoinedDraft.objects.standing().parts_of(report))
    about = Q(suspicions__report__in=parts) | Q(started_reports__report__in=parts)
    tasks = ReleaseTask.objects.filter(corrective_action__report__in=parts)
    # A task is ticked off at a later release, whose event says what it was.
    ticked = Q(kind__in=TICKED, facts__task__in=list(tasks.values_list("pk", flat=True)))
    releases = list(Release.objects.filter(about).distinct())
    return [
        Place(Report.objects.filter(pk__in=parts), ("machine", "cause_words", "available_unknown"), ReportRowRecord),
        Place(ReportVersion.objects.filter(report__in=parts), ("content", "machine"), ReportRowRecord),
        Place(ReportEvent.objects.filter(report__in=parts), ("words",)),
        Place(TimelineNote.objects.filter(report__in=parts), ("text",)),
        Place(SectionComment.objects.filter(event__report__in=parts), ("words",)),
        Place(CorrectiveAction.objects.filter(report__in=parts), ("text", "owner")),
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
    by: "User",
    at: datetime,
    besides: Sequence[Place] = (),
    dry_run: bool = False,
    form_key: str = "",
) -> Redacted:
    """Take some words out of a report and all that was written about it, and leave a dated marker in each place.

    :param words: exactly as they stand there; capital and small letters count, blanks around them do not.
    :param why: kept in the event, and read by whoever may read the report's history.
    :param at: the aware instant, whose day in London the marker carries.
    :param besides: further places, which this app does not know.
    :param dry_run: say what would be done, and do nothing.
    :param form_key: of the form that the person sent, if any: the event is found by it where it is sent twice.
    :raises SomethingMissing: if the words are too few, or there is no reason, or the reason holds the words, or the
        marker has no room in their place, or a report without them could not be read any more.
    :raises NothingToRedact: if the words stand nowhere where they could be taken out.
    :raises ValueError: if the person is not Head of Profession of the report's producer.
    """
    role = acting_role(by, TABLE[Action.REDACT], report)
    words = words.strip()
    _check(words, why)
    with allow_redaction():
        Report.objects.select_for_update().get(pk=report.pk)
        places = [*places_of(report), *besides]
        changes = list(_changes(places, words, redaction_marker(at)))
        found = _found(report, words, changes)
        if not dry_run:
            told = {
                "rows": found.rows,
                "events": _overwritten(changes),
                "documents": found.documents,
                "drafts_documents": found.drafts_documents,
                "unread_documents": found.unread_documents,
                "in_facts": found.facts,
                "left": {table.name: dict(table.digests(keys)) for _, table, keys in _recorded(places, changes)},
            }
            sent = {"form_key": form_key} if form_key else {}
            record_event(report, KIND, at=at, by=by, words=why.strip(), role=role, **told, **sent)
            for row_record, table, keys in _recorded(places, changes):
                row_record.record({table.model: keys}, why=REDACTION)
    return found


def find_unexplained(rows: type[AbstractEvent]) -> str | None:
    """Say which event of a chain had its words taken out without that being on record, or None."""
    emptied = {row.position: row for row in rows._default_manager.exclude(words_digest="")}
    left: dict[int, str] = {}
    for redaction in ReportEvent.objects.filter(kind=KIND).order_by("position") if emptied else ():
        mine = [event for event in redaction.facts["events"] if event["chain"] == rows.CHAIN]
        left |= {event["position"]: event["left"] for event in mine}
    for position, row in sorted(emptied.items()):
        if left.get(position) != _digest_of_what_is_left(row):
            return f"the words of row {position} were changed, and no redaction says so"
    return None


def _check(words: str, why: str) -> None:
    if len(words) < SHORTEST:
        raise MissingFields("words", _("Give the words to remove: at least three letters, as they stand there."))
    if not why.strip():
        raise MissingFields("why", _("Say why the words are removed; the reason is kept."))
    if words.casefold() in why.casefold():
        raise MissingFields("why", _("The reason is kept: it must not hold the words that are removed."))


def _changes(places: Sequence[Place], words: str, marker: str) -> Iterator[Change]:
    """Yield each row that holds the words, with its columns as they are without them; nothing is written.

    :raises SomethingMissing: if what is left of one of them could not be kept, or not be read any more.
    """
    for place in places:
        for row in place.rows.order_by("pk").iterator(chunk_size=200):
            now = {column: getattr(row, column) for column in place.columns}
            then = {column: _replaced(value, words, marker) for column, value in now.items()}
            changed = {column: value for column, value in then.items() if value != now[column]}
            if changed:
                _refuse_to_break(row, changed)
                yield row, changed


def _found(report: Report, words: str, changes: Sequence[Change]) -> Redacted:
    """Say where the words stand that would go, and where they would stay.

    :raises NothingToRedact: if they stand nowhere where they could be taken out.
    """
    if not changes:
        message = _("These words stand nowhere where they could be removed.")
        raise NothingToRedact(message)
    kept = documents_with(report, words)
    return Redacted(
        rows=dict(Counter(row._meta.label_lower for row, _changed in changes)),
        documents=kept.versions,
        drafts_documents=kept.of_drafts,
        unread_documents=kept.unread,
        facts=sum(_replaced(event.facts, words, "") != event.facts for event in report.events.all()),
    )


def _overwritten(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Write the rows as they are without the words, and return what is told of the events among them."""
    events = []
    for row, changed in changes:
        if isinstance(row, AbstractEvent):
            events.append(_empty(row, changed["words"]))
        elif any(column.name == "salt" for column in row._meta.concrete_fields):
            overwrite(row, **changed, salt=new_salt())
        else:
            overwrite(row, **changed)
    return events


def digests_left(event: ReportEvent) -> Digests:
    """Return what a redaction says that it left of rows with recorded digests."""
    left: Digests = event.facts.get("left", {})
    return left


def _recorded(places: Sequence[Place], changes: Sequence[Change]) -> Iterator[tuple[type[RowRecord], Table, list[int]]]:
    """Yield the tables with recorded digests in which rows held the words, and the keys of these rows."""
    for place in places:
        keys = [row.pk for row, _ in changes if isinstance(row, place.rows.model)]
        if place.record is not None and keys:
            yield place.record, next(t for t in place.record.TABLES if t.model is place.rows.model), keys


def _refuse_to_break(row: models.Model, changed: Mapping[str, Any]) -> None:
    """Refuse what no column could hold, and what would leave a report that no page could show.

    A report's days stand among its words, as text.
    """
    for column, value in changed.items():
        most = getattr(row._meta.get_field(column), "max_length", None)
        if most and len(value) > most:
            sentence = _("In one place the marker is too long for what holds them: give more of the words around them.")
            raise MissingFields("words", sentence)
        if isinstance(value, dict) and _reads(getattr(row, column)) and not _reads(value):
            sentence = _("These words stand in a day or a time of the report as well, which cannot be removed.")
            raise MissingFields("words", sentence)


def _reads(value: dict[str, Any]) -> bool:
    try:
        content_from_json(value)
    except ValueError:
        return False
    return True


def _replaced(value: Any, words: str, marker: str) -> Any:
    match value:
        case str():
            return value.replace(words, marker)
        case list():
            return [_replaced(one, words, marker) for one in value]
        case dict():
            return {name: _replaced(one, words, marker) for name, one in value.items()}
        case _:
            return value


def _empty(row: AbstractEvent, words: str) -> dict[str, Any]:
    """Take words out of an event, with the salt by which somebody could try what they were."""
    digest = row.words_digest or salted_digest(row.words, row.words_salt)
    row.words, row.words_salt, row.words_digest = words, new_salt(), digest
    overwrite(row, words=row.words, words_salt=row.words_salt, words_digest=digest)
    return {"chain": row.CHAIN, "position": row.position, "left": _digest_of_what_is_left(row)}


def _digest_of_what_is_left(row: Any) -> str:
    return salted_digest(row.words, row.words_salt)


def removals_of(report: Report, versions: Iterable[ReportVersion]) -> Mapping[int, Sequence[ReportEvent]]:
    """Return by number of a version the redactions, oldest first, that left their marker in its text.

    A marker in a version that was written later was only copied, and its SHA-256 is that of the text with it. Two
    redactions of one day leave the same marker, so that both are named.
    """
    events = ReportEvent.objects.filter(kind=KIND, report__in=_told_in(report)).select_related("actor")
    removals = list(events.order_by("position"))
    return {version.number: _left_in(version, removals) for version in versions}


def _left_in(version: ReportVersion, removals: Iterable[ReportEvent]) -> list[ReportEvent]:
    later = [one for one in removals if one.at >= version.written_at]
    if not later:
        return []
    text = canonical_json(version.content)
    return [one for one in later if redaction_marker(one.at).encode() in text]


def _told_in(report: Report) -> set[int]:
    """Return the keys of a report and of every joint report that it ever went into, with which it was redacted too."""
    parts, known = {report.pk}, {report.pk}
    while parts:
        parts = set(JoinedDraft.objects.filter(draft__in=parts).values_list("joint", flat=True)) - known
        known |= parts
    return known
