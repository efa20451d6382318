"""A report that no record suspected: a person started it by hand, about one release."""

from django.conf import settings
from django.db import models

from breaches.models.report import Report
from releases.models import Release


class StartedReport(models.Model):
    """Who started a report, when, and about which release; the reports of one release are numbered."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="started")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="started_reports")
    number = models.PositiveIntegerField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()

    class Meta:
        ordering = ("started_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["release", "number"], name="one_started_report_per_release_and_number")
        ]

    def __str__(self) -> str:
        return f"{self.report} about {self.release.reference}"
