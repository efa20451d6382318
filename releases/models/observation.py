"""One look at one address: what was asked, when, and what came back."""

from typing import Any, ClassVar, Self

from django.db import models

from releases.evidence import LookResult
from releases.models.append_only import AppendOnlyQuerySet, ChainedRow
from releases.models.release import Address, Release

HASHED = (
    "url",
    "schedule_version",
    "superseded",
    "replayed",
    "planned_at",
    "sent_at",
    "completed_at",
    "recorded_at",
    "result",
    "reasons",
    "adapter",
    "failure",
    "failure_detail",
    "status",
    "hops",
    "headers",
    "seconds",
    "body_sha256",
    "text_digest",
    "peer_address",
    "certificate_sha256",
    "watcher",
)


class ObservationQuerySet(AppendOnlyQuerySet["Observation"]):
    """Looks by the questions that judging asks of them."""

    def to_judge(self, release: Release) -> "ObservationQuerySet":
        """Return the looks of a release's present schedule, in the order in which they were sent."""
        return self.filter(release=release, schedule_version=release.schedule_version, superseded=False).order_by(
            "sent_at", "position"
        )


class Observation(ChainedRow):
    """One look. Instants are UTC; the planned one is what the watcher meant, the others are what was."""

    CHAIN: ClassVar[str] = "releases.observation"

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="observations")
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="observations")
    url = models.URLField(max_length=1000)
    schedule_version = models.PositiveIntegerField()
    superseded = models.BooleanField(default=False)
    replayed = models.BooleanField(default=False)
    planned_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    completed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    result = models.CharField(max_length=20, choices=[(r.value, r.value) for r in LookResult])
    reasons = models.JSONField(default=list)
    adapter = models.CharField(max_length=30)
    failure = models.CharField(max_length=30, blank=True)
    failure_detail = models.CharField(max_length=500, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    hops = models.JSONField(default=list)
    headers = models.JSONField(default=list)
    seconds = models.JSONField(default=dict)
    body_sha256 = models.CharField(max_length=64, blank=True)
    text_digest = models.CharField(max_length=64, blank=True)
    peer_address = models.CharField(max_length=64, blank=True)
    certificate_sha256 = models.CharField(max_length=64, blank=True)
    watcher = models.CharField(max_length=100)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        indexes = [models.Index(fields=["release", "schedule_version", "sent_at"], name="observation_in_order")]

    def __str__(self) -> str:
        return f"{self.result} at {self.sent_at:%Y-%m-%d %H:%M:%S} UTC"

    @classmethod
    def in_order(cls) -> models.QuerySet[Self]:
        """Return the looks by position, each with its release."""
        return super().in_order().select_related("release")

    def payload(self) -> dict[str, Any]:
        """Return what the look's hash stands for: all of it but the links to other rows."""
        return {"release": str(self.release.public_id), **{name: getattr(self, name) for name in HASHED}}
