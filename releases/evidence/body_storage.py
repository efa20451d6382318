"""Move page bodies and pictures from the database to object storage, if the office has one.

When a body is deleted because no row refers to it any more, its object is removed too.

The storage is `STORAGES["bodies"]`. Monitoring never uses it. Checks store bodies in the database, and a job moves the
bodies a day later. An object contains the compressed bytes of a body. The name of the object is the SHA-256 of the
uncompressed body.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import batched

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from releases.evidence import embargo, screenshots
from releases.models import Body, BodyObject, ChainHead, Observation, Screenshot, StoredBody
from releases.models.observation import BODY_STORAGE

logger = logging.getLogger(__name__)

type Stop = Callable[[], bool]

# Bodies are moved only after a day, because on a release morning the next check soon replaces most bodies.
MOVED_AFTER = timedelta(days=1)
MOVED_AT_A_TIME = 1_000
KEYS_AT_A_TIME = 200
# Writing an object never takes longer than this. An object without a body is not removed within this time, because a
# process may still be writing the object.
WRITTEN_WITHIN = timedelta(hours=1)


class ObjectDiffers(Exception):
    """The storage returned different bytes from those that we wrote. The body stays in the database."""


def is_configured() -> bool:
    return BODY_STORAGE in settings.STORAGES


def move_bodies(*, now: datetime, stop: Stop = lambda: False) -> int:
    """Move bodies and pictures that were stored more than a day ago, and return how many were moved.

    Bodies and pictures under embargo stay in the database.

    :raises ObjectDiffers: if the storage returns different bytes from those that we wrote.
    """
    moved = 0
    for keys in _find_movable(now=now) if is_configured() else ():
        for body in Body.objects.filter(pk__in=keys):
            if stop() or moved == MOVED_AT_A_TIME:
                return moved
            _move(body, now=now)
            moved += 1
    return moved


def _find_movable(*, now: datetime) -> Iterator[set[str]]:
    is_moved = BodyObject.objects.filter(pk=OuterRef("pk"), moved_at__isnull=False)
    of_check = StoredBody.objects.filter(body=OuterRef("pk"))
    of_picture = Screenshot.objects.filter(Q(body=OuterRef("pk")) | Q(small=OuterRef("pk")))
    since = now - MOVED_AFTER
    old = Body.objects.filter(
        Exists(of_check) | Exists(of_picture),
        ~Exists(is_moved),
        ~Exists(of_check.filter(stored_at__gt=since)),
        ~Exists(of_picture.filter(recorded_at__gt=since)),
    )
    for some in batched(list(old.order_by("pk").values_list("pk", flat=True)), KEYS_AT_A_TIME):
        sealed = embargo.seals_on(some, now=now).keys() | screenshots.find_sealed_pictures(some, now=now)
        yield set(some) - sealed


def _move(body: Body, *, now: datetime) -> None:
    storage = storages[BODY_STORAGE]
    compressed = bytes(body.compressed)
    BodyObject.objects.update_or_create(pk=body.pk, defaults={"begun_at": now})
    with transaction.atomic():
        # Another process may move the same body. Without this lock, this process could delete an object that has
        # become the only copy.
        if BodyObject.objects.select_for_update().filter(pk=body.pk, moved_at=None).first() is None:
            return
        if storage.exists(body.sha256):
            storage.delete(body.sha256)  # the object of an interrupted attempt
        storage.save(body.sha256, ContentFile(compressed))
        if body.read_object() != compressed:
            raise ObjectDiffers(
                f"The storage of bodies returned different bytes from those that we stored for {body.sha256}."
            )
        # Lock the head of the chain of checks. Every process that stores or removes bodies takes this lock.
        ChainHead.objects.select_for_update().filter(chain=Observation.CHAIN).first()
        if Body.objects.filter(pk=body.pk).exists():
            Body.objects.move_out(body)
            BodyObject.objects.filter(pk=body.pk).update(moved_at=now)


def remove_objects(*, now: datetime) -> int:
    """Remove the objects of bodies that were deleted, and return the number of removed objects."""
    if not is_configured():
        return 0
    removed = 0
    has_body = Body.objects.filter(pk=OuterRef("pk"))
    unneeded = BodyObject.objects.filter(~Exists(has_body), begun_at__lt=now - WRITTEN_WITHIN)
    for key in list(unneeded.values_list("pk", flat=True)):
        with transaction.atomic():
            # This lock prevents another process from writing the object again at the same time (`_move`).
            if unneeded.select_for_update().filter(pk=key).first() is None:
                continue
            storages[BODY_STORAGE].delete(key)
            BodyObject.objects.filter(pk=key).delete()
        removed += 1
    if removed:
        logger.info("%s bodies removed from the storage at the end of their retention period", removed)
    return removed
