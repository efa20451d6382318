"""Pages to publish and unpublish statements about breaches, and the public pages of these statements."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models.fields.json import KT
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from breaches import publication, text
from breaches.forms import remark_field
from breaches.models import Report
from breaches.models.choices import KIND_CHOICES
from breaches.permissions import Action, declared_own_act
from breaches.rules import public_statement
from breaches.rules.lifecycle import (
    MADE_PUBLIC,
    TAKEN_FROM_PUBLIC,
)
from breaches.rules.public_statement import PublicStatement, statement_from_json
from breaches.versions import SOMEBODY_ELSE_DECIDES
from breaches.views.base import NOT_DONE, MoveForm, is_outdated, refuse_form, report_page, return_to_report
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused
from releases.views.base import SignedInRequest
from releases.views.list_order import Column, ListOrder, place_in

STATEMENTS_ON_A_PAGE = 30


def require_public_statements[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Decorate a view to return 404 unless the setting `BREACHES_PUBLIC` is on."""

    @wraps(view)
    def page(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.BREACHES_PUBLIC:
            raise Http404("This office does not publish statements about breaches.")
        return view(*args, **kwargs)

    return page


@require_public_statements
@require_safe
def statements(request: HttpRequest) -> HttpResponse:
    order = ListOrder(request.GET, statement_columns(), default="-date")
    found = order.sort(publication.listed_statements())
    page = Paginator(found, STATEMENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    outputs = publication.name_outputs([published for published in page if published.corrected_since])
    rows = [
        {
            **published_row(published),
            "corrected_since": published.corrected_since,
            "due": sorted({one.due_at for one in outputs.get(published.pk, ()) if one.due_at}),
        }
        for published in page
    ]
    return render(request, "breaches/public/statements.html", {"order": order, "page": page, "rows": rows})


def statement_columns() -> dict[str, Column]:
    """Return the columns of the public list. Titles and kinds are sorted by their values in the statement."""
    return {
        "date": Column(_("Date"), publication.STATED_DAY, descending_first=True),
        "title": Column(_("Title"), Lower(KT("statement__outputs__0__title"))),
        "kind": Column(_("Kind"), place_in(KIND_CHOICES, field="statement__kind")),
    }


@require_public_statements
@require_safe
def statement(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the public statement about a report.

    If the report is being corrected, show only a notice that says so and names the statistics of the last statement.
    """
    published = publication.published_statements().filter(report__reference=reference).first()
    if published is None:
        correction = publication.find_correction(get_object_or_404(Report, reference=reference))
        if correction is None:
            raise Http404("There is no public statement about this report.")
        outputs = publication.name_outputs([correction.published])[correction.published.pk]
        context = {"correction": correction, "outputs": outputs}
        return render(request, "breaches/public/being_corrected.html", context)
    reported = publication.reported_dates(published.report)
    earlier = publication.find_earlier_publication(published)
    context = {"row": published_row(published), "reported": reported, "earlier": earlier, "public_page": True}
    return render(request, "breaches/public/statement.html", context)


class PublishForm(MoveForm):
    """Form to publish a statement. `seen` is the digest of the statement that the person read."""

    seen = forms.CharField(widget=forms.HiddenInput)
    read = forms.BooleanField(
        label=lazy("I have read the text on this page and it does not name any person"),
        error_messages={"required": lazy("Confirm that you have read the text and that it does not name any person")},
    )


class WithdrawStatementForm(MoveForm):
    words = remark_field(lazy("Reason for unpublishing (optional)"), lazy("Your reason is part of the history."))


@require_public_statements
@report_page("GET", "POST", action=Action.PUBLISH)
def publish_statement_view(request: SignedInRequest, report: Report) -> HttpResponse:
    if declared_own_act(request.user, report):
        return return_to_report(request, report, str(SOMEBODY_ELSE_DECIDES))
    statement = publication.preview_statement(report, now=timezone.now())
    digest = public_statement.statement_digest(statement)
    form = PublishForm(request.POST or None, initial={"last_change": report.last_change, "seen": digest})
    is_valid, done = form.is_valid(), _("The report is published. Anyone can read it.")
    if form.is_bound and is_outdated(form, report):
        return refuse_form(request, report, form, ChangedMeanwhile(NOT_DONE), kind=MADE_PUBLIC, done=done)
    if publication.is_public(report):
        return return_to_report(request, report, _("This report is already public."))
    try:
        publication.check_publishable(report)
    except MoveRefused as refusal:
        return return_to_report(request, report, str(refusal))
    if is_valid:
        try:
            publication.publish_statement(report, seen=form.cleaned_data["seen"], by=request.user, at=timezone.now())
        except ChangedMeanwhile as refusal:
            messages.warning(request, str(refusal))
            return redirect("breaches:publish", report.reference)
        return return_to_report(request, report, done, messages.SUCCESS)
    context = {
        "report": report,
        "form": form,
        "row": statement_row(statement),
        "due": publication.find_due_to_come(report, now=timezone.now()),
        "reported": publication.reported_dates(report),
    }
    return render(request, "breaches/publish.html", context)


@require_public_statements
@report_page("GET", "POST", action=Action.PUBLISH)
def withdraw_statement_view(request: SignedInRequest, report: Report) -> HttpResponse:
    if declared_own_act(request.user, report):
        return return_to_report(request, report, str(SOMEBODY_ELSE_DECIDES))
    form = WithdrawStatementForm(request.POST or None, initial={"last_change": report.last_change})
    is_valid, done = form.is_valid(), _("Public page removed.")
    if form.is_bound and is_outdated(form, report):
        return refuse_form(request, report, form, ChangedMeanwhile(NOT_DONE), kind=TAKEN_FROM_PUBLIC, done=done)
    if is_valid:
        try:
            publication.withdraw_statement(report, words=form.cleaned_data["words"], by=request.user, at=timezone.now())
        except MoveRefused as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, done)
        return redirect("breaches:report", report.reference)
    if report.published_id is None:
        return return_to_report(request, report, _("This report is not public."))
    context = {"report": report, "form": form, "is_public": publication.is_public(report)}
    return render(request, "breaches/unpublish.html", context)


def published_row(published: Any) -> dict[str, Any]:
    """:param published: a row of `publication.published_statements`."""
    return {
        "reference": published.report.reference,
        "published_at": published.at,
        "was_sent": published.was_sent,
        **statement_row(statement_from_json(published.statement)),
    }


def statement_row(statement: PublicStatement) -> dict[str, Any]:
    return {
        "statement": statement,
        "title": "; ".join(output.title for output in statement.outputs),
        "kind": text.join_kinds(statement.all_kinds),
    }
