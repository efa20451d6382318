"""The moves of one release, offered on its own page in the admin site by the table of moves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as lazy

from releases import permissions
from releases.admin import moves
from releases.admin.access import ByProducer
from releases.beforehand import preflight
from releases.calendar import date_requests
from releases.calendar.moving import is_due
from releases.core.agreement import is_to_be_asked
from releases.core.roles import LEADS, Role
from releases.core.status import ANNOUNCE, CANCEL, CANCEL_ONCE_DUE, CONFIRM, RELEASE, Status
from releases.models import Release
from releases.permissions import Action, NotYours

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
    """Puts the moves that a person may make with a release onto its page."""

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses at which one release is moved."""
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
        """Offer the moves on the page, and in the place of a deletion that may not be the cancellation."""
        release = kwargs.get("obj")
        if release is not None:
            context |= {"offers": offers(request, release), "show_delete": not moves.objection(release)}
            context |= _change_of_date(request, release)
        return super().render_change_form(request, context, *args, **kwargs)


def offers(request: HttpRequest, release: Release) -> list[Offer]:
    """Return what the person may do with a release as it stands."""
    return [offer for offer in OFFERS if offer.name in set(_names(request, release))]


def _change_of_date(request: HttpRequest, release: Release) -> dict[str, Any]:
    """Say whether the person asks for another date, on the page for it, and which change waits for agreement."""
    roles = permissions.roles_of(request.user, release.series.producer)
    waiting = date_requests.waiting_of(release)
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
