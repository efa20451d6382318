"""The public release calendar: month by month, or all months at once, narrowed by what the address asks for."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from itertools import groupby
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from releases.calendar.slot_rules import PLAUSIBLE_YEARS
from releases.core.dates import london
from releases.core.dates.month import Month, month_of
from releases.forms.calendar_filter import CalendarFilter
from releases.models import Release
from releases.readers import public, public_addresses
from releases.readers.public import Shown
from releases.views import calendar_parts

RELEASES_PER_PAGE = 50
MOST_LISTED = 2_000
type View = Callable[..., HttpResponse]


def tidy(view: View) -> View:
    """Send whoever asks with empty or contradicting choices to the address that says the same in short."""

    @wraps(view)
    def tidied(request: HttpRequest, **which: int) -> HttpResponse:
        asked = CalendarFilter.tidied(request.GET)
        if asked != request.GET:
            return redirect(f"{request.path}?{asked.urlencode()}" if asked else request.path)
        return view(request, **which)

    return tidied


@require_safe
@tidy
def calendar(request: HttpRequest, year: int | None = None, month: int = 1) -> HttpResponse:
    """Show the announced releases of a month: of this one in London, if the address names none."""
    now = timezone.now()
    this_month = month_of(london.local_date(now))
    shown = this_month if year is None else _month(year, month)
    asked = CalendarFilter(request.GET)
    show, wanted = _choice(asked, otherwise=Shown.ALL), asked.wanted()
    found = public.in_month(shown, show=show, now=now, wanted=wanted) if wanted else Release.objects.none()
    before, after = public.neighbours(shown)
    months = {"before": before and before.first, "after": after and after.first, "this_month": this_month.first}
    return _page(request, asked, found, show=show, now=now, month=shown.first, **months)


@require_safe
@tidy
def all_months(request: HttpRequest) -> HttpResponse:
    """Show the announced releases of all months: those to come, unless the address asks for others."""
    now = timezone.now()
    asked = CalendarFilter(request.GET)
    show, wanted = _choice(asked, otherwise=Shown.UPCOMING), asked.wanted()
    found = public.in_all_months(show=show, now=now, wanted=wanted) if wanted else Release.objects.none()
    this_month = month_of(london.local_date(now)).first
    return _page(request, asked, found, show=show, now=now, month=None, this_month=this_month)


def _month(year: int, month: int) -> Month:
    if year not in PLAUSIBLE_YEARS or not 1 <= month <= 12:
        message = f"There is no month {month} of {year} in this calendar."
        raise Http404(message)
    return Month(date(year, month, 1))


def _choice(asked: CalendarFilter, *, otherwise: Shown) -> Shown:
    asked.is_valid()
    return Shown(asked.cleaned_data.get("show") or otherwise)


def _page(
    request: HttpRequest, asked: CalendarFilter, found: QuerySet[Release], *, show: Shown, now: datetime, **more: Any
) -> HttpResponse:
    # Nobody leafs through thousands of pages: a list ends, so that it costs no more the more there is.
    keys = list(found.values_list("pk", flat=True)[: MOST_LISTED + 1])
    page = Paginator(keys[:MOST_LISTED], RELEASES_PER_PAGE).get_page(request.GET.get("page"))
    releases = public.facts_of(list(page.object_list))
    today = london.local_date(now)
    in_groups = groupby(releases, key=lambda release: None if more["month"] else month_of(release.slot.on).first)
    context = {
        "form": asked,
        "filter": calendar_parts.filter_of(asked),
        "follow": public_addresses.follow(asked.followed),
        "narrowed": _narrowed(request),
        "show": show,
        "choices": list(Shown),
        "page": page,
        "has_more": len(keys) > MOST_LISTED,
        "releases": releases,
        "groups": [(first, calendar_parts.list_of(tuple(group), today=today)) for first, group in in_groups],
        **more,
    }
    return render(request, "releases/calendar.html", context)


def _narrowed(request: HttpRequest) -> str:
    """Return the part of the address that narrows the list, whatever the view and the page."""
    asked = request.GET.copy()
    for name in ("show", "page"):
        asked.pop(name, None)
    return f"?{asked.urlencode()}" if asked else ""
