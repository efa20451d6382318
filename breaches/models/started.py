"""A report that no record suspected: a person started it by hand, about a release, a series or neither."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as lazy

from breaches.models.report import Report
from releases.models import Release, Series


class StartedReport(models.Model):
    """Who started a report, when, and from what: one release, one series, or nothing that is on record."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="started")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, related_name="started_reports")
    series = models.ForeignKey(Series, on_delete=models.PROTECT, null=True, related_name="started_reports")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    form_key = models.UUIDField(
        null=True, unique=True, help_text=lazy("Of the form that was sent: sent twice, it starts one report.")
    )

    class Meta:
        ordering = ("started_at", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(release__isnull=True) | Q(series__isnull=True), name="started_from_one_thing_at_most"
            )
        ]

    def __str__(self) -> str:
        return f"{self.report}, started by {self.started_by}"
