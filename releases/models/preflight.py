"""What the check on the working day before a release found, run by run."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy

from releases.models.release import Release


class PreflightQuerySet(models.QuerySet["PreflightRun"]):
    """Runs by the questions that the product asks of them."""

    def open(self) -> "PreflightQuerySet":
        """Return the runs that were asked for and are not done."""
        return self.filter(done_at__isnull=True)

    def newest(self) -> "PreflightQuerySet":
        """Return of each release the last run that was done for its present schedule; earlier ones are kept."""
        done = self.filter(done_at__isnull=False, schedule_version=F("release__schedule_version"))
        of_release = done.filter(release=models.OuterRef("release")).order_by("-done_at", "-pk")
        return done.filter(pk=models.Subquery(of_release.values("pk")[:1]))


class PreflightRun(models.Model):
    """One run for one release: asked for by the plan or by a person, and once done, what it found.

    `findings` holds the code, the address' key (or null) and the facts of each; `problems` counts those that somebody
    must attend to, `news` those of them that no earlier run for the same schedule found.
    """

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="preflights")
    schedule_version = models.PositiveIntegerField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=lazy("Empty: the plan."),
    )
    claimed_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    findings: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    problems = models.PositiveSmallIntegerField(default=0)
    news = models.PositiveSmallIntegerField(default=0)
    vantage = models.CharField(max_length=100, blank=True)

    objects = PreflightQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-pk")
        verbose_name = lazy("pre-flight")
        constraints = [
            models.UniqueConstraint(
                fields=["release"], condition=Q(done_at__isnull=True), name="one_open_preflight_per_release"
            ),
            models.CheckConstraint(condition=Q(news__lte=F("problems")), name="preflight_news_are_problems"),
        ]
        indexes = [models.Index(fields=["release", "schedule_version", "done_at"], name="preflight_latest")]

    def __str__(self) -> str:
        return f"pre-flight of {self.release.reference}"
