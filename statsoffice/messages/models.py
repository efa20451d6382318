"""The outbox: one row for each message owed to one person about one event."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as lazy

from breaches.models import ApprovedDocument


class Message(models.Model):
    """One message: unique per event and recipient, so that whatever runs twice tells nobody twice."""

    event = models.CharField(max_length=150)
    recipient = models.EmailField()
    subject = models.CharField(max_length=300)
    text = models.TextField()
    document = models.ForeignKey(
        ApprovedDocument,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=lazy("The approved document that is attached, where a report is sent."),
    )
    reply_to = models.EmailField(blank=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text=lazy("When it is to be sent, or tried again."))
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("created_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["event", "recipient"], name="one_message_per_event_and_recipient")
        ]
        indexes = [models.Index(fields=["due_at"], name="messages_to_send", condition=Q(sent_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"
