"""The moves of releases in the admin site, for many releases and for one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext_lazy

from releases import corrections, date_changes, permissions, preflight, scheduling
from releases.admin import moves
from releases.admin.access import ByProducer
from releases.admin.forms import CancellationForm, ShortNoticeForm
from releases.corrections import CorrectionRefused
from releases.models import Release
from releases.permissions import Action, NotYours
from releases.rules import calendar
from releases.rules.date_change import is_to_be_asked
from releases.rules.lifecycle import (
    ANNOUNCE,
    CANCEL,
    CANCEL_ONCE_DUE,
    CONFIRM,
    LEADS,
    RELEASE,
    MoveRefused,
    Role,
    Status,
)
from releases.scheduling import is_due

# A page names each of them, perhaps with a box to tick; DATA_UPLOAD_MAX_NUMBER_FIELDS lets as many come back.
MOST_AT_ONCE = 1000


def too_many(request: HttpRequest, queryset: QuerySet[Release]) -> bool:
    count = queryset.count()
    if count > MOST_AT_ONCE:
        sentence = _("You chose %(count)s releases; choose at most %(most)s at once. Nothing was changed.")
        messages.error(request, sentence % {"count": count, "most": MOST_AT_ONCE})
    return count > MOST_AT_ONCE


def ask_first(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Release], action: str, context: dict[str, Any]
) -> HttpResponse:
    """Show an action's own page, which comes back to the action with the same releases.

    :param action: the action's name, after which its template is named as well.
    """
    whole = {
        **model_admin.admin_site.each_context(request),
        "releases": queryset,
        "opts": model_admin.opts,
        "action": action,
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
        "media": model_admin.media,
        **context,
    }
    return TemplateResponse(request, f"admin/releases/release/{action}.html", whole)


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
    _each(request, queryset, lambda release: preflight.request_preflight(release, by=user, now=at), PUT_UP)


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


PREFLIGHT = "preflight"

type Run = Callable[[Any, HttpRequest, QuerySet[Release]], HttpResponse | None]


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be done with a release: its name, its words, whether it first asks, and what does it.

    `page` names the page outside the admin site that asks first, where there is one: what nobody can undo is never one
    click away.
    """

    name: str
    label: Any
    asks: bool
    run: Run
    page: str = ""


OFFERS = (
    Offer(CONFIRM, lazy("Confirm"), asks=False, run=moves.confirm, page="releases:confirm"),
    Offer(ANNOUNCE, lazy("Announce"), asks=False, run=moves.announce, page="releases:announce"),
    Offer(PREFLIGHT, lazy("Check before the day"), asks=False, run=moves.ask_preflight),
    Offer(CANCEL, lazy("Cancel this release"), asks=True, run=moves.cancel),
)


class MovesOfOne(ByProducer[Release]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.move_view)
        return [path("<path:object_id>/move/<slug:name>/", view, name="releases_release_move"), *super().get_urls()]

    def move_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Make one move, after its question if it asks one.

        :raises Http404: if the release is not theirs, or the move is not theirs to make from its status.
        """
        release = self.get_object(request, unquote(object_id))
        if release is None:
            raise Http404
        offer = next((offer for offer in offers(request, release) if offer.name == name), None)
        if offer is None:
            raise Http404
        if request.method not in ({"GET", "POST"} if offer.asks else {"POST"}):
            return HttpResponseNotAllowed(["POST"])
        try:
            answer = offer.run(self, request, Release.objects.filter(pk=release.pk))
        except NotYours as refusal:
            raise Http404 from refusal
        return answer or HttpResponseRedirect(reverse("admin:releases_release_change", args=[release.pk]))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        release = kwargs.get("obj")
        if release is not None:
            context |= {"offers": offers(request, release), "show_delete": not moves.objection(release)}
            context |= _change_of_date(request, release)
        return super().render_change_form(request, context, *args, **kwargs)


def offers(request: HttpRequest, release: Release) -> list[Offer]:
    return [offer for offer in OFFERS if offer.name in set(_names(request, release))]


def _change_of_date(request: HttpRequest, release: Release) -> dict[str, Any]:
    roles = permissions.roles_of(request.user, release.series.producer)
    waiting = date_changes.waiting_of(release)
    asks = is_to_be_asked(release.status, roles=roles, waits=waiting is not None)
    return {"asks_for_date": asks, "waiting_change": waiting, "may_agree": bool(roles & LEADS)}


def _names(request: HttpRequest, release: Release) -> Iterator[str]:
    roles = permissions.roles_of(request.user, release.series.producer)
    hindered = {ANNOUNCE: bool(release.announced_at) or release.rehearsal, CANCEL: not _may_cancel(release, roles)}
    yield from (name for name in RELEASE.available(source=release.status, roles=roles) if not hindered.get(name, False))
    if permissions.TABLE[Action.PREFLIGHT] & roles and preflight.may_be_checked(release, now=timezone.now()):
        yield PREFLIGHT


def _may_cancel(release: Release, roles: frozenset[Role]) -> bool:
    """Tell whether one who keeps the calendar may cancel it still: once it is due, that is for a lead alone."""
    once_due = release.status == Status.CONFIRMED and is_due(release, at=timezone.now())
    return not once_due or CANCEL_ONCE_DUE in RELEASE.available(source=release.status, roles=roles)
