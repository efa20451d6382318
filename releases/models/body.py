"""What stood at an address: the bytes of the looks that prove a verdict, each stored once."""

import zlib
from collections.abc import Collection
from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as lazy

from releases.models.append_only import AppendOnlyRow
from releases.models.code_words import choices_of
from releases.models.observation import Observation
from releases.models.release import Address, Release
from releases.rules.canonical import sha256_hex
from releases.verdict.proof import Why

# A watcher compresses hundreds of pages between two looks: the fastest level takes a third of the usual one's
# time and leaves about a tenth more.
LEVEL = 1
LONGEST_MEDIA_TYPE = 100


class BodyQuerySet(models.QuerySet["Body"]):
    """Bodies, which are added, and removed once nothing needs them; none is ever changed."""

    def update(self, **values: Any) -> int:
        """Refuse.

        :raises AppendOnlyRow: always.
        """
        message = "Bodies are kept as they were seen and cannot be changed."
        raise AppendOnlyRow(message)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: see `discard_unneeded`.

        :raises AppendOnlyRow: always.
        """
        message = "Bodies are removed only once nothing that is kept needs them."
        raise AppendOnlyRow(message)

    def discard_unneeded(self, hashes: Collection[str]) -> int:
        """Remove those of some bodies that nothing is kept for any more; their hashes stay in the looks.

        :return: how many were removed.
        """
        needed = KeptBody.objects.filter(body=OuterRef("pk"))
        unneeded = self.filter(~Exists(needed), pk__in=hashes)
        return models.QuerySet.delete(unneeded)[0] if hashes else 0


class Body(models.Model):
    """The bytes that one or many looks brought, compressed, under their own hash."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    compressed = models.BinaryField()
    media_type = models.CharField(max_length=LONGEST_MEDIA_TYPE, blank=True)
    size = models.PositiveIntegerField(help_text=lazy("Bytes, before they were compressed."))

    objects = BodyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = lazy("bodies")

    def __str__(self) -> str:
        return f"{self.size} bytes, {self.sha256}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new row.

        :raises AppendOnlyRow: if the row was already written.
        """
        if not self._state.adding:
            message = "This body is kept as it was seen and cannot be changed."
            raise AppendOnlyRow(message)
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse: see `discard_unneeded`.

        :raises AppendOnlyRow: always.
        """
        message = "A body is removed only once nothing that is kept needs it."
        raise AppendOnlyRow(message)

    @classmethod
    def of(cls, content: bytes, *, sha256: str, media_type: str) -> Self:
        """Make the row that stores some bytes.

        :param media_type: the content-type header that came with them.
        """
        return cls(
            sha256=sha256,
            compressed=zlib.compress(content, LEVEL),
            media_type=media_type[:LONGEST_MEDIA_TYPE],
            size=len(content),
        )

    @property
    def content(self) -> bytes:
        """The bytes as they were seen.

        :raises zlib.error: if what is stored was damaged.
        """
        return zlib.decompress(bytes(self.compressed))

    def is_intact(self) -> bool:
        """Tell whether the stored bytes still have the hash under which they were stored."""
        try:
            content = self.content
        except zlib.error:
            return False
        return len(content) == self.size and sha256_hex(content) == self.sha256


class KeptBody(models.Model):
    """Whose body is kept, and as what: one row for each address, schedule, reason and side of the due instant.

    Where the bytes are gone or could not be stored, the row stays and says so; the hash stays with it.
    """

    class State(models.TextChoices):
        """What became of the bytes."""

        STORED = "stored", lazy("Kept")
        NOT_STORED = "not_stored", lazy("Could not be stored")
        PRUNED = "pruned", lazy("Removed at the end of its time")

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="kept_bodies")
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="+")
    schedule_version = models.PositiveIntegerField()
    why = models.CharField(max_length=20, choices=choices_of(Why, capital=False))
    since_due = models.BooleanField(default=False)
    # No index: it would be written at every look that takes the place of the one before.
    look = models.ForeignKey(Observation, on_delete=models.PROTECT, related_name="+", db_index=False)
    sha256 = models.CharField(max_length=64, db_index=True)
    body = models.ForeignKey(Body, on_delete=models.DO_NOTHING, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices, default=State.STORED)
    kept_at = models.DateTimeField()

    class Meta:
        ordering = ("release", "schedule_version", "address", "look")
        verbose_name_plural = lazy("kept bodies")
        constraints = [
            models.UniqueConstraint(
                fields=["address", "schedule_version", "why", "since_due"], name="one_kept_body_per_place"
            ),
            models.CheckConstraint(condition=Q(why__in=list(Why)), name="kept_body_reason_is_known"),
            models.CheckConstraint(
                condition=Q(state="stored", body=F("sha256")) | (~Q(state="stored") & Q(body__isnull=True)),
                name="kept_body_is_stored_or_says_why_not",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_why_display()}: {self.sha256}"
