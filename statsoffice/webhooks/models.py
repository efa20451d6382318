"""Models of webhook endpoints, their deliveries, publishing systems, and changes to endpoints and systems."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.models import Producer
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from statsoffice import encryption

PURPOSE = "statsoffice.webhooks"


class EventType(models.TextChoices):
    """The types of events, as in the payload. The values are stored and public, so do not rename them."""

    ANNOUNCED = "release.announced", lazy("Release announced")
    MOVED = "release.moved", lazy("Release date changed")
    CANCELLED = "release.cancelled", lazy("Release cancelled")
    PUBLISHED = "release.published", lazy("Release published")
    RESULT = "result.decided", lazy("Result of a release check")
    APPROVED = "report.approved", lazy("Breach report approved")


# The type of a test event. People cannot choose it, because a test event is sent only on request.
TEST_TYPE = "webhook.test"


class OffReason(models.TextChoices):
    PERSON = "person", lazy("Turned off by a person")
    GONE = (
        "gone",
        lazy("Turned off because your system responded that this web address no longer exists (HTTP status 410)"),
    )
    FAILING = "failing", lazy("Turned off after five days of failed deliveries")


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def stopped(self) -> Self:
        """Return the webhooks that the service turned off, unless a person decided that they stay off."""
        return self.filter(off_at__isnull=False, left_off_at__isnull=True).exclude(off_reason=OffReason.PERSON)


class WebhookEndpoint(models.Model):
    """The address of a producer's own system, and the types of events that we send to it.

    A producer has one endpoint for each purpose. The secrets are encrypted. For a day after the secret is replaced,
    messages are signed with the old secret too. `release_position` and `report_position` are the positions of the last
    events that were read from the chains of releases and reports. Events from before `since` are never sent. If a
    release is published or cancelled later, its hidden results become events at that time.
    """

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="webhook_endpoints")
    name = models.CharField(lazy("purpose"), max_length=100)
    url = models.URLField(lazy("web address"), max_length=1000)
    event_types = models.JSONField(lazy("events"), default=list)
    with_rehearsals = models.BooleanField(lazy("includes rehearsals"), default=False)
    secret = models.TextField(editable=False)
    # Messages are also signed with these secrets until `old_secrets_until`. The secrets are joined with spaces and then
    # encrypted. There are several if the secret was replaced twice within a day.
    old_secrets = models.TextField(blank=True, default="", editable=False)
    old_secrets_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField()
    since = models.DateTimeField(help_text=lazy("When the webhook was created or last turned on."))
    release_position = models.PositiveBigIntegerField(default=0, editable=False)
    report_position = models.PositiveBigIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True)
    off_at = models.DateTimeField(lazy("turned off"), null=True)
    off_reason = models.CharField(max_length=10, blank=True, default="", choices=OffReason.choices)
    left_off_at = models.DateTimeField(
        null=True, help_text=lazy("When a person decided that a webhook that the service turned off stays off.")
    )

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("webhook")
        verbose_name_plural = lazy("webhooks")
        ordering = ("producer", "name")
        constraints = [
            models.UniqueConstraint(fields=["producer", "name"], name="one_webhook_per_purpose"),
            models.CheckConstraint(
                condition=Q(off_at__isnull=True, off_reason="") | Q(off_at__isnull=False) & ~Q(off_reason=""),
                name="webhook_is_off_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_stopped(self) -> bool:
        """Whether the service turned the webhook off, and no person has decided that it stays off."""
        return self.off_at is not None and self.off_reason != OffReason.PERSON and self.left_off_at is None

    @property
    def type_labels(self) -> list[str]:
        return [str(one.label) for one in EventType if one in self.event_types]

    def secrets_at(self, at: datetime) -> list[str]:
        """Return the secrets to sign with, the newest first.

        :raises cryptography.fernet.InvalidToken: if SECRET_KEY was replaced without a fallback.
        """
        secrets = [encryption.decrypt(self.secret, purpose=PURPOSE)]
        if self.old_secrets and self.old_secrets_until and at < self.old_secrets_until:
            secrets += encryption.decrypt(self.old_secrets, purpose=PURPOSE).split()
        return secrets


class WebhookDelivery(models.Model):
    """One event for one endpoint, with the exact body. The job `webhooks` sends the deliveries that are due."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries")
    key = models.CharField(
        max_length=200, help_text=lazy("Identifies the event. A webhook has at most one delivery with each key.")
    )
    message_id = models.CharField(max_length=60, unique=True)
    event_type = models.CharField(max_length=40)
    body = models.TextField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_fault = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = lazy("webhook delivery")
        verbose_name_plural = lazy("webhook deliveries")
        ordering = ("-created_at", "-pk")
        indexes = [
            models.Index(
                fields=["due_at"],
                name="waiting_webhook_deliveries",
                condition=Q(delivered_at__isnull=True, given_up_at__isnull=True),
            ),
            models.Index(fields=["endpoint", "-created_at"], name="deliveries_of_webhook"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "key"], name="one_delivery_per_webhook_and_event"),
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True) | Q(given_up_at__isnull=True),
                name="webhook_delivery_has_one_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.message_id}"

    @property
    def type_label(self) -> str:
        return str(_("Test event") if self.event_type == TEST_TYPE else EventType(self.event_type).label)

    @property
    def is_waiting(self) -> bool:
        return self.delivered_at is None and self.given_up_at is None

    @property
    def may_be_sent_again(self) -> bool:
        """Whether the delivery has ended, or is waiting for another attempt after a failure."""
        return not self.is_waiting or self.attempts > 0


class PublicationSource(models.Model):
    """A publishing system of a producer, which tells us when it has published a release.

    The secret is encrypted. `key` is part of the address to which the system sends its statements.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="publication_sources")
    name = models.CharField(lazy("system"), max_length=100)
    secret = models.TextField(editable=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = lazy("publishing system")
        verbose_name_plural = lazy("publishing systems")
        ordering = ("producer", "name", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["producer", "name"],
                condition=Q(revoked_at__isnull=True),
                name="one_publishing_system_per_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def read_secret(self) -> str:
        """:raises cryptography.fernet.InvalidToken: if SECRET_KEY was replaced without a fallback."""
        return encryption.decrypt(self.secret, purpose=PURPOSE)


class WebhookChange(AppendOnly):
    """One change to an endpoint or to a source, with the person who made it and the time."""

    class Kind(models.TextChoices):
        CREATED = "created", lazy("Webhook created")
        SECRET_REPLACED = "secret_replaced", lazy("Webhook secret replaced")
        TESTED = "tested", lazy("Test event sent")
        SENT_AGAIN = "sent_again", lazy("Delivery sent again")
        TURNED_OFF = "turned_off", lazy("Webhook turned off")
        LEFT_OFF = "left_off", lazy("Webhook left off")
        TURNED_ON = "turned_on", lazy("Webhook turned on")
        SOURCE_ADDED = "source_added", lazy("Publishing system added")
        SOURCE_REVOKED = "source_revoked", lazy("Publishing system removed")

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, null=True, related_name="changes")
    source = models.ForeignKey(PublicationSource, on_delete=models.PROTECT, null=True, related_name="changes")
    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=lazy("Empty if the service made the change."),
    )
    at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("webhook change")
        verbose_name_plural = lazy("webhook changes")
        ordering = ("-at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(endpoint__isnull=False, source__isnull=True)
                | Q(endpoint__isnull=True, source__isnull=False),
                name="webhook_change_is_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.endpoint or self.source}"
