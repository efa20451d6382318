"""Exemptions that the Director General for Regulation approved in advance, kept as they were recorded."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy
from simple_history.models import HistoricalRecords

from releases.core.exemption import Covers, Terms
from releases.models.producer import Producer
from releases.models.series import Series


class Exemption(models.Model):
    """One exemption: for a producer or one of its series, for some days and faults. It can be ended, not changed."""

    class End(models.TextChoices):
        """Why it covers nothing more."""

        WITHDRAWN = "withdrawn", lazy("Withdrawn: it covers nothing from now on")
        IN_ERROR = "in_error", lazy("Recorded in error: it never covered anything")

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="exemptions")
    series = models.ForeignKey(
        Series,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="exemptions",
        help_text=lazy("Leave this empty if it covers every series of the producer."),
    )
    reference = models.CharField(
        max_length=100, help_text=lazy("As on the letter of the Director General for Regulation.")
    )
    approved_on = models.DateField()
    covers_from = models.DateField(lazy("first day that it covers"))
    covers_to = models.DateField(lazy("last day that it covers"))
    covers_late = models.BooleanField(lazy("covers a late release"), default=False)
    covers_early = models.BooleanField(lazy("covers an early release"), default=False)
    covers_partial = models.BooleanField(lazy("covers a release with parts missing"), default=False)
    words = models.TextField(lazy("what it covers"), help_text=lazy("In the words of the approval."))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    recorded_at = models.DateTimeField(editable=False)
    end = models.CharField(max_length=10, choices=End.choices, blank=True)
    end_words = models.TextField(lazy("why it ends"), blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    ended_at = models.DateTimeField(null=True, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-approved_on", "-pk")
        constraints = [
            models.CheckConstraint(condition=Q(covers_to__gte=F("covers_from")), name="exemption_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(covers_late=True) | Q(covers_early=True) | Q(covers_partial=True),
                name="exemption_covers_something",
            ),
            models.CheckConstraint(
                condition=Q(end="", ended_at__isnull=True, ended_by__isnull=True, end_words="")
                | (~Q(end="") & Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(end_words="")),
                name="exemption_says_why_it_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} of {self.approved_on:%Y-%m-%d}"

    @property
    def terms(self) -> Terms:
        """What it covers, as the rule reads it."""
        given = {Covers.LATE: self.covers_late, Covers.EARLY: self.covers_early, Covers.PARTIAL: self.covers_partial}
        return Terms(
            covers=frozenset(what for what, covers in given.items() if covers),
            covers_from=self.covers_from,
            covers_to=self.covers_to,
            approved_on=self.approved_on,
            recorded_at=self.recorded_at,
            ended_at=self.ended_at,
            in_error=self.end == self.End.IN_ERROR,
        )
