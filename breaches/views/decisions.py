"""The pages of the moves: submit, approve, record, dismiss, send, publish, merge and split."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BoundField, ChoiceField
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from breaches import code_of_practice, decisions, merging, pdf, publication, text, versions
from breaches.facts import evidence_digest
from breaches.forms.decisions import (
    AnswerForm,
    ApproveForm,
    CloseForm,
    DismissForm,
    MergeForm,
    MoveForm,
    NoticeForm,
    PublishForm,
    RecordForm,
    ReopenForm,
    ReturnForm,
    SendForm,
    SentOutsideForm,
    TakeBackForm,
    WithdrawStatementForm,
)
from breaches.forms.sections import practice_notes
from breaches.models import JoinedDraft, Report, ReportVersion
from breaches.pdf import lay_out_report
from breaches.permissions import Action, declared_own_act, may_settle_wording, may_start, moves_open_to
from breaches.refreshing import changed_facts
from breaches.rules import public_statement
from breaches.rules.content import Remark, ReportContent, ReportSection, content_digest, content_from_json, find_odd
from breaches.rules.document import ReportDocument, lay_out
from breaches.rules.lifecycle import (
    APPROVE,
    CLOSE,
    CORRECT,
    DECIDED,
    DISMISS,
    MADE_PUBLIC,
    NOTE_ANSWER,
    PART,
    PAST_TENSE,
    RECORD,
    REOPEN,
    RETURN,
    SEND,
    SUBMIT,
    TAKE_BACK,
    TAKEN_FROM_PUBLIC,
    WITHDRAW,
)
from breaches.text import FIELDS, SECTIONS, list_events
from breaches.versions import CHANGED_SINCE_READ, SOMEBODY_ELSE_DECIDES, changes_since, content_of, current_version
from breaches.views.base import refusal_page, report_page, return_to_report
from breaches.views.public import require_public_statements, statement_row
from releases.models import Producer
from releases.rules.calendar import local_date
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MissingFields, MoveRefused
from releases.views.base import SignedInRequest, post_data

NOT_DONE = lazy(
    "We did not save your answer, because the report changed after you opened the page. Check the report before you "
    "try again."
)


@dataclass(frozen=True)
class MovePage:
    """The page of one move: it shows the form, and makes the move once the form is submitted."""

    move: str
    form_class: type[MoveForm]
    template: str
    act: Callable[..., object]
    done: Any

    def as_view(self) -> Callable[..., HttpResponse]:
        return report_page("GET", "POST", move=self.move)(self.respond)

    def respond(self, request: SignedInRequest, report: Report) -> HttpResponse:
        """Show the form or make the move. A refusal is explained, and the form retains its values."""
        if request.method != "POST":
            if self.move not in moves_open_to(request.user, report):
                return return_to_report(request, report, _("This cannot be done with the report as it stands."))
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
        """Show the page.

        :param remarks: what prevented the move.
        """
        problems = [link_remark(report, remark) for remark in remarks]
        context = {"report": report, "form": form, "problems": problems, **self.context(request, report, form)}
        return render(request, self.template, context)

    def initial(self, request: SignedInRequest, report: Report) -> dict[str, Any]:
        """Return the initial values of the form's hidden fields."""
        return {"last_change": report.last_change}

    def details(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        """Return the arguments of the move, except person and time.

        :raises MoveRefused: if the person has read another content than the move would use.
        """
        return form.details()

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        """Return further context for the template."""
        return {}


def is_outdated(form: MoveForm, report: Report) -> bool:
    """Return whether the report has changed since a form was opened. The form must be validated."""
    return bool(form.cleaned_data.get("last_change", report.last_change) != report.last_change)


def refuse_form(
    request: SignedInRequest, report: Report, form: MoveForm, refused: MoveRefused, *, kind: str, done: str
) -> HttpResponse:
    """Show why a form was refused; if the person has only sent the same form twice, show that it is done.

    :param kind: the kind of event that the form causes.
    :param done: the success message.
    """
    read = form.cleaned_data["last_change"]
    if versions.was_done_by(report, kind, read=read, person=request.user):
        return return_to_report(request, report, done, messages.SUCCESS)
    since = changes_since(report, read).select_related("actor")
    return refusal_page(
        request,
        report,
        str(NOT_DONE) if since else str(refused),
        since=list_events(since, versions.comments_by_event(report)),
        typed=[
            {"label": str(field.label), "text": answer}
            for field in form.visible_fields()
            if (answer := describe_answer(field))
        ],
    )


def describe_answer(field: BoundField) -> str:
    """Describe a person's answer in a field."""
    value = field.value()
    if isinstance(field.field, ChoiceField):
        return str(dict(field.field.choices).get(value, ""))  # type: ignore[arg-type]  # no group in the forms of moves
    if isinstance(value, (list, tuple)):
        return " ".join(str(part) for part in value if part)
    return "" if isinstance(value, bool) else str(value or "")


class WholeReportPage(MovePage):
    """The page of a move whose form is below the whole report, as it would be printed."""

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
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
        """Return the document, its missing or unusual values, and the address of the page of each section."""
        today = local_date(timezone.now())
        odd = [*find_odd(content, today=today), *code_of_practice.find_edition_remarks(content)]
        if report.status not in DECIDED:
            odd = [*find_outdated_text(report, version, content), *odd]
        return {
            "document": document,
            "today": today,
            "moves": moves_open_to(request.user, report),
            "sections": [
                (SECTIONS[section], reverse("breaches:section", args=[report.reference, section]))
                for section in ReportSection
            ],
            "missing": [link_remark(report, one) for one in decisions.find_obstacles(report, content, today=today)],
            "warnings": [link_remark(report, one) for one in odd],
        }


def find_outdated_text(report: Report, version: ReportVersion, content: ReportContent) -> Iterable[Remark]:
    """List the fields whose recorded facts are newer than the text, and those with nothing but automatic text."""
    for field in changed_facts(report, version):
        if content.annex and version.is_untouched(field):
            continue  # with the newest check results, like the annex
        sentence = _("The record has changed since ‘%(field)s’ was written: compare the text with what it says now.")
        yield Remark(ReportSection.CIRCUMSTANCES, field, sentence % {"field": FIELDS[field]})
    if content.circumstances and version.is_untouched("circumstances"):
        sentence = _("The circumstances are still the record’s own account: nobody has written what the cause was.")
        yield Remark(ReportSection.CIRCUMSTANCES, "circumstances", sentence)


# The fields that have their own page instead of that of their section, with the first control.
PAGES = {
    "timeline": ("breaches:choose_timeline", "id_sources"),
    "cause": ("breaches:cause", "id_cause"),
    "available_on": ("breaches:cause", "id_available_on-day"),
}
# The first control of a field on the page of its section, if it differs from the field's name.
CONTROLS = {
    "outputs": "id_outputs-0-title",
    "dealing": "id_dealing_name",
    "head_of_profession": "id_hop_name",
    "occurred_on": "id_dates-0-on-day",
}


def link_remark(report: Report, remark: Remark) -> dict[str, str]:
    """Return a remark with a link to the form control that it is about."""
    if remark.field in PAGES:
        page, control = PAGES[remark.field]
        return {"text": remark.sentence, "address": f"{reverse(page, args=[report.reference])}#{control}"}
    control = CONTROLS.get(remark.field, f"id_{remark.field}")
    # For days before the first recorded edition there are no checkboxes, only a text box.
    if remark.field == "practices" and not code_of_practice.offer_practices(report, content_of(report)):
        control = "id_other_practices"
    address = reverse("breaches:section", args=[report.reference, remark.section])
    return {"text": remark.sentence, "address": f"{address}#{control}"}


CHECK_PAGE = WholeReportPage(
    SUBMIT, MoveForm, "breaches/check.html", decisions.submit_report, lazy("The report is with the Head of Profession.")
)


@report_page("GET")
def check_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show the whole report as it would be printed, with the form to submit it if that is possible."""
    return CHECK_PAGE.show(request, report, MoveForm(initial=CHECK_PAGE.initial(request, report)))


@report_page("POST", move=SUBMIT)
def submit_report_view(request: SignedInRequest, report: Report) -> HttpResponse:
    return CHECK_PAGE.respond(request, report)


class ApprovalPage(WholeReportPage):
    """The page to approve exactly the content that the person has read, with the annex if requested."""

    def initial(self, request: SignedInRequest, report: Report) -> dict[str, Any]:
        # The query string requests an annex, so that the person reads it before approving it.
        annex = request.GET.get("annex") == "1"
        content = decisions.approved_content(report, at=timezone.now(), annex=annex)
        return super().initial(request, report) | {"content_sha256": content_digest(content), "annex": annex}

    def details(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        """Return the digest that was read, the annex, and the function that renders the document."""
        read = form.cleaned_data
        return {"annex": read["annex"], "read_sha256": read["content_sha256"], "render": pdf.render_pdf}

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        annex = form["annex"].value() in {True, "1"}
        content = decisions.approved_content(report, at=timezone.now(), annex=annex)
        document = lay_out(content, reference=report.reference, version=report.version, rehearsal=report.rehearsal)
        cited = code_of_practice.find_cited_practices(report, content)
        return {
            **self.describe(request, report, current_version(report), content, document),
            "annex": annex,
            "content_sha256": content_digest(content),
            "evidence_sha256": evidence_digest(report),
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
        }


approve_report_view = ApprovalPage(
    APPROVE, ApproveForm, "breaches/approve.html", decisions.approve_report, lazy("The report is approved.")
).as_view()
take_back_report_view = MovePage(
    TAKE_BACK,
    TakeBackForm,
    "breaches/take_back.html",
    decisions.take_back_report,
    lazy("The report is a draft again, and no longer with the Head of Profession."),
).as_view()
return_report_view = MovePage(
    RETURN,
    ReturnForm,
    "breaches/return.html",
    decisions.return_report,
    lazy("The report is returned to those who write it."),
).as_view()
record_report_view = MovePage(
    RECORD,
    RecordForm,
    "breaches/record.html",
    decisions.record_report,
    lazy("The breach is kept in your own log, and is not reported."),
).as_view()
dismiss_report_view = MovePage(
    DISMISS,
    DismissForm,
    "breaches/dismiss.html",
    decisions.dismiss_report,
    lazy("The suspicion is dismissed: it is not a breach."),
).as_view()


class SendPage(MovePage):
    """The page to send a report to the recipient shown to the person."""

    def initial(self, request: SignedInRequest, report: Report) -> dict[str, Any]:
        return super().initial(request, report) | {"recipient": find_recipient(request, report)}

    def details(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        """Return recipient and message, if the recipient is still the one that the page showed."""
        if form.cleaned_data["recipient"] != find_recipient(request, report):
            raise ChangedMeanwhile(CHANGED_SINCE_READ)
        return form.details()

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        return {"recipient": find_recipient(request, report)}


def find_recipient(request: SignedInRequest, report: Report) -> str:
    """Return the address to which a report is sent; a rehearsal goes only to the person."""
    return decisions.recipient_of(report, by=request.user, office=settings.REPORT_RECIPIENT)


send_report_view = SendPage(
    SEND,
    SendForm,
    "breaches/send.html",
    decisions.send_report,
    lazy("The report is on its way. This page says when the mail has left."),
).as_view()
record_sent_outside_view = MovePage(
    SEND,
    SentOutsideForm,
    "breaches/sent_outside.html",
    decisions.record_sent_outside,
    lazy("It is recorded that the report was sent."),
).as_view()
record_answer_view = MovePage(
    NOTE_ANSWER, AnswerForm, "breaches/answer.html", decisions.record_answer, lazy("The answer is recorded.")
).as_view()
close_report_view = MovePage(
    CLOSE, CloseForm, "breaches/close.html", decisions.close_report, lazy("The report is closed.")
).as_view()


class ReversalPage(MovePage):
    """The page of a move that reverses a decision, a dispatch or a publication."""

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        return {
            "is_public": settings.BREACHES_PUBLIC and publication.is_public(report),
            "last_sent": decisions.last_dispatch(report),
        }


reopen_report_view = ReversalPage(
    REOPEN, ReopenForm, "breaches/reopen.html", decisions.reopen_report, lazy("The report is a draft again.")
).as_view()
send_correction_view = ReversalPage(
    CORRECT, NoticeForm, "breaches/correct.html", decisions.send_correction, lazy("The report is a draft again.")
).as_view()
send_withdrawal_view = ReversalPage(
    WITHDRAW, NoticeForm, "breaches/withdraw.html", decisions.send_withdrawal, lazy("The report is withdrawn.")
).as_view()


@require_public_statements
@report_page("GET", "POST", action=Action.PUBLISH)
def publish_statement_view(request: SignedInRequest, report: Report) -> HttpResponse:
    if declared_own_act(request.user, report):
        return return_to_report(request, report, str(SOMEBODY_ELSE_DECIDES))
    statement = publication.preview_statement(report, now=timezone.now())
    digest = public_statement.statement_digest(statement)
    form = PublishForm(request.POST or None, initial={"last_change": report.last_change, "seen": digest})
    is_valid, done = form.is_valid(), _("Anyone can read it now.")
    if form.is_bound and is_outdated(form, report):
        return refuse_form(request, report, form, ChangedMeanwhile(NOT_DONE), kind=MADE_PUBLIC, done=done)
    if publication.is_public(report) or not publication.may_be_published(report):
        return return_to_report(request, report, _("This cannot be done with the report as it stands."))
    if is_valid:
        try:
            publication.publish_statement(report, seen=form.cleaned_data["seen"], by=request.user, at=timezone.now())
        except ChangedMeanwhile as refusal:
            messages.warning(request, str(refusal))
            return redirect("breaches:publish", report.reference)
        return return_to_report(request, report, done, messages.SUCCESS)
    context = {
        "report": report,
        "form": form,
        "row": statement_row(statement),
        "reported": publication.reported_dates(report),
    }
    return render(request, "breaches/publish.html", context)


@require_public_statements
@report_page("GET", "POST", action=Action.PUBLISH)
def withdraw_statement_view(request: SignedInRequest, report: Report) -> HttpResponse:
    if declared_own_act(request.user, report):
        return return_to_report(request, report, str(SOMEBODY_ELSE_DECIDES))
    form = WithdrawStatementForm(request.POST or None, initial={"last_change": report.last_change})
    is_valid, done = form.is_valid(), _("It is no longer public.")
    if form.is_bound and is_outdated(form, report):
        return refuse_form(request, report, form, ChangedMeanwhile(NOT_DONE), kind=TAKEN_FROM_PUBLIC, done=done)
    if is_valid:
        try:
            publication.withdraw_statement(report, words=form.cleaned_data["words"], by=request.user, at=timezone.now())
        except MoveRefused as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, done)
        return redirect("breaches:report", report.reference)
    if report.published_id is None:
        return return_to_report(request, report, _("This report is not public."))
    return render(request, "breaches/unpublish.html", {"report": report, "form": form})


SPLIT_PAGE = MovePage(
    PART,
    MoveForm,
    "breaches/part.html",
    merging.split_report,
    lazy("The report is taken apart. Its drafts go on by themselves."),
)


@report_page("GET", "POST", move=PART)
def split_report_view(request: SignedInRequest, report: Report) -> HttpResponse:
    if request.method != "POST" and not merging.can_be_split(report):
        return return_to_report(request, report, _("This report cannot be taken apart."))
    return SPLIT_PAGE.respond(request, report)


@login_required
@require_http_methods(["GET", "POST"])
def merge_drafts_view(request: SignedInRequest, producer: str, on: date, *, rehearsal: bool = False) -> HttpResponse:
    """Ask which drafts of a producer's morning to merge, and merge them."""
    found = Producer.objects.filter(slug=producer).first()
    if found is None or not may_start(request.user, found):
        message = "There is no such producer, or it is not yours."
        raise Http404(message)
    drafts = list(
        merging.drafts_of(found, on=on, rehearsal=rehearsal)
        .prefetch_related("suspicions__release", "suspicions__verification")
        .order_by("pk")
    )
    form = MergeForm(post_data(request), drafts=drafts)
    if (joint := _merged_by_this_form(request)) is not None:
        messages.info(request, _("These drafts are joined already: this is the report."))
        return redirect("breaches:report", joint.reference)
    since: list[dict[str, Any]] = []
    if form.is_valid() and form.outdated:
        since = [
            {"draft": draft, "events": text.list_events(changes, {})}
            for draft in form.outdated
            if (changes := changes_since(draft, form.cleaned_data["last_change"]).select_related("actor"))
        ]
        form = form.renew()
        form.add_error("drafts", _("Check what has changed, then join the drafts again"))
    elif form.is_valid():
        try:
            joint = merging.merge_drafts(form.chosen, by=request.user, at=timezone.now())
        except MoveRefused as refused:
            form.add_error("drafts", str(refused))
        else:
            messages.success(request, _("The drafts are one report now."))
            return redirect("breaches:report", joint.reference)
    context = {"producer": found, "on": on, "rehearsal": rehearsal, "drafts": drafts, "form": form, "since": since}
    return render(request, "breaches/join.html", context, status=409 if since else 200)


def _merged_by_this_form(request: SignedInRequest) -> Report | None:
    """Return the joint report if the person has sent the same form before."""
    chosen = set(request.POST.getlist("drafts"))
    merged = JoinedDraft.objects.standing().filter(draft__reference__in=chosen, by=request.user).select_related("joint")
    joint = {row.joint for row in merged}
    return joint.pop() if chosen and len(merged) == len(chosen) and len(joint) == 1 else None
