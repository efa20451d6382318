"""The page of one release: announced facts for everyone, and the record of its looks for the producer's people."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from releases.beforehand import announcements
from releases.calendar import next_release, tasks
from releases.core.announced import Named
from releases.core.roles import Role
from releases.core.status import Status
from releases.models import DateChange, Exemption, Release, Verification
from releases.overview import on_record
from releases.permissions import TABLE, Action, Person, roles_of
from releases.pre_release import pre_release_published
from releases.readers import public, public_addresses
from releases.readers.following import Followed
from releases.record import opening
from releases.verdicts import exemptions
from releases.views import announced, delay, notice, preflight, waiting_change
from releases.views.finding import release_of_theirs
from releases.views.offered import offered
from releases.words import wording


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
    changes = found.announced_changes  # type: ignore[attr-defined]  # of the prefetch
    context |= {
        "release": found,
        "status": public.status_of(found),
        "changes": changes,
        "delay": delay.part_of(found),
        "page": public.page_of(found, now=now),
        "next_release": next_release.announced_after(found) if found.announced_at else None,
        "has_access_list": pre_release_published.is_shown(found, now=now),
        "follow": _follow(found) if found.announced_at else None,
    }
    return render(request, "releases/release.html", context)


def _follow(release: Release) -> dict[str, str]:
    series = release.series
    producer = Named(series.producer.slug, series.producer.name)
    return public_addresses.follow(Followed(producer, Named(series.slug, series.title)))


def _for_staff(request: HttpRequest, release: Release, *, now: datetime) -> dict[str, Any]:
    roles = roles_of(request.user, release.series.producer)
    return {
        "staff": True,
        **_what_is_planned(release, now=now),
        **_what_was_seen(release, person=request.user, now=now),
        **_what_may_be_done(release, person=request.user, roles=roles, now=now),
    }


def _what_is_planned(release: Release, *, now: datetime) -> dict[str, Any]:
    changes = list(release.date_changes.select_related("requested_by"))
    return {
        "all_changes": changes,
        "notice": notice.given(release, changes),
        "next_planned": next_release.planned_after(release),
        "left_provisional": release.status == Status.PROVISIONAL and release.slot.is_past(now=now),
        "tasks": list(tasks.of_release(release)),
        "on_access_list": pre_release_published.on_list(release).count(),
    }


def _what_was_seen(release: Release, *, person: Person, now: datetime) -> dict[str, Any]:
    kept = on_record.record_of(release, now=now)
    return {
        "record": kept,
        "exempted": _exempted(kept.verdicts),
        "standing": wording.standing(release, kept.verification, now=now),
        "announced": announced.part_of(release, now=now),
        "snapshots": announcements.snapshots_of(release),
        "kept_bodies": opening.kept_of(release, by=person, now=now),
    }


def _what_may_be_done(release: Release, *, person: Person, roles: frozenset[Role], now: datetime) -> dict[str, Any]:
    date_request = waiting_change.part_of(release, person=person, roles=roles)
    return {
        "date_request": date_request,
        "moves": offered(release, roles=roles, requested=date_request, now=now),
        "preflight": preflight.part_of(release, roles=roles, now=now),
        "may_answer": bool(TABLE[Action.ANSWER] & roles),
        "may_correct_reasons": bool(TABLE[Action.CORRECT_REASON] & roles),
        "may_export": bool(TABLE[Action.EXPORT_EVIDENCE] & roles),
        "may_keep_tasks": bool(TABLE[Action.KEEP_TASKS] & roles),
    }


def _exempted(verdicts: list[Verification]) -> list[tuple[Verification, list[Exemption]]]:
    """Return the verdicts that raised no suspicion because exemptions cover them, each with these."""
    covered = exemptions.covered(verdicts)
    return [(verdict, covered[verdict.pk]) for verdict in verdicts if verdict.pk in covered]


def _not_announced(release: Release) -> Release:
    """Give a release that the public does not see what its page is written from."""
    nothing: list[DateChange] = []
    release.announced_changes = nothing  # type: ignore[attr-defined]  # as the prefetch of announced ones
    return release
