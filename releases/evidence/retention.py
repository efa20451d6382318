"""The end of a body's time: the bytes go, the hash stays, and both are on record."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from releases.evidence.store import PRUNED
from releases.models import Body, ChainHead, KeptBody, MonitoringRowRecord, Observation, Release
from releases.models.event import record_event
from releases.models.row_record import RETENTION
from releases.rules.lifecycle import Status

# So many releases are asked about at a time; each is then pruned in a transaction of its own.
RELEASES_AT_A_TIME = 200

# Given the keys of some releases: those whose evidence is still needed, however old it is.
type Needed = Callable[[Collection[int]], Collection[int]]


@dataclass(frozen=True, slots=True)
class Pruned:
    """What one run of pruning came to: releases whose bodies went, how many links that were, and releases spared."""

    releases: int
    bodies: int
    spared: int


def prune_bodies(
    *,
    now: datetime,
    kept_for: timedelta,
    needed: Needed,
    dry_run: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Pruned:
    """Remove the bodies that are older than they are kept for, unless something still needs them.

    A release that is still to come, or was due more recently than that, keeps all its bodies.

    :param now: the aware instant of pruning.
    :param needed: asked which of some releases are still in use: an open or an approved report rests on them.
    :param dry_run: say what would be removed, and remove nothing.
    :param stop: asked before each release whether to leave the rest for another time.
    """
    before = now - kept_for
    over = Q(release__due_at__lt=before) | Q(release__status=Status.CANCELLED)
    old = KeptBody.objects.filter(over, state=KeptBody.State.STORED, look__completed_at__lt=before)
    keys = sorted(set(old.order_by().values_list("release_id", flat=True)))
    pruned = bodies = spared = 0
    for start in range(0, len(keys), RELEASES_AT_A_TIME):
        some = keys[start : start + RELEASES_AT_A_TIME]
        in_use = set(needed(some))
        spared += len(in_use & set(some))
        for release in Release.objects.filter(pk__in=set(some) - in_use).order_by("pk"):
            if stop():
                return Pruned(releases=pruned, bodies=bodies, spared=spared)
            gone = _prune(release, old.filter(release=release), now=now, before=before, dry_run=dry_run)
            pruned, bodies = pruned + bool(gone), bodies + gone
    return Pruned(releases=pruned, bodies=bodies, spared=spared)


def _prune(release: Release, old: QuerySet[KeptBody], *, now: datetime, before: datetime, dry_run: bool) -> int:
    if dry_run:
        return old.count()
    with transaction.atomic():
        # Whoever stores bodies holds the end of the looks' chain, so nobody takes up a body while it goes.
        ChainHead.objects.select_for_update().filter(chain=Observation.CHAIN).first()
        hashes = sorted(set(old.order_by().values_list("sha256", flat=True)))
        keys = list(old.order_by().values_list("pk", flat=True))
        gone = old.update(body=None, state=KeptBody.State.PRUNED)
        if gone:
            Body.objects.discard_unneeded(hashes)
            MonitoringRowRecord.record({KeptBody: keys}, why=RETENTION)
            record_event(release, PRUNED, at=now, sha256=hashes, older_than=before.isoformat())
    return gone
