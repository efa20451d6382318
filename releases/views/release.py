"""The page of one release: announced facts for everyone, and the record of its looks for the producer's people."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from releases import announcements, on_record, opening, public, wording
from releases.models import DateChange, Release
from releases.permissions import TABLE, Action, roles_of
from releases.status import ANNOUNCE, CANCEL, CHANGE_DATE, CONFIRM, RELEASE
from releases.views import preflight, waiting_change
from releases.views.finding import release_of_theirs

MOVES = {
    CONFIRM: ("Confirm the date", "releases:confirm"),
    ANNOUNCE: ("Announce", "releases:announce"),
    CHANGE_DATE: ("Change the date", "releases:change_date"),
    CANCEL: ("Cancel this release", "releases:cancel"),
}


@require_safe
def release(request: HttpRequest, reference: str) -> HttpResponse:
    """Show a release to whoever asks, as far as it is theirs to see."""
    now = timezone.now()
    found = public.announced().filter(reference=reference).first()
    context: dict[str, Any] = {"now": now}
    try:
        theirs = release_of_theirs(request.user, reference)
    except Http404:
        if found is None:
            raise
    else:
        context |= _for_staff(request, theirs, now=now)
        found = found or _not_announced(theirs)
    context |= {
        "release": found,
        "status": public.status_of(found),
        "changes": found.announced_changes,  # type: ignore[attr-defined]  # of the prefetch
        "page": public.page_of(found, now=now),
    }
    return render(request, "releases/release.html", context)


def _for_staff(request: HttpRequest, release: Release, *, now: datetime) -> dict[str, Any]:
    roles = roles_of(request.user, release.series.producer)
    kept = on_record.record_of(release, now=now)
    moves = [
        MOVES[move]
        for move in RELEASE.available(source=release.status, roles=roles)
        if move in MOVES and not (move == ANNOUNCE and (release.announced_at or release.rehearsal))
    ]
    return {
        "staff": True,
        "record": kept,
        "standing": wording.standing(release, kept.verification, now=now),
        "moves": [*moves, *waiting_change.move_of(release, roles=roles)],
        "date_request": waiting_change.part_of(release, person=request.user, roles=roles),
        "may_answer": bool(TABLE[Action.ANSWER] & roles),
        "preflight": preflight.part_of(release, roles=roles, now=now),
        "snapshots": announcements.snapshots_of(release),
        "kept_bodies": opening.kept_of(release, by=request.user, now=now),
        "may_export": bool(TABLE[Action.EXPORT_EVIDENCE] & roles),
        "all_changes": list(release.date_changes.select_related("requested_by")),
    }


def _not_announced(release: Release) -> Release:
    """Give a release that the public does not see what its page is written from."""
    nothing: list[DateChange] = []
    release.announced_changes = nothing  # type: ignore[attr-defined]  # as the prefetch of announced ones
    return release
