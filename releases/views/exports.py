"""The releases that a person may see as a list, and the files that are made of it; templates, and what they mean."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from releases.core.tables.files import Kind
from releases.core.tables.table import MOST_ROWS
from releases.exchange import imports
from releases.forms.downloads import as_download, dated
from releases.forms.exchange_forms import SelectionForm
from releases.overview.selection import selected
from releases.permissions import Action, producers_where
from releases.readers import calendar_export
from releases.readers.calendar_export import TooManyReleases
from releases.views.finding import SignedInRequest
from releases.words import import_guide

RELEASES_PER_PAGE = 50


@login_required
@require_safe
def release_list(request: SignedInRequest) -> HttpResponse:
    """List the releases of the person's producers, as they filter them."""
    form = _form(request)
    found = selected(form.selection(), by=request.user)
    page = Paginator(found, RELEASES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "kinds": list(Kind),
        "too_many": page.paginator.count > MOST_ROWS,
        "most": MOST_ROWS,
        "may_import": imports.may_import(request.user),
    }
    return render(request, "exchange/release_list.html", context)


@login_required
@require_safe
def export(request: SignedInRequest, kind: str) -> HttpResponse:
    """Give the releases that are listed as a file."""
    form = _form(request)
    if not form.is_valid():
        return redirect(f"{resolve_url('exchange:release_list')}?{request.GET.urlencode()}")
    try:
        content = calendar_export.export(
            selected(form.selection(), by=request.user),
            _kind(kind),
            title=_("Releases"),
            by=request.user,
            contacts=request.GET.get("contacts") == "yes",
        )
    except TooManyReleases as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{resolve_url('exchange:release_list')}?{request.GET.urlencode()}")
    return as_download(content, _kind(kind), name=dated("releases", now=timezone.now()))


@login_required
@require_safe
def template(request: SignedInRequest, kind: str) -> HttpResponse:
    """Give a file to be filled in."""
    _require_keeper(request)
    producer = producers_where(request.user, Action.EDIT).first()
    content = calendar_export.template(_kind(kind), producer=str(producer), now=timezone.now())
    return as_download(content, _kind(kind), name="calendar-template")


@login_required
@require_safe
def columns(request: SignedInRequest) -> HttpResponse:
    """Say what each column of a calendar file means."""
    _require_keeper(request)
    return render(request, "exchange/columns.html", {"entries": import_guide.entries(), "kinds": list(Kind)})


def _form(request: SignedInRequest) -> SelectionForm:
    theirs = producers_where(request.user, Action.VIEW)
    if not theirs:
        message = "They hold no role for any producer."
        raise Http404(message)
    return SelectionForm(request.GET, producers=theirs)


def _require_keeper(request: SignedInRequest) -> None:
    if not imports.may_import(request.user):
        message = "There is no calendar of theirs."
        raise Http404(message)


def _kind(kind: str) -> Kind:
    if kind not in set(Kind):
        message = f"There is no kind of file {kind}."
        raise Http404(message)
    return Kind(kind)
