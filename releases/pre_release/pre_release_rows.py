"""A list as those who keep it see it: each entry with what is recorded of it and what may be done with it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from releases.core.pre_release_period import needs_agreement
from releases.core.pre_release_status import ACCESS, CHANGE, WITHDRAW, AccessStatus, RequestStatus
from releases.core.roles import Role
from releases.core.status import Status
from releases.models import PreReleaseAccess, PreReleaseRequest, Release
from releases.pre_release.pre_release_entries import ListRefused, check_open


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a list, the moves that a person may make with it, and the request about it that waits."""

    entry: PreReleaseAccess
    moves: tuple[str, ...]
    waiting: PreReleaseRequest | None


def rows_of(release: Release, *, roles: Collection[Role], now: datetime) -> list[Row]:
    """Return every entry of a list, those that were withdrawn at the end, in a fixed number of queries.

    :param roles: of the person who looks.
    :param now: the aware instant of looking.
    """
    waiting = {request.entry_id: request for request in waiting_of(release)}
    entries = release.pre_release_access.select_related("release__series__producer", "granted_by", "agreed_by")
    ordered = sorted(entries, key=lambda entry: entry.status == AccessStatus.WITHDRAWN)
    return [
        Row(entry, _moves(entry, release, roles=roles, asked=entry.pk in waiting, now=now), waiting.get(entry.pk))
        for entry in ordered
    ]


def _moves(
    entry: PreReleaseAccess, release: Release, *, roles: Collection[Role], asked: bool, now: datetime
) -> tuple[str, ...]:
    moves = ACCESS.available(source=entry.status, roles=roles)
    cancelled = release.status == Status.CANCELLED
    hindered = {
        CHANGE: asked or cancelled,
        WITHDRAW: asked or not (cancelled or is_open(release, now=now)),
    }
    return tuple(move for move in moves if not hindered.get(move))


def waiting_of(release: Release) -> list[PreReleaseRequest]:
    """Return what waits for the Head of Profession or a deputy to agree, the oldest first."""
    waiting = release.pre_release_requests.filter(status=RequestStatus.WAITING)
    return list(waiting.select_related("release__series__producer", "entry", "asked_by"))


def is_open(release: Release, *, now: datetime) -> bool:
    """Tell whether access before a release can still be granted."""
    try:
        check_open(release, at=now)
    except ListRefused:
        return False
    return True


def is_shortly(release: Release, *, now: datetime) -> bool:
    """Tell whether a change of the list waits for the Head of Profession or a deputy by now."""
    return needs_agreement(release.due_at, at=now)
