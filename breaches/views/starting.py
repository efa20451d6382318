"""Starting a report by hand: from a release, its pre-release access list, a series, or nothing that is on record."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from breaches.core.status import Kind
from breaches.drafts import access_on_record, starting
from breaches.drafts.starting import About
from breaches.forms.rows import with_another_row
from breaches.forms.starting import StartAboutListForm, StartForm
from breaches.permissions import may_start, producers_written_for
from releases.models import Producer, Release, Series
from releases.views.base import SignedInRequest

RELEASE = "series__producer", "series__responsible", "series__head_of_profession"
SERIES = "producer", "responsible", "head_of_profession"


@login_required
@require_http_methods(["GET", "POST"])
def about_access_list(request: SignedInRequest, release: str) -> HttpResponse:
    """Ask when it happened, and start the report with what the list holds."""
    found = _release(request, release)
    now = timezone.now()
    form = StartAboutListForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            on = form.cleaned_data["occurred_on"]
            started = starting.start_about_list(found, occurred_on=on, by=request.user, at=now)
        except starting.CannotHaveHappened as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            told = _("A report about this list is open already: this is it.")
            return _led_to(request, started, told=told)
    context = {
        "release": found,
        "form": form,
        "open_report": starting.open_report_about_list(found, by=request.user),
        "facts": access_on_record.access_facts_of(found, now=now),
    }
    return render(request, "breaches/start_pra.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def about_release(request: SignedInRequest, release: str) -> HttpResponse:
    """Start a report about one release."""
    found = _release(request, release)
    return _start(request, About(found.series.producer, release=found))


@login_required
@require_http_methods(["GET", "POST"])
def about_series(request: SignedInRequest, producer: str, series: str) -> HttpResponse:
    """Start a report about one series."""
    found = Series.objects.select_related(*SERIES).filter(producer__slug=producer, slug=series).first()
    if found is None or not may_start(request.user, found.producer):
        raise _nothing()
    return _start(request, About(found.producer, series=found))


@login_required
@require_http_methods(["GET", "POST"])
def about_anything(request: SignedInRequest) -> HttpResponse:
    """Start a report about a series, or about nothing that is on record."""
    if not producers_written_for(request.user).exists():
        raise _nothing()
    return _start(request, None)


def _start(request: SignedInRequest, about: About | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    choices = [] if about else list(_choices(request))
    if data is not None and "add" in data:
        return _shown(request, about, StartForm(with_another_row(data, "dates"), choices=choices))
    form = StartForm(data, choices=choices)
    if form.is_valid():
        try:
            started = starting.start(
                about or _about(form.chosen),
                kind=Kind(form.cleaned_data["kind"]),
                occurred_on=[row["on"] for row in form.rows.typed()],
                by=request.user,
                at=timezone.now(),
                form_key=form.key,
            )
        except starting.CannotHaveHappened as refusal:
            form.object_to(str(refusal))
        else:
            return _led_to(request, started, told=_("You have started this report already: this is it."))
    return _shown(request, about, form)


def _shown(request: SignedInRequest, about: About | None, form: StartForm) -> HttpResponse:
    context: dict[str, Any] = {
        "about": about,
        "form": form,
        "rows": form.rows,
        "formset": form.rows,
        "open_reports": starting.open_reports(about, by=request.user) if about else [],
    }
    return render(request, "breaches/start.html", context)


def _led_to(request: SignedInRequest, started: starting.Started, *, told: str) -> HttpResponse:
    if started.is_new:
        messages.success(request, _("The report is started."))
    else:
        messages.info(request, told)
    return redirect("breaches:report", started.report.reference)


def _choices(request: SignedInRequest) -> Iterator[Series | Producer]:
    for producer in producers_written_for(request.user).order_by("name", "pk"):
        yield from Series.objects.select_related(*SERIES).filter(producer=producer).order_by("title", "pk")
        yield producer


def _about(chosen: Series | Producer) -> About:
    return About(chosen) if isinstance(chosen, Producer) else About(chosen.producer, series=chosen)


def _release(request: SignedInRequest, reference: str) -> Release:
    found = Release.objects.select_related(*RELEASE).prefetch_related("addresses").filter(reference=reference).first()
    if found is None or not may_start(request.user, found.series.producer):
        raise _nothing()
    return found


def _nothing() -> Http404:
    return Http404("There is no such thing, or it is not yours.")
