"""Whose own act a report is about: they say so themselves, and somebody else decides."""

from django.conf import settings
from django.db import models

from breaches.models.report import Report
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet


class OwnActQuerySet(AppendOnlyQuerySet["OwnAct"]):
    """Declarations, which are only added."""


class OwnAct(AppendOnly):
    """One person's declaration that a report is about something that they did; it cannot be taken back."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="own_acts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OwnActQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["report", "person"], name="one_declaration_per_report_and_person")
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.person}"
