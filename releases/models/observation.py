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
# The columns that each later format added. Rows in an older format are hashed without these columns.
HASHED_SINCE = {2: ("purpose", "clock_bound_seconds", "vantage", "publisher_says"), 3: ("address_id",)}


class Purpose(models.TextChoices):
    """The purpose of a check.

    Verdicts are based on plain checks. Checks from other vantage points can change a verdict
    (`combine_vantage_points`).
    """

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
        """Return the plain checks that are not superseded.

        A check is superseded if its schedule was changed or cancelled, or its web address was corrected, before the
        check was stored.
        """
        return self.filter(purpose=Purpose.PLAIN, superseded=False)


class Observation(ChainedRow):
    """One stored check. All instants are UTC.

    `planned_at` is the time for which the check was planned. The other instants are actual times.
    """

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
            # The embargo finds checks by the hash of their body. If one check received a body before the due time, the
            # same bytes are sealed wherever they were received.
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
    """The time of the next check of an address.

    This row is authoritative. Processes have only a copy of it in memory.
    """

    address = models.OneToOneField(Address, on_delete=models.CASCADE, related_name="schedule")
    schedule_version = models.PositiveIntegerField()
    next_check_at = models.DateTimeField(
        null=True, db_index=True, db_column="next_look_at", help_text=lazy("Empty once monitoring has ended.")
    )
    # The host, in the form that `HostLease` uses. A sweep uses this column to find the checks of the hosts that it owns
    # or has leased. If the address has changed, the sweep updates the column.
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
    """A period in which one monitoring process was running.

    Nothing was observed at a time that is outside the periods of all processes.
    """

    watcher = models.CharField(max_length=100)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    recorded_until = models.DateTimeField(help_text=lazy("The last recorded digest covers the period up to this time."))

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
    """A host's page for missing addresses: the last response to a request for an address that cannot exist."""

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
# The value of `Body.compressed` if the bytes were moved to the object storage. No real body has this value, because
# compressed bytes are never empty.
MOVED = b""
BODY_STORAGE = "bodies"
"""The key of the object storage for bodies in `settings.STORAGES`. The storage is optional."""


class BodyQuerySet(models.QuerySet["Body"]):
    """Bodies are never changed. They are removed when no `StoredBody` or `Screenshot` refers to them any more."""

    def update(self, **values: Any) -> int:
        raise AppendOnlyRow("Bodies are stored as they were received and cannot be changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyRow("Bodies are removed only when no stored check needs them.")

    def move_out(self, body: "Body") -> None:
        """Remove the bytes of a body from the database.

        The row is deleted and created again, because the database refuses to update bodies. The caller must first
        compare the bytes with the object in the storage, and must hold the lock on the chain of checks.
        """
        with transaction.atomic():
            models.QuerySet.delete(self.filter(pk=body.pk))
            self.create(sha256=body.sha256, compressed=MOVED, media_type=body.media_type, size=body.size)

    def discard_unneeded(self, hashes: Collection[str]) -> int:
        """Remove the given bodies that no row refers to any more, and return how many were removed.

        Rows that referred to a removed body still contain the hash of the body.
        """
        unneeded = self.filter(
            ~Exists(StoredBody.objects.filter(body=OuterRef("pk"))),
            ~Exists(Screenshot.objects.filter(Q(body=OuterRef("pk")) | Q(small=OuterRef("pk")))),
            pk__in=hashes,
        )
        return models.QuerySet.delete(unneeded)[0] if hashes else 0


class BodyUnavailable(Exception):
    """The object storage did not return a body. The message contains the hash of the body and the reason."""


class Body(models.Model):
    """The compressed bytes of a response or screenshot. The key is the SHA-256 of the uncompressed bytes.

    Several checks can refer to the same body. If the office has an object storage for bodies, older bodies are moved
    there. `compressed` is `MOVED` for a body that was moved.
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
        """The uncompressed bytes.

        :raises BodyUnavailable: if the bytes are in the storage, and the storage does not return them.
        """
        return zlib.decompress(bytes(self.compressed) or self.read_object())

    def read_object(self) -> bytes:
        """Return the compressed bytes from the storage.

        :raises BodyUnavailable: if the storage does not return them.
        """
        if BODY_STORAGE not in settings.STORAGES:
            raise BodyUnavailable(
                f"The body {self.sha256} was moved to the object storage, but STATSOFFICE_BODIES_BUCKET is not set."
            )
        try:
            with storages[BODY_STORAGE].open(self.sha256) as file:
                return bytes(file.read())
        except Exception as fault:  # each storage backend raises different exceptions
            raise BodyUnavailable(f"The storage of bodies did not return {self.sha256}: {fault}") from fault

    def is_intact(self) -> bool:
        """Return whether the content has the recorded size and hash.

        :raises BodyUnavailable: if the bytes are in the storage, and the storage does not return them.
        """
        is_moved = BodyObject.objects.filter(pk=self.pk, moved_at__isnull=False)
        if not self.compressed and not is_moved.exists():
            return False
        try:
            content = self.content
        except zlib.error:
            return False
        return len(content) == self.size and sha256_hex(content) == self.sha256


class BodyObject(models.Model):
    """An object in the storage for bodies.

    The row is created before the object is written, and deleted after the object is removed.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    begun_at = models.DateTimeField(help_text=lazy("When we last began to write the object."))
    moved_at = models.DateTimeField(null=True, help_text=lazy("When the bytes were removed from the database."))

    def __str__(self) -> str:
        return self.sha256


class StoredBody(models.Model):
    """The body of a check that is stored as evidence, and the reason for storing it.

    There is at most one row for each address, schedule, reason and value of `since_due`, which is true if the check was
    not surely before the due time. If the bytes could not be stored or were removed, `state` says so. The row still
    contains the hash of the bytes.
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
    # The column has no index, because each new check that replaces the previous check would have to update the index.
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
    """A picture of a page at one moment of a schedule, or the reason why there is no picture.

    There is one row for each address, schedule and moment. The picture and a small picture of the top of the page are
    stored as bodies. At the end of the retention period both bodies are removed. The row still contains their hashes.

    The picture was planned for `planned_at`. The page was requested at `requested_at` and drawn at `pictured_at`.
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
