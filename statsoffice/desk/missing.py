"""What coming releases lack, for the person at the desk: each warning leads to the page of exactly those releases."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from releases import overview
from releases.overview import Concern
from releases.permissions import Person
from releases.text import calendar

RELEASES_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Warned:
    """One thing that some releases lack: which, and in a sentence how many."""

    concern: Concern
    sentence: str


def of(person: Person, *, now: datetime) -> list[Warned]:
    """Return what the releases due within two weeks lack that a person may see.

    :param now: the aware instant from which on the two weeks count.
    """
    counted = overview.count_concerns(person, overview.MISSING, now=now)
    return [Warned(concern, calendar.concern_sentence(concern, count)) for concern, count in counted.items() if count]


@login_required
@require_safe
def listed(request: HttpRequest, concern: str) -> HttpResponse:
    """List the releases that need attention for one reason, with what there is to do about it.

    :raises Http404: if there is no such reason.
    """
    if concern not in set(Concern):
        message = "Nothing is listed under this name."
        raise Http404(message)
    asked = Concern(concern)
    found = overview.releases_of_concern(overview.visible_releases(request.user), asked, now=timezone.now())
    in_order = found.select_related("series__producer").order_by("planned_on", "planned_at", "title", "pk")
    context = {
        "concern": asked,
        "title": calendar.TITLES[asked],
        "advice": calendar.ADVICE[asked],
        "page": Paginator(in_order, RELEASES_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "desk/missing.html", context)
