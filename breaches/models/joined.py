"""Drafts that went into one report with others of the same morning: which, when, and what they were suspected of."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from breaches.core.status import ReportStatus
from breaches.models.report import Report
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet


class JoinedDraftQuerySet(AppendOnlyQuerySet["JoinedDraft"]):
    """Joinings, which are only added: that a joint report was taken apart is in the states of the reports."""

    def standing(self) -> "JoinedDraftQuerySet":
        """Return the joinings that hold: neither report was given back what the joining took from it."""
        return self.filter(draft__status=ReportStatus.JOINED).exclude(joint__status=ReportStatus.PARTED)

    def parts_of(self, report: Report) -> set[int]:
        """Return the keys of a report and of every draft that went into it by these joinings, or into one of those."""
        parts, known = {report.pk}, {report.pk}
        while parts:
            parts = set(self.filter(joint__in=parts).values_list("draft", flat=True)) - known
            known |= parts
        return known


class JoinedDraft(AppendOnly):
    """One draft that went into a joint report; `suspicions` names those that it brought, by key."""

    joint = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="joined_drafts")
    draft = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="joined_into")
    suspicions: models.JSONField[list[int], list[int]] = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = JoinedDraftQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["joint", "draft"], name="a_draft_joins_a_report_once"),
            models.CheckConstraint(condition=~Q(joint=F("draft")), name="no_draft_joins_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id} into {self.joint_id}"
