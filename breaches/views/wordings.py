"""The page on which a lead confirms the wording of the practices that a report cites."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from breaches.completing import wordings
from breaches.core.content import from_json
from breaches.forms.wordings import WordingsForm
from breaches.models import Report
from breaches.reports.versions import content_of
from breaches.views.access import SignedInRequest, report_page
from releases.core.lifecycle import MoveRefused
from releases.core.roles import LEADS
from releases.permissions import roles_of


@report_page("GET", "POST")
def settle(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask of each practice that nobody has compared with the Code whether it is cited, and in which wording."""
    if not LEADS & roles_of(request.user, report.producer):
        message = "There is no such page, or it is not yours."
        raise Http404(message)
    content = content_of(report)
    if request.method == "POST" and request.POST.get("version", "").isdecimal():
        # What was asked is what the report cited when the page was read.
        read = report.versions.filter(number=int(request.POST["version"])).first()
        content = from_json(read.content) if read else content
    practices = wordings.unconfirmed(content)
    if not practices or (request.method == "GET" and not wordings.may_confirm(request.user, report)):
        messages.info(request, _("No wording is to be confirmed now."))
        return redirect("breaches:report", report.reference)
    form = WordingsForm(
        request.POST if request.method == "POST" else None,
        practices=practices,
        initial={"version": report.version},
    )
    if form.is_valid():
        version = form.cleaned_data["version"]
        try:
            wordings.settle(report, form.wordings(), expected_version=version, by=request.user, at=timezone.now())
        except MoveRefused as refused:
            typed = [{"label": field.label, "text": field.value() or ""} for field in form.visible_fields()]
            context = {"report": report, "sentence": str(refused), "typed": typed}
            return render(request, "breaches/refused.html", context, status=409)
        messages.success(request, _("The wording is settled for this report."))
        return redirect("breaches:approve", report.reference)
    return render(request, "breaches/wordings.html", {"report": report, "form": form})
