"""Public reasons put right: further rows beside the reason that was announced first, which stays."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.models.date_change import DateChange


class ReasonCorrectionQuerySet(AppendOnlyQuerySet["ReasonCorrection"]):
    """Corrections of public reasons, which are only added."""


class ReasonCorrection(AppendOnly):
    """The public reason of one change of date as readers see it from then on, and which lead agreed to it."""

    change = models.ForeignKey(DateChange, on_delete=models.PROTECT, related_name="corrections")
    number = models.PositiveSmallIntegerField()
    public_reason = models.TextField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()

    objects = ReasonCorrectionQuerySet.as_manager()

    class Meta:
        ordering = ("change", "number")
        constraints = [
            models.UniqueConstraint(fields=["change", "number"], name="one_reason_correction_per_number"),
            models.CheckConstraint(condition=~Q(public_reason=""), name="corrected_reason_is_a_reason"),
        ]

    def __str__(self) -> str:
        return self.public_reason
