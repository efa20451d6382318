"""The pages of a report's moves: submit, approve, record, dismiss, send, publish, merge and split."""

from collections.abc import Callable, Iterable, Iterator
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

from breaches import code_of_practice, dispatching, merging, publication, sign_off, text, versions
from breaches.facts import evidence_digest
from breaches.forms.decisions import (
    AnswerForm,
    ApproveForm,
    CloseForm,
    DismissForm,
    JoinForm,
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
from breaches.forms.sections import notes_on
from breaches.merging import drafts_of
from breaches.models import JoinedDraft, Report
from breaches.pdf import render as pdf_render
from breaches.pdf.document import lay_out_report
from breaches.permissions import Action, declared_own_act, may_settle_wording, may_start, moves_open_to
from breaches.refreshing import changed_facts
from breaches.rules import public_statement
from breaches.rules.content import ReportContent, content_digest
from breaches.rules.document import lay_out
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
    ReportKind,
)
from breaches.rules.validation import Remark, ReportSection, find_odd
from breaches.text import FIELDS, SECTIONS, list_events
from breaches.versions import CHANGED_SINCE_READ, SOMEBODY_ELSE_DECIDES, changes_since, content_of, current_version
from breaches.views.base import report_page
from breaches.views.public import if_public, statement_title
from releases.models import Producer
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MissingFields, MoveRefused
from releases.rules.london import local_date
from releases.views.base import SignedInRequest

NOT_DONE = lazy(
    "We did not save your answer, because the report changed after you opened the page. Check the report before you "
    "try again."
)

# The first control of a field in its section's page, for links that lead there.
CONTROLS = {
    "outputs": "id_outputs-0-title",
    "dealing": "id_dealing_name",
    "head_of_profession": "id_hop_name",
    "occurred_on": "id_dates-0-on-day",
}
# What is not written in a section's page but in one of its own, with its first control.
PAGES = {
    "timeline": ("breaches:choose_timeline", "id_sources"),
    "cause": ("breaches:cause", "id_cause"),
    "available_on": ("breaches:cause", "id_available_on-day"),
}


@dataclass(frozen=True, slots=True)
class MovePage:
    """One move as a page: its form, what it does, and what is said afterwards.

    `shows` gives what the page shows before the move and the form sends back, because a person must have read it.
    """

    move: str
    form: type[MoveForm]
    template: str
    act: Callable[..., Any]
    done: Any
    shows: Callable[[SignedInRequest, Report], dict[str, Any]] = lambda request, report: {}


def decide_page(request: SignedInRequest, report: Report, page: MovePage) -> HttpResponse:
    """Show a move's page, or make the move; what is refused is said, and what was typed stays."""
    if request.method != "POST":
        if page.move not in moves_open_to(request.user, report):
            messages.warning(request, _("This cannot be done with the report as it stands."))
            return redirect("breaches:report", report.reference)
        return shown_page(request, report, page, unsent(request, report, page))
    form = page.form(request.POST)
    is_valid = form.is_valid()
    kind = PAST_TENSE[page.move]
    if is_outdated(form, report):
        return refuse_move(request, report, form, ChangedMeanwhile(NOT_DONE), kind=kind, done=page.done)
    if not is_valid:
        return shown_page(request, report, page, form)
    try:
        _act(request, report, page, form)
    except MoveRefused as refused:
        field = refused.field if isinstance(refused, FieldRefused) else ""
        if field in form.fields:
            form.add_error(field, str(refused))
        if field in form.fields or isinstance(refused, MissingFields):
            return shown_page(request, report, page, form, remarks=getattr(refused, "remarks", ()))
        return refuse_move(request, report, form, refused, kind=kind, done=page.done)
    messages.success(request, page.done)
    return redirect("breaches:report", report.reference)


def _act(request: SignedInRequest, report: Report, page: MovePage, form: MoveForm) -> None:
    details = form.details()
    if _was_shown_otherwise(request, report, page, details):
        raise ChangedMeanwhile(CHANGED_SINCE_READ)
    if page.move == APPROVE:
        details |= {"read_sha256": details.pop("content_sha256"), "render": pdf_render.render_pdf}
    page.act(report, by=request.user, at=timezone.now(), **details)


def is_outdated(form: MoveForm, report: Report) -> bool:
    """Tell whether the report has changed since a form, which has been validated, was opened."""
    return bool(form.cleaned_data.get("last_change", report.last_change) != report.last_change)


def refuse_move(
    request: SignedInRequest, report: Report, form: MoveForm, refused: MoveRefused, *, kind: str, done: str
) -> HttpResponse:
    """Say why a form was refused, what has happened since it was opened, and what the person typed.

    Where the person has only sent the same form twice, it is done already.

    :param kind: of the event that the form leaves.
    :param done: the success message.
    """
    read = form.cleaned_data["last_change"]
    if versions.was_done_by(report, kind, read=read, person=request.user):
        messages.success(request, done)
        return redirect("breaches:report", report.reference)
    since = changes_since(report, read).select_related("actor")
    context = {
        "report": report,
        "sentence": NOT_DONE if since else str(refused),
        "since": list_events(since, versions.comments_by_event(report)),
        "typed": [{"label": field.label, "text": text} for field in form.visible_fields() if (text := typed_in(field))],
    }
    return render(request, "breaches/refused.html", context, status=409)


def typed_in(field: BoundField) -> str:
    """Return what a person typed or chose in a field, in words."""
    value = field.value()
    if isinstance(field.field, ChoiceField):
        return str(dict(field.field.choices).get(value, ""))  # type: ignore[arg-type]  # no group in the forms of moves
    if isinstance(value, (list, tuple)):
        return " ".join(str(part) for part in value if part)
    return "" if isinstance(value, bool) else str(value or "")


def _was_shown_otherwise(request: SignedInRequest, report: Report, page: MovePage, details: dict[str, Any]) -> bool:
    """Tell whether what the page had to show before the move is not what it shows now."""
    return any(details[name] != value for name, value in page.shows(request, report).items())


def unsent(request: SignedInRequest, report: Report, page: MovePage) -> MoveForm:
    """Return the form of a move's page as it is before anybody has filled it in."""
    # An annex is asked for by the page's address, so that it is read before it is approved.
    annex = page.move == APPROVE and request.GET.get("annex") == "1"
    sha256 = content_digest(sign_off.approved_content(report, at=timezone.now(), annex=annex))
    shown_before = {"last_change": report.last_change, "content_sha256": sha256, "annex": annex}
    return page.form(initial=shown_before | page.shows(request, report))


def shown_page(
    request: SignedInRequest, report: Report, page: MovePage, form: MoveForm, *, remarks: Iterable[Remark] = ()
) -> HttpResponse:
    """Show a move's page with its form, the report as it would be printed, and what is to be said of it."""
    today = local_date(timezone.now())
    content, document = content_of(report), lay_out_report(report, current_version(report))
    annex = page.move == APPROVE and form["annex"].value() in {True, "1"}
    if page.move == APPROVE:
        content = sign_off.approved_content(report, at=timezone.now(), annex=annex)
        document = lay_out(content, reference=report.reference, version=report.version, rehearsal=report.rehearsal)
    context = {
        "report": report,
        "form": form,
        "moves": moves_open_to(request.user, report),
        "document": document,
        "sections": [
            (SECTIONS[section], reverse("breaches:section", args=[report.reference, section]))
            for section in ReportSection
        ],
        "problems": [_linked(report, remark) for remark in remarks],
        "missing": [_linked(report, remark) for remark in sign_off.find_obstacles(report, content, today=today)],
        "warnings": _warnings(report, content),
        "content_sha256": content_digest(content),
        "annex": annex,
        "practices": _practices(request, report, content) if page.move == APPROVE else None,
        "evidence_sha256": evidence_digest(report) if page.move == APPROVE else "",
        "today": today,
        "shown": page.shows(request, report),
        "is_public": settings.BREACHES_PUBLIC and publication.is_public(report),
        "last_sent": dispatching.last_dispatch(report),
        "one_person": sign_off.wrote_or_submitted(report, request.user),
    }
    return render(request, page.template, context)


def _practices(request: SignedInRequest, report: Report, content: ReportContent) -> dict[str, Any]:
    """Return what the person who approves has to know of the practices that the report cites."""
    cited = code_of_practice.cited_by(report, content)
    return {
        "cited": [{"citation": one.cited.citation, "notes": list(notes_on(one)), "row": one.row} for one in cited],
        "suggested": any(one.is_suggested for one in cited),
        "unsettled": any(not one.cited.confirmed for one in cited),
        "may_settle": may_settle_wording(request.user),
    }


def _warnings(report: Report, content: ReportContent) -> list[dict[str, str]]:
    remarks = (*find_odd(content, today=local_date(timezone.now())), *code_of_practice.of_another_edition(content))
    if report.status not in DECIDED:
        remarks = (*_of_the_record(report, content), *remarks)
    return [_linked(report, remark) for remark in remarks]


def _of_the_record(report: Report, content: ReportContent) -> Iterator[Remark]:
    """Say where the record tells something newer than the text, and where it is all that the text tells."""
    version = current_version(report)
    for field in changed_facts(report, version):
        if content.annex and version.is_untouched(field):
            continue  # shown as the record has it by now, like the annex
        sentence = _("The record has changed since ‘%(field)s’ was written: compare the text with what it says now.")
        yield Remark(ReportSection.CIRCUMSTANCES, field, sentence % {"field": FIELDS[field]})
    if content.circumstances and version.is_untouched("circumstances"):
        sentence = _("The circumstances are still the record’s own account: nobody has written what the cause was.")
        yield Remark(ReportSection.CIRCUMSTANCES, "circumstances", sentence)


def _linked(report: Report, remark: Remark) -> dict[str, str]:
    if remark.field in PAGES:
        page, control = PAGES[remark.field]
        return {"text": remark.sentence, "address": f"{reverse(page, args=[report.reference])}#{control}"}
    address = reverse("breaches:section", args=[report.reference, remark.section])
    return {"text": remark.sentence, "address": f"{address}#{_control(report, remark.field)}"}


def _control(report: Report, field: str) -> str:
    if field == "practices":
        # Before the first edition on record there is nothing to tick, only a box to write in.
        return "id_practices" if code_of_practice.offer_practices(report, content_of(report)) else "id_other_practices"
    return CONTROLS.get(field, f"id_{field}")


CHECK = MovePage(
    SUBMIT, MoveForm, "breaches/check.html", sign_off.submit_report, lazy("The report is with the Head of Profession.")
)
TAKE_BACK_PAGE = MovePage(
    TAKE_BACK,
    TakeBackForm,
    "breaches/take_back.html",
    sign_off.take_back_report,
    lazy("The report is a draft again, and no longer with the Head of Profession."),
)
RETURN_PAGE = MovePage(
    RETURN,
    ReturnForm,
    "breaches/return.html",
    sign_off.return_report,
    lazy("The report is returned to those who write it."),
)
APPROVE_PAGE = MovePage(
    APPROVE, ApproveForm, "breaches/approve.html", sign_off.approve_report, lazy("The report is approved.")
)
RECORD_PAGE = MovePage(
    RECORD,
    RecordForm,
    "breaches/record.html",
    sign_off.record_report,
    lazy("The breach is kept in your own log, and is not reported."),
)
DISMISS_PAGE = MovePage(
    DISMISS,
    DismissForm,
    "breaches/dismiss.html",
    sign_off.dismiss_report,
    lazy("The suspicion is dismissed: it is not a breach."),
)
REOPEN_PAGE = MovePage(
    REOPEN, ReopenForm, "breaches/reopen.html", sign_off.reopen_report, lazy("The report is a draft again.")
)


@report_page("GET")
def check_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show the whole report as it would be printed, before it is submitted or instead."""
    return shown_page(request, report, CHECK, unsent(request, report, CHECK))


@report_page("POST", move=SUBMIT)
def submit_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Submit a report to the Head of Profession."""
    return decide_page(request, report, CHECK)


@report_page("GET", "POST", move=TAKE_BACK)
def take_back_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a submitted report back to go on writing."""
    return decide_page(request, report, TAKE_BACK_PAGE)


@report_page("GET", "POST", move=RETURN)
def return_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Return a report to those who write it."""
    return decide_page(request, report, RETURN_PAGE)


@report_page("GET", "POST", move=APPROVE)
def approve_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Approve a report, after reading what that means."""
    return decide_page(request, report, APPROVE_PAGE)


@report_page("GET", "POST", move=RECORD)
def record_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Keep a breach in the office's own log, with a reason, and do not report it."""
    return decide_page(request, report, RECORD_PAGE)


@report_page("GET", "POST", move=DISMISS)
def dismiss_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Dismiss a suspicion with a reason."""
    return decide_page(request, report, DISMISS_PAGE)


@report_page("GET", "POST", move=REOPEN)
def reopen_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a decided report up again."""
    return decide_page(request, report, REOPEN_PAGE)


def _recipient(request: SignedInRequest, report: Report) -> dict[str, Any]:
    return {"recipient": dispatching.recipient_of(report, by=request.user, office=settings.REPORT_RECIPIENT)}


SEND_PAGE = MovePage(
    SEND,
    SendForm,
    "breaches/send.html",
    dispatching.send_report,
    lazy("The report is on its way. This page says when the mail has left."),
    shows=_recipient,
)
SENT_OUTSIDE_PAGE = MovePage(
    SEND,
    SentOutsideForm,
    "breaches/sent_outside.html",
    dispatching.record_sent_outside,
    lazy("It is recorded that the report was sent."),
)
ANSWER_PAGE = MovePage(
    NOTE_ANSWER, AnswerForm, "breaches/answer.html", dispatching.record_answer, lazy("The answer is recorded.")
)
CORRECT_PAGE = MovePage(
    CORRECT, NoticeForm, "breaches/correct.html", dispatching.send_correction, lazy("The report is a draft again.")
)
WITHDRAW_PAGE = MovePage(
    WITHDRAW, NoticeForm, "breaches/withdraw.html", dispatching.send_withdrawal, lazy("The report is withdrawn.")
)
CLOSE_PAGE = MovePage(CLOSE, CloseForm, "breaches/close.html", dispatching.close_report, lazy("The report is closed."))


@report_page("GET", "POST", move=SEND)
def send_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Send an approved report by mail, after reading to whom it goes."""
    return decide_page(request, report, SEND_PAGE)


@report_page("GET", "POST", move=SEND)
def record_sent_outside(request: SignedInRequest, report: Report) -> HttpResponse:
    """Record that an approved report was sent by other means."""
    return decide_page(request, report, SENT_OUTSIDE_PAGE)


@report_page("GET", "POST", move=NOTE_ANSWER)
def record_answer(request: SignedInRequest, report: Report) -> HttpResponse:
    """Record what was answered to a report."""
    return decide_page(request, report, ANSWER_PAGE)


@report_page("GET", "POST", move=CORRECT)
def send_correction(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a report that was sent up again, with notice to its recipient."""
    return decide_page(request, report, CORRECT_PAGE)


@report_page("GET", "POST", move=WITHDRAW)
def send_withdrawal(request: SignedInRequest, report: Report) -> HttpResponse:
    """Withdraw a report that was sent, with notice to its recipient."""
    return decide_page(request, report, WITHDRAW_PAGE)


@report_page("GET", "POST", move=CLOSE)
def close_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Close a report of which nothing more is expected."""
    return decide_page(request, report, CLOSE_PAGE)


@if_public
@report_page("GET", "POST", action=Action.PUBLISH)
def publish_statement(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show what would be public, and make it so."""
    if declared_own_act(request.user, report):
        return _left_to_others(request, report)
    statement = publication.preview_statement(report, now=timezone.now())
    seen = public_statement.statement_digest(statement)
    form = PublishForm(request.POST or None, initial={"last_change": report.last_change, "seen": seen})
    is_valid, done = form.is_valid(), _("Anyone can read it now.")
    if form.is_bound and is_outdated(form, report):
        return refuse_move(request, report, form, ChangedMeanwhile(NOT_DONE), kind=MADE_PUBLIC, done=done)
    if publication.is_public(report) or not publication.may_be_published(report):
        messages.warning(request, _("This cannot be done with the report as it stands."))
        return redirect("breaches:report", report.reference)
    if is_valid:
        try:
            publication.publish_statement(report, seen=form.cleaned_data["seen"], by=request.user, at=timezone.now())
        except ChangedMeanwhile as refusal:
            messages.warning(request, str(refusal))
            return redirect("breaches:publish", report.reference)
        messages.success(request, done)
        return redirect("breaches:report", report.reference)
    row = {"statement": statement, "title": statement_title(statement), "kind": text.KINDS[ReportKind(statement.kind)]}
    context = {"report": report, "form": form, "row": row, "reported": publication.reported_dates(report)}
    return render(request, "breaches/publish.html", context)


@if_public
@report_page("GET", "POST", action=Action.PUBLISH)
def withdraw_statement(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a report back from the public."""
    if declared_own_act(request.user, report):
        return _left_to_others(request, report)
    form = WithdrawStatementForm(request.POST or None, initial={"last_change": report.last_change})
    is_valid, done = form.is_valid(), _("It is no longer public.")
    if form.is_bound and is_outdated(form, report):
        return refuse_move(request, report, form, ChangedMeanwhile(NOT_DONE), kind=TAKEN_FROM_PUBLIC, done=done)
    if is_valid:
        try:
            publication.withdraw_statement(report, words=form.cleaned_data["words"], by=request.user, at=timezone.now())
        except MoveRefused as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, done)
        return redirect("breaches:report", report.reference)
    if report.published_id is None:
        messages.warning(request, _("This report is not public."))
        return redirect("breaches:report", report.reference)
    return render(request, "breaches/unpublish.html", {"report": report, "form": form})


def _left_to_others(request: SignedInRequest, report: Report) -> HttpResponse:
    messages.warning(request, SOMEBODY_ELSE_DECIDES)
    return redirect("breaches:report", report.reference)


PART_PAGE = MovePage(
    PART,
    MoveForm,
    "breaches/part.html",
    merging.split_report,
    lazy("The report is taken apart. Its drafts go on by themselves."),
)


@login_required
@require_http_methods(["GET", "POST"])
def merge_drafts(request: SignedInRequest, producer: str, on: date, *, rehearsal: bool = False) -> HttpResponse:
    """Ask which drafts of a producer's morning become one report, and join them."""
    found = Producer.objects.filter(slug=producer).first()
    if found is None or not may_start(request.user, found):
        message = "There is no such producer, or it is not yours."
        raise Http404(message)
    drafts = drafts_of(found, on=on, rehearsal=rehearsal).prefetch_related(
        "suspicions__release", "suspicions__verification"
    )
    in_order = list(drafts.order_by("pk"))
    form = JoinForm(request.POST if request.method == "POST" else None, drafts=in_order)
    if (joint := _joined_by_this_form(request)) is not None:
        messages.info(request, _("These drafts are joined already: this is the report."))
        return redirect("breaches:report", joint.reference)
    since: list[dict[str, Any]] = []
    if form.is_valid() and form.outdated:
        since = [
            {"draft": draft, "events": text.list_events(changes, {})}
            for draft in form.outdated
            if (changes := changes_since(draft, form.cleaned_data["last_change"]).select_related("actor"))
        ]
        form = form.renewed()
        form.add_error("drafts", _("Check what has changed, then join the drafts again"))
    elif form.is_valid():
        try:
            joint = merging.merge_drafts(form.chosen, by=request.user, at=timezone.now())
        except MoveRefused as refused:
            form.add_error("drafts", str(refused))
        else:
            messages.success(request, _("The drafts are one report now."))
            return redirect("breaches:report", joint.reference)
    context = {"producer": found, "on": on, "rehearsal": rehearsal, "drafts": in_order, "form": form, "since": since}
    return render(request, "breaches/join.html", context, status=409 if since else 200)


@report_page("GET", "POST", move=PART)
def split_report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a joint report apart, after reading what that means."""
    if request.method != "POST" and not merging.can_be_split(report):
        messages.warning(request, _("This report cannot be taken apart."))
        return redirect("breaches:report", report.reference)
    return decide_page(request, report, PART_PAGE)


def _joined_by_this_form(request: SignedInRequest) -> Report | None:
    """Return the joint report if the person has sent the same form before."""
    chosen = set(request.POST.getlist("drafts"))
    joined = JoinedDraft.objects.standing().filter(draft__reference__in=chosen, by=request.user).select_related("joint")
    joint = {row.joint for row in joined}
    return joint.pop() if chosen and len(joined) == len(chosen) and len(joint) == 1 else None
