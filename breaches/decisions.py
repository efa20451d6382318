"""Decisions on a report, and the requirements for them.

Every decision raises MoveRefused if the report's state or the person's roles do not allow the decision. It raises
ChangedMeanwhile if another person changed the report first.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from breaches import code_of_practice, editing, text, versions
from breaches.facts import evidence_digest, find_unanswered_questions, late_titles
from breaches.layout import lay_out_approved_report
from breaches.models import (
    ApprovedDocument,
    JoinedDraft,
    Report,
    ReportEvent,
    ReportRowRecord,
    ReportVersion,
    SectionComment,
)
from breaches.permissions import senior_role
from breaches.refreshing import automatic_texts, digest_facts, with_annex, with_new_figures
from breaches.rules.causes import name_last
from breaches.rules.content import (
    Remark,
    ReportContent,
    ReportSection,
    content_digest,
    find_impossible,
    find_missing,
    find_missing_for_log,
    remark_on,
    without_approval,
)
from breaches.rules.document import ReportDocument
from breaches.rules.facts import exact_time
from breaches.rules.incident import MOST_WORDS, Incident, find_long_account
from breaches.rules.lifecycle import (
    APPROVE,
    CLOSE,
    DISMISS,
    NOTE_ANSWER,
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
from breaches.versions import CHANGED_SINCE_READ, FACTS, content_of
from releases.models import Producer
from releases.models.event import lock_producer
from releases.permissions import User
from releases.rules.calendar import local_date
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import TO_COME, ChangedMeanwhile, MissingFields, Move, MoveRefused
from releases.verdict.address import Outcome

# People edit these fields on the page about the cause. So remarks on these fields are listed under the cause, and not
# under the section in `Remark.section`.
OF_THE_CAUSE = frozenset({"cause", "available_on"})

NOTE_EVENTS = ("note_written", "note_corrected")


def needs_for_submission(report: Report, content: ReportContent) -> tuple[Remark, ...]:
    """Return remarks on the cause and the timeline that prevent the submission or approval of a report.

    A cause must be chosen, but it can be "not known yet". If outputs were late, people must state when the last output
    was made available, or why this is not known. If the record shows when every late output became available, this
    statement is not required. The timeline must not print an entry if its note was corrected or its recorded fact has
    changed.
    """
    outdated = (
        f"The timeline prints an entry for {exact_time(entry.at)} that is out of date, because a note was corrected or "
        "the record has changed. Choose again which entries to print."
        for entry in editing.outdated_entries(report, content)
    )
    return (
        *cause_needs(report),
        *(Remark(ReportSection.CIRCUMSTANCES, "timeline", sentence) for sentence in outdated),
    )


def find_obstacles(report: Report, content: ReportContent, *, today: date) -> tuple[Remark, ...]:
    """Return everything that prevents the submission or approval of a report.

    Practices with unconfirmed wording do not prevent it.

    :param today: the day in London.
    """
    return (*find_needs(report, content), *find_impossible(content, today=today))


def find_needs(report: Report, content: ReportContent) -> tuple[Remark, ...]:
    """Return everything that is missing for the submission or approval of a report."""
    return (*_answers_needed(report, content), *find_missing(content), *needs_for_submission(report, content))


def find_obstacles_for_log(report: Report, content: ReportContent, *, today: date) -> tuple[Remark, ...]:
    """Return everything that prevents recording a breach in the office's own breach log only.

    :param today: the day in London.
    """
    return (*find_needs_for_log(report, content), *find_impossible(content, today=today))


def find_needs_for_log(report: Report, content: ReportContent) -> tuple[Remark, ...]:
    """Return everything that is missing before a breach can be recorded in the office's own breach log only."""
    return (*_answers_needed(report, content), *find_missing_for_log(content))


def _answers_needed(report: Report, content: ReportContent) -> tuple[Remark, ...]:
    kind = ReportKind(report.kind)
    return tuple(
        remark_on(question, f"Answer ‘{text.question_text(kind, question)[0]}’, or say why it is not known.")
        for question in find_unanswered_questions(report, content)
    )


def find_long_account_remarks(incident: Incident) -> Iterator[Remark]:
    """Yield a warning if the account that is written from the answers is too long.

    The warning says which answer to shorten.
    """
    if found := find_long_account(incident):
        number, question = found
        label, _hint = text.question_text(incident.kind, question)
        sentence = (
            f"The first paragraph from the answers has {number} words, but should have at most {MOST_WORDS}. Shorten "
            f"the answer to ‘{label}’."
        )
        yield remark_on(question, sentence)


def cause_needs(report: Report) -> tuple[Remark, ...]:
    """Return the answers that are missing on the page about the cause.

    A report cannot be submitted without these answers.
    """
    remarks = []
    if not report.cause:
        sentence = "Choose the cause, or say that it is not known yet."
        remarks.append(Remark(ReportSection.CIRCUMSTANCES, "cause", sentence))
    if not (report.available_at or report.available_unknown) and is_late(report) and not is_closed(report):
        sentence = f"Say when {name_last(late_titles(report))} was made available, or why that is not known."
        remarks.append(Remark(ReportSection.CIRCUMSTANCES, "available_on", sentence))
    return tuple(remarks)


def is_late(report: Report) -> bool:
    return report.kind == ReportKind.LATE or report.suspicions.filter(kind=ReportKind.LATE).exists()


def is_closed(report: Report) -> bool:
    """Return whether the record shows when every late output became available.

    This requires a check that did not find the output live, and a check that found it live. The output became available
    between these two checks.
    """
    late = report.suspicions.filter(kind=ReportKind.LATE)
    is_open = Q(verification__last_not_live_at__isnull=True) | Q(verification__first_live_at__isnull=True)
    # If an early release is taken down, the first live check in its verdict is from before the due time. So this check
    # does not show when the late output became available (decision 73).
    is_open |= Q(verification__outcome=Outcome.EARLY, release__status__in=TO_COME)
    return late.exists() and not late.filter(is_open).exists()


type Render = Callable[[ReportDocument], bytes]


@dataclass(frozen=True, slots=True)
class ReadContent:
    """The content and the facts that a person read before they approved a report with an annex.

    :ivar evidence_sha256: the digest of the checks in the annex.
    :ivar facts_sha256: the digest of all other facts, such as results and statements (`digest_facts`).
    """

    content: ReportContent
    evidence_sha256: str
    facts_sha256: str
    last_change: int


class TwoPeopleNeeded(MoveRefused):
    """The person wrote or submitted the report, or chose the cause, and the producer requires another person to approve
    it.
    """


class NotPrinted(MoveRefused):
    """The document could not be rendered, so the report is not approved and nothing is changed."""


def submit_report(report: Report, *, by: User, at: datetime) -> Report:
    """Submit a complete report to the Head of Profession.

    If only figures in the automatic text have changed since the text was last refreshed, the figures are updated.

    :raises Incomplete: if a required field is empty, or if a value cannot be true on the London day of `at`.
    """
    content = with_new_figures(report)
    remarks = find_obstacles(report, content, today=local_date(at))
    move = versions.check_report_move(report, SUBMIT, by=by, complete_report=not remarks, remarks=remarks)
    return versions.make_move(report, move, by=by, at=at, **_refreshed_text(report, content, {"submitted_by": by}))


def take_back_report(report: Report, *, reason: str = "", by: User, at: datetime) -> Report:
    """Take a submitted report back from the Head of Profession. It becomes a draft again. The reason is optional."""
    move = versions.check_report_move(report, TAKE_BACK, by=by)
    return versions.make_move(report, move, by=by, at=at, values={"submitted_by": None}, words=reason)


def return_report(
    report: Report, *, comment: str = "", sections: Mapping[ReportSection, str] | None = None, by: User, at: datetime
) -> Report:
    """Return a report to its authors with a comment on the whole report, comments on sections, or both.

    :raises MissingFields: if there is no comment at all.
    """
    said = {section: words.strip() for section, words in (sections or {}).items() if words.strip()}
    move = versions.check_report_move(report, RETURN, by=by, comment=bool(comment.strip() or said))
    with transaction.atomic():
        returned = versions.make_move(report, move, by=by, at=at, words=comment, sections=sorted(said))
        event = returned.events.filter(kind=PAST_TENSE[RETURN]).latest("position")
        SectionComment.objects.bulk_create(
            [SectionComment(event=event, section=section, words=words) for section, words in said.items()]
        )
    return returned


def approve_report(
    report: Report,
    *,
    annex: bool = False,
    read: ReadContent | None = None,
    read_sha256: str = "",
    by: User,
    at: datetime,
    render: Render,
) -> ApprovedDocument:
    """Approve a report. Set its date, render the document, and store the document with its hash.

    The document is rendered before anything is stored. If rendering fails, the report is not approved.

    :param annex: whether the annex of checks is approved with the report. It is ignored if `read` is given.
    :param read: the content and the annex that the person read. Checks that were recorded later are left out.
    :param read_sha256: the digest of the content that the person read. If it is empty, we do not check whether the
        content has changed. The digest covers the date of the report, so it no longer matches after midnight.
    :param at: the time of the approval. Its London date becomes the date of the report.
    :param render: renders the layout as a PDF file.
    :raises Incomplete: if a required field is empty, or if a value cannot be true.
    :raises TwoPeopleNeeded: if the producer requires two people and this person wrote or submitted the report, or chose
        the cause.
    :raises NotPrinted: if the document cannot be printed.
    :raises ChangedMeanwhile: if the report, or the record behind its annex, has changed since the person read it.
    """
    if read:
        content, evidence = _confirm_read(report, read, at=at), read.evidence_sha256
    else:
        evidence = evidence_digest(report)
        content = approved_content(report, at=at, annex=annex)
        if read_sha256 and read_sha256 != content_digest(content):
            raise ChangedMeanwhile(CHANGED_SINCE_READ)
        if content.annex and evidence_digest(report) != evidence:
            raise ChangedMeanwhile(
                _("We have just recorded another check. Read the annex again before you approve it.")
            )
    remarks = find_obstacles(report, content, today=local_date(at))
    move = versions.check_report_move(report, APPROVE, by=by, complete_report=not remarks, remarks=remarks)
    one_person = is_author_or_submitter(report, by)
    has_contributed = one_person or has_chosen_cause(report, by)
    if has_contributed:
        _refuse_one_person(report.producer)
    document = ApprovedDocument(
        report=report,
        version=report.version + 1,
        content_sha256=content_digest(content),
        evidence_sha256=evidence,
        approved_by=by,
        approved_role=senior_role(by, move.roles, report),
        approved_at=at,
        one_person=one_person,
    )
    form = lay_out_approved_report(document, content)
    try:
        document.pdf = render(form)
    except Exception as fault:
        sentence = _("We could not create the PDF, so the report is not approved: %(fault)s") % {"fault": fault}
        raise NotPrinted(sentence) from fault
    document.pdf_sha256 = sha256_hex(document.pdf)
    _store_approval(document, content, move, has_contributed=has_contributed)
    return document


def _confirm_read(report: Report, read: ReadContent, *, at: datetime) -> ReportContent:
    """Return the content that a person read, with its annex.

    More checks may have been recorded since the person read it.

    :raises ChangedMeanwhile: if anything else has changed, such as the text, a result, a statement or the date.
    """
    newest = approved_content(report, at=at, annex=True)
    if newest.annex and read.content.annex:
        annex = replace(newest.annex, outputs=read.content.annex.outputs)
        # If no one has edited the circumstances, they are written from the checks in the annex, so further checks may
        # have changed them. If a person has edited them since, `last_change` differs.
        newest = replace(newest, annex=annex, circumstances=read.content.circumstances)
    read_last = (read.content, read.facts_sha256, read.last_change)
    if read_last != (newest, digest_facts(report), report.last_change):
        raise ChangedMeanwhile(CHANGED_SINCE_READ)
    return read.content


def _refuse_one_person(producer: Producer) -> None:
    if producer.two_person_approval:
        raise TwoPeopleNeeded(
            _(
                "You wrote or submitted this report, or chose the cause of the breach. Another person must approve the "
                "report."
            )
        )


def _store_approval(document: ApprovedDocument, content: ReportContent, move: Move, *, has_contributed: bool) -> None:
    automatic, newest = automatic_texts(document.report, content)
    with transaction.atomic():
        if has_contributed:
            versions.lock_report(document.report)
            # An administrator may have switched the two-person rule on while the document was rendered.
            _refuse_one_person(lock_producer(document.report.producer_id))
        document.report = versions.make_move(
            document.report,
            move,
            by=document.approved_by,
            at=document.approved_at,
            values={"decided_at": document.approved_at, "machine": newest},
            content=content,
            machine=automatic,
            why="approved",
            pdf_sha256=document.pdf_sha256,
            evidence_sha256=document.evidence_sha256,
            one_person=document.one_person,
        )
        document.save()
        ReportRowRecord.record({ApprovedDocument: [document.pk]})


def record_report(report: Report, *, reason: str, words: str, by: User, at: datetime) -> Report:
    """Record a breach in the office's own breach log only, with a reason from the list and a comment.

    The log requires less than the form that is sent to OSR. Only the outputs, their producers, the day and the
    circumstances are required. If the report asks questions, the required answers are needed too. The figures in the
    automatic text are updated if nothing else in it has changed.

    :raises Incomplete: if a required value is missing, or if a value cannot be true.
    :raises MissingFields: if the reason is not in the list, or the comment (`words`) is empty.
    """
    content = with_new_figures(report)
    remarks = find_obstacles_for_log(report, content, today=local_date(at))
    listed = reason in set(RecordingReason)
    move = versions.check_report_move(report, RECORD, by=by, account=not remarks, remarks=remarks, reason=listed)
    if not words.strip():
        raise MissingFields("words", _("Explain why this is recorded in our breach log only."))
    text = _refreshed_text(report, content, {"decided_at": at, "decision_reason": reason})
    return versions.make_move(report, move, by=by, at=at, words=words, reason=reason, **text)


def dismiss_report(report: Report, *, reason: str, words: str, by: User, at: datetime) -> Report:
    """Decide that there was no breach, with a reason from the list and a comment.

    :raises MissingFields: if the reason is not in the list, or the comment (`words`) is empty.
    """
    move = versions.check_report_move(report, DISMISS, by=by, reason=reason in set(DismissalReason))
    if not words.strip():
        raise MissingFields("words", _("Explain why this is not a breach."))
    values = {"decided_at": at, "decision_reason": reason}
    return versions.make_move(report, move, by=by, at=at, values=values, words=words, reason=reason)


def reopen_report(report: Report, *, reason: str, by: User, at: datetime) -> Report:
    """Reopen a decided report as a draft, in a new version. If there is an approved document, it is not changed.

    :raises MissingFields: if the reason is empty.
    """
    move = versions.check_report_move(report, REOPEN, by=by, reason=bool(reason.strip()))
    return versions.make_move(
        report,
        move,
        by=by,
        at=at,
        values={"decided_at": None, "decision_reason": "", "submitted_by": None},
        content=without_approval(content_of(report)),
        why="reopened",
        words=reason,
    )


def approved_content(report: Report, *, at: datetime, annex: bool = False) -> ReportContent:
    """Return the content that an approval at this time would store.

    It includes the date of the report, the confirmed wording of practices, and the value of the setting
    `LEAD_OFFICIAL`.

    :param annex: whether to include the annex. If so, text that no one has edited is written from the checks in the
        annex.
    """
    content = with_annex(report) if annex else replace(content_of(report), annex=None)
    content = code_of_practice.with_settled_wording(content)
    return replace(content, report_date=local_date(at), lead_official=settings.LEAD_OFFICIAL)


def is_author_or_submitter(report: Report, person: User) -> bool:
    """Return whether a person submitted a report, or wrote text in the report or in a draft merged into it.

    People who wrote a note that the timeline prints count as well, even if another person chose the note. Notes in
    drafts do not count, because a joint report does not print them.
    """
    parts = JoinedDraft.objects.all().parts_of(report)
    if ReportVersion.objects.filter(report__in=parts, why="edited", written_by=person).exists():
        return True
    acts = report.events.filter(kind__in=[PAST_TENSE[SUBMIT], *NOTE_EVENTS], actor=person)
    kinds = set(acts.values_list("kind", flat=True))
    return PAST_TENSE[SUBMIT] in kinds or (bool(kinds) and person.pk in _find_note_writers(report))


def _find_note_writers(report: Report) -> set[int]:
    """Return the primary keys of the people who wrote the notes that the timeline of a report prints.

    If a printed note corrects an earlier note, the writer of the earlier note is included, because the correction may
    repeat the earlier text.
    """
    notes = report.timeline_notes.in_bulk()
    printed = {entry.source for entry in content_of(report).timeline}
    counted = [note for note in notes.values() if editing.entry_of_note(note).source in printed]
    writers = set()
    while counted:
        writers |= {note.written_by_id for note in counted}
        counted = [notes[note.corrects_id] for note in counted if note.corrects_id]
    return writers


def has_chosen_cause(report: Report, person: User) -> bool:
    """Return whether a person chose the cause of a report or of a draft merged into it.

    People who stated when the output was made available count as well.
    """
    parts = JoinedDraft.objects.all().parts_of(report)
    return ReportEvent.objects.filter(report__in=parts, kind="cause_chosen", actor=person).exists()


def has_second_person(report: Report, person: User) -> bool:
    """Return whether a person may approve a report under the producer's two-person rule.

    If the producer does not have this rule, return True for everyone.
    """
    return not report.producer.two_person_approval or not (
        is_author_or_submitter(report, person) or has_chosen_cause(report, person)
    )


def _refreshed_text(report: Report, content: ReportContent, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments for `make_move` that set `values` on the report.

    If the automatic text has changed, the arguments also store the content as a new version.
    """
    if content == content_of(report):
        return {"values": values}
    automatic, newest = automatic_texts(report, content)
    return {"content": content, "machine": automatic, "why": FACTS, "values": {**values, "machine": newest}}


def record_answer(
    report: Report, *, answer: str, reference: str = "", statement_url: str = "", by: User, at: datetime
) -> Report:
    """Record the regulator's answer and its reference, and the web address of the office's published statement.

    :raises MissingFields: if the answer is empty.
    """
    move = versions.check_report_move(report, NOTE_ANSWER, by=by, answer=bool(answer.strip()))
    facts = {"reference": reference.strip(), "statement_url": statement_url.strip()}
    return versions.make_move(report, move, by=by, at=at, words=answer, **facts)


def close_report(report: Report, *, words: str = "", by: User, at: datetime) -> Report:
    """Close a sent report. People close a report when they expect no further step."""
    return versions.make_move(report, versions.check_report_move(report, CLOSE, by=by), by=by, at=at, words=words)
