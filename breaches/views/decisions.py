"""The pages of the moves: check and submit, take back, return, approve, keep in the log, dismiss, reopen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches import moves, pdf, practices, printing, sign_off, wording
from breaches.content import ReportContent, digest, from_json
from breaches.document import lay_out
from breaches.forms.decisions import (
    ApproveForm,
    DismissForm,
    MoveForm,
    RecordForm,
    ReopenForm,
    ReturnForm,
    TakeBackForm,
)
from breaches.models import Report
from breaches.permissions import moves_open_to
from breaches.refreshing import is_untouched
from breaches.remarks import Remark, Section, impossible, missing, odd
from breaches.status import APPROVE, DECIDED, DISMISS, RECORD, REOPEN, RETURN, SUBMIT, TAKE_BACK
from breaches.versions import SomebodyWasFaster, content_of, present
from breaches.views.access import SignedInRequest, report_page
from releases.lifecycle import MoveRefused, SomethingMissing
from releases.london import local_date

# The first control of a field in its section's page, for links that lead there.
CONTROLS = {
    "outputs": "id_outputs-0-title",
    "dealing": "id_dealing_name",
    "head_of_profession": "id_hop_name",
    "occurred_on": "id_dates-0-on-day",
}


@dataclass(frozen=True, slots=True)
class MovePage:
    """One move as a page: its form, what it does, and what is said afterwards."""

    move: str
    form: type[MoveForm]
    template: str
    act: Callable[..., Any]
    done: Any


CHECK = MovePage(
    SUBMIT, MoveForm, "breaches/check.html", sign_off.submit, lazy("The report is with the Head of Profession.")
)
TAKE_BACK_PAGE = MovePage(
    TAKE_BACK,
    TakeBackForm,
    "breaches/take_back.html",
    sign_off.take_back,
    lazy("The report is a draft again, and no longer with the Head of Profession."),
)
RETURN_PAGE = MovePage(
    RETURN, ReturnForm, "breaches/return.html", sign_off.return_, lazy("The report is returned to those who write it.")
)
APPROVE_PAGE = MovePage(
    APPROVE, ApproveForm, "breaches/approve.html", sign_off.approve, lazy("The report is approved.")
)
RECORD_PAGE = MovePage(
    RECORD,
    RecordForm,
    "breaches/record.html",
    sign_off.record_in_log,
    lazy("The breach is kept in your own log, and is not reported."),
)
DISMISS_PAGE = MovePage(
    DISMISS,
    DismissForm,
    "breaches/dismiss.html",
    sign_off.dismiss,
    lazy("The suspicion is dismissed: it is not a breach."),
)
REOPEN_PAGE = MovePage(
    REOPEN, ReopenForm, "breaches/reopen.html", sign_off.reopen, lazy("The report is a draft again.")
)


@report_page("GET")
def check(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show the whole report as it would be printed, before it is submitted or instead."""
    return _shown(request, report, CHECK, _unsent(report, CHECK))


@report_page("POST", move=SUBMIT)
def submit(request: SignedInRequest, report: Report) -> HttpResponse:
    """Submit a report to the Head of Profession."""
    return _decide(request, report, CHECK)


@report_page("GET", "POST", move=TAKE_BACK)
def take_back(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a submitted report back to go on writing."""
    return _decide(request, report, TAKE_BACK_PAGE)


@report_page("GET", "POST", move=RETURN)
def return_(request: SignedInRequest, report: Report) -> HttpResponse:
    """Return a report to those who write it."""
    return _decide(request, report, RETURN_PAGE)


@report_page("GET", "POST", move=APPROVE)
def approve(request: SignedInRequest, report: Report) -> HttpResponse:
    """Approve a report, after reading what that means."""
    return _decide(request, report, APPROVE_PAGE)


@report_page("GET", "POST", move=RECORD)
def record(request: SignedInRequest, report: Report) -> HttpResponse:
    """Keep a breach in the office's own log, with a reason, and do not report it."""
    return _decide(request, report, RECORD_PAGE)


@report_page("GET", "POST", move=DISMISS)
def dismiss(request: SignedInRequest, report: Report) -> HttpResponse:
    """Dismiss a suspicion with a reason."""
    return _decide(request, report, DISMISS_PAGE)


@report_page("GET", "POST", move=REOPEN)
def reopen(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a decided report up again."""
    return _decide(request, report, REOPEN_PAGE)


def _decide(request: SignedInRequest, report: Report, page: MovePage) -> HttpResponse:
    if request.method != "POST":
        if page.move not in moves_open_to(request.user, report):
            messages.warning(request, _("This cannot be done with the report as it stands."))
            return redirect("breaches:report", report.reference)
        return _shown(request, report, page, _unsent(report, page))
    form = page.form(request.POST)
    if not form.is_valid():
        return _shown(request, report, page, form)
    try:
        _act(request, report, page, form)
    except SomethingMissing as refused:
        if refused.field in form.fields:
            form.add_error(refused.field, str(refused))
        return _shown(request, report, page, form, remarks=getattr(refused, "remarks", ()))
    except MoveRefused as refused:
        return _refused(request, report, page, form, refused)
    messages.success(request, page.done)
    return redirect("breaches:report", report.reference)


def _act(request: SignedInRequest, report: Report, page: MovePage, form: MoveForm) -> None:
    at, details = timezone.now(), form.details()
    stale = form.cleaned_data["version"] != report.version
    if page.move == APPROVE:
        # The date of the report is part of what is approved, and midnight may have passed over the page.
        stale = stale or details.pop("content_sha256") != digest(sign_off.as_approved(report, at=at))
        details["render"] = pdf.render
    if stale:
        sentence = _("The report has changed since you read it; read it again before you decide.")
        raise SomebodyWasFaster(sentence)
    page.act(report, by=request.user, at=at, **details)


def _refused(
    request: SignedInRequest, report: Report, page: MovePage, form: MoveForm, refused: MoveRefused
) -> HttpResponse:
    """Say why a move was refused, or that it was already made where the same form was sent twice."""
    if moves.was_done_by(report, page.move, version=form.cleaned_data["version"], person=request.user):
        messages.success(request, page.done)
        return redirect("breaches:report", report.reference)
    typed = [
        {"label": field.label, "text": field.value() or ""} for field in form.visible_fields() if page.move != APPROVE
    ]
    context = {"report": report, "sentence": str(refused), "typed": typed}
    return render(request, "breaches/refused.html", context, status=409)


def _unsent(report: Report, page: MovePage) -> MoveForm:
    sha256 = digest(sign_off.as_approved(report, at=timezone.now()))
    return page.form(initial={"version": report.version, "content_sha256": sha256})


def _shown(
    request: SignedInRequest, report: Report, page: MovePage, form: MoveForm, *, remarks: Iterable[Remark] = ()
) -> HttpResponse:
    today = local_date(timezone.now())
    content, document = content_of(report), printing.laid_out(report, present(report))
    if page.move == APPROVE:
        content = sign_off.as_approved(report, at=timezone.now())
        document = lay_out(content, reference=report.reference, version=report.version, rehearsal=report.rehearsal)
    context = {
        "report": report,
        "form": form,
        "moves": moves_open_to(request.user, report),
        "document": document,
        "sections": [
            (wording.SECTIONS[section], reverse("breaches:section", args=[report.reference, section]))
            for section in Section
        ],
        "problems": [_linked(report, remark) for remark in remarks],
        "missing": [_linked(report, remark) for remark in (*missing(content), *impossible(content, today=today))],
        "warnings": _warnings(report, content),
        "content_sha256": digest(content),
        "today": today,
        "one_person": sign_off.wrote_or_submitted(report, request.user),
    }
    return render(request, page.template, context)


def _warnings(report: Report, content: ReportContent) -> list[dict[str, str]]:
    remarks = (*odd(content, today=local_date(timezone.now())), *practices.of_another_edition(content))
    if report.status not in DECIDED and is_untouched(present(report), "circumstances"):
        sentence = _("The circumstances are still the record’s own account: nobody has written what the cause was.")
        remarks = (*remarks, Remark(Section.CIRCUMSTANCES, "circumstances", sentence))
    return [_linked(report, remark) for remark in remarks]


def _linked(report: Report, remark: Remark) -> dict[str, str]:
    address = reverse("breaches:section", args=[report.reference, remark.section])
    return {"text": remark.sentence, "address": f"{address}#{_control(report, remark.field)}"}


def _control(report: Report, field: str) -> str:
    if field == "practices":
        # Before the first edition on record there is nothing to tick, only a box to write in.
        machine = from_json(report.machine) if report.machine else ReportContent()
        offered = practices.offered_for(content_of(report), machine=machine)
        return "id_practices" if any(practice.confirmed for practice in offered) else "id_other_practices"
    return CONTROLS.get(field, f"id_{field}")
