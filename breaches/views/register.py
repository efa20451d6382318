"""The register of all reports, as it is filtered."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from breaches.core.content import from_json
from breaches.core.status import ReportStatus
from breaches.forms.register import RegisterForm
from breaches.models import Report
from breaches.permissions import Action
from breaches.registers import register
from breaches.words import wording
from releases.rules.london import format_day
from releases.views.base import SignedInRequest

REPORTS_ON_A_PAGE = 30


@login_required
@require_safe
def register_page(request: SignedInRequest) -> HttpResponse:
    """List the reports of the person's producers, as they filter them."""
    form = form_of(request)
    wanted = form.wanted()
    found = register.reports(wanted, by=request.user) if wanted else Report.objects.none()
    page = Paginator(found.values_list("pk", flat=True), REPORTS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [_row(report) for report in register.listed(list(page))],
        "may_export": register.producers_of(request.user, action=Action.DOWNLOAD).exists(),
        "many_producers": len(form.producers) > 1,
        "narrowed": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "breaches/register.html", context)


def form_of(request: SignedInRequest) -> RegisterForm:
    """Return the form of what the address asks for.

    :raises Http404: if the person may read no producer's register.
    """
    form = RegisterForm(request.GET, by=request.user)
    if not form.producers:
        message = "There is no register for this person."
        raise Http404(message)
    return form


def _row(report: Report) -> dict[str, Any]:
    content = from_json(report.standing[0].content)  # type: ignore[attr-defined]  # by the prefetch
    status, colour = wording.STATUSES[ReportStatus(report.status)]
    return {
        "report": report,
        "title": "; ".join(output.title for output in content.outputs) or report.reference,
        "kind": wording.kind_of(report),
        "occurred": [format_day(on) for on in sorted(content.occurred_on)],
        "practices": ", ".join(dict.fromkeys(practice.code for practice in content.practices)),
        "status": status,
        "colour": colour,
        "reason": wording.reason_of(report),
    }
