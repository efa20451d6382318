"""The actions of the release list: each release moves for itself, and every refusal is said."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from releases import calendar, corrections, preflight, scheduling
from releases.admin.forms import CancellationForm, ShortNoticeForm
from releases.corrections import CorrectionRefused
from releases.lifecycle import MoveRefused
from releases.models import Release
from releases.status import Status


@admin.action(description="Announce: show in the public calendar", permissions=["change"])
def announce(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> None:
    """Announce the selected releases."""
    at = timezone.now()
    _each(request, queryset, lambda release: scheduling.announce(release, by=_user(request), at=at), "announced")


@admin.action(description="Confirm the date and time", permissions=["change"])
def confirm(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    """Confirm the selected releases; where that gives some of them short notice, ask for the reason first."""
    at = timezone.now()
    short = [
        {"release": release, "days": calendar.days_of_notice(release.planned_on, given_at=at)}
        for release in queryset
        if release.status == Status.PROVISIONAL
        and release.due_at
        and not release.rehearsal
        and calendar.is_short_notice(release.planned_on, given_at=at)
    ]
    form = ShortNoticeForm(request.POST if "confirming" in request.POST else None)
    if short and not form.is_valid():
        return _ask(
            "confirm_selected.html", model_admin, request, queryset, title="Confirm releases", form=form, short=short
        )
    reason = form.cleaned_data["reason"] if short else ""
    _each(
        request,
        queryset,
        lambda release: scheduling.confirm(release, by=_user(request), at=at, reason=reason),
        "confirmed",
    )
    return None


@admin.action(description="Cancel, with a reason", permissions=["change"])
def cancel(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    """Ask for the reason, then cancel the selected releases."""
    form = CancellationForm(request.POST if "cancelling" in request.POST else None)
    if form.is_valid():
        at, reason = timezone.now(), form.cleaned_data["reason"]
        _each(
            request,
            queryset,
            lambda release: scheduling.cancel(release, reason=reason, by=_user(request), at=at),
            "cancelled",
        )
        return None
    return _ask("cancel_selected.html", model_admin, request, queryset, title="Cancel releases", form=form)


@admin.action(description="Pre-flight: check before the day", permissions=["preflight"])
def ask_preflight(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> None:
    """Ask for a check of the selected releases; a process beside the watch makes them."""
    at = timezone.now()
    _each(request, queryset, lambda release: preflight.ask(release, by=_user(request), now=at), "put up for pre-flight")


def _ask(
    template: str, model_admin: Any, request: HttpRequest, queryset: QuerySet[Release], **more: Any
) -> HttpResponse:
    """Ask on a page of its own for what the action needs; the selected releases go with it."""
    context = {
        **model_admin.admin_site.each_context(request),
        "releases": queryset,
        "opts": model_admin.opts,
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
        "media": model_admin.media,
        **more,
    }
    return TemplateResponse(request, f"admin/releases/release/{template}", context)


def objection(release: Release) -> str:
    """Say why a release may not be deleted; nothing, if it may."""
    try:
        corrections.check_removable(release)
    except CorrectionRefused as refusal:
        return str(refusal)
    return ""


def _user(request: HttpRequest) -> Any:
    return request.user


def _each(request: HttpRequest, queryset: QuerySet[Release], move: Callable[[Release], object], done: str) -> None:
    moved = 0
    for release in queryset:
        try:
            move(release)
        except MoveRefused as refusal:
            messages.error(request, f"Not {done}: {release.reference}. {refusal}")
        else:
            moved += 1
    if moved:
        messages.success(request, f"{moved} release{'' if moved == 1 else 's'} {done}.")
