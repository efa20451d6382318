"""The page of the Code of Practice: its editions, their source, and the wording that the office settles."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from breaches.core.status import APPROVE
from breaches.forms.code_of_practice import WordingForm
from breaches.models import Edition, Practice, Report
from breaches.permissions import Action, may_settle_wording, moves_open_to, reports_where
from breaches.reports import practices
from breaches.reports.versions import content_of
from releases.rules.lifecycle import ChangedMeanwhile
from releases.views.base import SignedInRequest


@login_required
@require_safe
def code(request: SignedInRequest) -> HttpResponse:
    """Show the editions of the Code, the latest first; those that a report to approve cites come before all others."""
    _check_may_settle(request)
    report = _report_to_approve(request)
    context = {
        "editions": Edition.objects.order_by("-in_force_from").prefetch_related("practices__settled_by"),
        "report": report,
        "of_report": _unsettled_in(report) if report else [],
    }
    return render(request, "breaches/code_of_practice.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def settle(request: SignedInRequest, practice: int) -> HttpResponse:
    """Ask for the wording of one practice and its source, and settle it for the office."""
    _check_may_settle(request)
    found = get_object_or_404(Practice.objects.select_related("edition", "settled_by"), pk=practice)
    report = _report_to_approve(request)
    initial = {
        "seen": found.settled_mark,
        "wording": found.wording,
        "source": found.source,
        "source_url": found.source_url,
    }
    form = WordingForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if form.is_valid():
        try:
            found = practices.settle(found, **form.cleaned_data, by=request.user, at=timezone.now())
        except ChangedMeanwhile as faster:
            # What was typed stays; what the other person settled is shown above it.
            found.refresh_from_db()
            form = WordingForm({**request.POST.dict(), "seen": found.settled_mark})
            form.add_error(None, str(faster))
            status = 409
        else:
            messages.success(request, _("The wording of %(practice)s is settled.") % {"practice": found})
            address = reverse("breaches:code_of_practice")
            return redirect(f"{address}?report={report.reference}" if report else f"{address}#practice-{found.pk}")
    context = {"practice": found, "form": form, "report": report}
    return render(request, "breaches/settle_wording.html", context, status=status)


def _check_may_settle(request: SignedInRequest) -> None:
    if not may_settle_wording(request.user):
        message = "There is no such page for this person."
        raise Http404(message)


def _report_to_approve(request: SignedInRequest) -> Report | None:
    """Return the report whose approval led to the page, if the person may still approve it."""
    reference = request.GET.get("report", "")
    report = reports_where(request.user, Action.VIEW).select_related("producer").filter(reference=reference).first()
    return report if report and APPROVE in moves_open_to(request.user, report) else None


def _unsettled_in(report: Report) -> list[Practice]:
    cited = practices.cited_by(report, practices.with_settled_wording(content_of(report)))
    return [one.row for one in cited if one.row is not None and not one.cited.confirmed]
