"""Observations (stored checks), the bodies that they received, and the state of monitoring."""

import zlib
from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.files.storage import storages
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as lazy

from releases.detection.finding import CheckOutcome
from releases.models.append_only import AppendOnlyQuerySet, AppendOnlyRow, ChainedRow, choices_of
from releases.models.release import Address, Release
from releases.rules.calendar import format_day, format_time_with_seconds
from releases.rules.canonical import sha256_hex
from releases.verdict.release import Why

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
# Columns by the format that added them. Rows in an earlier format are hashed without these columns.
HASHED_SINCE = {2: ("purpose", "clock_bound_seconds", "vantage", "publisher_says"), 3: ("address_id",)}


class Purpose(models.TextChoices):
    """The purpose of a check; only plain checks are judged."""

    PLAIN = "plain", lazy("What any reader sees")
    FRESH = "fresh", lazy("Bypasses caches, to detect an old copy")
    ANNOUNCEMENT = "announcement", lazy("What the announcement says")
    VANTAGE = "vantage", lazy("What a reader sees from another vantage point")


class ObservationQuerySet(AppendOnlyQuerySet["Observation"]):
    def to_judge(self, release: Release) -> "ObservationQuerySet":
        """Return the plain checks of a release's present schedule, in the order in which they were sent."""
        return (
            self.plain()
            .filter(release=release, schedule_version=release.schedule_version)
            .order_by("sent_at", "position")
        )

    def plain(self) -> "ObservationQuerySet":
        """Return the plain checks for a schedule that was in force when the check was stored."""
        return self.filter(purpose=Purpose.PLAIN, superseded=False)


class Observation(ChainedRow):
    """One check. All instants are UTC. `planned_at` is when the check was planned; the others are actual times."""

    CHAIN: ClassVar[str] = "releases.observation"
    FORMAT: ClassVar[int] = 3

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="observations")
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="observations")
    url = models.URLField(lazy("web address"), max_length=1000)
    schedule_version = models.PositiveIntegerField()
    superseded = models.BooleanField(default=False)
    replayed = models.BooleanField(default=False)
    planned_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    completed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    result = models.CharField(max_length=20, choices=choices_of(CheckOutcome, capital=False))
    reasons = models.JSONField(default=list)
    adapter = models.CharField(max_length=30)
    failure = models.CharField(max_length=30, blank=True)
    failure_detail = models.CharField(max_length=500, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    hops = models.JSONField(lazy("redirects"), default=list)
    headers = models.JSONField(default=list)
    seconds = models.JSONField(default=dict)
    body_sha256 = models.CharField(max_length=64, blank=True)
    text_digest = models.CharField(max_length=64, blank=True)
    peer_address = models.CharField(max_length=64, blank=True)
    certificate_sha256 = models.CharField(max_length=64, blank=True)
    watcher = models.CharField(lazy("monitoring process"), max_length=100)
    purpose = models.CharField(max_length=12, choices=Purpose.choices, default=Purpose.PLAIN)
    clock_bound_seconds = models.FloatField(
        lazy("possible clock error in seconds"),
        null=True,
        help_text=lazy("How far our clock may be from the correct time. Empty if no source confirmed the time."),
    )
    vantage = models.CharField(
        lazy("place of the check"), max_length=100, blank=True, help_text=lazy("Where the check was made from.")
    )
    publisher_says = models.JSONField(
        default=dict, help_text=lazy("What the publisher’s own system says about the page.")
    )

    objects = ObservationQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("check")
        verbose_name_plural = lazy("checks")
        ordering = ("position",)
        indexes = [
            models.Index(fields=["release", "schedule_version", "sent_at"], name="observation_in_order"),
            # A body that was received before its release was due is sealed wherever the same bytes were received, so
            # checks are searched by the hash of the body.
            models.Index(fields=["body_sha256"], name="observation_by_body", condition=~Q(body_sha256="")),
            models.Index(fields=["release"], name="observation_by_vantage", condition=Q(purpose="vantage")),
        ]

    def __str__(self) -> str:
        result = capfirst(self.get_result_display())
        return f"{result} at {format_time_with_seconds(self.sent_at)} on {format_day(self.sent_at)}"

    @classmethod
    def in_order(cls) -> models.QuerySet[Self]:
        return super().in_order().select_related("release")

    def payload(self) -> dict[str, Any]:
        """Return the values of the check that are hashed, with the public ID of its release."""
        names = [*HASHED, *(n for since, added in HASHED_SINCE.items() if since <= self.format_version for n in added)]
        return {"release": str(self.release.public_id), **{name: getattr(self, name) for name in names}}


class CheckSchedule(models.Model):
    """The next check of an address. This row is the schedule; a process has only a copy in memory."""

    address = models.OneToOneField(Address, on_delete=models.CASCADE, related_name="schedule")
    schedule_version = models.PositiveIntegerField()
    next_check_at = models.DateTimeField(
        null=True, db_index=True, db_column="next_look_at", help_text=lazy("Empty once monitoring has ended.")
    )
    # The host as in `HostLease`. By this column a sweep finds the checks of the hosts that it owns or has leased, and
    # it updates the column if the address has changed.
    host = models.CharField(max_length=255, default="", db_default="", editable=False)
    live_since = models.DateTimeField(
        null=True,
        help_text=lazy("When we first found it live after it was due. After that, we check it less often."),
    )

    class Meta:
        db_table = "releases_watch"
        indexes = [models.Index(fields=["host", "next_check_at"], name="check_schedule_by_host")]

    def __str__(self) -> str:
        return f"{self.address}: next check {self.next_check_at or 'never'}"


class Coverage(models.Model):
    """A period in which one monitoring process was running; between periods nothing was observed."""

    watcher = models.CharField(max_length=100)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    recorded_until = models.DateTimeField(help_text=lazy("The end of the period that the last recorded digest covers."))

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
    """A process's lease of a host, so that only one process at a time uses the host's budget."""

    host = models.CharField(max_length=255, primary_key=True)
    holder = models.CharField(max_length=100)
    fence = models.PositiveBigIntegerField(default=1)
    until = models.DateTimeField()
    paused_until = models.DateTimeField(
        null=True, help_text=lazy("The site asked us to make no requests until this time.")
    )

    def __str__(self) -> str:
        return f"{self.host} held by {self.holder}"


class NotFoundPage(models.Model):
    """The last response of a host for an address that cannot exist: the site's own page for missing addresses."""

    host = models.CharField(max_length=255, primary_key=True)
    url = models.URLField(max_length=1200)
    status = models.PositiveSmallIntegerField(null=True)
    text = models.TextField(blank=True)
    seen_at = models.DateTimeField()
    ask_again_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host}, {self.status or 'no answer'} at {self.seen_at:%Y-%m-%d %H:%M} UTC"


# Monitoring compresses hundreds of pages between two checks. The fastest level takes a third of the time of the default
# level, and the result is about a tenth larger.
LEVEL = 1
LONGEST_MEDIA_TYPE = 100
# The value of `Body.compressed` if the bytes were moved to the storage. Compressed bytes are never empty.
MOVED = b""
BODY_STORAGE = "bodies"
"""The name of the optional storage in STORAGES."""


class BodyQuerySet(models.QuerySet["Body"]):
    """Bodies are added, removed once no `StoredBody` or `Screenshot` needs them, and never changed."""

    def update(self, **values: Any) -> int:
        raise AppendOnlyRow("Bodies are stored as they were received and cannot be changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyRow("Bodies are removed only when no stored check needs them.")

    def move_out(self, body: "Body") -> None:
        """Remove the bytes of a body from the database.

        The row is replaced, because the database refuses changes of a body. The caller must have compared the bytes
        with the object in the storage, and must hold the lock on the chain of checks.
        """
        with transaction.atomic():
            models.QuerySet.delete(self.filter(pk=body.pk))
            self.create(sha256=body.sha256, compressed=MOVED, media_type=body.media_type, size=body.size)

    def discard_unneeded(self, hashes: Collection[str]) -> int:
        """Remove bodies that no row refers to any more, and return their number.

        The rows that referred to a body still have its hash.
        """
        unneeded = self.filter(
            ~Exists(StoredBody.objects.filter(body=OuterRef("pk"))),
            ~Exists(Screenshot.objects.filter(Q(body=OuterRef("pk")) | Q(small=OuterRef("pk")))),
            pk__in=hashes,
        )
        return models.QuerySet.delete(unneeded)[0] if hashes else 0


class BodyUnavailable(Exception):
    """The storage did not return the object of a body. The message has the hash of the body and the reason."""


class Body(models.Model):
    """The bytes that one or more checks received, compressed, with their hash as the key.

    If the office has a storage for bodies, the compressed bytes of older bodies are there, and `compressed` is `MOVED`.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    compressed = models.BinaryField()
    media_type = models.CharField(max_length=LONGEST_MEDIA_TYPE, blank=True)
    size = models.PositiveIntegerField(help_text=lazy("Size in bytes before compression."))

    objects = BodyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = lazy("bodies")

    def __str__(self) -> str:
        return f"{self.size} bytes, {self.sha256}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyRow("This body is stored as it was received and cannot be changed.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyRow("A body is removed only when no stored check needs it.")

    @classmethod
    def of(cls, content: bytes, *, sha256: str, media_type: str) -> Self:
        return cls(
            sha256=sha256,
            compressed=zlib.compress(content, LEVEL),
            media_type=media_type[:LONGEST_MEDIA_TYPE],
            size=len(content),
        )

    @property
    def content(self) -> bytes:
        """The bytes as they were received.

        :raises BodyUnavailable: if the bytes are in the storage, and the storage does not return them.
        """
        return zlib.decompress(bytes(self.compressed) or self.read_object())

    def read_object(self) -> bytes:
        """Return the compressed bytes from the storage.

        :raises BodyUnavailable: if the storage does not return them.
        """
        if BODY_STORAGE not in settings.STORAGES:
            raise BodyUnavailable(f"{self.sha256} was moved to a storage, and STATSOFFICE_BODIES_BUCKET names none.")
        try:
            with storages[BODY_STORAGE].open(self.sha256) as file:
                return bytes(file.read())
        except Exception as fault:  # each storage has errors of its own
            raise BodyUnavailable(f"The storage of bodies did not return {self.sha256}: {fault}") from fault

    def is_intact(self) -> bool:
        """:raises BodyUnavailable: if the bytes are in the storage, and the storage does not return them."""
        is_moved = BodyObject.objects.filter(pk=self.pk, moved_at__isnull=False)
        if not self.compressed and not is_moved.exists():
            return False
        try:
            content = self.content
        except zlib.error:
            return False
        return len(content) == self.size and sha256_hex(content) == self.sha256


class BodyObject(models.Model):
    """An object in the storage of bodies. The row is written before the object and removed after it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    begun_at = models.DateTimeField(help_text=lazy("When we last began to write the object."))
    moved_at = models.DateTimeField(null=True, help_text=lazy("When the bytes were removed from the database."))

    def __str__(self) -> str:
        return self.sha256


class StoredBody(models.Model):
    """A stored body and the reason for storing it: one row for each address, schedule, reason and side of the due time.

    If the bytes were removed or could not be stored, `state` says so, and the row still has the hash.
    """

    class State(models.TextChoices):
        STORED = "stored", lazy("Stored")
        NOT_STORED = "not_stored", lazy("Could not be stored")
        PRUNED = "pruned", lazy("Removed at the end of its retention period")

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="stored_bodies")
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="+")
    schedule_version = models.PositiveIntegerField()
    why = models.CharField(max_length=20, choices=choices_of(Why, capital=False))
    since_due = models.BooleanField(default=False)
    # No index, because it would have to be updated at every check that replaces the previous check.
    observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, related_name="+", db_index=False, db_column="look_id"
    )
    sha256 = models.CharField(max_length=64, db_index=True)
    body = models.ForeignKey(Body, on_delete=models.DO_NOTHING, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices, default=State.STORED)
    stored_at = models.DateTimeField(db_column="kept_at")

    class Meta:
        db_table = "releases_keptbody"
        ordering = ("release", "schedule_version", "address", "observation")
        verbose_name_plural = lazy("stored bodies")
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


class Screenshot(models.Model):
    """A picture of a page at one moment of a schedule, or the reason why there is none; one row for each moment.

    The picture and a small one of the top of the page are stored as bodies. At the end of their retention period both
    are removed, and the row still has their hashes. `planned_at` is the instant of the moment. The page was requested
    at `requested_at` and drawn at `pictured_at`.
    """

    class Moment(models.TextChoices):
        DUE = "due", lazy("At the release time")
        LIMIT = "limit", lazy("At the end of the tolerance")
        FIRST_LIVE = "first_live", lazy("When first found live")

    class State(models.TextChoices):
        STORED = "stored", lazy("Stored")
        NOT_TAKEN = "not_taken", lazy("Not taken")
        PRUNED = "pruned", lazy("Removed at the end of its retention period")

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="screenshots_taken")
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="+")
    schedule_version = models.PositiveIntegerField()
    moment = models.CharField(max_length=12, choices=Moment.choices)
    planned_at = models.DateTimeField()
    requested_at = models.DateTimeField(null=True)
    pictured_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices)
    reason = models.CharField(max_length=30, blank=True)
    final_url = models.CharField(max_length=1000, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    small_sha256 = models.CharField(max_length=64, blank=True)
    body = models.ForeignKey(Body, on_delete=models.DO_NOTHING, null=True, related_name="+")
    small = models.ForeignKey(Body, on_delete=models.DO_NOTHING, null=True, related_name="+")
    width = models.PositiveSmallIntegerField(default=0)
    height = models.PositiveSmallIntegerField(default=0)
    browser = models.CharField(max_length=50, blank=True)
    vantage = models.CharField(lazy("place of the check"), max_length=100, blank=True)
    watcher = models.CharField(lazy("monitoring process"), max_length=100)

    class Meta:
        ordering = ("release", "schedule_version", "address", "planned_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["address", "schedule_version", "moment"], name="one_screenshot_per_moment"),
            models.CheckConstraint(
                condition=Q(state="stored", body=F("sha256"), small=F("small_sha256"), pictured_at__isnull=False)
                & Q(reason="")
                | Q(state="pruned", body__isnull=True, small__isnull=True, reason="")
                | Q(~Q(reason=""), state="not_taken", body__isnull=True, small__isnull=True, sha256=""),
                name="screenshot_is_stored_or_says_why_not",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_moment_display()}: {self.get_state_display()}"
