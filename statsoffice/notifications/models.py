"""Models for the messages in the outbox, and for the channels that people prefer."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from simple_history.models import HistoricalRecords

from breaches.models import ApprovedDocument, Report, Suspicion
from releases.models import Producer, Release, Verification
from releases.models.append_only import new_salt
from releases.models.claim import is_unclaimed
from releases.models.event import NEVER, RowRecord, Table

KINDS: dict[str, Promise] = {}
"""Maps the event prefix of each kind of notification to the label. outbox.py fills it when Django starts."""

OTHER = lazy("Message")


def kind_of(event: str) -> str:
    return str(next((words for begins, words in KINDS.items() if event.startswith(begins)), OTHER))


class Channel(models.TextChoices):
    MAIL = "mail", lazy("Email")
    NOTIFY = "notify", lazy("GOV.UK Notify")
    WEBHOOK = "webhook", lazy("Webhook")
    TEXT = "text", lazy("Text message")


def available_channels() -> list[Channel]:
    """Return the channels that the operator has set up and a person can choose. Email is always included."""
    notify = [Channel.NOTIFY] if settings.NOTIFY_KEY else []
    return [Channel.MAIL, *notify, *([Channel.WEBHOOK] if settings.WEBHOOKS else [])]


class DeliveryState(StrEnum):
    SENT = "sent"
    WAITING = "waiting"
    LEFT = "left"


MOST_ATTEMPTS = 15
CONDITIONS = {
    DeliveryState.SENT: Q(sent_at__isnull=False),
    DeliveryState.WAITING: Q(sent_at__isnull=True, attempts__lt=MOST_ATTEMPTS),
    DeliveryState.LEFT: Q(sent_at__isnull=True, attempts__gte=MOST_ATTEMPTS),
}


class Message(models.Model):
    """A message about an event to one recipient by one channel.

    Event, recipient and channel are unique together, so that no one gets a message twice.
    """

    event = models.CharField(max_length=150)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.MAIL)
    recipient = models.CharField(
        max_length=254, help_text=lazy("An email address, a phone number, or the name of a webhook in the settings.")
    )
    subject = models.CharField(max_length=300)
    text = models.TextField()
    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, null=True, related_name="+")
    # A release that was never public can be deleted. The messages about the release are not deleted.
    release = models.ForeignKey(Release, on_delete=models.SET_NULL, null=True, related_name="+")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, related_name="+")
    document = models.ForeignKey(
        ApprovedDocument,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=lazy("The approved document attached to this message, if it sends a report."),
    )
    reply_to = models.EmailField(blank=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text=lazy("When we send it or try again."))
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(
        lazy("recipient, subject and text deleted at"),
        null=True,
        help_text=lazy("At the end of the retention period. We keep the record that a notification was sent."),
    )

    salt = models.CharField(
        max_length=32, default=new_salt, help_text=lazy("Part of the recorded digest. Replaced when text is deleted.")
    )

    class Meta:
        verbose_name = lazy("notification")
        verbose_name_plural = lazy("notifications")
        ordering = ("created_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "recipient", "channel"], name="one_message_per_event_recipient_and_channel"
            ),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="channel_is_known"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="messages_to_send", condition=Q(sent_at__isnull=True)),
            models.Index(fields=["producer", "-created_at"], name="messages_of_producer"),
            models.Index(
                fields=["sent_at"],
                name="messages_to_erase",
                condition=Q(sent_at__isnull=False, erased_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} to {self.recipient}"

    @property
    def title(self) -> str:
        """The subject, or the kind if the subject was redacted."""
        return kind_of(self.event) if self.erased_at else self.subject


# A claim lasts longer than any channel needs to send one message. If a claim has ended and the message is not sent, the
# process that made the claim must have died. Another process then sends the message.
CLAIM = timedelta(minutes=5)


def failed_messages(*, at: datetime) -> models.QuerySet[Message]:
    """Return the messages that failed for good. A message whose last attempt has not ended is left out."""
    return Message.objects.filter(CONDITIONS[DeliveryState.LEFT], is_unclaimed(CLAIM, now=at))


class MessageRowRecord(RowRecord):
    """Digests of messages. The columns about delivery attempts are not part of a digest."""

    CHAIN: ClassVar[str] = "messages.row"
    AFTER: ClassVar[str] = "messages.row"
    TABLES = (
        Table(
            "outbox.Message",
            (
                "event",
                "channel",
                "recipient",
                "subject",
                "text",
                "producer_id",
                "report_id",
                "document_id",
                "reply_to",
                "created_at",
                "sent_at",
                "erased_at",
                "salt",
            ),
            deleted_by=NEVER,
        ),
    )


class Preference(models.Model):
    """A channel that a person has chosen for messages about a producer.

    If `person` is empty, the channel is the default for people who have not chosen a channel. A webhook without
    `person` gets the messages whatever people have chosen.
    """

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=lazy("Leave empty to apply to everyone at this producer who has not made their own choice."),
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    webhook = models.CharField(
        max_length=60,
        blank=True,
        help_text=lazy("The name in the settings. We post to the webhook in addition to emails."),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = lazy("notification preference")
        verbose_name_plural = lazy("notification preferences")
        ordering = ("producer", "person", "channel")
        constraints = [
            models.UniqueConstraint(
                fields=["producer", "person", "channel", "webhook"], name="one_preference_per_person_and_channel"
            ),
            models.UniqueConstraint(
                fields=["producer", "channel", "webhook"],
                condition=Q(person__isnull=True),
                name="one_preference_per_producer_and_channel",
                violation_error_message=lazy("This channel is already chosen for this producer."),
            ),
            models.CheckConstraint(
                condition=(Q(channel=Channel.WEBHOOK) & ~Q(webhook=""))
                | (Q(channel__in=[Channel.MAIL, Channel.NOTIFY]) & Q(webhook="")),
                name="a_webhook_is_named",
                violation_error_message=lazy("Enter a webhook only if the channel is a webhook."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person or self.producer}: {self.webhook or self.get_channel_display()}"


class NotifiedSuspicion(models.Model):
    """A record that people were notified of a suspicion. `event` is the event of the message."""

    suspicion = models.ForeignKey(Suspicion, on_delete=models.PROTECT, related_name="notifications")
    event = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        db_table = "outbox_toldsuspicion"
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["suspicion", "event"], name="a_message_tells_of_a_suspicion_once")
        ]
        indexes = [models.Index(fields=["at"], name="suspicions_told_lately")]

    def __str__(self) -> str:
        return f"{self.suspicion} by {self.event}"


class NotifiedVerdict(models.Model):
    """A record that people were notified of a verdict that needs checking. `event` is the event of the message."""

    verdict = models.ForeignKey(Verification, on_delete=models.PROTECT, related_name="notifications")
    event = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        db_table = "outbox_toldverdict"
        ordering = ("at", "pk")
        constraints = [models.UniqueConstraint(fields=["verdict", "event"], name="a_message_tells_of_a_verdict_once")]
        indexes = [models.Index(fields=["at"], name="verdicts_told_lately")]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.event}"
