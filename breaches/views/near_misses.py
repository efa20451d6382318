"""The log of near misses: read from what is on record, for those who may view reports."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from breaches.forms.near_misses import NearMissForm
from breaches.permissions import producers_read
from breaches.registers import near_misses
from breaches.registers.near_misses import NearMiss
from releases.text import preflight
from releases.views.base import SignedInRequest

NEAR_MISSES_ON_A_PAGE = 30


@login_required
@require_safe
def log(request: SignedInRequest) -> HttpResponse:
    """List what nearly became a breach, of the person's producers, of one of them, of a series or of a period."""
    producers = producers_read(request.user)
    if not producers.exists():
        message = "There is no such page for this person."
        raise Http404(message)
    form = NearMissForm(request.GET, producers=producers)
    asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    chosen = asked.get("producer")
    # What cannot be read asks for nothing that would look like an answer.
    found = near_misses.releases_of(
        [chosen] if chosen else producers,
        now=timezone.now(),
        series=asked.get("series"),
        first=asked.get("first"),
        last=asked.get("last"),
    )
    page = Paginator(found if form.is_valid() else found.none(), NEAR_MISSES_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    rows = [_listed(miss) for miss in near_misses.told(list(page))]
    is_narrowed = any(asked.values())
    context = {"form": form, "page": page, "rows": rows, "is_narrowed": is_narrowed}
    return render(request, "breaches/near_misses.html", context)


def _listed(miss: NearMiss) -> dict[str, Any]:
    findings = preflight.finding_codes(miss.mended.found.findings) if miss.mended else []
    return {
        "miss": miss,
        "problems": [
            preflight.finding_sentence(finding, planned=miss.release.due_at)
            for finding in findings
            if finding.is_problem
        ],
    }
