"""The end of a name's time: person and e-mail go from a list, and a dated marker stays."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from releases.core.status import Status
from releases.models import PreReleaseAccess, PreReleaseRequest, Release
from releases.models.event import hold, record
from releases.pre_release.pre_release_entries import ListRefused, hold_list

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

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


def erase(release: Release, *, by: "User", at: datetime, entry: PreReleaseAccess | None = None) -> int:
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


def erase_old(*, now: datetime, kept_for: timedelta, needed: Needed, dry_run: bool = False) -> Erased:
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
