"""What left the house: each report and notice that was sent, in which version, to whom and by whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from breaches.core.status import Nature
from breaches.models.report import ApprovedDocument, Report
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet


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
