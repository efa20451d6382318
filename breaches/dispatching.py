"""Dispatch of an approved report, and its correction, withdrawal and closure.

Every move raises MoveRefused if the report's state or the person's roles do not allow it, and ChangedMeanwhile if
another person was faster.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from breaches import versions
from breaches.models import ApprovedDocument, Dispatch, Report
from breaches.permissions import senior_role
from breaches.rules.content import without_approval
from breaches.rules.lifecycle import CLOSE, CORRECT, NOTE_ANSWER, SEND, WITHDRAW, Nature
from breaches.versions import content_of
from releases.rules.calendar import format_day, local_date
from releases.rules.lifecycle import FieldRefused, MissingFields, Move

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class CannotBeSent(FieldRefused):
    """The report cannot be sent with the given values; `field` names the invalid field."""


def recipient_of(report: Report, *, by: "User", office: str) -> str:
    """Return the email address to which a report is sent; a rehearsal goes only to its sender."""
    return by.email if report.rehearsal else office


def send_report(report: Report, *, recipient: str, words: str = "", by: "User", at: datetime) -> Report:
    """Send the approved document by email: the outbox delivers it, with the document attached.

    :param recipient: the address shown to the person; for a rehearsal, their own.
    :param words: the message above the document; may be empty.
    :raises MissingFields: if there is no recipient.
    :raises CannotBeSent: if the recipient is no email address, or not the sender of a rehearsal.
    """
    move = versions.check_report_move(report, SEND, by=by, recipient=bool(recipient.strip()))
    try:
        validate_email(recipient)
    except ValidationError:
        sentence = _("‘%(recipient)s’ is not an e-mail address.") % {"recipient": recipient}
        raise CannotBeSent("recipient", sentence) from None
    if report.rehearsal and recipient != by.email:
        raise CannotBeSent("recipient", _("A rehearsal is sent to nobody but you."))
    how: dict[str, Any] = {"recipient": recipient, "outside": False}
    with transaction.atomic():
        sent = versions.make_move(report, move, by=by, at=at, words=words, **how)
        _store_dispatch(sent, Nature.REPORT, move, sent_on=local_date(at), words=words, by=by, at=at, **how)
    return sent


def record_sent_outside(
    report: Report, *, recipient: str, sent_on: date, reference: str = "", by: "User", at: datetime
) -> Report:
    """Record that a person has sent the approved document outside this system.

    :param recipient: in words.
    :param sent_on: a day in London.
    :param reference: may be empty.
    :raises MissingFields: if there is no recipient.
    :raises CannotBeSent: if that day is before the approval or in the future.
    """
    move = versions.check_report_move(report, SEND, by=by, recipient=bool(recipient.strip()))
    if sent_on > local_date(at):
        sentence = _("The day on which it was sent, %(day)s, is in the future.") % {"day": format_day(sent_on)}
        raise CannotBeSent("sent_on", sentence)
    approved_on = local_date(_document(report).approved_at)
    if sent_on < approved_on:
        sentence = _("It cannot have been sent before it was approved, on %(day)s.") % {"day": format_day(approved_on)}
        raise CannotBeSent("sent_on", sentence)
    how: dict[str, Any] = {"recipient": recipient.strip(), "outside": True, "reference": reference.strip()}
    with transaction.atomic():
        sent = versions.make_move(report, move, by=by, at=at, sent_on=sent_on.isoformat(), **how)
        _store_dispatch(sent, Nature.REPORT, move, sent_on=sent_on, words="", by=by, at=at, **how)
    return sent


def record_answer(
    report: Report, *, answer: str, reference: str = "", statement_url: str = "", by: "User", at: datetime
) -> Report:
    """Record the regulator's answer, its reference, and where the office has published its statement.

    :raises MissingFields: if the answer is empty.
    """
    move = versions.check_report_move(report, NOTE_ANSWER, by=by, answer=bool(answer.strip()))
    facts = {"reference": reference.strip(), "statement_url": statement_url.strip()}
    return versions.make_move(report, move, by=by, at=at, words=answer, **facts)


def send_correction(report: Report, *, notice: str, by: "User", at: datetime) -> Report:
    """Make a report that was sent a draft again, and notify its recipient that a corrected one will follow.

    :raises MissingFields: if the notice is empty.
    """
    move = versions.check_report_move(report, CORRECT, by=by, notice=bool(notice.strip()))
    with transaction.atomic():
        draft = versions.make_move(
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
    """Withdraw a report that was sent, and notify its recipient; the document stays as it was.

    :raises MissingFields: if the notice is empty.
    """
    move = versions.check_report_move(report, WITHDRAW, by=by, notice=bool(notice.strip()))
    with transaction.atomic():
        withdrawn = versions.make_move(report, move, by=by, at=at, words=notice)
        _notify(report, Nature.WITHDRAWAL_NOTICE, move, words=notice, by=by, at=at)
    return withdrawn


def close_report(report: Report, *, words: str = "", by: "User", at: datetime) -> Report:
    """Close a report that was sent, when no further step is expected."""
    return versions.make_move(report, versions.check_report_move(report, CLOSE, by=by), by=by, at=at, words=words)


def last_dispatch(report: Report) -> Dispatch | None:
    """Return the last dispatch of the report itself (not of a notice), or None."""
    return Dispatch.objects.filter(report=report, nature=Nature.REPORT).select_related("document").last()


def _document(report: Report) -> ApprovedDocument:
    return report.approved_documents.defer("pdf").get(version=report.version)


def _notify(report: Report, nature: Nature, move: Move, *, words: str, by: "User", at: datetime) -> None:
    """Send a notice by email if the report went by email; otherwise a person has to send it."""
    if (sent := last_dispatch(report)) is None:
        raise MissingFields("notice", _("Nothing says to whom this report was sent."))
    how = {"recipient": sent.recipient, "outside": sent.outside, "sent_on": local_date(at)}
    _store_dispatch(report, nature, move, words=words, by=by, at=at, **how)


def _store_dispatch(
    report: Report, nature: Nature, move: Move, *, words: str, by: "User", at: datetime, **how: Any
) -> None:
    Dispatch(
        report=report,
        document=_document(report),
        nature=nature,
        words=words.strip(),
        by=by,
        role=senior_role(by, move.roles, report),
        at=at,
        **how,
    ).save()
