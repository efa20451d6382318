"""The public release calendar, month by month."""

from datetime import date

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from releases import london, public
from releases.public import Month, Shown

RELEASES_PER_PAGE = 50


@require_safe
def calendar(request: HttpRequest, year: int | None = None, month: int = 1) -> HttpResponse:
    """Show the announced releases of a month: of this one in London, if the address names none."""
    now = timezone.now()
    today = london.local_date(now)
    try:
        shown_month = Month(date(year, month, 1) if year is not None else today.replace(day=1))
        before, after = public.neighbours(shown_month)
        wanted = request.GET.get("show", "")
        show = Shown(wanted) if wanted in set(Shown) else Shown.ALL
        found = public.in_month(shown_month, show=show, now=now)
    except ValueError as error:
        message = f"There is no month {month} of {year}."
        raise Http404(message) from error
    page = Paginator(found, RELEASES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "month": shown_month.first,
        "before": before and before.first,
        "after": after and after.first,
        "this_month": today.replace(day=1),
        "today": today,
        "show": show,
        "choices": list(Shown),
        "page": page,
        "releases": [(release, public.status_of(release)) for release in page],
    }
    return render(request, "releases/calendar.html", context)
