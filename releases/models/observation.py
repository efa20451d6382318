"""Observations (stored checks), and the state of monitoring: watches, coverage, leases, pages for missing addresses."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy

from releases.detection.finding import LookResult
from releases.models.append_only import AppendOnlyQuerySet, ChainedRow
from releases.models.code_words import choices_of
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
# By format: what is added in a later one is no part of what an earlier row's hash stands for.
HASHED_SINCE = {2: ("purpose", "clock_bound_seconds", "vantage", "publisher_says"), 3: ("address_id",)}


class Purpose(models.TextChoices):
    """What a look was made for; only plain ones are judged."""

    PLAIN = "plain", lazy("What any reader is shown")
    FRESH = "fresh", lazy("Past the caches on the way, to tell a stale copy")
    ANNOUNCEMENT = "announcement", lazy("What the announcement says")


class ObservationQuerySet(AppendOnlyQuerySet["Observation"]):
    """Looks by the questions that judging asks of them."""

    def to_judge(self, release: Release) -> "ObservationQuerySet":
        """Return the looks of a release's present schedule, in the order in which they were sent."""
        return (
            self.plain()
            .filter(release=release, schedule_version=release.schedule_version)
            .order_by("sent_at", "position")
        )

    def plain(self) -> "ObservationQuerySet":
        """Return the looks that count in judging: plain ones made for the schedule in force."""
        return self.filter(purpose=Purpose.PLAIN, superseded=False)


class Observation(ChainedRow):
    """One look. Instants are UTC; the planned one is what the watcher meant, the others are what was."""

    CHAIN: ClassVar[str] = "releases.observation"
    FORMAT: ClassVar[int] = 3

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
    result = models.CharField(max_length=20, choices=choices_of(LookResult, capital=False))
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
    purpose = models.CharField(max_length=12, choices=Purpose.choices, default=Purpose.PLAIN)
    clock_bound_seconds = models.FloatField(
        null=True, help_text=lazy("How far the watcher's clock may have been off; empty where nothing vouched for it.")
    )
    vantage = models.CharField(max_length=100, blank=True, help_text=lazy("From where the look was made."))
    publisher_says = models.JSONField(default=dict, help_text=lazy("What the publisher's own system said of the page."))

    objects = ObservationQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        indexes = [
            models.Index(fields=["release", "schedule_version", "sent_at"], name="observation_in_order"),
            # A body is sealed wherever it was seen too early, so it is looked for by its hash.
            models.Index(fields=["body_sha256"], name="observation_by_body", condition=~Q(body_sha256="")),
        ]

    def __str__(self) -> str:
        return f"{self.result} at {self.sent_at:%Y-%m-%d %H:%M:%S} UTC"

    @classmethod
    def in_order(cls) -> models.QuerySet[Self]:
        """Return the looks by position, each with its release."""
        return super().in_order().select_related("release")

    def payload(self) -> dict[str, Any]:
        """Return what the look's hash stands for: all of it but the links to other rows."""
        names = [*HASHED, *(n for since, added in HASHED_SINCE.items() if since <= self.format_version for n in added)]
        return {"release": str(self.release.public_id), **{name: getattr(self, name) for name in names}}


class Watch(models.Model):
    """When an address is looked at next: the database is the schedule, and a worker's memory only a copy."""

    address = models.OneToOneField(Address, on_delete=models.CASCADE, related_name="watch")
    schedule_version = models.PositiveIntegerField()
    next_look_at = models.DateTimeField(null=True, db_index=True, help_text=lazy("Empty once the watch has ended."))
    live_since = models.DateTimeField(
        null=True,
        help_text=lazy("When it was first seen live since it was due; from then on it is looked at less often."),
    )

    def __str__(self) -> str:
        return f"{self.address}: next look {self.next_look_at or 'never'}"


class Coverage(models.Model):
    """A stretch of time in which one watcher was alive; what lies between stretches was not observed."""

    watcher = models.CharField(max_length=100)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    recorded_until = models.DateTimeField(help_text=lazy("The end that its last recorded digest covers."))

    class Meta:
        ordering = ("began_at",)
        verbose_name_plural = lazy("coverage")
        indexes = [models.Index(fields=["ended_at"], name="coverage_by_end")]
        constraints = [
            models.CheckConstraint(condition=Q(ended_at__gte=F("began_at")), name="coverage_ends_after_it_began")
        ]

    def __str__(self) -> str:
        return f"{self.watcher}: {self.began_at:%Y-%m-%d %H:%M:%S} to {self.ended_at:%H:%M:%S} UTC"


class HostLease(models.Model):
    """Which watcher looks at a host until when, so that the host's budget holds across processes."""

    host = models.CharField(max_length=255, primary_key=True)
    holder = models.CharField(max_length=100)
    fence = models.PositiveBigIntegerField(default=1)
    until = models.DateTimeField()
    paused_until = models.DateTimeField(null=True, help_text=lazy("Until when the site asked to be left alone."))

    def __str__(self) -> str:
        return f"{self.host} held by {self.holder}"


class NotFoundPage(models.Model):
    """What a host answered last for an address that cannot exist: its own page for what is not there."""

    host = models.CharField(max_length=255, primary_key=True)
    url = models.URLField(max_length=1200)
    status = models.PositiveSmallIntegerField(null=True)
    text = models.TextField(blank=True)
    seen_at = models.DateTimeField()
    ask_again_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host}, {self.status or 'no answer'} at {self.seen_at:%Y-%m-%d %H:%M} UTC"
