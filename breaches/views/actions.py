"""The pages of a report's corrective actions: the list, one to write or change, and doing it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from breaches.completing import actions
from breaches.forms.actions import ActionForm
from breaches.models import CorrectiveAction, Report
from breaches.permissions import may_write_or_decide
from breaches.views.access import report_page
from releases.rules.canonical import canonical_json, sha256_hex
from releases.rules.lifecycle import MoveRefused
from releases.rules.london import local_date
from releases.views.base import SignedInRequest


@report_page("GET")
def listed(request: SignedInRequest, report: Report) -> HttpResponse:
    """List the corrective actions of a report."""
    context = {
        "report": report,
        "actions": actions.of_report(report),
        "may_write": may_write_or_decide(request.user, report),
        "today": local_date(timezone.now()),
    }
    return render(request, "breaches/actions.html", context)


@report_page("GET", "POST")
def add(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask for a corrective action, and write it down."""
    _require_writer(request, report)
    form = ActionForm(request.POST if request.method == "POST" else None, series=actions.series_of(report))
    if form.is_valid():
        series = form.cleaned_data["next_release_of"]
        actions.add(report, form.plan(), next_release_of=series, by=request.user, at=timezone.now())
        messages.success(request, _("The action is kept."))
        return redirect("breaches:actions", report.reference)
    return render(request, "breaches/action.html", {"report": report, "form": form})


@report_page("GET", "POST")
def change(request: SignedInRequest, report: Report, action: int) -> HttpResponse:
    """Ask what an action is to say instead, and change it; what somebody else wrote meanwhile is shown beside."""
    _require_writer(request, report)
    found = get_object_or_404(actions.of_report(report), pk=action)
    plan, seen = actions.plan_of(found), _seen(found)
    form = ActionForm(
        request.POST if request.method == "POST" else None,
        series=None,
        initial={"text": plan.text, "term": plan.term, "owner": plan.owner, "due": plan.due, "seen": seen},
    )
    theirs = None
    if form.is_valid():
        if form.cleaned_data["seen"] == seen:
            try:
                actions.change(found, form.plan(), by=request.user, at=timezone.now())
            except MoveRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("The action is changed."))
                return redirect("breaches:actions", report.reference)
        elif form.plan() == plan:
            return redirect("breaches:actions", report.reference)
        else:
            theirs, data = found, request.POST.copy()
            data["seen"] = seen
            form = ActionForm(data, series=None)
    status = 409 if theirs else 200
    return render(request, "breaches/action.html", {"report": report, "form": form, "theirs": theirs}, status=status)


@report_page("POST")
def finish(request: SignedInRequest, report: Report, action: int) -> HttpResponse:
    """Put an action down as done, or as open again."""
    _require_writer(request, report)
    found = get_object_or_404(actions.of_report(report), pk=action)
    done = request.POST.get("done") == "yes"
    try:
        actions.finish(found, done=done, by=request.user, at=timezone.now())
    except MoveRefused as refused:
        messages.info(request, str(refused))
    else:
        messages.success(request, _("The action is done.") if done else _("The action is open again."))
    return redirect("breaches:actions", report.reference)


def _seen(action: CorrectiveAction) -> str:
    plan = actions.plan_of(action)
    said = [plan.text, plan.term, plan.owner, plan.due.isoformat() if plan.due else None]
    return sha256_hex(canonical_json({"said": said}))[:16]


def _require_writer(request: SignedInRequest, report: Report) -> None:
    if not may_write_or_decide(request.user, report):
        message = "There is no such page, or it is not yours."
        raise Http404(message)
