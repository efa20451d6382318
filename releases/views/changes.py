"""The register of changes of date, and putting the public reason of one of them right."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from releases.calendar import public_reasons
from releases.core.tables.files import Kind
from releases.forms.agreement_forms import CorrectReasonForm
from releases.forms.downloads import as_download, dated
from releases.models import DateChange, Producer
from releases.overview import date_register
from releases.permissions import Action
from releases.readers import register_export
from releases.views.finding import SignedInRequest, release_of_theirs
from releases.views.refusals import is_made, told_why
from releases.words import agreement_wording

CHANGES_ON_A_PAGE = 30
MOST_IN_A_FILE = 10_000


@login_required
@require_safe
def register(request: SignedInRequest) -> HttpResponse:
    """List the changes of date of the person's producers, of one of them or of the days of release alone."""
    producers, chosen = _producers(request)
    page = Paginator(_found(request, chosen), CHANGES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "producers": producers,
        "chosen": chosen,
        "on_the_day": _on_the_day(request),
        "kinds": list(Kind),
        "too_many": page.paginator.count > MOST_IN_A_FILE,
        "most": MOST_IN_A_FILE,
        "page": page,
        "rows": [{"change": change, "tags": agreement_wording.tags_of(change)} for change in page],
    }
    return render(request, "releases/changes.html", context)


@login_required
@require_safe
def export(request: SignedInRequest, kind: str) -> HttpResponse:
    """Give the changes that are listed as a file."""
    if kind not in set(Kind):
        message = f"There is no kind of file {kind}."
        raise Http404(message)
    found = _found(request, _producers(request)[1])
    if found.count() > MOST_IN_A_FILE:
        most = _("A file holds %(most)s changes at most: choose fewer.") % {"most": f"{MOST_IN_A_FILE:,}"}
        messages.error(request, most)
        return redirect(f"{resolve_url('releases:changes')}?{request.GET.urlencode()}")
    written = register_export.export(found, Kind(kind), title=_("Register of changes"))
    return as_download(written, Kind(kind), name=dated("date-changes", now=timezone.now()))


def _producers(request: SignedInRequest) -> tuple[list[Producer], Producer | None]:
    """Return the producers whose changes the person may read, and the one that they ask about."""
    producers = list(date_register.producers_of(request.user))
    if not producers:
        message = "There is no register for this person."
        raise Http404(message)
    wanted = request.GET.get("producer", "")
    chosen = next((producer for producer in producers if producer.slug == wanted), None)
    if wanted and chosen is None:
        message = "There is no such producer, or it is not theirs."
        raise Http404(message)
    return producers, chosen


def _on_the_day(request: SignedInRequest) -> bool:
    return request.GET.get("show") == "on-the-day"


def _found(request: SignedInRequest, chosen: Producer | None) -> QuerySet[DateChange]:
    slug = chosen.slug if chosen else ""
    return date_register.changes_of(request.user, producer=slug, on_the_day=_on_the_day(request))


@login_required
@require_http_methods(["GET", "POST"])
@told_why
def correct_reason(request: SignedInRequest, reference: str, version: int) -> HttpResponse:
    """Put the public reason of one change of date right."""
    release = release_of_theirs(request.user, reference, Action.CORRECT_REASON)
    change = get_object_or_404(release.date_changes.prefetch_related("corrections"), schedule_version=version)
    initial = {"reason": public_reasons.present(change), "seen": change.corrections.count()}
    form = CorrectReasonForm(request.POST if request.method == "POST" else None, initial=initial)
    public_reasons.check_correctable(change, by=request.user)
    if is_made(form, lambda: public_reasons.correct(change, by=request.user, at=timezone.now(), **form.cleaned_data)):
        messages.success(request, _("The public reason is corrected."))
        return redirect("releases:release", reference)
    return render(request, "releases/correct_reason.html", {"release": release, "change": change, "form": form})
