"""The pages of the register, its figures, near misses and exports."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from breaches import statistics, text
from breaches.forms.register import ExportForm, FiguresForm, NearMissForm, RegisterForm
from breaches.models import RegisterEvent, Report
from breaches.permissions import Action, report_producers
from breaches.register import (
    EXPORTED,
    CannotBeExported,
    describe_filter,
    export_register,
    find_near_misses,
    list_reports,
    near_miss_releases,
    producers_with_contacts,
    select_reports,
)
from breaches.rules.content import content_from_json
from breaches.rules.statistics import Case, History, Quarter, by_producer, by_series
from breaches.statistics import Address, Scope, Table
from breaches.views.base import summarise_report
from releases.public.export import dated_file_name, download_response
from releases.rules.calendar import format_day, local_date
from releases.rules.tables import TableKind
from releases.text import preflight
from releases.views.base import SignedInRequest, post_data

REPORTS_ON_A_PAGE = 30
NEAR_MISSES_ON_A_PAGE = 30
LATEST = 20


@login_required
@require_safe
def register_page(request: SignedInRequest) -> HttpResponse:
    form = _register_form(request)
    filters = form.to_filter()
    found = select_reports(filters, by=request.user) if filters else Report.objects.none()
    page = Paginator(found.values_list("pk", flat=True), REPORTS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [_register_row(report) for report in list_reports(list(page))],
        "may_export": report_producers(request.user, Action.DOWNLOAD).exists(),
        "many_producers": len(form.producers) > 1,
        "narrowed": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "breaches/register.html", context)


def _register_form(request: SignedInRequest) -> RegisterForm:
    """Return the form filled in from the query string.

    :raises Http404: if the person may read no producer's register.
    """
    form = RegisterForm(request.GET, by=request.user)
    if not form.producers:
        message = "There is no register for this person."
        raise Http404(message)
    return form


def _register_row(report: Report) -> dict[str, Any]:
    content = content_from_json(report.standing[0].content)  # type: ignore[attr-defined]  # by the prefetch
    return {
        **summarise_report(report, content),
        "occurred": [format_day(on) for on in sorted(content.occurred_on)],
        "practices": ", ".join(dict.fromkeys(practice.code for practice in content.practices)),
        "reason": text.reason_name(report),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def export_register_file(request: SignedInRequest) -> HttpResponse:
    """Ask for the format of the file of listed reports, and return the file."""
    producers = list(report_producers(request.user, Action.DOWNLOAD))
    if not producers:
        message = "There is nothing that this person may download."
        raise Http404(message)
    register_address = f"{reverse('breaches:register')}?{request.GET.urlencode()}"
    filters = _register_form(request).to_filter()
    if filters is None:
        return redirect(register_address)
    leads = list(producers_with_contacts(request.user))
    form = ExportForm(post_data(request), may_have_contacts=bool(leads))
    if form.is_valid():
        now, kind = timezone.now(), TableKind(form.cleaned_data["kind"])
        contacts = bool(form.cleaned_data.get("contacts"))
        try:
            written = export_register(filters, kind, by=request.user, at=now, contacts=contacts)
        except CannotBeExported as refusal:
            messages.error(request, str(refusal))
            return redirect(register_address)
        return download_response(written, kind, name=dated_file_name("breach-reports", now=now))
    exports = RegisterEvent.objects.filter(producer__in=producers, kind=EXPORTED)
    context = {
        "form": form,
        "number": select_reports(filters, by=request.user, action=Action.DOWNLOAD).count(),
        "leads": leads,
        "elsewhere": len(producers) > len(leads),
        "back": register_address,
        "taken": exports.select_related("producer", "actor").order_by("-position")[:LATEST],
    }
    return render(request, "breaches/export.html", context)


@login_required
@require_safe
def figures_page(request: SignedInRequest) -> HttpResponse:
    """Show the statistics of a year, by quarter, for the person's producers."""
    today = local_date(timezone.now())
    form = _figures_form(request, today)
    context: dict[str, Any] = {"form": form, "today": today, "tables": []}
    if form.is_valid():
        history = _history(request, form, today)
        producer, series, year = form.selection()
        context |= {
            "producer": producer,
            "series": series,
            "year": year,
            "is_running": year == today.year,
            "nothing": history.is_empty,
            "tables": [] if history.is_empty else list(_tables(history, form)),
            "kinds": list(TableKind),
        }
    return render(request, "breaches/figures.html", context)


@login_required
@require_safe
def export_figures(request: SignedInRequest, kind: str) -> HttpResponse:
    if kind not in set(TableKind):
        message = f"There is no kind of file {kind}."
        raise Http404(message)
    now = timezone.now()
    form = _figures_form(request, local_date(now))
    if not form.is_valid():
        return redirect(f"{reverse('breaches:figures')}?{request.GET.urlencode()}")
    history = _history(request, form, local_date(now))
    _producer, _series, year = form.selection()
    written = statistics.write_figures(
        _figure_parts(history, form), TableKind(kind), year=year, title=_("How are we doing")
    )
    return download_response(written, TableKind(kind), name=dated_file_name("breach-figures", now=now))


def _figures_form(request: SignedInRequest, today: date) -> FiguresForm:
    form = FiguresForm(request.GET, by=request.user, this_year=today.year)
    if not form.producers:
        message = "There are no figures for this person."
        raise Http404(message)
    return form


def _history(request: SignedInRequest, form: FiguresForm, today: date) -> History:
    producer, series, year = form.selection()
    scope = Scope(Quarter(year - 1, 1).first, Quarter(year, 4).last, producer=producer, series=series)
    return statistics.read_history(scope, by=request.user, today=today)


def _figure_parts(history: History, form: FiguresForm) -> Iterator[tuple[str, str, History]]:
    """Split a history by part: one series, a producer with its series, or all producers."""
    producer, series, _year = form.selection()
    if producer is None:
        of_each = by_producer(history)
        yield from ((one.name, "", of_each.get(one.pk, History())) for one in form.producers)
        return
    yield producer.name, series.title if series else "", history
    if not series:
        of_series = by_series(history)
        yield from ((producer.name, one.title, of_series.get(one.pk, History())) for one in form.all_series)


def _tables(history: History, form: FiguresForm) -> Iterator[Table]:
    producer, series, year = form.selection()

    def register(**narrower: Any) -> str:
        return _address("breaches:register", **{"producer": producer, "series": series} | narrower)

    compared = statistics.compare_years(history, year)
    yield statistics.year_table(compared)
    yield statistics.on_time_table(compared)
    yield statistics.delays_table(compared)
    yield statistics.breaches_table(compared, register=register)
    yield statistics.reasons_table(compared, register=register)
    yield statistics.handling_table(compared)
    yield statistics.actions_table(compared, register=register)
    if series:
        yield statistics.repeats_table(compared, [("", history.cases, register)], what=_("Cause"))
        return
    # For one producer, compare its series; otherwise compare the producers.
    of: dict[int, Any] = {one.pk: one for one in (form.all_series if producer else form.producers)}
    what, which = (_("Series"), "series") if producer else (_("Producer"), "producer")
    parts = by_series(history) if producer else by_producer(history)
    names = {key: one.title if producer else one.name for key, one in of.items()}
    again: list[tuple[str, Sequence[Case], Address]] = [
        (name, parts[key].cases, partial(register, **{which: of[key]})) for key, name in names.items() if key in parts
    ]
    if producer:
        again.insert(0, (_("All series"), history.cases, register))
    yield statistics.repeats_table(compared, again, what=what)
    yield from statistics.comparison_tables(
        parts,
        names,
        year,
        what=what,
        address=lambda key: _address("breaches:figures", **{"producer": producer, which: of[key], "year": year}),
    )


def _address(page: str, **filters: Any) -> str:
    """Write the address of a page with its filters; empty ones are left out."""
    written = {name: describe_filter(value) for name, value in filters.items() if value}
    return f"{reverse(page)}?{urlencode(written)}"


@login_required
@require_safe
def near_miss_log(request: SignedInRequest) -> HttpResponse:
    """List near misses of the person's producers, filtered by producer, series or period."""
    producers = report_producers(request.user)
    if not producers.exists():
        message = "There is no such page for this person."
        raise Http404(message)
    form = NearMissForm(request.GET, producers=producers)
    filters: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    producer = filters.get("producer")
    found = near_miss_releases(
        [producer] if producer else producers,
        now=timezone.now(),
        series=filters.get("series"),
        first=filters.get("first"),
        last=filters.get("last"),
    )
    # An invalid form shows no list, which could be mistaken for a result.
    page = Paginator(found if form.is_valid() else found.none(), NEAR_MISSES_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    rows = [
        {
            "miss": miss,
            "problems": [
                preflight.finding_sentence(finding, planned=miss.release.due_at)
                for finding in (preflight.read_findings(miss.failed_run.findings) if miss.failed_run else ())
                if finding.is_problem
            ],
        }
        for miss in find_near_misses(list(page))
    ]
    context = {"form": form, "page": page, "rows": rows, "is_narrowed": any(filters.values())}
    return render(request, "breaches/near_misses.html", context)
