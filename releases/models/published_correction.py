"""Corrections of statistics after their release, as people recorded them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy

from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.models.release import Release


class PublishedCorrectionQuerySet(AppendOnlyQuerySet["PublishedCorrection"]):
    def current(self) -> "PublishedCorrectionQuerySet":
        """Return the last revision of each correction, including withdrawn corrections."""
        later = PublishedCorrection.objects.filter(
            release=models.OuterRef("release"),
            number=models.OuterRef("number"),
            revision__gt=models.OuterRef("revision"),
        )
        return self.filter(~models.Exists(later))

    def with_first_notice(self) -> "PublishedCorrectionQuerySet":
        """Return the first revision with a public notice of each correction.

        Corrections without a public notice are left out.
        """
        earlier = PublishedCorrection.objects.filter(
            ~Q(public_notice=""),
            release=models.OuterRef("release"),
            number=models.OuterRef("number"),
            revision__lt=models.OuterRef("revision"),
        )
        return self.filter(~Q(public_notice=""), ~models.Exists(earlier))


class PublishedCorrection(AppendOnly):
    """One revision of the record of a correction after release. The last revision counts.

    A correction is not a breach unless the Head of Profession decides that it is (decision 87). Readers see
    `public_notice` and `corrected_at`. Only the office sees `what_was_wrong`. `corrected_at` is null until the
    statistics are corrected.
    """

    class Kind(models.TextChoices):
        RECORDED = "recorded", lazy("Recorded")
        WITHDRAWN = "withdrawn", lazy("Withdrawn")

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="published_corrections")
    number = models.PositiveSmallIntegerField(help_text=lazy("Corrections of the same release are numbered from 1."))
    revision = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.RECORDED)
    what_was_wrong = models.TextField(blank=True)
    found_at = models.DateTimeField(null=True)
    corrected_at = models.DateTimeField(null=True)
    public_notice = models.TextField(blank=True)
    withdrawal_reason = models.TextField(blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = PublishedCorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("correction after release")
        verbose_name_plural = lazy("corrections after release")
        ordering = ("release", "number", "revision")
        constraints = [
            models.UniqueConstraint(fields=["release", "number", "revision"], name="one_correction_per_revision"),
            models.CheckConstraint(
                condition=(Q(kind="recorded", found_at__isnull=False, withdrawal_reason="") & ~Q(what_was_wrong=""))
                | (
                    Q(
                        kind="withdrawn",
                        found_at__isnull=True,
                        corrected_at__isnull=True,
                        what_was_wrong="",
                        public_notice="",
                    )
                    & ~Q(withdrawal_reason="")
                ),
                name="correction_says_what_was_wrong",
            ),
            models.CheckConstraint(
                condition=Q(corrected_at__isnull=True) | Q(corrected_at__gte=F("found_at")),
                name="corrected_after_it_was_found",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release.reference}, correction {self.number}"

    @property
    def is_withdrawn(self) -> bool:
        return self.kind == self.Kind.WITHDRAWN
