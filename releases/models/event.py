"""What happened to a release, one row for every move and every finding."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as lazy

from releases.models.append_only import AppendOnlyQuerySet, ChainedRow, new_salt, salted_digest
from releases.models.producer import Series
from releases.models.release import Release
from releases.models.row_record import ReleaseRowRecord, Rows


class AbstractEvent(ChainedRow):
    """One event: its kind, when, by whom, the facts, and free words that stay outside the hash."""

    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    facts = models.JSONField(default=dict)
    words = models.TextField(blank=True)
    words_salt = models.CharField(max_length=32, default=new_salt)
    words_digest = models.CharField(
        max_length=64, default="", db_default="", help_text=lazy("Of the words as they were, where some were redacted.")
    )

    class Meta:
        abstract = True

    def subject(self) -> dict[str, Any]:
        raise NotImplementedError

    def payload(self) -> dict[str, Any]:
        return {
            **self.subject(),
            "kind": self.kind,
            "at": self.at,
            "actor": self.actor_id,
            "facts": self.facts,
            "words": self.words_digest or salted_digest(self.words, self.words_salt),
        }

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} at {self.at:%Y-%m-%d %H:%M:%S} UTC"


class ReleaseEvent(AbstractEvent):
    CHAIN: ClassVar[str] = "releases.event"

    # The event outlives a release that was deleted before it was ever public, so nothing ties the two rows.
    release = models.ForeignKey(Release, on_delete=models.DO_NOTHING, db_constraint=False, related_name="events")
    release_public_id = models.UUIDField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        indexes = [models.Index(fields=["release", "position"], name="release_event_in_order")]
        constraints = [
            models.CheckConstraint(condition=~Q(kind=""), name="release_event_has_a_kind"),
        ]

    def subject(self) -> dict[str, Any]:
        return {"release": str(self.release_public_id)}


def lock_release(key: int) -> Release:
    """Return a release as it is stored, with its row locked until the end of the transaction.

    Each writer of a release's events locks its row before the chain, because otherwise two writers could wait for each
    other. The lock lets others write rows that point to the release: monitoring stores its checks while a person
    changes a list.
    """
    rows = Release.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("series__producer").get(pk=key)


def lock_releases(keys: Collection[int]) -> dict[int, Release]:
    """Return some releases by key, locked as by `lock_release`, in one order, so that two never wait for each other."""
    rows = Release.objects.filter(pk__in=keys).select_for_update(no_key=True).order_by("pk")
    return {release.pk: release for release in rows}


def build_event(release: Release, kind: str, *, at: Any, by: Any = None, words: str = "", **facts: Any) -> ReleaseEvent:
    """Build, without storing it, one event of a release; what a person wrote about it stays outside its facts."""
    return ReleaseEvent(
        release=release, release_public_id=release.public_id, kind=kind, at=at, actor=by, words=words, facts=facts
    )


@dataclass(slots=True)
class _Batch:
    events: list[ReleaseEvent] = field(default_factory=list)
    rows: dict[type[models.Model], set[int]] = field(default_factory=lambda: defaultdict(set))


_batch: ContextVar[_Batch | None] = ContextVar("events and digests that are written together", default=None)


@contextmanager
def batch_events() -> Iterator[None]:
    """Collect the events and digests that are recorded within, and write them at the end as one, in their order.

    A long transaction so holds the end of the chain, for which every writer of events waits, only at its last moment.
    If the block fails, no event is written. Within another batch, that one writes them.
    """
    batch = _Batch()
    token = _batch.set(batch)
    try:
        yield
    finally:
        _batch.reset(token)
    _write(batch.events, batch.rows)


def _write(events: Sequence[ReleaseEvent], rows: Rows) -> None:
    batch = _batch.get()
    if batch is None:
        ReleaseEvent.append(events)
        ReleaseRowRecord.record(rows)
        return
    batch.events += events
    for model, keys in rows.items():
        batch.rows[model].update(keys)


def record_event(release: Release, kind: str, *, at: Any, by: Any = None, words: str = "", **facts: Any) -> None:
    """Write one event of a release, at once or at the end of a batch."""
    _write([build_event(release, kind, at=at, by=by, words=words, **facts)], {})


def record_rows(rows: Rows) -> None:
    """Record the digests of rows about releases, at once or at the end of a batch; see `RowRecord.record`."""
    _write([], rows)


@receiver(post_save, sender=Series.history.model)
def _record_history(instance: models.Model, **_: Any) -> None:
    """Record each row of the history of a series, however the series was saved."""
    record_rows({type(instance): [instance.pk]})
