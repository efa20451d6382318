"""Pages and forms to send reports, correct or withdraw them, record replies, and close or reopen them."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as lazy

from breaches import decisions, dispatches, publication, text
from breaches.forms import remark_field
from breaches.models import Dispatch, Report
from breaches.redaction import removals_left_in
from breaches.rules.lifecycle import CLOSE, CORRECT, NOTE_ANSWER, REOPEN, SEND, WITHDRAW, Nature
from breaches.versions import CHANGED_SINCE_READ
from breaches.views.base import (
    MoveForm,
    MovePage,
    describe_since_read,
    list_answers,
    prefetch_suspicions,
    refusal_page,
    report_page,
    return_to_report,
)
from breaches.views.detail import describe_changed_records
from releases.forms import GovukDateField
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MoveRefused
from releases.views.base import SignedInRequest, post_data


class SendForm(MoveForm):
    recipient = forms.CharField(widget=forms.HiddenInput, required=False)
    words = remark_field(
        lazy("Message to include in the email (optional)"),
        lazy("The email also includes your name, and the document is attached."),
    )


class NoticeSentForm(MoveForm):
    """Form to record when a notice was sent. Its recipient is that of the report."""

    sent_on = GovukDateField(
        label=lazy("Date sent"),
        subject=lazy("Date sent"),
        help_text=lazy("For example, 30 6 2026"),
    )


class SentOutsideForm(NoticeSentForm):
    field_order = ("recipient", "sent_on")

    recipient = forms.CharField(
        label=lazy("Recipient"),
        max_length=254,
        error_messages={"required": lazy("Enter the recipient")},
    )
    reference = forms.CharField(
        label=lazy("Reference (optional)"),
        help_text=lazy("For example, the number of a letter or a case"),
        max_length=200,
        required=False,
    )


class AnswerForm(MoveForm):
    answer = remark_field(lazy("Reply"), required=lazy("Enter the reply"))
    reference = forms.CharField(label=lazy("Their reference (optional)"), max_length=200, required=False)
    statement_url = forms.URLField(
        label=lazy("Link to your published statement (optional)"),
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": lazy("Enter a web address, such as https://www.example.gov.uk/statement")},
    )


class NoticeForm(MoveForm):
    """Form to write the notice that a report is corrected or withdrawn. The recipient of the report gets the notice."""

    notice = remark_field(
        lazy("Notice to the recipient"),
        lazy("Explain what was wrong. Your text is the notice. It is part of the history."),
        required=lazy("Enter the notice to the recipient"),
    )


class CloseForm(MoveForm):
    words = remark_field(lazy("Outcome (optional)"), lazy("Your text is part of the history."))


class ReopenForm(MoveForm):
    reason = remark_field(
        lazy("Reason for reopening the report"),
        lazy("Your reason is part of the history."),
        required=lazy("Enter why you are reopening the report"),
    )


DISPATCH_RECORDED = lazy("We recorded that you sent this document.")


class DispatchPage(MovePage):
    """A page to send a report, or to record that it was sent.

    It warns if the record no longer shows a breach, and if the document still contains text that was redacted.
    """

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        prefetch_suspicions(report)
        documents = report.approved_documents.filter(version=report.version).defer("pdf")
        removals = removals_left_in(documents, report)
        return {
            "changed_records": describe_changed_records(report),
            "removed": text.removal_days(removals.get(report.version, ())),
        }


class SendPage(DispatchPage):
    """The page to send a report by email. The page shows the recipient.

    If there is no recipient, redirect to the page to record that the report was sent outside this service. If an email
    to this recipient failed for good, redirect to the page of the report.
    """

    def respond(self, request: SignedInRequest, report: Report) -> HttpResponse:
        recipient = dispatches.find_recipient(report, by=request.user)
        if request.method != "POST" and not recipient:
            return redirect("breaches:sent_outside", report.reference)
        if request.method != "POST" and dispatches.has_failed_for(report, recipient):
            return return_to_report(request, report, str(dispatches.FAILED_BEFORE))
        return super().respond(request, report)

    def initial(self, request: SignedInRequest, report: Report) -> dict[str, Any]:
        return super().initial(request, report) | {"recipient": dispatches.find_recipient(report, by=request.user)}

    def details(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        """Return the recipient and the message.

        :raises ChangedMeanwhile: if the recipient has changed since the page was shown.
        """
        if form.cleaned_data["recipient"] != dispatches.find_recipient(report, by=request.user):
            raise ChangedMeanwhile(CHANGED_SINCE_READ)
        return form.details()

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        recipient = dispatches.find_recipient(report, by=request.user)
        return {**super().context(request, report, form), "recipient": recipient}


send_report_view = SendPage(
    SEND,
    SendForm,
    "breaches/send.html",
    dispatches.send_report,
    lazy("Report sent for delivery. Refresh this page for the delivery status."),
).as_view()
record_sent_outside_view = DispatchPage(
    SEND,
    SentOutsideForm,
    "breaches/sent_outside.html",
    dispatches.record_sent_outside,
    DISPATCH_RECORDED,
).as_view()
record_answer_view = MovePage(
    NOTE_ANSWER, AnswerForm, "breaches/answer.html", decisions.record_answer, lazy("Reply recorded.")
).as_view()


@report_page("GET", "POST", move=SEND)
def record_notice_dispatch_view(request: SignedInRequest, report: Report, notice: int) -> HttpResponse:
    """Ask when or how a person sent a notice that we do not email or could not deliver, and record it."""
    notices = Dispatch.objects.exclude(nature=Nature.REPORT).select_related("report", "document")
    found = get_object_or_404(notices.defer("document__pdf"), report=report, pk=notice)
    form_class = NoticeSentForm if found.outside else SentOutsideForm
    form = form_class(post_data(request), initial={"last_change": report.last_change})
    if not form.is_bound and (sentence := dispatches.find_notice_obstacle(found)):
        return return_to_report(request, report, sentence)
    if form.is_valid():
        try:
            record_notice = dispatches.record_unsent_notice if found.outside else dispatches.record_notice_dispatch
            record_notice(found, by=request.user, at=timezone.now(), **form.details())
        except FieldRefused as refused:
            form.add_error(refused.field, str(refused))
        except MoveRefused as refused:
            record = dispatches.find_notice_record(found)
            if record is None or record.actor != request.user:
                return refusal_page(request, report, str(refused), typed=list_answers(form))
            return return_to_report(request, report, str(DISPATCH_RECORDED), messages.SUCCESS)
        else:
            return return_to_report(request, report, str(DISPATCH_RECORDED), messages.SUCCESS)
    return render(request, "breaches/notice_sent.html", {"report": report, "notice": found, "form": form})


close_report_view = MovePage(
    CLOSE, CloseForm, "breaches/close.html", decisions.close_report, lazy("Report closed.")
).as_view()


class ReversalPage(MovePage):
    """A page to reopen, correct or withdraw a report. It shows the last dispatch and the state of the public page."""

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        find_last_sent = dispatches.dispatch_to_withdraw if self.move == WITHDRAW else dispatches.last_dispatch
        return {
            "is_public": settings.BREACHES_PUBLIC and publication.is_public(report),
            "is_being_corrected": settings.BREACHES_PUBLIC and publication.find_correction(report) is not None,
            "last_sent": find_last_sent(report),
            "since": describe_since_read(request, report),
        }


reopen_report_view = ReversalPage(
    REOPEN, ReopenForm, "breaches/reopen.html", decisions.reopen_report, lazy("Report reopened. It is a draft again.")
).as_view()
send_correction_view = ReversalPage(
    CORRECT,
    NoticeForm,
    "breaches/correct.html",
    dispatches.send_correction,
    lazy("Correction started. The report is a draft again."),
).as_view()
send_withdrawal_view = ReversalPage(
    WITHDRAW, NoticeForm, "breaches/withdraw.html", dispatches.send_withdrawal, lazy("Report withdrawn.")
).as_view()
