"""Sending an approved report, correcting or withdrawing it by notice, and closing it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from breaches import versions
from breaches.models import ApprovedDocument, Dispatch, Report
from breaches.rules.content import without_approval
from breaches.rules.lifecycle import CLOSE, CORRECT, NOTE_ANSWER, SEND, WITHDRAW, Nature
from breaches.versions import content_of
from releases.rules.lifecycle import FieldRefused, MissingFields, Move
from releases.rules.london import format_day, local_date

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class CannotBeSent(FieldRefused):
    """What was given to send the report with cannot be; `field` names it."""


def recipient_of(report: Report, *, by: "User", office: str) -> str:
    """Return the address to which a report goes by mail; empty if there is none.

    :param by: who would send it; a rehearsal goes to nobody but them.
    :param office: the address that the operator has set for real reports; empty if none is set.
    """
    return by.email if report.rehearsal else office


def send_report(report: Report, *, recipient: str, words: str = "", by: "User", at: datetime) -> Report:
    """Send the approved document by mail from here: the outbox delivers it, with the document attached.

    :param recipient: the address that the person was shown; for a rehearsal their own.
    :param words: what is written above the document's name; may be empty.
    :raises SomethingMissing: if there is no recipient.
    :raises CannotBeSent: if the recipient is no e-mail address, or a rehearsal would leave the house.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    move = versions.check_move(report, SEND, by=by, recipient=bool(recipient.strip()))
    _refuse_recipient(report, recipient, by=by)
    on = local_date(at)
    with transaction.atomic():
        sent = _moved(report, move, by=by, at=at, words=words, recipient=recipient, outside=False)
        _dispatch(sent, Nature.REPORT, move, recipient=recipient, outside=False, on=on, words=words, by=by, at=at)
    return sent


def record_sent_outside(
    report: Report, *, recipient: str, sent_on: date, reference: str = "", by: "User", at: datetime
) -> Report:
    """Record that a person has sent the approved document by other means than this system.

    :param recipient: to whom, as the person writes it.
    :param sent_on: the day, in London, on which it was sent.
    :param reference: under which reference it can be found again; may be empty.
    :raises SomethingMissing: if nobody is named to whom it was sent.
    :raises CannotBeSent: if that day is before the approval or still to come.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    move = versions.check_move(report, SEND, by=by, recipient=bool(recipient.strip()))
    if sent_on > local_date(at):
        sentence = _("The day on which it was sent, %(day)s, is in the future.") % {"day": format_day(sent_on)}
        raise CannotBeSent("sent_on", sentence)
    approved_on = local_date(_document(report).approved_at)
    if sent_on < approved_on:
        sentence = _("It cannot have been sent before it was approved, on %(day)s.") % {"day": format_day(approved_on)}
        raise CannotBeSent("sent_on", sentence)
    how: dict[str, Any] = {"recipient": recipient.strip(), "outside": True, "reference": reference.strip()}
    with transaction.atomic():
        sent = _moved(report, move, by=by, at=at, sent_on=sent_on.isoformat(), **how)
        _dispatch(sent, Nature.REPORT, move, on=sent_on, words="", by=by, at=at, **how)
    return sent


def record_answer(
    report: Report, *, answer: str, reference: str = "", statement_url: str = "", by: "User", at: datetime
) -> Report:
    """Record what the regulator answered, under which reference, and where the office has published its statement.

    :raises SomethingMissing: if the answer is empty.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    move = versions.check_move(report, NOTE_ANSWER, by=by, answer=bool(answer.strip()))
    facts = {"reference": reference.strip(), "statement_url": statement_url.strip()}
    return _moved(report, move, by=by, at=at, words=answer, **facts)


def send_correction(report: Report, *, notice: str, by: "User", at: datetime) -> Report:
    """Take a report that was sent up again as a draft, and tell its recipient that a corrected one will follow.

    :param notice: what the recipient is told.
    :raises SomethingMissing: if the notice is empty.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    move = versions.check_move(report, CORRECT, by=by, notice=bool(notice.strip()))
    with transaction.atomic():
        draft = _moved(
            report,
            move,
            by=by,
            at=at,
            words=notice,
            values={"decided_at": None, "submitted_by": None},
            content=without_approval(content_of(report)),
            why="correction",
        )
        _notify(report, Nature.CORRECTION_NOTICE, move, words=notice, by=by, at=at)
    return draft


def send_withdrawal(report: Report, *, notice: str, by: "User", at: datetime) -> Report:
    """Withdraw a report that was sent, and tell its recipient so; the document stays as it was.

    :param notice: what the recipient is told.
    :raises SomethingMissing: if the notice is empty.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    move = versions.check_move(report, WITHDRAW, by=by, notice=bool(notice.strip()))
    with transaction.atomic():
        withdrawn = _moved(report, move, by=by, at=at, words=notice)
        _notify(report, Nature.WITHDRAWAL_NOTICE, move, words=notice, by=by, at=at)
    return withdrawn


def close_report(report: Report, *, words: str = "", by: "User", at: datetime) -> Report:
    """Close a report that was sent: nothing more is expected.

    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    return _moved(report, versions.check_move(report, CLOSE, by=by), by=by, at=at, words=words)


def last_dispatch(report: Report) -> Dispatch | None:
    """Return how and to whom a report itself was sent last, if it was."""
    return Dispatch.objects.filter(report=report, nature=Nature.REPORT).select_related("document").last()


def _refuse_recipient(report: Report, recipient: str, *, by: "User") -> None:
    try:
        validate_email(recipient)
    except ValidationError:
        sentence = _("‘%(recipient)s’ is not an e-mail address.") % {"recipient": recipient}
        raise CannotBeSent("recipient", sentence) from None
    if report.rehearsal and recipient != by.email:
        sentence = _("A rehearsal is sent to nobody but you.")
        raise CannotBeSent("recipient", sentence)


def _document(report: Report) -> ApprovedDocument:
    return report.approved_documents.defer("pdf").get(version=report.version)


def _notify(report: Report, nature: Nature, move: Move, *, words: str, by: "User", at: datetime) -> None:
    """Send a notice the way the report went; what went outside this system a person has to tell outside it too."""
    if (sent := last_dispatch(report)) is None:
        sentence = _("Nothing says to whom this report was sent.")
        raise MissingFields("notice", sentence)
    _dispatch(
        report,
        nature,
        move,
        recipient=sent.recipient,
        outside=sent.outside,
        on=local_date(at),
        words=words,
        by=by,
        at=at,
    )


def _dispatch(
    report: Report,
    nature: Nature,
    move: Move,
    *,
    recipient: str,
    outside: bool,
    on: date,
    words: str,
    by: "User",
    at: datetime,
    reference: str = "",
) -> None:
    Dispatch(
        report=report,
        document=_document(report),
        nature=nature,
        recipient=recipient,
        outside=outside,
        sent_on=on,
        reference=reference,
        words=words.strip(),
        by=by,
        role=versions.role_for(move, report, by=by),
        at=at,
    ).save()


def _moved(report: Report, move: Move, *, by: "User", at: datetime, words: str = "", **details: Any) -> Report:
    return versions.make_move(report, move, by=by, at=at, words=words.strip(), **details)
