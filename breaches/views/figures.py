"""How are we doing: the figures of a year beside those of the year before."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from breaches.core.figures.figures import Case, History, by_producer, by_series
from breaches.core.figures.quarter import Quarter
from breaches.forms.figures import FiguresForm
from breaches.registers import figure_tables, figures_file, report_tables, year_on_year
from breaches.registers.counted import Scope, history
from breaches.registers.figures_file import Part
from breaches.registers.year_on_year import Address, Table
from releases.public.export import dated_file_name, download_response
from releases.rules.london import local_date
from releases.rules.tables import TableKind
from releases.views.base import SignedInRequest


@login_required
@require_safe
def figures(request: SignedInRequest) -> HttpResponse:
    """Show how the releases and reports of the person's producers did in a year, quarter by quarter."""
    today = local_date(timezone.now())
    form = _form(request, today)
    context: dict[str, Any] = {"form": form, "today": today, "tables": []}
    if form.is_valid():
        happened = _happened(request, form, today)
        context |= form.asked | {
            "is_running": form.asked["year"] == today.year,
            "nothing": happened.is_empty,
            "tables": [] if happened.is_empty else list(_tables(happened, form, form.asked)),
            "kinds": list(TableKind),
        }
    return render(request, "breaches/figures.html", context)


@login_required
@require_safe
def export(request: SignedInRequest, kind: str) -> HttpResponse:
    """Give the figures that are shown as a file, by producer or series and by quarter."""
    if kind not in set(TableKind):
        message = f"There is no kind of file {kind}."
        raise Http404(message)
    now = timezone.now()
    form = _form(request, local_date(now))
    if not form.is_valid():
        return redirect(f"{reverse('breaches:figures')}?{request.GET.urlencode()}")
    happened = _happened(request, form, local_date(now))
    parts = _parts(happened, form, form.asked)
    written = figures_file.write(parts, TableKind(kind), year=form.asked["year"], title=_("How are we doing"))
    return download_response(written, TableKind(kind), name=dated_file_name("breach-figures", now=now))


def _form(request: SignedInRequest, today: date) -> FiguresForm:
    form = FiguresForm(request.GET, by=request.user, this_year=today.year)
    if not form.producers:
        message = "There are no figures for this person."
        raise Http404(message)
    return form


def _happened(request: SignedInRequest, form: FiguresForm, today: date) -> History:
    asked = form.asked
    first, last = Quarter(asked["year"] - 1, 1).first, Quarter(asked["year"], 4).last
    scope = Scope(first, last, producer=asked["producer"], series=asked["series"])
    return history(scope, by=request.user, today=today)


def _parts(happened: History, form: FiguresForm, asked: dict[str, Any]) -> Iterator[Part]:
    """Part what happened as the tables do: one series alone, a producer with its series, or all producers."""
    producer, series = asked["producer"], asked["series"]
    if not producer:
        of_each = by_producer(happened)
        yield from (Part(one.name, "", of_each.get(one.pk, History())) for one in form.producers)
        return
    yield Part(producer.name, series.title if series else "", happened)
    if not series:
        of_series = by_series(happened)
        yield from (Part(producer.name, one.title, of_series.get(one.pk, History())) for one in form.series_offered)


def _tables(happened: History, form: FiguresForm, asked: dict[str, Any]) -> Iterator[Table]:
    year, producer, series = asked["year"], asked["producer"], asked["series"]

    def register(**narrower: Any) -> str:
        return _address("breaches:register", **{"producer": producer, "series": series} | narrower)

    counted = year_on_year.count(happened, year)
    yield figure_tables.whole_year(counted)
    yield figure_tables.on_time(counted)
    yield figure_tables.delays(counted)
    yield report_tables.breaches(counted, register=register)
    yield report_tables.reasons(counted, register=register)
    yield report_tables.handling(counted)
    yield report_tables.actions(counted, register=register)
    if series:
        yield report_tables.repeats(counted, [("", happened.cases, register)], what=_("Cause"))
        return
    # Of one producer the series are set beside each other, and else the producers.
    of: dict[int, Any] = {one.pk: one for one in (form.series_offered if producer else form.producers)}
    what, which = (_("Series"), "series") if producer else (_("Producer"), "producer")
    parts = by_series(happened) if producer else by_producer(happened)
    names = {key: one.title if producer else one.name for key, one in of.items()}
    again: list[tuple[str, Sequence[Case], Address]] = [
        (name, parts[key].cases, partial(register, **{which: of[key]})) for key, name in names.items() if key in parts
    ]
    if producer:
        again.insert(0, (_("All series"), happened.cases, register))
    yield report_tables.repeats(counted, again, what=what)
    yield from figure_tables.compared(
        parts,
        names,
        year,
        what=what,
        address=lambda key: _address("breaches:figures", **{"producer": producer, which: of[key], "year": year}),
    )


def _address(page: str, **asked: Any) -> str:
    """Write the address of a page with what is asked of it; what is empty is left out."""
    questions = {name: _as_asked(value) for name, value in asked.items() if value}
    return f"{reverse(page)}?{urlencode(questions)}"


def _as_asked(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(getattr(value, "slug", value))
