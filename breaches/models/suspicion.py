"""Suspected breaches that release checks find, and decisions on early releases."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as lazy

from breaches.models.choices import KIND_CHOICES
from breaches.rules.lifecycle import SUSPECTED, ReportKind
from releases.early_findings import mask_verdict
from releases.models import Release, Verification
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.rules.lifecycle import TO_COME


class SuspicionQuerySet(models.QuerySet["Suspicion"]):
    def without_report(self) -> "SuspicionQuerySet":
        return self.filter(report__isnull=True)

    def official(self) -> "SuspicionQuerySet":
        return self.filter(release__rehearsal=False)

    def unpublished_early(self) -> "SuspicionQuerySet":
        """Select suspicions about early releases that are still to be published.

        Only a few people may know of these releases (decision 73).
        """
        return self.filter(kind=ReportKind.EARLY, release__status__in=TO_COME)

    def with_outcome(self) -> "SuspicionQuerySet":
        """Load the verdict and the release as well, but only the columns that lists of reports show."""
        columns = ("outcome", "due_at", "tolerance_seconds", "addresses")
        return self.select_related("verification", "release").only(
            "report", "kind", "release__status", "release__title", *(f"verification__{name}" for name in columns)
        )

    def with_facts(self) -> "SuspicionQuerySet":
        """Load the verdict and the release, with all related rows that the account of a breach needs."""
        return self.select_related(
            "verification",
            "release__series__producer",
            "release__series__responsible",
            "release__series__head_of_profession",
        ).prefetch_related("release__addresses")

    def with_shared_facts(self) -> "SuspicionQuerySet":
        """Load the same data as `with_facts`, but read each series and its contacts only once.

        Used to load many suspicions.
        """
        return self.select_related("verification", "release").prefetch_related(
            "release__series__producer",
            "release__series__responsible",
            "release__series__head_of_profession",
            "release__addresses",
        )


class Suspicion(models.Model):
    """One suspected breach by a release, under one version of its schedule. Rows are never deleted."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="suspicions")
    schedule_version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=[(kind.value, KIND_CHOICES[kind.value]) for kind in SUSPECTED])
    verification = models.ForeignKey(Verification, on_delete=models.PROTECT, related_name="suspicions")
    raised_at = models.DateTimeField()
    report = models.ForeignKey(
        "breaches.Report", on_delete=models.PROTECT, null=True, blank=True, related_name="suspicions"
    )
    facts_revision = models.PositiveIntegerField(default=0)

    objects = SuspicionQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("suspected breach")
        verbose_name_plural = lazy("suspected breaches")
        ordering = ("raised_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["release", "schedule_version", "kind"], name="one_suspicion_per_release_schedule_and_kind"
            ),
            models.CheckConstraint(condition=Q(kind__in=list(SUSPECTED)), name="suspicion_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.release}"

    @property
    def shown_verdict(self) -> Verification:
        """The verdict, without findings that readers of the report may not see.

        Until the release is published, findings from before the due time are shown only in reports about early
        releases, which few people can read (decision 73).

        `release` must already be loaded.
        """
        self.verification.release = self.release
        return self.verification if self.kind == ReportKind.EARLY else mask_verdict(self.verification)


class EarlyReleaseDecision(AppendOnly):
    """A decision on an early release. The last decision on a suspicion is in force."""

    class Choice(models.TextChoices):
        TAKE_DOWN = "take_down", lazy("Take it down")
        PUBLISH_NOW = "publish_now", lazy("Publish to everyone now")

    suspicion = models.ForeignKey(Suspicion, on_delete=models.PROTECT, related_name="decisions")
    number = models.PositiveIntegerField()
    choice = models.CharField(max_length=20, choices=Choice.choices)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, help_text=lazy("A role at the producer, or incident_contact."))
    decided_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("suspicion", "number")
        constraints = [
            models.UniqueConstraint(fields=["suspicion", "number"], name="one_decision_per_number"),
            models.CheckConstraint(
                condition=Q(choice__in=["take_down", "publish_now"]), name="early_release_choice_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.suspicion_id}: {self.choice}"
