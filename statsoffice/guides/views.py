"""The guides, for those whose work they tell of, and the accessibility statement, for everybody."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from statsoffice.guides.roles import GUIDES, Guide, guides_for


@login_required
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """List the guides that are written for the person who asks."""
    rows = [{"guide": guide, "title": GUIDES[guide].title, "tells": GUIDES[guide].tells} for guide in _theirs(request)]
    return render(request, "guides/guides.html", {"rows": rows})


@login_required
@require_safe
def guide(request: HttpRequest, guide: str) -> HttpResponse:
    """Show one guide.

    :raises Http404: if there is none of this name for any role of theirs.
    """
    if guide not in _theirs(request):
        message = "There is no such guide for them."
        raise Http404(message)
    asked = Guide(guide)
    return render(request, f"guides/{asked.name.lower()}.html", {"title": GUIDES[asked].title})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Show the accessibility statement, which says no more than what was tested."""
    return render(request, "guides/accessibility.html", {"contact": settings.ACCESSIBILITY_CONTACT})


def _theirs(request: HttpRequest) -> list[Guide]:
    return guides_for(request.user)
