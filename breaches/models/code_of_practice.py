"""The Code of Practice for Statistics by edition: rules that changed over time, kept as data."""

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as lazy
from simple_history.models import HistoricalRecords


class EditionQuerySet(models.QuerySet["Edition"]):
    """Editions by the day on which they were in force."""

    def in_force_on(self, day: date) -> "Edition | None":
        """Return the edition in force on a day, or None if none of those recorded was yet."""
        return self.filter(in_force_from__lte=day).order_by("-in_force_from").first()


class Edition(models.Model):
    """One edition of the Code, in force from a day until the next one."""

    number = models.CharField(max_length=10, unique=True)
    title = models.CharField(max_length=200)
    in_force_from = models.DateField(unique=True)
    history = HistoricalRecords()

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ("in_force_from",)

    def __str__(self) -> str:
        return f"edition {self.number}"


class Practice(models.Model):
    """One practice of an edition; confirmed once somebody has read its words, or its sense, in the Code."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="practices")
    code = models.CharField(max_length=40)
    principle = models.CharField(max_length=100)
    text = models.TextField()
    confirmed = models.BooleanField(
        lazy("wording confirmed"), default=False, help_text=lazy("A practice that is not confirmed is only suggested.")
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("edition", "code")
        constraints = [models.UniqueConstraint(fields=["edition", "code"], name="one_practice_per_edition_and_code")]

    def __str__(self) -> str:
        return f"{self.principle}: {self.code} - {self.text}"
