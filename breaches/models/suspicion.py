"""A suspected breach: what the record alone suspects, before any person has decided."""

from django.db import models
from django.db.models import Q

from breaches.models.report import Report
from breaches.rules.lifecycle import SUSPECTED
from releases.models import Release, Verification
from releases.models.code_words import choices_of


class SuspicionQuerySet(models.QuerySet["Suspicion"]):
    """Suspicions by what is still to be done about them."""

    def without_report(self) -> "SuspicionQuerySet":
        """Return the suspicions for which no report was drafted yet."""
        return self.filter(report__isnull=True)

    def official(self) -> "SuspicionQuerySet":
        """Leave rehearsals out."""
        return self.filter(release__rehearsal=False)

    def with_outcome(self) -> "SuspicionQuerySet":
        """Read with each no more than what its verdict is, for lists that name kinds."""
        return self.select_related("verification").only("report", "kind", "verification__outcome")

    def with_facts(self) -> "SuspicionQuerySet":
        """Read with each its verdict, and of its release what an account is written from."""
        return self.select_related(
            "verification",
            "release__series__producer",
            "release__series__responsible",
            "release__series__head_of_profession",
        ).prefetch_related("release__addresses")


class Suspicion(models.Model):
    """One suspected breach of one release as scheduled; it keeps its key for ever, dismissed or not."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="suspicions")
    schedule_version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=choices_of(SUSPECTED))
    verification = models.ForeignKey(Verification, on_delete=models.PROTECT, related_name="suspicions")
    raised_at = models.DateTimeField()
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, blank=True, related_name="suspicions")
    facts_revision = models.PositiveIntegerField(default=0)

    objects = SuspicionQuerySet.as_manager()

    class Meta:
        ordering = ("raised_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["release", "schedule_version", "kind"], name="one_suspicion_per_release_schedule_and_kind"
            ),
            models.CheckConstraint(condition=Q(kind__in=list(SUSPECTED)), name="suspicion_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.release.reference}: {self.kind}"
