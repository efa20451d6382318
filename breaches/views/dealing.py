"""The page on which somebody says that they are dealing with a suspected breach, or who else is."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from breaches.completing import dealing
from breaches.forms.dealing import DealingForm
from breaches.models import Report
from breaches.permissions import Action, may
from breaches.views.access import report_page
from releases.rules.lifecycle import MoveRefused
from releases.views.base import SignedInRequest


@report_page("GET", "POST")
def deal(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask who is dealing with a report, and put them down."""
    if not may(request.user, Action.DEAL, report):
        message = "There is no such page, or it is not yours."
        raise Http404(message)
    was = str(report.person_dealing_id or "")
    form = DealingForm(
        request.POST if request.method == "POST" else None,
        people=dealing.people(report),
        initial={"was": was, "person": report.person_dealing_id},
    )
    if request.method == "GET" and (sentence := dealing.why_nobody(report)):
        messages.info(request, sentence)
        return redirect("breaches:report", report.reference)
    if form.is_valid():
        return _put_down(request, report, form)
    return render(request, "breaches/dealing.html", {"report": report, "form": form})


def _put_down(request: SignedInRequest, report: Report, form: DealingForm) -> HttpResponse:
    person = form.cleaned_data["person"]
    changed_meanwhile = form.cleaned_data["was"] != str(report.person_dealing_id or "")
    if changed_meanwhile and person != report.person_dealing:
        sentence = _("%(person)s is dealing with it by now; nothing was changed.")
        messages.warning(request, sentence % {"person": report.person_dealing})
        return redirect("breaches:dealing", report.reference)
    try:
        dealing.put_down(report, person=person, by=request.user, at=timezone.now())
    except MoveRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("%(person)s is dealing with this report.") % {"person": person})
    return redirect("breaches:report", report.reference)
