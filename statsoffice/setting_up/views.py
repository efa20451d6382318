"""The pages on which an administrator sets an office up: the list of steps, and each step."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from releases.models import Producer
from releases.permissions import NotYours
from releases.rules.calendar import Nation
from releases.rules.lifecycle import MoveRefused
from statsoffice.accounts.invitations import InvitationRefused
from statsoffice.accounts.views import send_and_tell
from statsoffice.setting_up import first
from statsoffice.setting_up.forms import HeadForm, ProducerForm, RehearsalForm, SeriesForm, StepForm
from statsoffice.setting_up.permissions import sets_up
from statsoffice.setting_up.steps import Office, Standing, Step, last_rehearsal, office_of

TITLES = {
    Step.NAME: lazy("The name of your office"),
    Step.PRODUCER: lazy("The producer"),
    Step.HEAD: lazy("The Head of Profession"),
    Step.SERIES: lazy("The first series"),
    Step.CALENDAR: lazy("The first calendar"),
    Step.REHEARSAL: lazy("Rehearse a morning"),
}
NAME_OF_THE_OFFICE = "STATSOFFICE_OFFICE_NAME"
STANDINGS = {
    Standing.DONE: (lazy("Completed"), ""),
    Standing.UNDER_WAY: (lazy("Under way"), "light-blue"),
    Standing.TO_DO: (lazy("To do"), "blue"),
    Standing.WAITS: (lazy("Cannot start yet"), ""),
}


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """List the steps with where each stands."""
    office = _office(request)
    context = {"tasks": [_task(step, standing) for step, standing in office.standings.items()], "left": office.left}
    return render(request, "setting_up/overview.html", context)


@login_required
@require_safe
def name(request: HttpRequest) -> HttpResponse:
    """Show under which name the office goes, and where that is set."""
    office = _office(request)
    named = office.standings[Step.NAME] is Standing.DONE
    return _page(request, Step.NAME, office, named=named, setting=NAME_OF_THE_OFFICE)


@login_required
@require_http_methods(["GET", "POST"])
def producer(request: HttpRequest) -> HttpResponse:
    """Ask for the producer, and store it."""
    office = _office(request)
    form = ProducerForm(request.POST or None)
    if office.producer is None and form.is_valid():
        given = form.cleaned_data
        told = {"name": given["name"], "nation": Nation(given["nation"]), "hosts": given["hosts"]}
        try:
            _or_404(lambda: first.found_producer(**told, by=_user(request)))
        except first.RolesExist as refusal:
            form.add_error(None, str(refusal))
        else:
            return _on(request, Step.PRODUCER)
    return _page(request, Step.PRODUCER, office, form=form if office.producer is None else None)


@login_required
@require_http_methods(["GET", "POST"])
def head(request: HttpRequest) -> HttpResponse:
    """Ask who is Head of Profession, store it, and invite them where they have no account."""
    office = _office(request)
    of = _producer(office)
    form = HeadForm(request.POST or None)
    if form.is_valid():
        try:
            invited = _or_404(
                lambda: first.name_head(of, **form.cleaned_data, by=_user(request), at=timezone.now()),
            )
        except InvitationRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            if invited is None:
                return _on(request, Step.HEAD)
            send_and_tell(request, invited[0], secret=invited[1])
            return redirect("setting_up:overview")
    return _page(request, Step.HEAD, office, form=form, under_way=office.standings[Step.HEAD] is Standing.UNDER_WAY)


@login_required
@require_http_methods(["GET", "POST"])
def series(request: HttpRequest) -> HttpResponse:
    """Ask for the first series, and store it."""
    office = _office(request)
    of = _producer(office)
    form = SeriesForm(request.POST or None, producer=of)
    if form.is_valid():
        _or_404(lambda: first.begin_series(of, **form.cleaned_data, by=_user(request)))
        return _on(request, Step.SERIES)
    return _page(request, Step.SERIES, office, form=form, series=of.series.all())


@login_required
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Lead to the import of a calendar, which has pages of its own."""
    office = _office(request)
    _producer(office)
    return _page(request, Step.CALENDAR, office)


@login_required
@require_http_methods(["GET", "POST"])
def rehearsal(request: HttpRequest) -> HttpResponse:
    """Ask for a page to rehearse a morning on, and say how the last rehearsal came out."""
    office = _office(request)
    of = _producer(office)
    watched = of.series.order_by("pk").first()
    if watched is None:
        raise Http404
    form = RehearsalForm(request.POST or None)
    if form.is_valid():
        try:
            _or_404(
                lambda: first.rehearse(watched, **form.cleaned_data, by=_user(request), at=timezone.now()),
            )
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The rehearsal is recorded. Publish the page at its minute."))
            return redirect("setting_up:rehearsal")
    return _page(request, Step.REHEARSAL, office, form=form, release=last_rehearsal(of))


def _office(request: HttpRequest) -> Office:
    if not sets_up(request.user):
        message = "Only administrators set an office up."
        raise Http404(message)
    return office_of(request.user)


def _producer(office: Office) -> Producer:
    if office.producer is None:
        message = "There is no producer yet."
        raise Http404(message)
    return office.producer


def _user(request: HttpRequest) -> Any:
    return request.user


def _or_404[Done](act: Callable[[], Done]) -> Done:
    try:
        return act()
    except NotYours as refusal:
        raise Http404 from refusal


def _task(step: Step, standing: Standing) -> dict[str, Any]:
    status, colour = STANDINGS[standing]
    address = "" if standing is Standing.WAITS else reverse(f"setting_up:{step.name.lower()}")
    return {"title": TITLES[step], "address": address, "status": status, "colour": colour}


def _page(
    request: HttpRequest, step: Step, office: Office, *, form: StepForm | None = None, **context: object
) -> HttpResponse:
    whole = {
        "title": TITLES[step],
        "number": list(Step).index(step) + 1,
        "count": len(Step),
        "done": office.standings[step] is Standing.DONE,
        "producer": office.producer,
        "office": settings.OFFICE_NAME,
        "form": form,
        **context,
    }
    return render(request, f"setting_up/{step.name.lower()}.html", whole)


def _on(request: HttpRequest, done: Step) -> HttpResponse:
    """Lead from a step that was done to the list, on which the next one stands."""
    messages.success(request, _("‘%(step)s’ is done.") % {"step": TITLES[done]})
    return redirect("setting_up:overview")
