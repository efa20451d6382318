"""Anchors, which combine the heads of all chains into one root that is also stored outside the office."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as lazy

from releases.models.append_only import AppendOnlyQuerySet, ChainedRow
from releases.rules.anchor import Head
from releases.rules.canonical import sha256_hex


class Anchor(ChainedRow):
    """A root that combines the heads of all chains, including the chain of earlier anchors.

    `position` is the number of the anchor.
    """

    CHAIN: ClassVar[str] = "releases.anchor"

    class Why(models.TextChoices):
        APPROVAL = "approval", lazy("A report was approved")
        MORNING = "morning", lazy("The results of a morning’s releases were decided")
        DAILY = "daily", lazy("Daily")

    root = models.CharField(max_length=64)
    heads = models.JSONField(
        help_text=lazy(
            "For each chain: its position, its hash, the first row since "
            "the last anchor, and the digest of the rows since then."
        )
    )
    why = models.CharField(max_length=20, choices=Why.choices)
    made_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return f"Anchor {self.position}"

    def payload(self) -> dict[str, Any]:
        return {"root": self.root, "heads": self.heads, "why": self.why, "made_at": self.made_at}

    def combined(self) -> list[Head]:
        """Return the heads that this anchor combines, sorted by the name of the chain."""
        return [Head(chain, *values) for chain, values in sorted(self.heads.items())]


class TimeStamp(ChainedRow):
    """The response of a time-stamp authority (RFC 3161) about the root of one anchor."""

    CHAIN: ClassVar[str] = "releases.time_stamp"

    anchor = models.OneToOneField(Anchor, on_delete=models.PROTECT, related_name="time_stamp")
    authority = models.URLField(max_length=500)
    stamped_at = models.DateTimeField(help_text=lazy("The time on the authority’s clock."))
    response = models.BinaryField(help_text=lazy("The response in DER format, as the authority sent it."))

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return f"Time stamp of anchor {self.anchor_id}"

    def payload(self) -> dict[str, Any]:
        return {
            "anchor": self.anchor_id,
            "authority": self.authority,
            "stamped_at": self.stamped_at,
            "response": sha256_hex(bytes(self.response)),
        }


class TimeStampRequest(models.Model):
    """A pending request for a time stamp, with its retries and last error."""

    anchor = models.OneToOneField(Anchor, on_delete=models.PROTECT, primary_key=True, related_name="time_stamp_request")
    due_at = models.DateTimeField(help_text=lazy("When the next request to the authority is due."))
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("due_at",)

    def __str__(self) -> str:
        return f"Request for a time stamp of anchor {self.anchor_id}"
