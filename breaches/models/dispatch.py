"""What was sent or published of a report, and downloads of the register."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from breaches.models.report import ApprovedDocument, Report
from breaches.rules.lifecycle import Nature
from releases.models import Producer
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.models.event import Happening


class DispatchQuerySet(AppendOnlyQuerySet["Dispatch"]):
    """Dispatches, which are only added."""

    def by_mail(self) -> "DispatchQuerySet":
        """Return those that this system sends, and not a person outside it."""
        return self.filter(outside=False)


class Dispatch(AppendOnly):
    """One report or notice on its way to one recipient.

    One that was sent `outside` this system says on which day and under which reference; any other is mail that waits in
    the outbox until it has left.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="dispatches")
    document = models.ForeignKey(ApprovedDocument, on_delete=models.PROTECT, related_name="dispatches")
    nature = models.CharField(max_length=20)
    recipient = models.CharField(max_length=254)
    outside = models.BooleanField()
    sent_on = models.DateField()
    reference = models.CharField(max_length=200, blank=True)
    words = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    at = models.DateTimeField()

    objects = DispatchQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["document", "nature"], name="one_dispatch_per_document_and_nature"),
            models.CheckConstraint(condition=Q(nature__in=list(Nature)), name="what_is_sent_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.nature} to {self.recipient}"


class PublishedQuerySet(AppendOnlyQuerySet["Published"]):
    """Published statements, which are only added."""


class Published(AppendOnly):
    """One statement as it was made public, of one version of a report; which one stands, the report says."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="published_statements")
    version = models.PositiveIntegerField()
    statement = models.JSONField()
    statement_sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    at = models.DateTimeField()

    objects = PublishedQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.report_id} version {self.version} as it was made public"


class RegisterEventQuerySet(AppendOnlyQuerySet["RegisterEvent"]):
    """Events of registers, which are only added."""


class RegisterEvent(Happening):
    """One thing that was done with one producer's reports together; a file of several producers is on record for each.

    The facts of an export say in which role, what was asked for, how many reports it held, whether it held contacts,
    the kind of file and its hash.
    """

    CHAIN: ClassVar[str] = "breaches.register_event"

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="register_events")

    objects = RegisterEventQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        indexes = [models.Index(fields=["producer", "position"], name="register_event_in_order")]

    def subject(self) -> dict[str, Any]:
        """Return the producer, as it enters the hash."""
        return {"producer": self.producer_id}
