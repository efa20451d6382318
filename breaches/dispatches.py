"""Dispatches of reports to their recipients, notices about sent reports, and the delivery of the emails.

The functions that send something, or record that it was sent, raise MoveRefused if the report's state or the person's
roles do not allow it. They raise ChangedMeanwhile if another person changed the report first.
"""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches import versions
from breaches.models import ApprovedDocument, Dispatch, Report, ReportEvent
from breaches.permissions import find_failed_dispatch, senior_role
from breaches.rules.content import without_approval
from breaches.rules.lifecycle import (
    CORRECT,
    EMAIL_ACCEPTED,
    EMAIL_FAILED,
    EMAIL_RETRIED,
    NOTICE_SENT,
    SEND,
    UNDECIDED,
    WITHDRAW,
    Nature,
    ReportStatus,
)
from breaches.versions import content_of, record_report_event
from releases.permissions import User
from releases.rules.calendar import format_day, local_date
from releases.rules.lifecycle import LEADS, FieldRefused, MissingFields, Move, Role, WrongState

FAILED_BEFORE = lazy(
    "We could not deliver the email to this address. Select ‘Try again’, or ask an administrator to correct the "
    "address."
)
NOTICE_NOT_FAILED = lazy(
    "You can record that you sent a notice yourself only if its email could not be delivered, and only once."
)
NOTICE_RECORDED = lazy("Someone has already recorded that this notice was sent.")


def has_unsent_notice() -> Q:
    """Return the condition for the reports with a notice that a person has to send."""
    return Q(pk__in=Dispatch.objects.unsent_notices().order_by().values("report"))


def needs_dispatch() -> Q:
    """Return the condition for the reports that a Head of Profession or deputy should send."""
    approved, failed = _select_reports_to_send()
    return Q(pk__in=approved.union(failed))


def is_unfinished() -> Q:
    """Return the condition for the reports that are not decided, and for those that should be sent."""
    undecided = Report.objects.filter(status__in=UNDECIDED).order_by().values("pk")
    return Q(pk__in=undecided.union(*_select_reports_to_send()))


def _select_reports_to_send() -> list[QuerySet[Report, Any]]:
    """Return queries for the primary keys of the reports that are approved, and of those whose email failed.

    Reports about training sessions are never sent. A report's email has failed if the last email that sent it failed
    for good. If a person closed a report, they have finished with it. In one query with `OR`, the database would read
    all reports. With a query for each, it uses an index.
    """
    last = Dispatch.objects.filter(report=OuterRef("pk"), nature=Nature.REPORT).with_email().order_by("-at", "-pk")
    # Few emails fail. An index has their events, so the database reads the last emails of these reports only.
    ever_failed = Q(pk__in=ReportEvent.objects.filter(kind=EMAIL_FAILED).order_by().values("report"))
    has_failed = Exact(Subquery(last.values("email")[:1]), EMAIL_FAILED)
    failed = Report.objects.filter(ever_failed, has_failed, status=ReportStatus.SENT)
    approved = Report.objects.filter(status=ReportStatus.APPROVED, training__isnull=True)
    return [approved.order_by().values("pk"), failed.order_by().values("pk")]


def find_recipient(report: Report, *, by: User) -> str:
    """Return the email address to which a report is sent. The report of a rehearsal is sent only to the sender."""
    return by.email if report.rehearsal else settings.REPORT_RECIPIENT


def has_failed_for(report: Report, recipient: str) -> bool:
    """Return whether the email of a report that was sent failed for good, and one with it had this recipient."""
    failed = find_failed_dispatch(report)
    if failed is None:
        return False
    return (
        Dispatch.objects.by_mail()
        .filter(document=failed.document_id, nature=Nature.REPORT, recipient=recipient)
        .exists()
    )


@transaction.atomic
def send_report(report: Report, *, recipient: str, words: str = "", by: User, at: datetime) -> Report:
    """Send the approved document by email. The outbox delivers the email, with the document attached.

    If an earlier email with the document failed for good, it can be sent to another address.

    :param recipient: the address that the page showed to the person. For a rehearsal, this is the person's own address.
    :param words: an optional message for the email.
    :raises MissingFields: if there is no recipient.
    :raises WrongState: if an email to this recipient failed for good. It can be retried instead.
    :raises FieldRefused: if the recipient is not an email address, or if the report of a rehearsal would be sent to
        anyone but the sender.
    """
    versions.lock_report(report)  # a failed email must not be retried at the same time
    move = versions.check_report_move(report, SEND, by=by, recipient=bool(recipient.strip()))
    if has_failed_for(report, recipient):
        raise WrongState(FAILED_BEFORE)
    try:
        validate_email(recipient)
    except ValidationError:
        sentence = _("‘%(recipient)s’ is not an email address.") % {"recipient": recipient}
        raise FieldRefused("recipient", sentence) from None
    if report.rehearsal and recipient != by.email:
        raise FieldRefused("recipient", _("You can send a report about a rehearsal only to yourself."))
    how: dict[str, Any] = {"recipient": recipient, "outside": False}
    sent = versions.make_move(report, move, by=by, at=at, words=words, **how)
    how |= {"document": _document(sent), "sent_on": local_date(at)}
    _store_dispatch(sent, Nature.REPORT, move.roles, words=words, by=by, at=at, **how)
    return sent


@transaction.atomic
def record_sent_outside(
    report: Report, *, recipient: str, sent_on: date, reference: str = "", by: User, at: datetime
) -> Report:
    """Record that a person has sent the approved document outside this system.

    This is also possible after an email with the document failed for good.

    :param recipient: any text, such as a name or an address.
    :param sent_on: a day in London.
    :param reference: an optional reference, such as the number of a letter.
    :raises MissingFields: if there is no recipient.
    :raises FieldRefused: if `sent_on` is before the approval or in the future.
    """
    versions.lock_report(report)  # a failed email must not be retried at the same time
    move = versions.check_report_move(report, SEND, by=by, recipient=bool(recipient.strip()))
    approved_on = local_date(_document(report).approved_at)
    too_early = _("The report cannot have been sent before it was approved on %(day)s.")
    _check_sent_on(sent_on, since=approved_on, too_early=too_early, at=at)
    how: dict[str, Any] = {"recipient": recipient.strip(), "outside": True, "reference": reference.strip()}
    sent = versions.make_move(report, move, by=by, at=at, sent_on=sent_on.isoformat(), **how)
    how |= {"document": _document(sent), "sent_on": sent_on}
    _store_dispatch(sent, Nature.REPORT, move.roles, words="", by=by, at=at, **how)
    return sent


@transaction.atomic
def record_notice_dispatch(
    notice: Dispatch, *, recipient: str, sent_on: date, reference: str = "", by: User, at: datetime
) -> None:
    """Record that a person has sent a notice outside this system, after its email failed for good.

    The arguments are those of `record_sent_outside`.

    :raises ValueError: if the person may not send the report.
    :raises WrongState: if the email has not failed for good, or if a person has already recorded this.
    :raises FieldRefused: if `sent_on` is before the notice or in the future.
    """
    report = versions.lock_report(notice.report)  # a failed email must not be retried at the same time
    if sentence := find_notice_obstacle(notice):
        raise WrongState(sentence)
    _check_notice_sent_on(sent_on, notice, at=at)
    how: dict[str, Any] = {"recipient": recipient.strip(), "outside": True, "reference": reference.strip()}
    how |= {"document": notice.document, "sent_on": sent_on}
    sent = _store_dispatch(report, Nature(notice.nature), LEADS, words="", by=by, at=at, **how)
    record_report_event(report, NOTICE_SENT, at=at, by=by, role=sent.role, **_facts_of(sent))


@transaction.atomic
def record_unsent_notice(notice: Dispatch, *, sent_on: date, by: User, at: datetime) -> None:
    """Record that a person has sent a notice about a report that was sent outside this system.

    :raises ValueError: if the person may not send the report.
    :raises WrongState: if a person has already recorded this.
    :raises FieldRefused: if `sent_on` is before the notice or in the future.
    """
    report = versions.lock_report(notice.report)
    role = senior_role(by, LEADS, report)
    if sentence := find_notice_obstacle(notice):
        raise WrongState(sentence)
    _check_notice_sent_on(sent_on, notice, at=at)
    facts = {**_facts_of(notice), "sent_on": sent_on.isoformat()}
    record_report_event(report, NOTICE_SENT, at=at, by=by, role=role, **facts)


def find_notice_obstacle(notice: Dispatch) -> str:
    """Return why people cannot record that they sent a notice outside this system, or "" if they can."""
    if notice.outside:
        return "" if Dispatch.objects.unsent_notices().filter(pk=notice.pk).exists() else str(NOTICE_RECORDED)
    return "" if Dispatch.objects.failed_notices().filter(pk=notice.pk).exists() else str(NOTICE_NOT_FAILED)


def find_notice_record(notice: Dispatch) -> ReportEvent | None:
    """Return the event with which a person recorded that they sent a notice, or None."""
    events = notice.report.events.filter(kind=NOTICE_SENT, facts__nature=notice.nature)
    return events.filter(facts__version=notice.document.version).select_related("actor").first()


def _check_notice_sent_on(sent_on: date, notice: Dispatch, *, at: datetime) -> None:
    too_early = _("The notice cannot have been sent before it was written on %(day)s.")
    _check_sent_on(sent_on, since=local_date(notice.at), too_early=too_early, at=at)


def _check_sent_on(sent_on: date, *, since: date, too_early: str, at: datetime) -> None:
    """:raises FieldRefused: if the day on which a person sent something is before `since` or in the future."""
    if sent_on > local_date(at):
        sentence = _("The date sent must be today or in the past. You entered %(day)s.") % {"day": format_day(sent_on)}
        raise FieldRefused("sent_on", sentence)
    if sent_on < since:
        raise FieldRefused("sent_on", too_early % {"day": format_day(since)})


def send_correction(report: Report, *, notice: str, by: User, at: datetime) -> Report:
    """Reopen a sent report as a draft, and notify its recipient that a corrected report will follow.

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
        _notify(report, last_dispatch(report), Nature.CORRECTION_NOTICE, move, words=notice, by=by, at=at)
    return draft


def send_withdrawal(report: Report, *, notice: str, by: User, at: datetime) -> Report:
    """Withdraw a report that was sent, and notify its recipient. The approved document is not changed.

    The report can also be withdrawn while it is being corrected. Its last text stays in its versions.

    :raises MissingFields: if the notice is empty.
    """
    move = versions.check_report_move(report, WITHDRAW, by=by, notice=bool(notice.strip()))
    with transaction.atomic():
        withdrawn = versions.make_move(
            report, move, by=by, at=at, words=notice, values={"decided_at": report.decided_at or at}
        )
        _notify(report, dispatch_to_withdraw(report), Nature.WITHDRAWAL_NOTICE, move, words=notice, by=by, at=at)
    return withdrawn


def last_dispatch(report: Report) -> Dispatch | None:
    """Return the last dispatch of the report, or None. Dispatches of notices are ignored."""
    return Dispatch.objects.filter(report=report, nature=Nature.REPORT).select_related("document").last()


def dispatch_to_withdraw(report: Report) -> Dispatch | None:
    """Return the dispatch that a withdrawal notice is about: the last one that reached its recipient, or else the last.

    If the email of a corrected report failed, its recipient still has the version before. If the corrected report is
    still on its way to another recipient, the notice follows it there.
    """
    last = last_dispatch(report)
    sent = Dispatch.objects.filter(report=report)
    reported: Dispatch | None = sent.reported().select_related("document").order_by("pk").last()
    if last is None or reported is None or (last.recipient, last.outside) == (reported.recipient, reported.outside):
        return reported or last
    has_failed = sent.with_email().filter(pk=last.pk, email=EMAIL_FAILED).exists()
    return reported if has_failed else last


def record_acceptance(dispatch: Dispatch, *, at: datetime) -> None:
    """Record that the mail server accepted the email of a dispatch. From then on, its report counts as sent."""
    record_report_event(dispatch.report, EMAIL_ACCEPTED, at=at, **_facts_of(dispatch))


def record_failure(dispatch: Dispatch, *, at: datetime) -> None:
    """Record that the email of a dispatch failed for good."""
    record_report_event(dispatch.report, EMAIL_FAILED, at=at, **_facts_of(dispatch))


def record_retry(dispatch: Dispatch, *, by: User, at: datetime) -> None:
    """Record that a person asked to send the email of a dispatch again.

    :raises ValueError: if the person may not send the report.
    """
    role = senior_role(by, LEADS, dispatch.report)
    record_report_event(dispatch.report, EMAIL_RETRIED, at=at, by=by, role=role, **_facts_of(dispatch))


def _facts_of(dispatch: Dispatch) -> dict[str, Any]:
    return {"dispatch": dispatch.pk, "nature": dispatch.nature, "version": dispatch.document.version}


def _document(report: Report) -> ApprovedDocument:
    return report.approved_documents.defer("pdf").get(version=report.version)


def _notify(
    report: Report, sent: Dispatch | None, nature: Nature, move: Move, *, words: str, by: User, at: datetime
) -> None:
    """Store a notice to the recipient of a report that was sent.

    If the report was sent by email, the notice is also sent by email. Otherwise, a person has to send the notice.
    """
    if sent is None:
        raise MissingFields("notice", _("The recipient of this report is not recorded."))
    how = {"recipient": sent.recipient, "outside": sent.outside, "sent_on": local_date(at), "document": sent.document}
    _store_dispatch(report, nature, move.roles, words=words, by=by, at=at, **how)


def _store_dispatch(
    report: Report, nature: Nature, roles: frozenset[Role], *, words: str, by: User, at: datetime, **how: Any
) -> Dispatch:
    """:param roles: the roles that allow the dispatch. The senior role of the person among these is stored."""
    dispatch = Dispatch(
        report=report,
        nature=nature,
        words=words.strip(),
        by=by,
        role=senior_role(by, roles, report),
        at=at,
        **how,
    )
    dispatch.save()
    return dispatch
