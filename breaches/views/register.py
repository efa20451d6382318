"""The register, its figures, near misses and exports."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from breaches import text
from breaches.forms.register import ExportForm, FiguresForm, NearMissForm, RegisterForm
from breaches.models import RegisterEvent, Report
from breaches.permissions import Action, producers_read
from breaches.register import search, statistics
from breaches.register.export import (
    EXPORTED,
    CannotBeExported,
    FigurePart,
    export_register,
    producers_with_contacts,
    write_figures,
)
from breaches.register.search import NearMiss
from breaches.register.statistics import Address, Scope, Table, read_history
from breaches.rules.content import content_from_json
from breaches.rules.lifecycle import ReportStatus
from breaches.rules.statistics import Case, History, Quarter, by_producer, by_series
from releases.public.export import dated_file_name, download_response
from releases.rules.london import format_day, local_date
from releases.rules.tables import TableKind
from releases.text import preflight
from releases.views.base import SignedInRequest

REPORTS_ON_A_PAGE = 30


@login_required
@require_safe
def register_page(request: SignedInRequest) -> HttpResponse:
    """List the reports of the person's producers, as they filter them."""
    form = register_form(request)
    wanted = form.wanted()
    found = search.select_reports(wanted, by=request.user) if wanted else Report.objects.none()
    page = Paginator(found.values_list("pk", flat=True), REPORTS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [_row(report) for report in search.list_reports(list(page))],
        "may_export": search.producers_of(request.user, action=Action.DOWNLOAD).exists(),
        "many_producers": len(form.producers) > 1,
        "narrowed": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "breaches/register.html", context)


def register_form(request: SignedInRequest) -> RegisterForm:
    """Return the form of what the address asks for.

    :raises Http404: if the person may read no producer's register.
    """
    form = RegisterForm(request.GET, by=request.user)
    if not form.producers:
        message = "There is no register for this person."
        raise Http404(message)
    return form


def _row(report: Report) -> dict[str, Any]:
    content = content_from_json(report.standing[0].content)  # type: ignore[attr-defined]  # by the prefetch
    status, colour = text.STATUSES[ReportStatus(report.status)]
    return {
        "report": report,
        "title": "; ".join(output.title for output in content.outputs) or report.reference,
        "kind": text.kind_name(report),
        "occurred": [format_day(on) for on in sorted(content.occurred_on)],
        "practices": ", ".join(dict.fromkeys(practice.code for practice in content.practices)),
        "status": status,
        "colour": colour,
        "reason": text.reason_name(report),
    }


LATEST = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def export_register_file(request: SignedInRequest) -> HttpResponse:
    """Ask as which file the listed reports are wanted, and give it."""
    theirs = list(search.producers_of(request.user, action=Action.DOWNLOAD))
    if not theirs:
        message = "There is nothing that this person may download."
        raise Http404(message)
    wanted = register_form(request).wanted()
    if wanted is None:
        return _back_to_the_list(request)
    leads = list(producers_with_contacts(request.user))
    form = ExportForm(request.POST if request.method == "POST" else None, may_have_contacts=bool(leads))
    if form.is_valid():
        now, kind = timezone.now(), TableKind(form.cleaned_data["kind"])
        contacts = bool(form.cleaned_data.get("contacts"))
        try:
            written = export_register(wanted, kind, by=request.user, at=now, contacts=contacts)
        except CannotBeExported as refusal:
            messages.error(request, str(refusal))
            return _back_to_the_list(request)
        return download_response(written, kind, name=dated_file_name("breach-reports", now=now))
    taken = RegisterEvent.objects.filter(producer__in=theirs, kind=EXPORTED)
    context = {
        "form": form,
        "number": search.select_reports(wanted, by=request.user, action=Action.DOWNLOAD).count(),
        "leads": leads,
        "elsewhere": len(theirs) > len(leads),
        "back": f"{resolve_url('breaches:register')}?{request.GET.urlencode()}",
        "taken": taken.select_related("producer", "actor").order_by("-position")[:LATEST],
    }
    return render(request, "breaches/export.html", context)


def _back_to_the_list(request: SignedInRequest) -> HttpResponse:
    return redirect(f"{resolve_url('breaches:register')}?{request.GET.urlencode()}")


@login_required
@require_safe
def figures_page(request: SignedInRequest) -> HttpResponse:
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
def export_figures(request: SignedInRequest, kind: str) -> HttpResponse:
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
    written = write_figures(parts, TableKind(kind), year=form.asked["year"], title=_("How are we doing"))
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
    return read_history(scope, by=request.user, today=today)


def _parts(happened: History, form: FiguresForm, asked: dict[str, Any]) -> Iterator[FigurePart]:
    """Part what happened as the tables do: one series alone, a producer with its series, or all producers."""
    producer, series = asked["producer"], asked["series"]
    if not producer:
        of_each = by_producer(happened)
        yield from (FigurePart(one.name, "", of_each.get(one.pk, History())) for one in form.producers)
        return
    yield FigurePart(producer.name, series.title if series else "", happened)
    if not series:
        of_series = by_series(happened)
        yield from (
            FigurePart(producer.name, one.title, of_series.get(one.pk, History())) for one in form.series_offered
        )


def _tables(happened: History, form: FiguresForm, asked: dict[str, Any]) -> Iterator[Table]:
    year, producer, series = asked["year"], asked["producer"], asked["series"]

    def register(**narrower: Any) -> str:
        return _address("breaches:register", **{"producer": producer, "series": series} | narrower)

    counted = statistics.count_years(happened, year)
    yield statistics.year_table(counted)
    yield statistics.on_time_chart(counted)
    yield statistics.delays_chart(counted)
    yield statistics.breaches_table(counted, register=register)
    yield statistics.reasons_table(counted, register=register)
    yield statistics.handling_table(counted)
    yield statistics.actions_table(counted, register=register)
    if series:
        yield statistics.repeats_table(counted, [("", happened.cases, register)], what=_("Cause"))
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
    yield statistics.repeats_table(counted, again, what=what)
    yield from statistics.comparison_of(
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


NEAR_MISSES_ON_A_PAGE = 30


@login_required
@require_safe
def near_miss_log(request: SignedInRequest) -> HttpResponse:
    """List what nearly became a breach, of the person's producers, of one of them, of a series or of a period."""
    producers = producers_read(request.user)
    if not producers.exists():
        message = "There is no such page for this person."
        raise Http404(message)
    form = NearMissForm(request.GET, producers=producers)
    asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    chosen = asked.get("producer")
    # What cannot be read asks for nothing that would look like an answer.
    found = search.releases_of(
        [chosen] if chosen else producers,
        now=timezone.now(),
        series=asked.get("series"),
        first=asked.get("first"),
        last=asked.get("last"),
    )
    page = Paginator(found if form.is_valid() else found.none(), NEAR_MISSES_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    rows = [_listed(miss) for miss in search.find_near_misses(list(page))]
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
