"""Pages and forms to check, submit, approve, return, record and dismiss reports."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches import code_of_practice, comments, decisions, dispatches, pdf
from breaches.facts import (
    compare_availability,
    compare_with_record,
    evidence_digest,
    find_release_with_list,
    has_only_record,
    incident_of,
    is_asked,
    outputs_without_public_address,
    recorded_cause,
)
from breaches.forms import practice_notes, remark_field
from breaches.layout import find_replaced_version, lay_out_report
from breaches.models import Attachment, Report, ReportVersion
from breaches.permissions import is_about_sealed_release, may_ever, may_settle_wording, moves_open_to
from breaches.refreshing import changed_facts, digest_facts
from breaches.rules.answers import ASKED
from breaches.rules.answers import Question as Asked
from breaches.rules.causes import CAUSE_NOT_RECORDED, find_other_cause
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
from breaches.rules.lifecycle import APPROVE, DECIDED, DISMISS, RECORD, RETURN, SEND, SUBMIT, TAKE_BACK, ReportKind
from breaches.text import FIELDS, REASONS, RECORDING_REASONS, SECTIONS, cause_name
from breaches.versions import content_of, current_version
from breaches.views.base import (
    MoveForm,
    MovePage,
    compare_contents,
    describe_since_read,
    link_remark,
    prefetch_suspicions,
    read_version,
    report_page,
)
from breaches.views.detail import describe_changed_records, find_revision
from releases.rules.calendar import local_date
from releases.rules.lifecycle import MoveRefused
from releases.views.base import SignedInRequest


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


class DecisionPage(MovePage):
    """A page to make a decision. It shows the current report, and what has changed since the person read the report and
    since it was returned or approved.
    """

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        prefetch_suspicions(report)
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


class WholeReportPage(MovePage):
    """A page that shows the whole report as it would be printed, and the form for a move below the report."""

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        prefetch_suspicions(report)
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
                *find_unanswered_prompt(report, version),
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

    Also yield a warning if a cause is recorded but the account says that there is none, or gives another cause.
    """
    for field in changed_facts(report, version):
        if content.annex and version.is_untouched(field):
            continue  # approval rewrites this automatic text from the newest checks, together with the annex
        sentence = _(
            "The facts on record have changed since ‘%(field)s’ was written. Compare the text with the new facts."
        )
        yield Remark(ReportSection.CIRCUMSTANCES, field, sentence % {"field": FIELDS[field]})
    # If no cause is recorded, the page already lists the cause as missing.
    if not report.cause:
        return
    if CAUSE_NOT_RECORDED in content.circumstances:
        sentence = _("‘Circumstances of breach’ says that the cause has not been recorded. Add the cause.")
        yield Remark(ReportSection.CIRCUMSTANCES, "circumstances", sentence)
    elif words := find_other_cause(content.circumstances, recorded_cause(report)):
        sentence = _(
            "‘Circumstances of breach’ says ‘%(words)s’, but the recorded cause is ‘%(cause)s’. Correct the text or "
            "the cause."
        )
        values = {"words": words, "cause": cause_name(report.cause)}
        yield Remark(ReportSection.CIRCUMSTANCES, "circumstances", sentence % values)


def find_unanswered_prompt(report: Report, version: ReportVersion) -> Iterable[Remark]:
    """Yield a warning if no person has added to an account what only people know."""
    if has_only_record(report, version):
        sentence = _(
            "‘Circumstances of breach’ has only the automatic text. Add how the breach was corrected, and who was "
            "notified and when."
        )
        yield Remark(ReportSection.CIRCUMSTANCES, "circumstances", sentence)


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
    lazy("Report submitted. The Head of Profession or a deputy decides next."),
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

    def describe_success(self, request: SignedInRequest, report: Report) -> str:
        """Return the message, with a link to the page where the person can send the report."""
        if not may_ever(request.user, SEND, report):  # the report of a training session is never sent
            return super().describe_success(request, report)
        sentence = _("Report approved. This version has not been sent yet.")
        if not dispatches.find_recipient(report, by=request.user):
            return sentence
        address = reverse("breaches:send", args=[report.reference])
        link = format_html('<a class="govuk-notification-banner__link" href="{}">{}</a>', address, _("Send the report"))
        return format_html("{} {}", sentence, link)

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        prefetch_suspicions(report)
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
    lazy("Report returned to the authors. They can edit it and submit it again."),
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
