"""Importing a file: upload, see what it would do, confirm or discard, and watch it being done."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from releases.core.import_status import WAITING, ImportStatus
from releases.core.lifecycle import MoveRefused, SomethingMissing
from releases.core.tables.files import Kind
from releases.exchange import import_turn, imports
from releases.exchange.import_file import Fault
from releases.exchange.import_steps import Made, Outcome, Taken
from releases.forms.exchange_forms import ConfirmForm, UploadForm
from releases.models import CalendarImport
from releases.views.finding import SignedInRequest
from releases.views.live_part import signed_in_part
from releases.views.refusals import put_on_field
from releases.words import import_wording

ROWS_PER_PAGE = 50
IMPORTS_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file in words: its number, what it calls itself, its outcome as a tag, and what or why."""

    number: int
    reference: str
    title: str
    outcome: Promise
    colour: str
    steps: list[str]
    faults: tuple[Fault, ...]
    is_there: bool


@login_required
@require_http_methods(["GET", "POST"])
def imports_page(request: SignedInRequest) -> HttpResponse:
    """Ask for a file, and list the person's earlier ones."""
    _require_keeper(request)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        file = form.cleaned_data["file"]
        new = imports.upload(
            file.read(),
            name=file.name,
            create_missing=form.cleaned_data["create_missing"],
            by=request.user,
            at=timezone.now(),
        )
        return redirect("exchange:import", new.public_id)
    page = Paginator(imports.of(request.user), IMPORTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "exchange/imports.html", {"form": form, "page": page, "kinds": list(Kind)})


@login_required
@require_safe
def show(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show where an import stands: its progress, its preview, or what was done."""
    return _show(request, _theirs(request, public_id))


@signed_in_part
@require_safe
def progress(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Bring the progress up to date; once the import has moved on, lead to its page."""
    found = _theirs(request, public_id)
    if found.status != request.GET.get("status"):
        return HttpResponseClientRedirect(resolve_url("exchange:import", public_id))
    if str(found.rows_done) == request.GET.get("done"):
        return HttpResponse(status=204)
    return render(request, "exchange/progress.html", _progress(found))


@login_required
@require_POST
def confirm(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Let what was shown be done; a second time does nothing."""
    found = _theirs(request, public_id)
    form = ConfirmForm(request.POST, any_refused=bool(imports.counts_of(found)[Outcome.REFUSED]))
    if form.is_valid():
        skip = form.cleaned_data.get("skip_refused", False)
        try:
            imports.confirm(found, skip_refused=skip, by=request.user, at=timezone.now())
        except SomethingMissing as refusal:
            put_on_field(form, refusal)
            return _show(request, found, form=form)
        except MoveRefused as refusal:
            if found.status == ImportStatus.CHECKED:
                messages.error(request, str(refusal))
    return redirect("exchange:import", public_id)


@login_required
@require_POST
def discard(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """End an import without changing anything."""
    found = _theirs(request, public_id)
    try:
        imports.discard(found, by=request.user, at=timezone.now())
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("exchange:import", public_id)
    messages.success(request, _("%(file)s is discarded; nothing in the calendar was changed.") % {"file": found})
    return redirect("exchange:imports")


def _require_keeper(request: SignedInRequest) -> None:
    if not imports.may_import(request.user):
        message = "There is no calendar of theirs."
        raise Http404(message)


def _theirs(request: HttpRequest, public_id: uuid.UUID) -> CalendarImport:
    return get_object_or_404(imports.of(request.user), public_id=public_id)


def _show(request: SignedInRequest, found: CalendarImport, *, form: ConfirmForm | None = None) -> HttpResponse:
    if found.status in WAITING:
        return render(request, "exchange/waiting.html", _progress(found))
    counts = imports.counts_of(found)
    chosen = request.GET.get("show", "")
    rows = found.rows.filter(outcome=chosen) if chosen in set(Outcome) else found.rows.all()
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    changes = counts[Outcome.ADDED] + counts[Outcome.CHANGED]
    context: dict[str, Any] = {
        "import": found,
        "counts": [
            (each, import_wording.OUTCOMES[each], import_wording.COLOURS[each], count) for each, count in counts.items()
        ],
        "changes": changes,
        "rows_total": sum(counts.values()),
        "makes": [import_wording.made_in_words(Made.from_json(made)) for made in found.makes],
        "chosen": chosen,
        "page": page,
        "lines": [_line(imports.taken_of(row), found) for row in page],
    }
    if found.status == ImportStatus.CHECKED and changes:
        context["cancels"] = imports.cancelled_by(found)
        context["form"] = form or ConfirmForm(any_refused=bool(counts[Outcome.REFUSED]))
        context["form"].helper.form_action = resolve_url("exchange:confirm_import", found.public_id)
    return render(request, f"exchange/{found.status}.html", context)


def _progress(found: CalendarImport) -> dict[str, Any]:
    waits = found.status == ImportStatus.CONFIRMED and not import_turn.is_quiet(now=timezone.now())
    return {"import": found, "waits_for_quiet": waits}


def _line(taken: Taken, found: CalendarImport) -> Line:
    applied = found.status == ImportStatus.APPLIED
    return Line(
        number=taken.number,
        reference=taken.reference,
        title=taken.title,
        outcome=import_wording.OUTCOMES[taken.outcome],
        colour=import_wording.COLOURS[taken.outcome],
        steps=[import_wording.step_in_words(step) for step in taken.steps],
        faults=taken.faults,
        is_there=taken.outcome in {Outcome.CHANGED, Outcome.UNCHANGED} or (applied and taken.outcome is Outcome.ADDED),
    )
