"""Making a report public, and taking it back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from breaches.core.changes import MADE_PUBLIC, TAKEN_FROM_PUBLIC
from breaches.core.printed import public_statement
from breaches.core.status import Kind
from breaches.deciding import publishing
from breaches.forms.publishing import PublishForm, TakeBackForm
from breaches.models import Report
from breaches.permissions import Action, declared_own_act
from breaches.reports.moves import SOMEBODY_ELSE_DECIDES
from breaches.views.access import report_page
from breaches.views.move_pages import NOT_DONE, is_outdated, refuse
from breaches.views.transparency import if_public, title_of
from breaches.words import wording
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused
from releases.views.base import SignedInRequest


@if_public
@report_page("GET", "POST", action=Action.PUBLISH)
def publish(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show what would be public, and make it so."""
    if declared_own_act(request.user, report):
        return _left_to_others(request, report)
    statement = publishing.preview(report, now=timezone.now())
    seen = public_statement.digest(statement)
    form = PublishForm(request.POST or None, initial={"last_change": report.last_change, "seen": seen})
    is_valid, done = form.is_valid(), _("Anyone can read it now.")
    if form.is_bound and is_outdated(form, report):
        return refuse(request, report, form, ChangedMeanwhile(NOT_DONE), kind=MADE_PUBLIC, done=done)
    if publishing.is_public(report) or not publishing.may_be_published(report):
        messages.warning(request, _("This cannot be done with the report as it stands."))
        return redirect("breaches:report", report.reference)
    if is_valid:
        try:
            publishing.publish(report, seen=form.cleaned_data["seen"], by=request.user, at=timezone.now())
        except ChangedMeanwhile as refusal:
            messages.warning(request, str(refusal))
            return redirect("breaches:publish", report.reference)
        messages.success(request, done)
        return redirect("breaches:report", report.reference)
    row = {"statement": statement, "title": title_of(statement), "kind": wording.KINDS[Kind(statement.kind)]}
    context = {"report": report, "form": form, "row": row, "reported": publishing.reported(report)}
    return render(request, "breaches/publish.html", context)


@if_public
@report_page("GET", "POST", action=Action.PUBLISH)
def take_back(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a report back from the public."""
    if declared_own_act(request.user, report):
        return _left_to_others(request, report)
    form = TakeBackForm(request.POST or None, initial={"last_change": report.last_change})
    is_valid, done = form.is_valid(), _("It is no longer public.")
    if form.is_bound and is_outdated(form, report):
        return refuse(request, report, form, ChangedMeanwhile(NOT_DONE), kind=TAKEN_FROM_PUBLIC, done=done)
    if is_valid:
        try:
            publishing.take_back(report, words=form.cleaned_data["words"], by=request.user, at=timezone.now())
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
