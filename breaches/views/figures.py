"""How are we doing: the figures of a year beside those of the year before."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from breaches import figure_tables
from breaches.counted import Scope, history
from breaches.figure_tables import Table
from breaches.figures import History, by_producer, by_series
from breaches.forms.figures import FiguresForm
from breaches.quarter import Quarter
from breaches.views.access import SignedInRequest
from releases.london import local_date


@login_required
@require_safe
def figures(request: SignedInRequest) -> HttpResponse:
    """Show how the releases and reports of the person's producers did in a year, quarter by quarter."""
    today = local_date(timezone.now())
    form = FiguresForm(request.GET, by=request.user, this_year=today.year)
    if not form.producers:
        message = "There are no figures for this person."
        raise Http404(message)
    context: dict[str, Any] = {"form": form, "today": today, "tables": []}
    if form.is_valid():
        asked = form.asked
        year = asked["year"]
        scope = Scope(
            Quarter(year - 1, 1).first, Quarter(year, 4).last, producer=asked["producer"], series=asked["series"]
        )
        happened = history(scope, by=request.user)
        context |= asked | {
            "is_running": year == today.year,
            "tables": list(_tables(happened, form, asked)),
        }
    return render(request, "breaches/figures.html", context)


def _tables(happened: History, form: FiguresForm, asked: dict[str, Any]) -> Iterator[Table]:
    year = asked["year"]

    def register(**narrower: Any) -> str:
        return _address("breaches:register", producer=asked["producer"], series=asked["series"], **narrower)

    counted = figure_tables.count(happened, year)
    yield figure_tables.whole_year(counted)
    yield figure_tables.on_time(counted)
    yield figure_tables.delays(counted)
    yield figure_tables.breaches(counted, register=register)
    yield figure_tables.reasons(counted, register=register)
    if asked["series"]:
        return
    if asked["producer"]:
        series = {one.pk: one for one in form.fields["series"].queryset}  # type: ignore[attr-defined]  # of a model
        yield figure_tables.compared(
            by_series(happened),
            {key: one.title for key, one in series.items()},
            year,
            what=_("Series"),
            caption=_("By series, %(year)s") % {"year": year},
            address=lambda key: _address(
                "breaches:figures", producer=asked["producer"], series=series[key], year=asked["year"]
            ),
        )
        return
    producers = {one.pk: one for one in form.producers}
    yield figure_tables.compared(
        by_producer(happened),
        {key: one.name for key, one in producers.items()},
        year,
        what=_("Producer"),
        caption=_("By producer, %(year)s") % {"year": year},
        address=lambda key: _address("breaches:figures", producer=producers[key], year=asked["year"]),
    )


def _address(page: str, **asked: Any) -> str:
    """Write the address of a page with what is asked of it; what is empty is left out."""
    questions = {name: _as_asked(value) for name, value in asked.items() if value}
    return f"{reverse(page)}?{urlencode(questions)}"


def _as_asked(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(getattr(value, "slug", value))
