"""The pages by which an approved report leaves the house: send, sent outside, answer, correct, withdraw, close."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as lazy

from breaches.core.status import CLOSE, CORRECT, NOTE_ANSWER, SEND, WITHDRAW
from breaches.deciding import sending
from breaches.forms.sending import AnswerForm, CloseForm, NoticeForm, SendForm, SentOutsideForm
from breaches.models import Report
from breaches.views.access import report_page
from breaches.views.move_pages import MovePage, decide
from releases.views.base import SignedInRequest


def _recipient(request: SignedInRequest, report: Report) -> dict[str, Any]:
    return {"recipient": sending.recipient_of(report, by=request.user, office=settings.REPORT_RECIPIENT)}


SEND_PAGE = MovePage(
    SEND,
    SendForm,
    "breaches/send.html",
    sending.send,
    lazy("The report is on its way. This page says when the mail has left."),
    shows=_recipient,
)
SENT_OUTSIDE_PAGE = MovePage(
    SEND,
    SentOutsideForm,
    "breaches/sent_outside.html",
    sending.note_sent_outside,
    lazy("It is recorded that the report was sent."),
)
ANSWER_PAGE = MovePage(
    NOTE_ANSWER, AnswerForm, "breaches/answer.html", sending.note_answer, lazy("The answer is recorded.")
)
CORRECT_PAGE = MovePage(
    CORRECT, NoticeForm, "breaches/correct.html", sending.correct, lazy("The report is a draft again.")
)
WITHDRAW_PAGE = MovePage(
    WITHDRAW, NoticeForm, "breaches/withdraw.html", sending.withdraw, lazy("The report is withdrawn.")
)
CLOSE_PAGE = MovePage(CLOSE, CloseForm, "breaches/close.html", sending.close, lazy("The report is closed."))


@report_page("GET", "POST", move=SEND)
def send(request: SignedInRequest, report: Report) -> HttpResponse:
    """Send an approved report by mail, after reading to whom it goes."""
    return decide(request, report, SEND_PAGE)


@report_page("GET", "POST", move=SEND)
def sent_outside(request: SignedInRequest, report: Report) -> HttpResponse:
    """Record that an approved report was sent by other means."""
    return decide(request, report, SENT_OUTSIDE_PAGE)


@report_page("GET", "POST", move=NOTE_ANSWER)
def note_answer(request: SignedInRequest, report: Report) -> HttpResponse:
    """Record what was answered to a report."""
    return decide(request, report, ANSWER_PAGE)


@report_page("GET", "POST", move=CORRECT)
def correct(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a report that was sent up again, with notice to its recipient."""
    return decide(request, report, CORRECT_PAGE)


@report_page("GET", "POST", move=WITHDRAW)
def withdraw(request: SignedInRequest, report: Report) -> HttpResponse:
    """Withdraw a report that was sent, with notice to its recipient."""
    return decide(request, report, WITHDRAW_PAGE)


@report_page("GET", "POST", move=CLOSE)
def close(request: SignedInRequest, report: Report) -> HttpResponse:
    """Close a report of which nothing more is expected."""
    return decide(request, report, CLOSE_PAGE)
