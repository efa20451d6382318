"""The changes of a release's date, which are only added."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from releases.core.dates.calendar import Precision, Slot
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.models.release import Release

if TYPE_CHECKING:
    from releases.models.reason_correction import ReasonCorrection


class DateChangeQuerySet(AppendOnlyQuerySet["DateChange"]):
    """Changes of date, which are only added."""

    def made_since(self, instant: datetime) -> Self:
        """Return the changes made after an instant: agreed to then, or done then where nobody had to agree."""
        return self.filter(Q(agreed_at__gt=instant) | Q(agreed_at__isnull=True, requested_at__gt=instant))


class DateChange(AppendOnly):
    """One change of a release's date: was, to, why, who asked (empty: an import), who agreed, when announced."""

    # The change outlives a release that was deleted before it was ever public, so nothing ties the two rows.
    release = models.ForeignKey(Release, on_delete=models.DO_NOTHING, db_constraint=False, related_name="date_changes")
    schedule_version = models.PositiveIntegerField()
    was_on = models.DateField()
    was_at = models.TimeField(null=True)
    was_precision = models.CharField(max_length=10)
    to_on = models.DateField()
    to_at = models.TimeField(null=True)
    to_precision = models.CharField(max_length=10)
    zone = models.CharField(max_length=50, default="Europe/London")
    public_reason = models.TextField(blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)

    objects = DateChangeQuerySet.as_manager()

    class Meta:
        ordering = ("release", "schedule_version")
        indexes = [
            models.Index(
                fields=["announced_at", "release"],
                name="date_change_by_announced",
                condition=Q(announced_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "schedule_version"], name="one_date_change_per_schedule_version"
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True, agreed_at__isnull=True)
                | Q(agreed_by__isnull=False, agreed_at__isnull=False),
                name="date_change_agreed_by_and_at_go_together",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.was} to {self.to}"

    @property
    def made_at(self) -> datetime:
        """The instant of the agreement, or of the act where nobody had to agree."""
        return self.agreed_at or self.requested_at

    @property
    def last_correction(self) -> "ReasonCorrection | None":
        """The row by which its public reason was put right last, if it ever was."""
        corrections = list(self.corrections.all())
        return corrections[-1] if corrections else None

    @property
    def was(self) -> Slot:
        """The slot before the change."""
        return Slot(on=self.was_on, at=self.was_at, precision=Precision(self.was_precision), zone=self.zone)

    @property
    def to(self) -> Slot:
        """The slot after the change."""
        return Slot(on=self.to_on, at=self.to_at, precision=Precision(self.to_precision), zone=self.zone)
