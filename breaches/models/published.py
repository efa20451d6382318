"""What was made public of a report: the very words that somebody read before they marked it."""

from django.conf import settings
from django.db import models

from breaches.models.report import Report
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet


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
