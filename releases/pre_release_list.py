"""The list of pre-release access as staff see it and as it is published, and the removal of names."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from releases.models import PreReleaseAccess, PreReleaseRequest, Producer, Release
from releases.models.event import hold, record
from releases.pre_release_access import ListRefused, check_open, hold_list
from releases.rules.lifecycle import Role, Status
from releases.rules.pre_release import (
    ACCESS,
    CHANGE,
    ON_THE_LIST,
    WITHDRAW,
    AccessStatus,
    RequestStatus,
    needs_agreement_for,
)

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


@dataclass(frozen=True, slots=True)
class ListRow:
    """One entry of a list, the moves that a person may make with it, and the request about it that waits."""

    entry: PreReleaseAccess
    moves: tuple[str, ...]
    waiting: PreReleaseRequest | None


def list_rows_of(release: Release, *, roles: Collection[Role], now: datetime) -> list[ListRow]:
    """Return every entry of a list, those that were withdrawn at the end, in a fixed number of queries.

    :param roles: of the person who looks.
    :param now: the aware instant of looking.
    """
    waiting = {request.entry_id: request for request in waiting_rows_of(release)}
    entries = release.pre_release_access.select_related("release__series__producer", "granted_by", "agreed_by")
    ordered = sorted(entries, key=lambda entry: entry.status == AccessStatus.WITHDRAWN)
    return [
        ListRow(entry, _moves(entry, release, roles=roles, asked=entry.pk in waiting, now=now), waiting.get(entry.pk))
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


def waiting_rows_of(release: Release) -> list[PreReleaseRequest]:
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
    return needs_agreement_for(release.due_at, at=now)


def published_entries(release: Release) -> QuerySet[PreReleaseAccess]:
    """Return the entries that a release's published list holds: those whose access was not withdrawn beforehand."""
    return release.pre_release_access.filter(status__in=ON_THE_LIST).order_by("organisation", "post", "pk")


def is_out(release: Release, *, now: datetime) -> bool:
    """Tell whether the public may read the list of a release: the release is announced, due, and published.

    :param now: the aware instant of asking.
    """
    if release.rehearsal or release.announced_at is None or release.due_at is None:
        return False
    return release.status == Status.PUBLISHED and now >= release.due_at


def is_shown(release: Release, *, now: datetime) -> bool:
    """Tell whether there is a list that the public may read."""
    return is_out(release, now=now) and published_entries(release).exists()


def releases_with_list(producer: Producer, *, now: datetime) -> QuerySet[Release]:
    """Return the releases of a producer whose list the public may read, the latest first."""
    listed = PreReleaseAccess.objects.filter(release=OuterRef("pk"), status__in=ON_THE_LIST)
    out = Release.objects.public().filter(series__producer=producer, status=Status.PUBLISHED, due_at__lte=now)
    return out.filter(Exists(listed)).order_by("-due_at", "title", "pk")


ERASED = "pre_release_names_erased"
"""The event that says of which posts the names were erased; of the names it says nothing."""

# Given the keys of some releases: those whose names are still needed, however old they are.
type Needed = Callable[[Collection[int]], Collection[int]]


@dataclass(frozen=True, slots=True)
class Erased:
    """What one run came to: names erased, of how many releases, and releases spared."""

    names: int
    releases: int
    spared: int


def may_be_erased(release: Release, *, now: datetime) -> bool:
    """Tell whether names on a release's list may go: it has been due, or will never be out."""
    return release.status == Status.CANCELLED or (release.due_at is not None and release.due_at <= now)


def check_erasable(release: Release, *, now: datetime) -> None:
    """Require that names on a release's list may go.

    :raises ListRefused: if the release is still to come.
    """
    if not may_be_erased(release, now=now):
        sentence = _("Names are erased once the release has been due: until then the list says who has access.")
        raise ListRefused(sentence)


def erase_name(release: Release, *, by: "User", at: datetime, entry: PreReleaseAccess | None = None) -> int:
    """Erase the names on a release's list, or that of one entry, once the release has been due.

    :param at: the aware instant of erasing, which the marker carries.
    :return: how many names were erased by this call; a second one erases none.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises ListRefused: if the release is still to come.
    """
    with transaction.atomic():
        release = hold_list(release, by=by)
        check_erasable(release, now=at)
        entries = release.pre_release_access.all()
        return _erase(release, entries.filter(pk=entry.pk) if entry else entries, by=by, at=at)


def erase_old_names(*, now: datetime, kept_for: timedelta, needed: Needed, dry_run: bool = False) -> Erased:
    """Erase the names on lists of releases that were due, or cancelled, longer ago than names are kept.

    :param now: the aware instant of erasing.
    :param needed: asked which of some releases are still in use: somebody has to decide on a report about their list.
    :param dry_run: count what would be erased, and erase nothing.
    """
    before = now - kept_for
    over = Q(due_at__lt=before) | Q(status=Status.CANCELLED, cancelled_at__lt=before)
    named = Q(pk__in=_named(PreReleaseAccess.objects.all()).values("release"))
    asked = Q(pk__in=_named(PreReleaseRequest.objects.all()).values("release"))
    old = list(Release.objects.filter(over & (named | asked)).order_by("pk"))
    in_use = set(needed([release.pk for release in old]))
    names = releases = 0
    for release in old:
        if release.pk in in_use:
            continue
        if dry_run:
            gone = _named(release.pre_release_access.all()).count()
            gone += _named(release.pre_release_requests.all()).count()
        else:
            with transaction.atomic():
                stored = hold(release.pk)
                gone = _erase(stored, stored.pre_release_access.all(), by=None, at=now)
        names, releases = names + gone, releases + bool(gone)
    return Erased(names=names, releases=releases, spared=len(in_use))


def _named[R: (PreReleaseAccess, PreReleaseRequest)](rows: QuerySet[R]) -> QuerySet[R]:
    return rows.exclude(person="", email="")


def _erase(release: Release, entries: QuerySet[PreReleaseAccess], *, by: "User | None", at: datetime) -> int:
    named = _named(entries)
    posts = sorted(str(entry) for entry in named)
    gone = named.update(person="", email="", erased_at=at, version=F("version") + 1)
    waiting = _named(release.pre_release_requests.all())
    gone += waiting.update(person="", email="")
    if gone:
        record(release, ERASED, at=at, by=by, posts=posts)
    return gone
