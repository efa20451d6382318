"""The pages of the moves: check and submit, take back, return, approve, keep in the log, dismiss, reopen."""

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as lazy

from breaches.core.status import APPROVE, DISMISS, RECORD, REOPEN, RETURN, SUBMIT, TAKE_BACK
from breaches.deciding import sign_off
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
from breaches.views.access import report_page
from breaches.views.move_pages import MovePage, decide, shown, unsent
from releases.views.base import SignedInRequest

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
    return shown(request, report, CHECK, unsent(request, report, CHECK))


@report_page("POST", move=SUBMIT)
def submit(request: SignedInRequest, report: Report) -> HttpResponse:
    """Submit a report to the Head of Profession."""
    return decide(request, report, CHECK)


@report_page("GET", "POST", move=TAKE_BACK)
def take_back(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a submitted report back to go on writing."""
    return decide(request, report, TAKE_BACK_PAGE)


@report_page("GET", "POST", move=RETURN)
def return_(request: SignedInRequest, report: Report) -> HttpResponse:
    """Return a report to those who write it."""
    return decide(request, report, RETURN_PAGE)


@report_page("GET", "POST", move=APPROVE)
def approve(request: SignedInRequest, report: Report) -> HttpResponse:
    """Approve a report, after reading what that means."""
    return decide(request, report, APPROVE_PAGE)


@report_page("GET", "POST", move=RECORD)
def record(request: SignedInRequest, report: Report) -> HttpResponse:
    """Keep a breach in the office's own log, with a reason, and do not report it."""
    return decide(request, report, RECORD_PAGE)


@report_page("GET", "POST", move=DISMISS)
def dismiss(request: SignedInRequest, report: Report) -> HttpResponse:
    """Dismiss a suspicion with a reason."""
    return decide(request, report, DISMISS_PAGE)


@report_page("GET", "POST", move=REOPEN)
def reopen(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a decided report up again."""
    return decide(request, report, REOPEN_PAGE)
