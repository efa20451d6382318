"""Submitting, approving, recording and dismissing a report, and what it still needs for that."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from breaches import code_of_practice, editing, versions
from breaches.facts import evidence_digest
from breaches.models import ApprovedDocument, JoinedDraft, Report, ReportRowRecord, ReportVersion, SectionComment
from breaches.permissions import acting_role
from breaches.refreshing import automatic_texts, with_annex, with_grown_figures
from breaches.rules.content import ReportContent, content_digest, without_approval
from breaches.rules.document import Approval, ReportDocument, exact_time, lay_out
from breaches.rules.lifecycle import (
    APPROVE,
    DISMISS,
    PAST_TENSE,
    RECORD,
    REOPEN,
    RETURN,
    SUBMIT,
    TAKE_BACK,
    DismissalReason,
    RecordingReason,
    ReportKind,
)
from breaches.rules.validation import Remark, ReportSection, find_impossible, find_missing, find_missing_for_log
from breaches.versions import CHANGED_SINCE_READ, FACTS, content_of
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import ChangedMeanwhile, MissingFields, Move, MoveRefused
from releases.rules.london import local_date

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


# What is said on the page of the cause, and not in the section that prints it.
OF_THE_CAUSE = frozenset({"cause", "available_on"})


def needs_for_submission(report: Report, content: ReportContent) -> tuple[Remark, ...]:
    """List what keeps a report from being submitted or approved besides its own text.

    Somebody must have chosen the cause, if only as not known yet; of what was late they must have said when it was made
    available, or why nobody knows, where the record does not show it; and the timeline prints what still stands.
    """
    return (*_not_said(report), *_outdated(report, content))


def find_obstacles(report: Report, content: ReportContent, *, today: date) -> tuple[Remark, ...]:
    """List all that keeps a report from being submitted or approved. The wording of a practice never does.

    :param today: London's date.
    """
    return (*find_missing(content), *needs_for_submission(report, content), *find_impossible(content, today=today))


def cause_needs(report: Report) -> tuple[Remark, ...]:
    """List what still has to be said on the page of the cause before a report can be submitted."""
    return tuple(_not_said(report))


def is_late(report: Report) -> bool:
    """Tell whether a report is about something that was late."""
    return report.kind == ReportKind.LATE or report.suspicions.filter(kind=ReportKind.LATE).exists()


def is_closed(report: Report) -> bool:
    """Tell whether the record shows, for all that was late, between which looks it was made available."""
    late = report.suspicions.filter(kind=ReportKind.LATE)
    is_open = Q(verification__last_not_live_at__isnull=True) | Q(verification__first_live_at__isnull=True)
    return late.exists() and not late.filter(is_open).exists()


def _not_said(report: Report) -> Iterator[Remark]:
    if not report.cause:
        yield Remark(ReportSection.CIRCUMSTANCES, "cause", "Choose the cause, or say that it is not known yet.")
    if not (report.available_at or report.available_unknown) and is_late(report) and not is_closed(report):
        sentence = "Say when it was made available, or why that is not known."
        yield Remark(ReportSection.CIRCUMSTANCES, "available_on", sentence)


def _outdated(report: Report, content: ReportContent) -> Iterator[Remark]:
    for entry in editing.outdated_entries(report, content):
        sentence = (
            f"The timeline prints an entry that was corrected or has changed since, of {exact_time(entry.at)}: "
            "choose again what it prints."
        )
        yield Remark(ReportSection.CIRCUMSTANCES, "timeline", sentence)


type Render = Callable[[ReportDocument], bytes]


class TwoPeopleNeeded(MoveRefused):
    """The producer wants another person to approve than the one who wrote or submitted the text."""


class NotPrinted(MoveRefused):
    """The document could not be printed, so it cannot be approved; nothing is changed."""


def submit_report(report: Report, *, by: "User", at: datetime) -> Report:
    """Hand a complete report to the Head of Profession, with the figures of the machine's own text as they are by now.

    :param at: the aware instant of submitting; nothing in the report may lie after its day in London.
    :raises Incomplete: if a field that the form needs is empty, or holds what cannot be true.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    content = with_grown_figures(report)
    remarks = find_obstacles(report, content, today=local_date(at))
    move = versions.check_move(report, SUBMIT, by=by, complete_report=not remarks, remarks=remarks)
    return versions.make_move(report, move, by=by, at=at, **_with_text(report, content, {"submitted_by": by}))


def take_back_report(report: Report, *, reason: str = "", by: "User", at: datetime) -> Report:
    """Take a report back from the Head of Profession as a draft, to go on writing.

    :param reason: what the Head of Profession may want to know; it may be empty.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    move = versions.check_move(report, TAKE_BACK, by=by)
    return versions.make_move(report, move, by=by, at=at, values={"submitted_by": None}, words=reason.strip())


def return_report(
    report: Report, *, comment: str = "", sections: Mapping[ReportSection, str] | None = None, by: "User", at: datetime
) -> Report:
    """Give a report back to those who wrote it, with what is to be done: as a whole, by section, or both.

    :raises SomethingMissing: if there is neither a comment nor one on any section.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    said = {section: words.strip() for section, words in (sections or {}).items() if words.strip()}
    move = versions.check_move(report, RETURN, by=by, comment=bool(comment.strip() or said))
    with transaction.atomic():
        returned = versions.make_move(report, move, by=by, at=at, words=comment.strip(), sections=sorted(said))
        event = returned.events.filter(kind=PAST_TENSE[RETURN]).latest("position")
        SectionComment.objects.bulk_create(
            [SectionComment(event=event, section=section, words=words) for section, words in said.items()]
        )
    return returned


def approve_report(
    report: Report, *, annex: bool = False, read_sha256: str = "", by: "User", at: datetime, render: Render
) -> ApprovedDocument:
    """Approve a report: date it, print it, and keep the document with its hash.

    The document is printed before anything is written: one that cannot be printed cannot be approved.

    :param annex: whether what the looks show is approved as the report's annex.
    :param read_sha256: the digest of the content that the person has read, where they read it on a page: its date too
        is part of what is approved, and midnight may have passed over the page.
    :param at: the aware instant of approval; its London date becomes the date of the report.
    :param render: turns the laid out document into the bytes of a PDF file.
    :raises Incomplete: if a field that the form needs is empty, or holds what cannot be true.
    :raises TwoPeopleNeeded: if the producer wants two people and this one wrote or submitted the text.
    :raises NotPrinted: if the document cannot be printed.
    :raises SomebodyWasFaster: if the report, or what is on record for its annex, is not as the person read it.
    :raises MoveRefused: if the report's state or the person's roles do not allow it.
    """
    evidence = evidence_digest(report)
    content = approved_content(report, at=at, annex=annex)
    if read_sha256 and read_sha256 != content_digest(content):
        raise ChangedMeanwhile(CHANGED_SINCE_READ)
    if content.annex and evidence_digest(report) != evidence:
        sentence = _("A look was recorded this very moment; read the annex again before you approve it.")
        raise ChangedMeanwhile(sentence)
    remarks = find_obstacles(report, content, today=local_date(at))
    move = versions.check_move(report, APPROVE, by=by, complete_report=not remarks, remarks=remarks)
    one_person = wrote_or_submitted(report, by)
    if one_person and report.producer.two_person_approval:
        sentence = _("You wrote or submitted this text: this producer wants another person to approve it.")
        raise TwoPeopleNeeded(sentence)
    role = acting_role(by, move.roles, report)
    number = report.version + 1
    approval = Approval(by=str(by), role=role, at=at, one_person=one_person, evidence_hash=evidence)
    form = lay_out(content, reference=report.reference, version=number, approval=approval, rehearsal=report.rehearsal)
    pdf = _printed(render, form)
    document = ApprovedDocument(
        report=report,
        version=number,
        pdf=pdf,
        pdf_sha256=sha256_hex(pdf),
        content_sha256=content_digest(content),
        evidence_sha256=evidence,
        approved_by=by,
        approved_role=role,
        approved_at=at,
        one_person=one_person,
    )
    return _kept(document, content, move)


def record_report(report: Report, *, reason: str, words: str, by: "User", at: datetime) -> Report:
    """Decide that a breach is kept in the office's own log and not reported, with a reason from the list and in words.

    The log needs less than the published form: which statistics, when, and what happened. Figures of the machine's own
    text that merely grew are kept as they are by now.

    :raises Incomplete: if one of these is missing, or holds what cannot be true.
    :raises SomethingMissing: if the reason is not in the list or the words are empty.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    content = with_grown_figures(report)
    remarks = (*find_missing_for_log(content), *find_impossible(content, today=local_date(at)))
    listed = reason in set(RecordingReason)
    move = versions.check_move(report, RECORD, by=by, account=not remarks, remarks=remarks, reason=listed)
    _need_words(words, _("Say in words why this is kept in your own log only."))
    values = {"decided_at": at, "decision_reason": reason}
    text = _with_text(report, content, values)
    return versions.make_move(report, move, by=by, at=at, words=words.strip(), reason=reason, **text)


def dismiss_report(report: Report, *, reason: str, words: str, by: "User", at: datetime) -> Report:
    """Decide that a suspicion is no breach, with a reason from the list and in words.

    :raises SomethingMissing: if the reason is not in the list or the words are empty.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    move = versions.check_move(report, DISMISS, by=by, reason=reason in set(DismissalReason))
    _need_words(words, _("Say in words why this is no breach."))
    values = {"decided_at": at, "decision_reason": reason}
    return versions.make_move(report, move, by=by, at=at, values=values, words=words.strip(), reason=reason)


def reopen_report(report: Report, *, reason: str, by: "User", at: datetime) -> Report:
    """Take a decided report up again as a draft in a new version; what was approved stays as it was.

    :raises SomethingMissing: if the reason is empty.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    move = versions.check_move(report, REOPEN, by=by, reason=bool(reason.strip()))
    return versions.make_move(
        report,
        move,
        by=by,
        at=at,
        values={"decided_at": None, "decision_reason": "", "submitted_by": None},
        content=without_approval(content_of(report)),
        why="reopened",
        words=reason.strip(),
    )


def approved_content(report: Report, *, at: datetime, annex: bool = False) -> ReportContent:
    """Return the content that an approval at an aware instant would be bound to: dated, with the label in force.

    :param annex: whether with what the looks show by now; a report that rests on no looks has no annex. What nobody
        edited is then told from the same looks: text and annex say the same.

    Practices have the wording that the office has settled by now.
    """
    content = with_annex(report) if annex else replace(content_of(report), annex=None)
    content = code_of_practice.with_settled_wording(content)
    return replace(content, report_date=local_date(at), lead_official=settings.LEAD_OFFICIAL)


def wrote_or_submitted(report: Report, person: "User") -> bool:
    """Tell whether a person wrote any of a report's text, or of the drafts that it was joined from, or submitted it."""
    parts = JoinedDraft.objects.all().parts_of(report)
    return (
        ReportVersion.objects.filter(report__in=parts, why="edited", written_by=person).exists()
        or report.events.filter(kind=PAST_TENSE[SUBMIT], actor=person).exists()
    )


def _with_text(report: Report, content: ReportContent, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a move is made with that takes along what the machine brought up to date in a text, if anything."""
    if content == content_of(report):
        return {"values": values}
    beside, newest = automatic_texts(report, content)
    return {"content": content, "machine": beside, "why": FACTS, "values": {**values, "machine": newest}}


def _need_words(words: str, sentence: str) -> None:
    if not words.strip():
        raise MissingFields("words", sentence)


def _kept(document: ApprovedDocument, content: ReportContent, move: Move) -> ApprovedDocument:
    """Make the move of a report that a printed document is of, and keep that with its hash, both or neither."""
    beside, newest = automatic_texts(document.report, content)
    with transaction.atomic():
        document.report = versions.make_move(
            document.report,
            move,
            by=document.approved_by,
            at=document.approved_at,
            values={"decided_at": document.approved_at, "machine": newest},
            content=content,
            machine=beside,
            why="approved",
            pdf_sha256=document.pdf_sha256,
            evidence_sha256=document.evidence_sha256,
            one_person=document.one_person,
        )
        document.save()
        ReportRowRecord.record({ApprovedDocument: [document.pk]})
    return document


def _printed(render: Render, document: ReportDocument) -> bytes:
    try:
        return render(document)
    except Exception as fault:
        sentence = _("The document could not be printed, so the report is not approved: %(fault)s") % {"fault": fault}
        raise NotPrinted(sentence) from fault
