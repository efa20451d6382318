"""What happened to a release, one row for every move and every finding."""

from collections import defaultdict
from collections.abc import Collection, Iterator
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
from releases.models.release_rows import ReleaseRowRecord
from releases.models.row_record import Rows


@dataclass(slots=True)
class _Pending:
    """The events, and the keys of the rows, that are recorded at the end of a transaction."""

    events: "list[ReleaseEvent]" = field(default_factory=list)
    rows: dict[type[models.Model], set[int]] = field(default_factory=lambda: defaultdict(set))

    def add_rows(self, rows: Rows) -> None:
        for model, keys in rows.items():
            self.rows[model].update(keys)


_held_back: ContextVar[_Pending | None] = ContextVar("events held back", default=None)


class Happening(ChainedRow):
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
        """Return what the event is about, as it enters the hash."""
        raise NotImplementedError

    def payload(self) -> dict[str, Any]:
        """Return what the event's hash stands for."""
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


class ReleaseEventQuerySet(AppendOnlyQuerySet["ReleaseEvent"]):
    """Events of releases, which are only added."""


class ReleaseEvent(Happening):
    """One thing that happened to a release."""

    CHAIN: ClassVar[str] = "releases.event"

    # The event outlives a release that was deleted before it was ever public, so nothing ties the two rows.
    release = models.ForeignKey(Release, on_delete=models.DO_NOTHING, db_constraint=False, related_name="events")
    release_public_id = models.UUIDField()

    objects = ReleaseEventQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        indexes = [models.Index(fields=["release", "position"], name="release_event_in_order")]
        constraints = [
            models.CheckConstraint(condition=~Q(kind=""), name="release_event_has_a_kind"),
        ]

    def subject(self) -> dict[str, Any]:
        """Return the release, as it enters the hash."""
        return {"release": str(self.release_public_id)}


def hold(key: int) -> Release:
    """Return a release as it is stored, with its row locked until the end of the transaction.

    Whoever writes a release's events locks its row before the chain, or two of them would wait for each other. The lock
    lets others write rows that point to the release: the watch stores its looks while somebody changes a list.

    :param key: the release's own.
    """
    held = Release.objects.select_for_update(no_key=True, of=("self",))
    return held.select_related("series__producer").get(pk=key)


def hold_all(keys: Collection[int]) -> dict[int, Release]:
    """Return some releases by key, held as `hold` does; in one order, so that two who hold several never cross."""
    rows = Release.objects.filter(pk__in=keys).select_for_update(no_key=True).order_by("pk")
    return {release.pk: release for release in rows}


def happening(release: Release, kind: str, *, at: Any, by: Any = None, words: str = "", **facts: Any) -> ReleaseEvent:
    """Build, without storing it, one event of a release.

    :param at: the aware instant at which it happened.
    :param by: the user who did it, or None for the system.
    :param words: what a person wrote about it.
    :param facts: JSON-able facts of the event.
    """
    return ReleaseEvent(
        release=release, release_public_id=release.public_id, kind=kind, at=at, actor=by, words=words, facts=facts
    )


def record(release: Release, kind: str, *, at: Any, by: Any = None, words: str = "", **facts: Any) -> ReleaseEvent:
    """Write one event of a release, at once or `together` with others; `happening` says of what."""
    event = happening(release, kind, at=at, by=by, words=words, **facts)
    held_back = _held_back.get()
    if held_back is None:
        ReleaseEvent.append([event])
    else:
        held_back.events.append(event)
    return event


def record_rows(rows: Rows) -> None:
    """Record the digests of rows about releases, at once or `together` with others; see `RowRecord.record`."""
    held_back = _held_back.get()
    if held_back is None:
        ReleaseRowRecord.record(rows)
    else:
        held_back.add_rows(rows)


@receiver(post_save, sender=Series.history.model)
def _record_history(instance: models.Model, **_: Any) -> None:
    """Record each row of the history of a series, however the series was saved."""
    record_rows({type(instance): [instance.pk]})


@contextmanager
def together() -> Iterator[None]:
    """Hold back the events and digests that are recorded within, and write them at the end as one, in their order.

    Who does much in one transaction so holds the end of the chain, on which every writer of events waits, for its
    last moment only. Where it fails no event is written. Within another one, that one writes them.
    """
    outer, pending = _held_back.get(), _Pending()
    mine = _held_back.set(pending)
    try:
        yield
    finally:
        _held_back.reset(mine)
    if outer is None:
        ReleaseEvent.append(pending.events)
        ReleaseRowRecord.record(pending.rows)
    else:
        outer.events += pending.events
        outer.add_rows(pending.rows)
