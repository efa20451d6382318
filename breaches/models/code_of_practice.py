"""The editions of the Code of Practice, and their practices."""

from datetime import UTC, date, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as lazy
from simple_history.models import HistoricalRecords

# If the exact day on which an edition came into force is not known (for example, if only the month is known), the day
# may be up to this long after `in_force_from`.
DOUBT_ABOUT_THE_DAY = timedelta(days=31)


class EditionQuerySet(models.QuerySet["Edition"]):
    def in_force_on(self, day: date) -> "Edition | None":
        return self.filter(in_force_from__lte=day).order_by("-in_force_from").first()

    def possibly_in_force_on(self, day: date) -> "list[Edition]":
        """Return the edition in force on a day.

        If this edition may have come into force only after the day, the previous edition is also returned.
        """
        newest = list(self.filter(in_force_from__lte=day).order_by("-in_force_from")[:2])
        return newest if newest and newest[0].is_in_doubt_on(day) else newest[:1]


class Edition(models.Model):
    number = models.CharField(max_length=10, unique=True)
    title = models.CharField(max_length=200)
    in_force_from = models.DateField(
        unique=True,
        help_text=lazy(
            "The date from which reports cite this edition, even if we do not know when it came into force."
        ),
    )
    in_force_confirmed = models.BooleanField(lazy("day of entry into force is known"), default=False)
    about_the_day = models.CharField(
        max_length=200, blank=True, help_text=lazy("A note about this date, for example when the edition was launched.")
    )
    history = HistoricalRecords()

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("edition of the Code")
        verbose_name_plural = lazy("editions of the Code")
        ordering = ("in_force_from",)

    def __str__(self) -> str:
        return f"edition {self.number}"

    def is_in_doubt_on(self, day: date) -> bool:
        """Return whether the edition may have come into force only after the given day.

        Reports about this day cite the edition anyway.
        """
        return not self.in_force_confirmed and day - self.in_force_from < DOUBT_ABOUT_THE_DAY


class Practice(models.Model):
    """One practice, principle or standard of an edition.

    Reports print `wording` only after a person has confirmed it by comparing it with the Code. `settled_at` is the time
    of this confirmation.
    """

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="practices")
    code = models.CharField(max_length=40)
    principle = models.CharField(
        max_length=100,
        help_text=lazy("The pillar or standard that the practice belongs to, written as reports print it."),
    )
    title = models.CharField(
        max_length=100,
        blank=True,
        help_text=lazy("The name of the principle. Reports print it in brackets until the wording is confirmed."),
    )
    summary = models.TextField(blank=True, help_text=lazy("Our summary, which is never printed."))
    wording = models.TextField(blank=True, help_text=lazy("The exact wording in the Code."))
    source = models.CharField(max_length=300, blank=True, help_text=lazy("Where to find the words or their meaning."))
    source_url = models.URLField(lazy("web address of the source"), max_length=300, blank=True)
    unconfirmed = models.CharField(
        lazy("not confirmed"), max_length=300, blank=True, help_text=lazy("A point that we still need to confirm.")
    )
    settled_at = models.DateTimeField(lazy("confirmed at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=lazy("confirmed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = lazy("practice of the Code")
        verbose_name_plural = lazy("practices of the Code")
        # The ids follow the order in the Code. Sorting by `code` would put 10.1 before 3.1.
        ordering = ("edition", "id")
        constraints = [
            models.UniqueConstraint(fields=["edition", "code"], name="one_practice_per_edition_and_code"),
            models.CheckConstraint(
                condition=models.Q(settled_at__isnull=True) | ~models.Q(wording=""), name="settled_practice_has_wording"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} (edition {self.edition.number})"

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None

    @property
    def settled_mark(self) -> str:
        """The time when the wording was confirmed, as text for a form (ISO 8601, UTC).

        Empty if the wording is not confirmed.
        """
        return self.settled_at.astimezone(UTC).isoformat() if self.settled_at else ""
