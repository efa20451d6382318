"""The page on which somebody declares that a report is about their own act."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from breaches.completing import own_acts
from breaches.core.status import TOLD_ELSEWHERE
from breaches.forms.own_acts import OwnActForm
from breaches.models import Report
from breaches.permissions import declared_own_act, may_write_or_decide
from breaches.views.access import report_page
from releases.views.base import SignedInRequest


@report_page("GET", "POST")
def declare(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask whether the report is about something that the person did, and keep that it is."""
    if not may_write_or_decide(request.user, report):
        message = "There is no such report, or it is not yours."
        raise Http404(message)
    if declared_own_act(request.user, report):
        messages.info(request, _("You have declared that this report is about your own act."))
        return redirect("breaches:report", report.reference)
    if report.status in TOLD_ELSEWHERE:
        messages.warning(request, _("This is told in another report now: declare it there."))
        return redirect("breaches:report", report.reference)
    form = OwnActForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        own_acts.declare(report, by=request.user, at=timezone.now(), words=form.cleaned_data["words"])
        messages.success(request, _("It is kept that this report is about your own act. Somebody else decides on it."))
        return redirect("breaches:report", report.reference)
    return render(request, "breaches/own_act.html", {"report": report, "form": form})
