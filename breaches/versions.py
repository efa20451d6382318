"""Versions, events and moves of reports.

To make a move, call `check_report_move` and then `make_move`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from operator import itemgetter
from secrets import randbelow, token_hex
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.models import (
    ApprovedDocument,
    PracticeCitation,
    Report,
    ReportEvent,
    ReportRowRecord,
    ReportVersion,
    SectionComment,
)
from breaches.permissions import declared_own_act, find_closed_moves, roles_for, senior_role
from breaches.rules.content import (
    ContactPerson,
    Remark,
    ReportContent,
    content_from_json,
    content_to_json,
)
from breaches.rules.lifecycle import (
    APPROVE,
    CHANGES,
    CLOSED_ONCE_SENT,
    CLOSED_UNTIL_SENT,
    DECISIONS,
    PAST_TENSE,
    REPORT,
    ROW_CHANGES,
    SEND,
    STEPS,
    WITH_AUTHORS,
    ReportKind,
    ReportStatus,
)
from breaches.rules.report_number import IN_ORDER, LEAST_RANDOM, MOST_RANDOM, ReportNumber, series_of, year_of
from releases.models import Contact, Producer
from releases.models.append_only import CHUNK
from releases.models.bulk_insert import insert_rows
from releases.models.event import Rows
from releases.permissions import COVER_ROLE, User, cover_of
from releases.rules.canonical import digest_json
from releases.rules.lifecycle import ChangedMeanwhile, MissingFields, Move, MoveRefused, WrongState

# The maximum length of a proposed reference. The column has room for a number or random characters after it.
LONGEST = 100
STATED = ("pdf_sha256", "content_sha256", "evidence_sha256", "one_person")
# The number of documents to load at a time. Each document takes a few hundred kilobytes of memory.
DOCUMENTS_AT_ONCE = 20
CHANGED_SINCE_READ = lazy("The report has changed since you read it. Read it again before you decide.")

SITTING = timedelta(minutes=30)
"""If a person saves twice within this time, the history shows both saves as one version. See `group_sittings`."""

FACTS = "facts"
"""The value of `ReportVersion.why` for text that was refreshed automatically.

A version with this value has no author, even if a person made the move that refreshed the text.
"""

SOMEBODY_ELSE_DECIDES = lazy(
    "You declared a conflict of interest, so you cannot decide on this report. Another Head of Profession or deputy "
    "must decide."
)

SENT_BEFORE = lazy(
    "You cannot do this, because the report was sent before. Approve and send the corrected report, or withdraw it."
)


class Incomplete(MissingFields):
    """Some values of a report are missing or cannot be true. `remarks` describes each problem."""

    def __init__(self, remarks: tuple[Remark, ...]) -> None:
        super().__init__(remarks[0].field, " ".join(remark.sentence for remark in remarks))
        self.remarks = remarks


class OwnActIsSubject(MoveRefused):
    """The person has declared that the report is about their own act, so another person must decide."""


class DocumentChanged(Exception):
    """The stored bytes of an approved document do not match the hash recorded at the approval."""


def free_references(wanted: Sequence[str]) -> list[str]:
    """Return an unused reference for each proposed reference. If a proposed reference is taken, add a number to it."""
    taken = set(Report.objects.filter(reference__in=wanted).values_list("reference", flat=True))
    free: list[str] = []
    for name in wanted:
        number, reference = 1, name
        while reference in taken or (number > 1 and Report.objects.filter(reference=reference).exists()):
            number += 1
            reference = f"{name}-{number}"
        taken.add(reference)
        free.append(reference)
    return free


def reference_to_start(wanted: str, *, kind: ReportKind) -> str:
    """Return the reference of a report that a person starts.

    If the kind is confidential, the reference ends with random characters, because a number would disclose how many
    confidential reports there are.
    """
    (reference,) = references_to_draft([(wanted[:LONGEST].rstrip("-"), kind)])
    return reference


def references_to_draft(wanted: Sequence[tuple[str, ReportKind]]) -> list[str]:
    """Return an unused reference for each pair of proposed reference and kind. See `reference_to_start`."""
    free = iter(free_references([name for name, kind in wanted if not _is_confidential(kind)]))
    return [
        f"{name[:LONGEST].rstrip('-')}-{token_hex(4)}" if _is_confidential(kind) else next(free)
        for name, kind in wanted
    ]


def _is_confidential(kind: ReportKind) -> bool:
    return series_of(kind, rehearsal=False) not in IN_ORDER


def assign_numbers(reports: Sequence[Report]) -> None:
    """Set the numbers of reports in the given order, without saving the reports (decision 74).

    The producers' rows stay locked until the caller's transaction ends, so no number is used twice. If the transaction
    fails, the next report gets the number, so there are no gaps.

    Confidential reports get a random position. If the position is already taken, another one is drawn.
    """
    keys = {report.producer_id for report in reports}
    list(Producer.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    years = {year_of(report.drafted_at) for report in reports}
    numbered = Report.objects.filter(producer__in=keys, number_year__in=years).order_by()
    counted = numbered.values_list("producer", "number_year", "number_series").annotate(last=Max("number_position"))
    last = {(producer, year, series): position for producer, year, series, position in counted}
    for report in reports:
        report.number_year = year_of(report.drafted_at)
        series = series_of(ReportKind(report.kind), rehearsal=report.rehearsal)
        report.number_series = series.value
        key = (report.producer_id, report.number_year, series.value)
        if series in IN_ORDER:
            report.number_position = last[key] = last.get(key, 0) + 1
            continue
        while True:
            position = LEAST_RANDOM + randbelow(MOST_RANDOM - LEAST_RANDOM + 1)
            number = ReportNumber(report.number_year, series, position)
            if not Report.objects.numbered(number).filter(producer=report.producer_id).exists():
                report.number_position = position
                break


def number_missing(*, now: datetime) -> None:
    """Assign numbers to reports that have none.

    During an upgrade, the previous version of the product may still draft reports without a number.
    """
    if not Report.objects.filter(number_position__isnull=True).exists():
        return
    with transaction.atomic():
        unnumbered = Report.objects.filter(number_position__isnull=True).order_by("drafted_at", "pk")
        reports = list(unnumbered.select_for_update(skip_locked=True))
        assign_numbers(reports)
        Report.objects.bulk_update(reports, ["number_year", "number_series", "number_position"])
        for report in reports:
            record_report_event(report, "numbered", at=now, number=report.number)


def record_citations(reports: Mapping[Report, ReportContent]) -> None:
    """Store the practices that new reports cite."""
    insert_rows(list(chain.from_iterable(_rows(*one) for one in reports.items())))


def update_citations(report: Report, content: ReportContent) -> None:
    wanted = {(row.edition, row.code): row for row in _rows(report, content)}
    stored = {(row.edition, row.code): row for row in PracticeCitation.objects.filter(report=report)}
    if outdated := [row.pk for key, row in stored.items() if key not in wanted]:
        PracticeCitation.objects.filter(pk__in=outdated).delete()
    PracticeCitation.objects.bulk_create(row for key, row in wanted.items() if key not in stored)


def _rows(report: Report, content: ReportContent) -> Iterable[PracticeCitation]:
    cited = dict.fromkeys((practice.edition, practice.code) for practice in content.practices)
    return [PracticeCitation(report=report, edition=edition, code=code) for edition, code in cited]


def current_version(report: Report) -> ReportVersion:
    """Return the version that was current when the report was loaded."""
    return report.versions.get(number=report.version)


def content_of(report: Report) -> ReportContent:
    """Return the content that was current when the report was loaded."""
    return content_from_json(current_version(report).content)


def contact_person(contact: Contact) -> ContactPerson:
    """Copy a contact for the content of a report. Later changes of the contact do not change the copy."""
    return ContactPerson(contact.name, contact.email, contact.telephone, is_team=contact.is_team)


def lock_report(report: Report) -> Report:
    """Lock a report and return its stored state.

    Without this lock, simultaneous requests could store the same text twice. All writers lock the report before the
    event chain and before its producer, so that they do not deadlock.
    """
    return Report.objects.select_for_update(no_key=True, of=("self",)).select_related("producer").get(pk=report.pk)


def record_report_event(
    report: Report,
    kind: str,
    also: Rows | None = None,
    /,
    *,
    at: datetime,
    by: User | None = None,
    words: str = "",
    **facts: Any,
) -> ReportEvent:
    """Append an event to the history of a report, and record the digests of the changed rows.

    If the event makes open forms out of date (`CHANGES`), its position becomes the report's `last_change`. In this
    case, the caller must lock the report's row first, because all writers lock this row before the chain of events.

    :param also: other changed rows. Their digests are recorded as well.
    :param by: None if no user caused the event.
    """
    event = ReportEvent(
        report=report, report_reference=report.reference, kind=kind, at=at, actor=by, words=words, facts=facts
    )
    with transaction.atomic():
        ReportEvent.append([event])
        if kind in CHANGES:
            Report.objects.filter(pk=report.pk).update(last_change=event.position)
            report.last_change = event.position
        changed: Rows = {Report: [report.pk]} if kind in ROW_CHANGES else {}
        ReportRowRecord.record({**changed, **(also or {})})
    return event


def changes_since(report: Report, read: int) -> QuerySet[ReportEvent]:
    """Return the events that have made a form about a report out of date, oldest first.

    :param read: the report's `last_change` when the form was opened.
    """
    return report.events.filter(kind__in=CHANGES, position__gt=read).order_by("position")


def new_version(
    report: Report,
    content: dict[str, Any],
    *,
    machine: dict[str, Any],
    by: User | None,
    at: datetime,
    why: str,
) -> ReportVersion:
    """Create the version for a report's current version number, without saving it.

    :param content: the result of `content_to_json`.
    :param machine: the automatic text of each field when the version is written.
    :param why: the reason for the version, such as drafted, facts, edited, wording, approved or reopened.
    """
    return ReportVersion(
        report=report,
        number=report.version,
        content=content,
        machine=machine,
        content_sha256=digest_json(content),
        written_by=by,
        written_at=at,
        why=why,
    )


def advance_report(
    report: Report,
    move: Move,
    *,
    kind: str,
    by: User | None,
    at: datetime,
    content: ReportContent | None = None,
    machine: dict[str, Any] | None = None,
    why: str = "",
    values: Mapping[str, Any] | None = None,
    words: str = "",
    **facts: Any,
) -> Report:
    """Make one move of the lifecycle, and record its event.

    The move is a compare-and-set. It is refused if the report's status, version or last change is no longer the same as
    when the report was loaded.

    :param content: the content to store as a new version; None to keep the current version.
    :param machine: the automatic text to store with a new version; by default, the automatic text of the current
        version.
    :param values: other columns of the report to set.
    :return: the updated report.
    :raises ChangedMeanwhile: if the report has changed since it was loaded. Nothing is stored in this case.
    """
    number = report.version + (content is not None)
    with transaction.atomic():
        unchanged = Report.objects.filter(
            pk=report.pk, status=move.source, version=report.version, last_change=report.last_change
        )
        first_day = {} if content is None else {"occurred_on": content.first_day}
        if not unchanged.update(status=move.target, version=number, **first_day, **(values or {})):
            raise ChangedMeanwhile(_("Another person changed this report. Check it before you continue."))
        moved = Report.objects.select_related("producer").get(pk=report.pk)
        if move.target in WITH_AUTHORS and move.source not in WITH_AUTHORS:
            # Facts that came while the authors did not have the report enter its text with the next refresh.
            moved.suspicions.update(facts_revision=0)
        if content is not None:
            automatic = current_version(report).machine if machine is None else machine
            author = None if why == FACTS else by
            new_version(moved, content_to_json(content), machine=automatic, by=author, at=at, why=why).save()
            update_citations(moved, content)
        version = current_version(moved)
        record_report_event(
            moved,
            kind,
            {} if content is None else {ReportVersion: [version.pk]},
            at=at,
            by=by,
            words=words,
            status=[move.source, move.target],
            version=[report.version, number],
            content_sha256=version.content_sha256,
            **facts,
        )
    return moved


def was_done_by(report: Report, kind: str, *, read: int, person: User) -> bool:
    """Return whether a person has already submitted the same form, for example by clicking twice.

    :param kind: the kind of event that the form records.
    :param read: the report's `last_change` when the form was opened.
    """
    first = changes_since(report, read).first()
    last = report.events.filter(kind__in=STEPS).order_by("position").last()
    return bool(first and first == last and first.kind == kind and first.actor_id == person.pk)


def check_report_move(report: Report, name: str, *, by: User, remarks: tuple[Remark, ...] = (), **given: bool) -> Move:
    """Return a move of the lifecycle, after checking that the person may make the move now.

    :param remarks: missing or impossible values in the text of the report.
    :param given: whether each required value is present. The keys are the names in `Move.needs`.
    :raises OwnActIsSubject: if the move is a decision, and the person declared that the report is about their own act.
    :raises Incomplete: if a required value is missing, and there are `remarks`. The exception contains the remarks.
    :raises MissingFields: if a required value is missing, and there are no `remarks`.
    :raises MoveRefused: if the report's state or the person's roles do not allow the move, if the move would send a
        report about a training session, or if the move is closed because the report was sent before or was never sent.
    """
    if name in DECISIONS:
        refuse_own_act(report, by=by)
    if name == SEND and report.training_id:
        raise MoveRefused(_("A report about a training session is never sent."))
    if name in CLOSED_ONCE_SENT | CLOSED_UNTIL_SENT and name in find_closed_moves(report):
        raise WrongState(
            SENT_BEFORE if name in CLOSED_ONCE_SENT else _("You cannot withdraw a report that was not sent.")
        )
    if name == SEND and name in find_closed_moves(report):
        raise WrongState(_("You can send this report again only if its email could not be delivered."))
    things = [thing for thing, is_there in given.items() if is_there]
    try:
        return REPORT.check(name, source=report.status, roles=roles_for(by, report), given=things)
    except MissingFields:
        if remarks:
            raise Incomplete(remarks) from None
        raise


def refuse_own_act(report: Report, *, by: User) -> None:
    """Check that a person has not declared a conflict of interest for a report.

    :raises OwnActIsSubject: if the person has declared that the report is about their own act.
    """
    if declared_own_act(by, report):
        raise OwnActIsSubject(SOMEBODY_ELSE_DECIDES)


def make_move(report: Report, move: Move, *, by: User, at: datetime, words: str = "", **details: Any) -> Report:
    """Make a move that `check_report_move` has allowed.

    The event records the most senior of the person's roles that allow the move.

    :param details: other arguments of `advance_report`, such as `content` or `values`, and facts of the event.
    :raises ChangedMeanwhile: if the report has changed since it was loaded. Nothing is stored in this case.
    """
    role = senior_role(by, move.roles, report)
    kind = PAST_TENSE[move.name]
    if role == COVER_ROLE and (cover := cover_of(by.pk, report.producer_id, at=at)):
        details |= {"covers": cover.absent_id}
    return advance_report(report, move, kind=kind, by=by, at=at, words=words.strip(), role=role, **details)


def comments_by_event(report: Report) -> Mapping[int, Sequence[SectionComment]]:
    """Return the comments on sections of a report, keyed by the primary key of the event that added them."""
    found: dict[int, list[SectionComment]] = defaultdict(list)
    for comment in SectionComment.objects.filter(event__report=report):
        found[comment.event_id].append(comment)
    return found


def group_sittings(report: Report, versions: Iterable[ReportVersion]) -> list[list[ReportVersion]]:
    """Group the versions of a report into sittings. Pages show the edits of one sitting as one version.

    Each save is stored as a new version. Two consecutive edits belong to the same sitting if the same person made them
    within `SITTING`, and no step, such as a submission, came between them. The last edit has the final text of the
    sitting.

    :param versions: the versions in any order.
    :return: the sittings, oldest first. Within each sitting, the versions are also oldest first.
    """
    steps = list(report.events.filter(kind__in=STEPS).values_list("at", flat=True))
    sittings: list[list[ReportVersion]] = []
    for version in sorted(versions, key=lambda version: version.number):
        last = sittings[-1][-1] if sittings else None
        if (
            last is not None
            and last.why == version.why == "edited"
            and last.written_by_id == version.written_by_id
            and version.written_at - last.written_at <= SITTING
            and not any(last.written_at <= at <= version.written_at for at in steps)
        ):
            sittings[-1].append(version)
        else:
            sittings.append([version])
    return sittings


def document_bytes(document: ApprovedDocument) -> bytes:
    """Return the PDF of an approved document, after comparing the PDF with its hash.

    :raises DocumentChanged: if the PDF was changed after the approval.
    """
    if not document.is_intact():
        message = f"Version {document.version} of report {document.report.reference} was changed after its approval."
        raise DocumentChanged(message)
    return bytes(document.pdf)


def name_document_file(document: ApprovedDocument) -> str:
    """Return the file name of an approved document. The name shows whether the document has an annex."""
    version = document.report.versions.get(number=document.version)
    annex = "-with-annex" if content_from_json(version.content).annex else ""
    return f"{document.report.number}-version-{document.version}{annex}.pdf"


_UNAPPROVED_FILES: Mapping[str, str] = {
    ReportStatus.RECORDED: "breach-log",
    ReportStatus.DISMISSED: "not-a-breach",
    ReportStatus.JOINED: "combined",
    ReportStatus.PARTED: "separated",
}


def name_unapproved_file(report: Report, *, annex: bool) -> str:
    """Return the file name of a report without an approved document, such as BR-2026-014-breach-log-5.pdf.

    The name contains the report number, the status and the version.
    """
    marked = _UNAPPROVED_FILES.get(report.status, "draft")
    return f"{report.number}-{marked}-{report.version}{'-with-annex' if annex else ''}.pdf"


def check_versions() -> str | None:
    """Check that an event records the hash of each version of a report.

    :return: a sentence about the first version without such an event, or None.
    """
    versions = list(ReportVersion.objects.values_list("report__reference", "number", "content_sha256", "pk"))
    events = ReportEvent.objects.filter(facts__has_key="content_sha256").values_list("report_reference", "facts")
    named = set()
    for reference, facts in events.iterator(chunk_size=CHUNK):
        version = facts["version"]
        # The event of a move stores the version numbers before and after the move, but only the hash of the later one.
        number = version[-1] if isinstance(version, list) else version
        named.add((reference, number, facts["content_sha256"]))
    for *stored, key in sorted(versions, key=itemgetter(3)):
        if tuple(stored) not in named:
            return f"no event records the report, number and hash of {ReportVersion._meta.label_lower} {key}"
    return None


def check_documents() -> str | None:
    """Check that each approved document matches its `approved` event.

    :return: a sentence about the first document that is missing or does not match, or None.
    """
    approved = dict(_approved(ReportEvent.objects.all()))
    documents = ApprovedDocument.objects.select_related("report").order_by("pk")
    for document in documents.iterator(chunk_size=DOCUMENTS_AT_ONCE):
        name = (document.report.reference, document.version)
        if not document.is_intact():
            return f"the bytes of breaches.approveddocument {document.pk} were changed after its approval"
        # If no event was found, the document may have been approved after the events were read. So read them again.
        event = approved.pop(name, None) or dict(_approved(document.report.events.all())).get(name)
        if event != _stated(document):
            return f"breaches.approveddocument {document.pk} does not match any approval event"
    if approved:
        reference, version = min(approved)
        return f"the approved document of report {reference}, version {version}, is missing"
    return None


def _approved(events: QuerySet[ReportEvent]) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """Yield a key and the recorded facts for each approved document. The key is (report reference, version)."""
    for event in events.filter(kind=PAST_TENSE[APPROVE]).order_by("position").iterator():
        stated = {name: event.facts[name] for name in STATED}
        name = (event.report_reference, event.facts["version"][1])
        yield name, stated | {"role": event.facts["role"], "by": event.actor_id, "at": event.at}


def _stated(document: ApprovedDocument) -> dict[str, Any]:
    stated = {name: getattr(document, name) for name in STATED}
    return stated | {"role": document.approved_role, "by": document.approved_by_id, "at": document.approved_at}
