"""Pages and forms to submit, approve, record, dismiss, send, merge and split reports."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from crispy_forms.helper import FormHelper
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from breaches import code_of_practice, comments, decisions, dispatches, merging, pdf, publication, text, versions
from breaches.facts import (
    compare_availability,
    compare_with_record,
    evidence_digest,
    find_release_with_list,
    incident_of,
    is_asked,
    outputs_without_public_address,
    recorded_cause,
)
from breaches.forms import practice_notes, remark_field
from breaches.layout import find_replaced_version, lay_out_report
from breaches.models import Attachment, Dispatch, JoinedDraft, Report, ReportVersion, Suspicion
from breaches.permissions import is_about_sealed_release, may_settle_wording, may_start, moves_open_to
from breaches.refreshing import changed_facts, digest_facts
from breaches.rules.answers import ASKED
from breaches.rules.answers import Question as Asked
from breaches.rules.causes import CAUSE_NOT_RECORDED, may_lack_cause
from breaches.rules.content import (
    FORM_SECTIONS,
    Remark,
    ReportContent,
    ReportSection,
    content_digest,
    content_from_json,
    content_to_json,
    find_odd,
    remark_on,
    sections_of,
    without_approval,
)
from breaches.rules.document import ReportDocument, lay_out, without_links_to_outputs
from breaches.rules.lifecycle import (
    APPROVE,
    CLOSE,
    CORRECT,
    DECIDED,
    DISMISS,
    NOTE_ANSWER,
    PART,
    PAST_TENSE,
    RECORD,
    REOPEN,
    RETURN,
    SEND,
    SUBMIT,
    TAKE_BACK,
    WITHDRAW,
    Nature,
    ReportKind,
)
from breaches.text import FIELDS, REASONS, RECORDING_REASONS, SECTIONS, cause_name, suspicion_name
from breaches.versions import CHANGED_SINCE_READ, changes_since, content_of, current_version
from breaches.views.base import (
    NOT_DONE,
    MoveForm,
    compare_contents,
    compare_versions,
    explain_closed_move,
    is_outdated,
    link_remark,
    list_answers,
    read_version,
    refusal_page,
    refuse_form,
    report_page,
    return_to_report,
)
from breaches.views.detail import describe_changed_records, find_revision
from releases.forms import GovukDateField, GovukForm, Question, inside_the_form
from releases.models import Producer
from releases.rules.calendar import format_time, local_date
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MissingFields, MoveRefused
from releases.text.languages import join_with_and
from releases.views.base import SignedInRequest, post_data


def reason_field(label: Any, reasons: Mapping[Any, Any], *, required: Any) -> forms.ChoiceField:
    """Return a field with radio buttons to choose a reason.

    :param required: the error message if no reason is chosen.
    """
    return forms.ChoiceField(
        label=label, choices=list(reasons.items()), widget=forms.RadioSelect, error_messages={"required": required}
    )


class ApproveForm(MoveForm):
    """Form to approve a report. It contains the hash of the content that the person read.

    If the content has an annex, `signed` contains the whole content with a signature. The person can then approve the
    content as they read it, even if a new check would change the annex.
    """

    annex = forms.BooleanField(required=False, widget=forms.HiddenInput)
    content_sha256 = forms.CharField(widget=forms.HiddenInput)
    signed = forms.CharField(required=False, widget=forms.HiddenInput)


class TakeBackForm(MoveForm):
    reason = remark_field(
        lazy("Reason for taking the report back (optional)"),
        lazy("The Head of Profession sees your reason. It is part of the history."),
    )


class ReturnForm(MoveForm):
    """Form to return a report to its authors, with comments on the whole report or on single sections."""

    comment = remark_field(
        lazy("What needs to change?"), lazy("The authors see your comment. It is part of the history.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for section in FORM_SECTIONS:
            self.fields[section] = remark_field(
                _("Comment on ‘%(section)s’ (optional)") % {"section": SECTIONS[section]}
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(cleaned[name].strip() for name in ("comment", *FORM_SECTIONS)):
            self.add_error("comment", _("Enter what needs to change"))
        return cleaned

    def details(self) -> dict[str, Any]:
        return {
            "comment": self.cleaned_data["comment"],
            "sections": {section: self.cleaned_data[section] for section in FORM_SECTIONS},
        }


class RecordForm(MoveForm):
    reason = reason_field(
        lazy("Why are you not reporting it?"), RECORDING_REASONS, required=lazy("Select why you are not reporting it")
    )
    words = remark_field(
        lazy("Explain your decision"),
        lazy("Your explanation is part of the history and of the PDF for our breach log."),
        required=lazy("Enter why you are recording this in our breach log only"),
    )


class DismissForm(MoveForm):
    reason = reason_field(lazy("Why is this not a breach?"), REASONS, required=lazy("Select why this is not a breach"))
    words = remark_field(
        lazy("Explain your decision"),
        lazy("Your explanation is part of the history."),
        required=lazy("Enter why this is not a breach"),
    )


class ReopenForm(MoveForm):
    reason = remark_field(
        lazy("Reason for reopening the report"),
        lazy("Your reason is part of the history."),
        required=lazy("Enter why you are reopening the report"),
    )


class SendForm(MoveForm):
    recipient = forms.CharField(widget=forms.HiddenInput, required=False)
    words = remark_field(
        lazy("Message to include in the email (optional)"),
        lazy("The email also includes your name, and the document is attached."),
    )


class SentOutsideForm(MoveForm):
    recipient = forms.CharField(
        label=lazy("Recipient"),
        max_length=254,
        error_messages={"required": lazy("Enter the recipient")},
    )
    sent_on = GovukDateField(
        label=lazy("Date sent"),
        subject=lazy("Date sent"),
        help_text=lazy("For example, 30 6 2026"),
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


@dataclass(frozen=True)
class MovePage:
    """A page with the form for one move. Submitting the form makes the move."""

    move: str
    form_class: type[MoveForm]
    template: str
    act: Callable[..., object]
    done: Any

    def as_view(self) -> Callable[..., HttpResponse]:
        return report_page("GET", "POST", move=self.move)(self.respond)

    def respond(self, request: SignedInRequest, report: Report) -> HttpResponse:
        """Show the form on GET, and make the move on POST. If the move is refused, explain why and keep the input."""
        if request.method != "POST":
            if self.move not in moves_open_to(request.user, report):
                return return_to_report(request, report, explain_closed_move(request.user, report, self.move))
            return self.show(request, report, self.form_class(initial=self.initial(request, report)))
        form = self.form_class(request.POST)
        is_valid, kind = form.is_valid(), PAST_TENSE[self.move]
        if is_outdated(form, report):
            return refuse_form(request, report, form, ChangedMeanwhile(NOT_DONE), kind=kind, done=self.done)
        if not is_valid:
            return self.show(request, report, form)
        try:
            self.act(report, by=request.user, at=timezone.now(), **self.details(request, report, form))
        except MoveRefused as refused:
            field = refused.field if isinstance(refused, FieldRefused) else ""
            if field in form.fields:
                form.add_error(field, str(refused))
            elif not isinstance(refused, MissingFields):
                return refuse_form(request, report, form, refused, kind=kind, done=self.done)
            return self.show(request, report, form, remarks=getattr(refused, "remarks", ()))
        return return_to_report(request, report, self.done, messages.SUCCESS)

    def show(
        self, request: SignedInRequest, report: Report, form: MoveForm, *, remarks: Iterable[Remark] = ()
    ) -> HttpResponse:
        """Render the page.

        :param remarks: the problems that prevented the move.
        """
        problems = [link_remark(report, remark) for remark in remarks]
        context = {"report": report, "form": form, "problems": problems, **self.context(request, report, form)}
        return render(request, self.template, context)

    def initial(self, request: SignedInRequest, report: Report) -> dict[str, Any]:
        """Return the initial values of the form's hidden fields."""
        return {"last_change": report.last_change}

    def details(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        """Return the arguments of `act`, except `by` and `at`.

        :raises MoveRefused: if the form contains values that are out of date or cannot be verified.
        """
        return form.details()

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        """Return further context for the template."""
        return {}


class DecisionPage(MovePage):
    """A page to make a decision. It shows the current report, and what has changed since the person read the report and
    since it was returned or approved.
    """

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        _read_suspicions(report)
        version = current_version(report)
        return {
            "changed_records": describe_changed_records(report),
            "document": lay_out_report(report, version),
            "revision": describe_revision(report, content_from_json(version.content)),
            "since": describe_since_read(request, report),
        }


class RecordPage(DecisionPage):
    """The page to record a breach only in the office's own log. It lists the problems that prevent this."""

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        obstacles = decisions.find_obstacles_for_log(report, content_of(report), today=local_date(timezone.now()))
        return {
            **super().context(request, report, form),
            "moves": moves_open_to(request.user, report),
            "missing": [link_remark(report, one) for one in obstacles],
        }


def _read_suspicions(report: Report) -> None:
    """Prefetch the suspicions of a report, because the page uses them several times."""
    suspicions = Suspicion.objects.select_related("verification", "release")
    prefetch_related_objects([report], Prefetch("suspicions", suspicions))


class WholeReportPage(MovePage):
    """A page that shows the whole report as it would be printed, and the form for a move below the report."""

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        _read_suspicions(report)
        version = current_version(report)
        content = content_from_json(version.content)
        return self.describe(request, report, version, content, lay_out_report(report, version))

    def describe(
        self,
        request: SignedInRequest,
        report: Report,
        version: ReportVersion,
        content: ReportContent,
        document: ReportDocument,
    ) -> dict[str, Any]:
        """Return the document, its missing and unusual values, its unresolved comments, and links to the pages where
        sections are edited.
        """
        now = timezone.now()
        today, withheld = local_date(now), outputs_without_public_address(report, now=now)
        odd = [*find_odd(content, today=today, withheld=withheld), *code_of_practice.find_edition_remarks(content)]
        if report.status not in DECIDED:
            odd = [
                *find_contradiction(report, content),
                *find_outdated_text(report, version, content),
                *find_long_text(report, version, content, now=now),
                *odd,
            ]
        return {
            "document": document,
            "today": today,
            "moves": moves_open_to(request.user, report),
            "sections": [
                *(
                    (SECTIONS[section], reverse("breaches:section", args=[report.reference, section]))
                    for section in sections_of(asked=is_asked(report))
                ),
                (_("Cause of the breach"), reverse("breaches:cause", args=[report.reference])),
            ],
            "missing": [link_remark(report, one) for one in decisions.find_obstacles(report, content, today=today)],
            "warnings": [link_remark(report, one) for one in odd],
            "revision": describe_revision(report, content),
            # A report without suspicions has this sentence among its warnings.
            "changed_records": describe_changed_records(report) if report.suspicions.all() else [],
            "comments": [(SECTIONS[ReportSection(one.section)], one) for one in comments.open_comments(report)],
        }


def find_contradiction(report: Report, content: ReportContent) -> Iterable[Remark]:
    """Yield a warning if the record contradicts the answers in the report.

    Also yield a warning if a check contradicts the stated time at which the release became available.
    """
    if sentence := compare_with_record(report, content):
        asked = Asked.HAPPENED if Asked.HAPPENED in ASKED[ReportKind(report.kind)] else Asked.NOTICED
        yield remark_on(asked, sentence)
    if sentence := compare_availability(report):
        yield Remark(ReportSection.CIRCUMSTANCES, "available_on", sentence)


def find_outdated_text(report: Report, version: ReportVersion, content: ReportContent) -> Iterable[Remark]:
    """Yield a warning for each field whose facts on record changed after the text was written.

    Also yield a warning if a cause is recorded but the account does not seem to contain this cause.
    """
    for field in changed_facts(report, version):
        if content.annex and version.is_untouched(field):
            continue  # approval rewrites this automatic text from the newest checks, together with the annex
        sentence = _(
            "The facts on record have changed since ‘%(field)s’ was written. Compare the text with the new facts."
        )
        yield Remark(ReportSection.CIRCUMSTANCES, field, sentence % {"field": FIELDS[field]})
    # If no cause is recorded, the page already lists the cause as missing. Only an account that a person edited can
    # lack a recorded cause.
    if not report.cause:
        return
    recorded = recorded_cause(report)
    if CAUSE_NOT_RECORDED in content.circumstances:
        sentence = _("‘Circumstances of breach’ says that the cause has not been recorded. Add the cause.")
        yield Remark(ReportSection.CIRCUMSTANCES, "circumstances", sentence)
    elif not version.is_untouched("circumstances") and may_lack_cause(content.circumstances, recorded):
        sentence = _(
            "‘Circumstances of breach’ was edited and does not seem to contain the cause that you chose "
            "(%(cause)s). Check it."
        )
        yield Remark(ReportSection.CIRCUMSTANCES, "circumstances", sentence % {"cause": cause_name(report.cause)})


def find_long_text(
    report: Report, version: ReportVersion, content: ReportContent, *, now: datetime
) -> Iterable[Remark]:
    """Return a warning if the answers make the account too long. An account that a person edited is not checked."""
    if not is_asked(report) or not version.is_untouched("circumstances"):
        return ()
    return decisions.find_long_account_remarks(incident_of(report, content, now=now))


CHECK_PAGE = WholeReportPage(
    SUBMIT,
    MoveForm,
    "breaches/check.html",
    decisions.submit_report,
    lazy("Report submitted to the Head of Profession."),
)


@report_page("GET")
def check_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show the whole report with the form to submit it. Redirect people who cannot submit the report."""
    if SUBMIT not in moves_open_to(request.user, report):
        return redirect("breaches:report", report.reference)
    return CHECK_PAGE.show(request, report, MoveForm(initial=CHECK_PAGE.initial(request, report)))


@report_page("POST", move=SUBMIT, form="breaches:check")
def submit_report_view(request: SignedInRequest, report: Report) -> HttpResponse:
    return CHECK_PAGE.respond(request, report)


def has_annex(report: Report, number: int) -> bool:
    """Return whether a version of a report has an annex."""
    return content_from_json(report.versions.get(number=number).content).annex is not None


def sign_read_content(report: Report, read: decisions.ReadContent) -> str:
    values = {
        "content": content_to_json(read.content),
        "evidence_sha256": read.evidence_sha256,
        "facts_sha256": read.facts_sha256,
        "last_change": read.last_change,
    }
    return signing.dumps(values, salt=f"breaches.approval.{report.pk}", compress=True)


def load_read_content(report: Report, signed: str) -> decisions.ReadContent:
    """Verify and return the content that `sign_read_content` signed for this report.

    :raises MoveRefused: if the signature is invalid or is for another report, or if an upgrade has changed the format
        since the content was signed.
    """
    try:
        values = signing.loads(signed, salt=f"breaches.approval.{report.pk}")
        return decisions.ReadContent(**{**values, "content": content_from_json(values["content"])})
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        sentence = _("We cannot confirm which annex you read. Open the approval page again and read the annex.")
        raise MoveRefused(sentence) from None


class ApprovalPage(WholeReportPage):
    """The page to approve a report, with the annex if requested. It approves only the content that the person read."""

    def initial(self, request: SignedInRequest, report: Report) -> dict[str, Any]:
        # The query string says whether to include the annex, so that the person can read the annex before the approval.
        return super().initial(request, report) | {"annex": request.GET.get("annex") == "1"}

    def details(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        typed = form.cleaned_data
        read = load_read_content(report, typed["signed"]) if typed["annex"] and typed["signed"] else None
        return {"annex": typed["annex"], "read": read, "read_sha256": typed["content_sha256"], "render": pdf.render_pdf}

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        _read_suspicions(report)
        annex = form["annex"].value() in {True, "1"}
        # Compute the digests before the content. If a fact is recorded between the two steps, only the content includes
        # the fact. The approval is then refused, because the digests do not include the fact.
        evidence, facts_sha256 = evidence_digest(report), digest_facts(report) if annex else ""
        content = decisions.approved_content(report, at=timezone.now(), annex=annex)
        may_approve = decisions.has_second_person(report, request.user)
        replaced = find_replaced_version(report, before=report.version)
        document = lay_out(
            content,
            number=report.number,
            version=report.version,
            rehearsal=report.rehearsal,
            training=report.training_id is not None,
            to_approve=may_approve,
            replaced=replaced,
        )
        if is_about_sealed_release(report):
            document = without_links_to_outputs(document)
        cited = code_of_practice.find_cited_practices(report, content)
        # If a check was recorded after `evidence` was computed, the digest may not match the annex. In this case, do
        # not sign the content.
        is_one_record = content.annex is not None and evidence_digest(report) == evidence
        read = decisions.ReadContent(content, evidence, facts_sha256, report.last_change)
        return {
            **self.describe(request, report, current_version(report), content, document),
            "annex": annex,
            "without_annex_of": replaced.number
            if replaced and not annex and has_annex(report, replaced.number)
            else None,
            "content_sha256": content_digest(content),
            "signed": sign_read_content(report, read) if is_one_record else "",
            "evidence_sha256": evidence,
            "may_have_annex": bool(evidence)
            or Attachment.objects.of(report).stored().exists()
            or find_release_with_list(report) is not None,
            "practices": {
                "cited": [
                    {"citation": one.cited.citation, "notes": list(practice_notes(one)), "row": one.row}
                    for one in cited
                ],
                "suggested": any(one.is_suggested for one in cited),
                "unsettled": any(not one.cited.confirmed for one in cited),
                "may_settle": may_settle_wording(request.user),
            },
            "one_person": decisions.is_author_or_submitter(report, request.user),
            "may_approve": may_approve,
            "recipient": dispatches.find_recipient(report, by=request.user),
            "since": describe_since_read(request, report),
            "read": urlencode(read_version(request)),
        }


def describe_revision(report: Report, content: ReportContent) -> dict[str, Any] | None:
    """Return the changes since a report was returned, or since it was approved and then corrected or reopened.

    Return None if it was neither returned nor approved before.

    :param content: the content on which the person decides. An approval also sets values, which are no changes.
    """
    revision = find_revision(report)
    if revision is None:
        return None
    return {
        "event": revision.event,
        "is_returned": revision.is_returned,
        "number": revision.number,
        "fields": compare_contents(
            content_from_json(report.versions.get(number=revision.begins_with).content), without_approval(content)
        ),
    }


def describe_since_read(request: SignedInRequest, report: Report) -> dict[str, Any] | None:
    """Return the changes since the person read the report. Return None if the URL does not say what they read."""
    read = read_version(request)
    if not read:
        return None
    events = changes_since(report, read["read"]).select_related("actor")
    earlier = report.versions.filter(number=read["version"], number__lt=report.version).first()
    return {
        "events": text.list_events(events, versions.comments_by_event(report)) if events else [],
        "fields": compare_versions(earlier, current_version(report)) if earlier else [],
    }


approve_report_view = ApprovalPage(
    APPROVE, ApproveForm, "breaches/approve.html", decisions.approve_report, lazy("Report approved.")
).as_view()
take_back_report_view = MovePage(
    TAKE_BACK,
    TakeBackForm,
    "breaches/take_back.html",
    decisions.take_back_report,
    lazy("Report taken back. It is a draft again."),
).as_view()
return_report_view = DecisionPage(
    RETURN,
    ReturnForm,
    "breaches/return.html",
    decisions.return_report,
    lazy("Report returned to the authors."),
).as_view()
record_report_view = RecordPage(
    RECORD,
    RecordForm,
    "breaches/record.html",
    decisions.record_report,
    lazy("Breach recorded in our breach log only."),
).as_view()
dismiss_report_view = DecisionPage(
    DISMISS,
    DismissForm,
    "breaches/dismiss.html",
    decisions.dismiss_report,
    lazy("Decision saved: not a breach."),
).as_view()


DISPATCH_RECORDED = lazy("Dispatch recorded.")


class DispatchPage(MovePage):
    """A page to send a report, or to record that it was sent. It warns if the record no longer shows a breach."""

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        _read_suspicions(report)
        return {"changed_records": describe_changed_records(report)}


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
def record_notice_sent_view(request: SignedInRequest, report: Report, notice: int) -> HttpResponse:
    """Ask how a person sent a notice whose email could not be delivered, and record it."""
    notices = Dispatch.objects.by_mail().exclude(nature=Nature.REPORT).select_related("report", "document")
    found = get_object_or_404(notices.defer("document__pdf"), report=report, pk=notice)
    form = SentOutsideForm(post_data(request), initial={"last_change": report.last_change})
    if not form.is_bound and not Dispatch.objects.failed_notices().filter(pk=found.pk).exists():
        return return_to_report(request, report, str(dispatches.NOTICE_NOT_FAILED))
    if form.is_valid():
        try:
            dispatches.record_notice_sent(found, by=request.user, at=timezone.now(), **form.details())
        except FieldRefused as refused:
            form.add_error(refused.field, str(refused))
        except MoveRefused as refused:
            recorded = Dispatch.objects.filter(document=found.document, nature=found.nature, outside=True)
            if not recorded.filter(by=request.user).exists():
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


SPLIT_PAGE = MovePage(
    PART,
    MoveForm,
    "breaches/part.html",
    merging.split_report,
    lazy("Report separated into the original drafts."),
)


@report_page("GET", "POST", move=PART)
def split_report_view(request: SignedInRequest, report: Report) -> HttpResponse:
    if request.method != "POST" and not merging.can_be_split(report):
        return return_to_report(request, report, _("You cannot separate this report."))
    return SPLIT_PAGE.respond(request, report)


class MergeForm(GovukForm):
    """Form to choose the drafts to merge into one report. Drafts that may have the same cause are preselected."""

    last_change = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    seen_kinds = forms.CharField(required=False, widget=forms.HiddenInput)
    drafts = forms.MultipleChoiceField(
        label=lazy("Which drafts do you want to combine?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": lazy("Select at least two drafts"),
            "invalid_choice": lazy("You can no longer combine one of these drafts. Check the list and try again"),
        },
    )

    def __init__(self, data: QueryDict | None = None, *, drafts: Sequence[Report], start: str = "") -> None:
        """Offer the drafts.

        :param drafts: reports with prefetched suspicions, verifications and releases.
        :param start: the reference of the draft that the person viewed before this page.
        """
        super().__init__(data, initial={"drafts": [draft.reference for draft in _find_alike(drafts, start)]})
        # The events of all reports are numbered in one sequence. So if one of the drafts changes later, the number of
        # its last change is higher than this maximum.
        self.initial["last_change"] = max((draft.last_change for draft in drafts), default=0)
        self.by_reference = {draft.reference: draft for draft in drafts}
        self.fields["drafts"].choices = [  # type: ignore[attr-defined]  # declared above
            (draft.reference, "; ".join(dict.fromkeys(one.release.title for one in draft.suspicions.all())))
            for draft in drafts
        ]

    def clean_drafts(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["drafts"]
        if len(chosen) < 2:  # there is nothing to merge with
            raise forms.ValidationError(_("Select at least two drafts"))
        return chosen

    def renew(self) -> "MergeForm":
        """Return a form with the same chosen drafts and errors that say what to check before combining them.

        The form contains what the person can now see: the current number of the last change, and the different kinds.
        """
        sent = QueryDict(mutable=True)
        sent.setlist("drafts", self.cleaned_data["drafts"])
        sent["last_change"] = str(self.initial["last_change"])
        sent["seen_kinds"] = ",".join(self.different_kinds)
        renewed = MergeForm(sent, drafts=list(self.by_reference.values()))
        if self.outdated:
            renewed.add_error("drafts", _("Check what has changed, then combine the drafts again"))
        if self.has_unseen_kinds:
            sentence = _(
                "These drafts are of different kinds (%(kinds)s). Combine them only if they have the same cause. To "
                "confirm, select ‘Combine these drafts’ again"
            )
            kinds = ", ".join(str(text.KINDS[ReportKind(kind)]).lower() for kind in self.different_kinds)
            renewed.add_error("drafts", sentence % {"kinds": kinds})
        return renewed

    @property
    def outdated(self) -> list[Report]:
        """The chosen drafts that have changed since the form was opened. The form must be valid."""
        return [draft for draft in self.chosen if draft.last_change > self.cleaned_data["last_change"]]

    @property
    def different_kinds(self) -> list[str]:
        """All kinds of the chosen drafts, or nothing if each draft has the same kinds. The form must be valid."""
        of_each = {frozenset(one.kind for one in draft.suspicions.all()) for draft in self.chosen}
        return sorted(frozenset().union(*of_each)) if len(of_each) > 1 else []

    @property
    def has_unseen_kinds(self) -> bool:
        return ",".join(self.different_kinds) not in {"", self.cleaned_data["seen_kinds"]}

    @property
    def chosen(self) -> list[Report]:
        return [self.by_reference[reference] for reference in self.cleaned_data["drafts"]]

    @cached_property
    def helper(self) -> FormHelper:
        hints = {reference: _hint(draft) for reference, draft in self.by_reference.items()}
        return inside_the_form("last_change", "seen_kinds", Question("drafts", size="m", hints=hints))


def _find_alike(drafts: Iterable[Report], start: str) -> list[Report]:
    """Return the drafts with the same kinds of breach and due times as the draft `start`.

    If none of the drafts is `start`, return the largest group of drafts with the same kinds and due times. If no two
    drafts are alike, return an empty list.
    """
    groups: dict[frozenset[tuple[str, datetime]], list[Report]] = defaultdict(list)
    for draft in drafts:
        groups[frozenset((one.kind, one.verification.due_at) for one in draft.suspicions.all())].append(draft)
    own = (alike for alike in groups.values() if start in {draft.reference for draft in alike})
    largest = max(groups.values(), key=len, default=[])
    return next(own, largest if len(largest) > 1 else [])


def _hint(draft: Report) -> str:
    suspicions = draft.suspicions.all()
    return _("Suspected breach: %(kinds)s. Due at %(due)s. Report %(number)s") % {
        "kinds": join_with_and(dict.fromkeys(suspicion_name(suspicion) for suspicion in suspicions)),
        "due": join_with_and(dict.fromkeys(format_time(suspicion.verification.due_at) for suspicion in suspicions)),
        "number": draft.number,
    }


@login_required
@require_http_methods(["GET", "POST"])
def merge_drafts_view(request: SignedInRequest, producer: str, on: date, *, rehearsal: bool = False) -> HttpResponse:
    """Ask which drafts of a producer to merge, and merge them. All drafts are about releases of the same day."""
    found = Producer.objects.filter(slug=producer).first()
    if found is None or not may_start(request.user, found):
        raise Http404("There is no such producer, or it is not yours.")
    drafts = list(
        merging.drafts_of(found, on=on, rehearsal=rehearsal)
        .prefetch_related("suspicions__release", "suspicions__verification")
        .order_by("pk")
    )
    form = MergeForm(post_data(request), drafts=drafts, start=request.GET.get("from", ""))
    if (joint := _merged_by_this_form(request)) is not None:
        messages.info(request, _("These drafts have already been combined. This is the combined report."))
        return redirect("breaches:report", joint.reference)
    since: list[dict[str, Any]] = []
    if form.is_valid() and (form.outdated or form.has_unseen_kinds):
        since = [
            {"draft": draft, "events": text.list_events(changes, {})}
            for draft in form.outdated
            if (changes := changes_since(draft, form.cleaned_data["last_change"]).select_related("actor"))
        ]
        form = form.renew()
    elif form.is_valid():
        try:
            joint = merging.merge_drafts(form.chosen, by=request.user, at=timezone.now())
        except MoveRefused as refused:
            form.add_error("drafts", str(refused))
        else:
            messages.success(request, _("Drafts combined."))
            return redirect("breaches:report", joint.reference)
    context = {"producer": found, "on": on, "rehearsal": rehearsal, "drafts": drafts, "form": form, "since": since}
    return render(request, "breaches/join.html", context, status=409 if since else 200)


def _merged_by_this_form(request: SignedInRequest) -> Report | None:
    """Return the merged report if the person has already submitted this form, or None."""
    # No form has validated these references. PostgreSQL refuses null characters, so skip references that contain one.
    chosen = {reference for reference in request.POST.getlist("drafts") if "\0" not in reference}
    merged = JoinedDraft.objects.in_force().filter(draft__reference__in=chosen, by=request.user).select_related("joint")
    joint = {row.joint for row in merged}
    return joint.pop() if chosen and len(merged) == len(chosen) and len(joint) == 1 else None
