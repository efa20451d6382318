"""The register of changes of date."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from releases import agreement_wording, date_register
from releases.views.finding import SignedInRequest

CHANGES_ON_A_PAGE = 30


@login_required
@require_safe
def register(request: SignedInRequest) -> HttpResponse:
    """List the changes of date of the person's producers, of one of them or of the days of release alone."""
    producers = list(date_register.producers_of(request.user))
    if not producers:
        message = "There is no register for this person."
        raise Http404(message)
    wanted = request.GET.get("producer", "")
    chosen = next((producer for producer in producers if producer.slug == wanted), None)
    if wanted and chosen is None:
        message = "There is no such producer, or it is not theirs."
        raise Http404(message)
    on_the_day = request.GET.get("show") == "on-the-day"
    found = date_register.changes_of(request.user, producer=wanted, on_the_day=on_the_day)
    page = Paginator(found, CHANGES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "producers": producers,
        "chosen": chosen,
        "on_the_day": on_the_day,
        "page": page,
        "rows": [{"change": change, "tags": agreement_wording.tags_of(change)} for change in page],
    }
    return render(request, "releases/changes.html", context)
