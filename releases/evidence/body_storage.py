"""The move of page bodies and pictures from the database to a storage of objects, if the office has one.

Objects whose bodies were removed from the database are removed too.

The storage is `STORAGES["bodies"]`. Monitoring never uses it: checks store bodies in the database, and a job moves them
a day later. An object has the compressed bytes. Its name is the SHA-256 of the body before compression.
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

# Bodies are moved only after a day, because during a release morning most bodies are replaced by the next check's.
MOVED_AFTER = timedelta(days=1)
MOVED_AT_A_TIME = 1_000
KEYS_AT_A_TIME = 200
# No process needs this long to write one object. Within this time, an object without a body may still be being written.
WRITTEN_WITHIN = timedelta(hours=1)


class ObjectDiffers(Exception):
    """The storage returned other bytes than it was given; the body stays in the database."""


def is_configured() -> bool:
    return BODY_STORAGE in settings.STORAGES


def move_bodies(*, now: datetime, stop: Stop = lambda: False) -> int:
    """Move bodies and pictures that were stored more than a day ago and are not under embargo, and return how many.

    Bodies and pictures under embargo stay in the database.

    :raises ObjectDiffers: if the storage does not return the bytes that it was given.
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
    if storage.exists(body.sha256):
        storage.delete(body.sha256)  # the object of an interrupted attempt
    storage.save(body.sha256, ContentFile(compressed))
    if body.read_object() != compressed:
        raise ObjectDiffers(f"The storage of bodies returned other bytes than it was given for {body.sha256}.")
    with transaction.atomic():
        # Lock the end of the chain of checks, as every process does that stores or removes bodies.
        ChainHead.objects.select_for_update().filter(chain=Observation.CHAIN).first()
        if Body.objects.filter(pk=body.pk).exists():
            Body.objects.move_out(body)
            BodyObject.objects.filter(pk=body.pk).update(moved_at=now)


def remove_objects(*, now: datetime) -> int:
    """Remove the objects whose bodies were removed from the database, and return how many."""
    if not is_configured():
        return 0
    removed = 0
    has_body = Body.objects.filter(pk=OuterRef("pk"))
    unneeded = BodyObject.objects.filter(~Exists(has_body), begun_at__lt=now - WRITTEN_WITHIN)
    for key in list(unneeded.values_list("pk", flat=True)):
        with transaction.atomic():
            # The lock keeps another process from writing the object again meanwhile (`_move`).
            if unneeded.select_for_update().filter(pk=key).first() is None:
                continue
            storages[BODY_STORAGE].delete(key)
            BodyObject.objects.filter(pk=key).delete()
        removed += 1
    if removed:
        logger.info("%s bodies removed from the storage at the end of their retention period", removed)
    return removed
