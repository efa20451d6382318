"""A series of releases: what they share, and who answers for them."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as lazy
from simple_history.models import HistoricalRecords

from releases.core.dates.calendar import STANDARD_RELEASE_TIME
from releases.models.producer import Contact, Producer

DEFAULT_TOLERANCE_SECONDS = 120
GREATEST_TOLERANCE_SECONDS = 179


class Designation(models.TextChoices):
    """The standing of statistics under the Statistics and Registration Service Act 2007."""

    ACCREDITED = "accredited", lazy("Accredited official statistics")
    OFFICIAL = "official", lazy("Official statistics")
    IN_DEVELOPMENT = "in_development", lazy("Official statistics in development")


class Series(models.Model):
    """Releases of one kind, month by month or year by year."""

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="series")
    title = models.CharField(max_length=300)
    slug = models.SlugField(max_length=150)
    designation = models.CharField(max_length=20, choices=Designation.choices, default=Designation.OFFICIAL)
    release_time = models.TimeField(
        lazy("release time (London)"),
        default=STANDARD_RELEASE_TIME,
        help_text=lazy("9:30am, unless the Director General for Regulation approved another time for this series."),
    )
    market_sensitive = models.BooleanField(
        default=False,
        help_text=lazy("Confirming its dates less than six months ahead is advised against; it is not refused."),
    )
    alternative_time_reference = models.CharField(lazy("approval's reference"), max_length=100, blank=True)
    alternative_time_approved_on = models.DateField(lazy("approved on"), null=True, blank=True)
    responsible = models.ForeignKey(
        Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="series_responsible_for"
    )
    publishing_contacts = models.ManyToManyField(Contact, blank=True, related_name="series_published")
    head_of_profession = models.ForeignKey(
        Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="series_headed"
    )
    deputies = models.ManyToManyField(Contact, blank=True, related_name="series_deputised")
    tolerance_seconds = models.PositiveSmallIntegerField(
        default=DEFAULT_TOLERANCE_SECONDS,
        validators=[MaxValueValidator(GREATEST_TOLERANCE_SECONDS)],
        help_text=lazy(
            "How many seconds after the release time still count as on time: at most 179. "
            "Only the Head of Profession or a deputy changes it."
        ),
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("title",)
        verbose_name_plural = lazy("series")
        constraints = [
            models.UniqueConstraint(fields=["producer", "slug"], name="one_series_per_producer_and_slug"),
            models.UniqueConstraint(fields=["producer", "title"], name="one_series_per_producer_and_title"),
            models.CheckConstraint(
                condition=models.Q(tolerance_seconds__lte=GREATEST_TOLERANCE_SECONDS),
                name="tolerance_below_three_minutes",
            ),
            # OSR's policy on alternative release times (since 5 May 2022): approved in writing, per series.
            models.CheckConstraint(
                condition=models.Q(release_time=STANDARD_RELEASE_TIME)
                | (~models.Q(alternative_time_reference="") & models.Q(alternative_time_approved_on__isnull=False)),
                name="alternative_time_needs_approval",
                violation_error_message=lazy("Another time than 9:30am needs the approval's reference and its date."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def has_alternative_time(self) -> bool:
        """Whether its release time is another than the standard one, by approval."""
        return self.release_time != STANDARD_RELEASE_TIME
