"""The actions of the release list: each release moves for itself, and every refusal is said."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext_lazy

from releases.admin.asking import ask_first, too_many
from releases.admin.forms import CancellationForm, ShortNoticeForm
from releases.beforehand import preflight
from releases.calendar import corrections, scheduling
from releases.calendar.corrections import CorrectionRefused
from releases.core.dates import calendar
from releases.core.lifecycle import MoveRefused
from releases.core.status import Status
from releases.models import Release
from releases.permissions import NotYours


@dataclass(frozen=True, slots=True)
class Result:
    """How a move is told of: how many were made, and of the others which were refused and why."""

    counted: Any
    refused: Any


ANNOUNCED = Result(
    ngettext_lazy("%(count)s release announced.", "%(count)s releases announced.", "count"),
    lazy("Not announced: %(references)s. %(why)s"),
)
CONFIRMED = Result(
    ngettext_lazy("%(count)s release confirmed.", "%(count)s releases confirmed.", "count"),
    lazy("Not confirmed: %(references)s. %(why)s"),
)
CANCELLED = Result(
    ngettext_lazy("%(count)s release cancelled.", "%(count)s releases cancelled.", "count"),
    lazy("Not cancelled: %(references)s. %(why)s"),
)
PUT_UP = Result(
    ngettext_lazy("%(count)s release put up for pre-flight.", "%(count)s releases put up for pre-flight.", "count"),
    lazy("Not put up for pre-flight: %(references)s. %(why)s"),
)


@admin.action(description=lazy("Announce: show in the public calendar"), permissions=["change"])
def announce(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> None:
    """Announce the selected releases."""
    at, user = timezone.now(), _user(request)
    _each(request, queryset, lambda release: scheduling.announce(release, by=user, at=at), ANNOUNCED)


@admin.action(description=lazy("Confirm the date and time"), permissions=["change"])
def confirm(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    """Confirm the selected releases; where that gives some of them short notice, ask for the reason first."""
    at, user = timezone.now(), _user(request)
    short = [
        {"release": release, "days": calendar.days_of_notice(release.planned_on, given_at=at)}
        for release in queryset
        if release.status == Status.PROVISIONAL
        and release.due_at
        and not release.rehearsal
        and calendar.is_short_notice(release.planned_on, given_at=at)
    ]
    form = ShortNoticeForm(request.POST if "confirming" in request.POST else None)
    if short and too_many(request, queryset):
        return None
    if short and not form.is_valid():
        context = {"title": _("Confirm releases"), "form": form, "short": short}
        return ask_first(model_admin, request, queryset, "confirm", context)
    reason = form.cleaned_data["reason"] if short else ""
    confirmed = _each(
        request, queryset, lambda release: scheduling.confirm(release, by=user, at=at, reason=reason), CONFIRMED
    )
    _advise_of_markets(request, confirmed, at=at)
    return None


@admin.action(description=lazy("Cancel, with a reason"), permissions=["change"])
def cancel(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    """Ask for the reason, then cancel the selected releases."""
    if too_many(request, queryset):
        return None
    form = CancellationForm(request.POST if "cancelling" in request.POST else None)
    if not form.is_valid():
        return ask_first(model_admin, request, queryset, "cancel", {"title": _("Cancel releases"), "form": form})
    at, user, reason = timezone.now(), _user(request), form.cleaned_data["reason"]
    _each(request, queryset, lambda release: scheduling.cancel(release, reason=reason, by=user, at=at), CANCELLED)
    return None


@admin.action(description=lazy("Pre-flight: check before the day"), permissions=["preflight"])
def ask_preflight(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> None:
    """Ask for a check of the selected releases; a process beside the watch makes them."""
    at, user = timezone.now(), _user(request)
    _each(request, queryset, lambda release: preflight.ask(release, by=user, now=at), PUT_UP)


def objection(release: Release) -> str:
    """Say why a release may not be deleted; nothing, if it may."""
    try:
        corrections.check_removable(release)
    except CorrectionRefused as refusal:
        return str(refusal)
    return ""


def _user(request: HttpRequest) -> Any:
    return request.user


def _advise_of_markets(request: HttpRequest, confirmed: list[Release], *, at: datetime) -> None:
    """Say of market-sensitive releases that their dates are best announced six months ahead."""
    soon = [
        release.reference
        for release in confirmed
        if release.series.market_sensitive
        and not release.rehearsal
        and calendar.is_short_for_markets(release.planned_on, given_at=at)
    ]
    if soon:
        told = _("Market sensitive, and best announced six months ahead: %(references)s.")
        messages.warning(request, told % {"references": ", ".join(soon)})


def _each(
    request: HttpRequest, queryset: QuerySet[Release], move: Callable[[Release], object], result: Result
) -> list[Release]:
    """Move each release for itself, and say of those that were refused why; what has one reason is said once.

    :return: those that were moved, as they were read before.
    """
    moved = []
    refused: dict[str, list[str]] = {}
    for release in queryset:
        try:
            move(release)
        except MoveRefused as refusal:
            refused.setdefault(str(refusal), []).append(release.reference)
        except NotYours:
            refused.setdefault(_("This is not yours to do."), []).append(release.reference)
        else:
            moved.append(release)
    for why, references in refused.items():
        messages.error(request, result.refused % {"references": ", ".join(references), "why": why})
    if moved:
        messages.success(request, result.counted % {"count": len(moved)})
    return moved
