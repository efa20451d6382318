"""The list of pre-release access as staff see it and as it is published, and the removal of names."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from releases.models import PreReleaseAccess, PreReleaseRequest, Producer, Release
from releases.models.event import lock_release, record_event
from releases.pre_release_access import ListRefused, check_open, lock_list
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
    entry: PreReleaseAccess
    moves: tuple[str, ...]
    waiting: PreReleaseRequest | None


def list_rows_of(release: Release, *, roles: Collection[Role], now: datetime) -> list[ListRow]:
    """Return every entry of a list, withdrawn ones last, in a fixed number of queries."""
    waiting = {request.entry_id: request for request in waiting_rows_of(release)}
    cancelled = release.status == Status.CANCELLED
    may_withdraw = cancelled or is_open(release, now=now)
    entries = release.pre_release_access.select_related("release__series__producer", "granted_by", "agreed_by")
    rows = []
    for entry in sorted(entries, key=lambda entry: entry.status == AccessStatus.WITHDRAWN):
        request = waiting.get(entry.pk)
        hindered = {CHANGE: request or cancelled, WITHDRAW: request or not may_withdraw}
        moves = (move for move in ACCESS.available(source=entry.status, roles=roles) if not hindered.get(move))
        rows.append(ListRow(entry, tuple(moves), request))
    return rows


def waiting_rows_of(release: Release) -> list[PreReleaseRequest]:
    """Return the requests that wait for a lead, the oldest first."""
    waiting = release.pre_release_requests.filter(status=RequestStatus.WAITING)
    return list(waiting.select_related("release__series__producer", "entry", "asked_by"))


def is_open(release: Release, *, now: datetime) -> bool:
    try:
        check_open(release, at=now)
    except ListRefused:
        return False
    return True


def is_shortly(release: Release, *, now: datetime) -> bool:
    return needs_agreement_for(release.due_at, at=now)


def published_entries(release: Release) -> QuerySet[PreReleaseAccess]:
    """Return the entries of the published list: those whose access was not withdrawn beforehand."""
    return release.pre_release_access.filter(status__in=ON_THE_LIST).order_by("organisation", "post", "pk")


def is_out(release: Release, *, now: datetime) -> bool:
    """Tell whether the public may read the list of a release: the release is announced, due, and published."""
    if release.rehearsal or release.announced_at is None or release.due_at is None:
        return False
    return release.status == Status.PUBLISHED and now >= release.due_at


def is_shown(release: Release, *, now: datetime) -> bool:
    return is_out(release, now=now) and published_entries(release).exists()


def releases_with_list(producer: Producer, *, now: datetime) -> QuerySet[Release]:
    """Return the releases of a producer whose list is public, the latest first."""
    listed = PreReleaseAccess.objects.filter(release=OuterRef("pk"), status__in=ON_THE_LIST)
    out = Release.objects.public().filter(series__producer=producer, status=Status.PUBLISHED, due_at__lte=now)
    return out.filter(Exists(listed)).order_by("-due_at", "title", "pk")


# Given the keys of some releases: those whose names are still needed, however old they are.
type Needed = Callable[[Collection[int]], Collection[int]]


@dataclass(frozen=True, slots=True)
class Erased:
    names: int
    releases: int
    spared: int


def may_be_erased(release: Release, *, now: datetime) -> bool:
    """Tell whether names on a release's list may be erased: it has been due, or is cancelled."""
    return release.status == Status.CANCELLED or (release.due_at is not None and release.due_at <= now)


def check_erasable(release: Release, *, now: datetime) -> None:
    if not may_be_erased(release, now=now):
        sentence = _("Names are erased once the release has been due: until then the list says who has access.")
        raise ListRefused(sentence)


@transaction.atomic
def erase_name(release: Release, *, by: "User", at: datetime, entry: PreReleaseAccess | None = None) -> int:
    """Erase the names on a release's list, or that of one entry, once the release has been due.

    :return: how many names were erased by this call; a second one erases none.
    """
    release = lock_list(release, by=by)
    check_erasable(release, now=at)
    entries = release.pre_release_access.all()
    return _erase(release, entries.filter(pk=entry.pk) if entry else entries, by=by, at=at)


def erase_old_names(*, now: datetime, kept_for: timedelta, needed: Needed, dry_run: bool = False) -> Erased:
    """Erase the names on lists of releases that were due, or cancelled, longer ago than names are kept.

    :param needed: asked which of some releases are still in use: somebody has to decide on a report about their list.
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
                stored = lock_release(release.pk)
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
        record_event(release, "pre_release_names_erased", at=at, by=by, posts=posts)
    return gone
