"""What a lead asks for in one section, when they return a report."""

from django.db import models
from django.db.models import Q

from breaches.core.remarks import Section
from breaches.models.report import ReportEvent
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet


class SectionCommentQuerySet(AppendOnlyQuerySet["SectionComment"]):
    """Comments, which are only added."""


class SectionComment(AppendOnly):
    """A comment on one section of the form, made by the event that returned the report."""

    event = models.ForeignKey(ReportEvent, on_delete=models.PROTECT, related_name="section_comments")
    section = models.CharField(max_length=20)
    words = models.TextField()

    objects = SectionCommentQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=["event", "section"], name="one_comment_per_return_and_section"),
            models.CheckConstraint(condition=Q(section__in=list(Section)), name="commented_section_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.section}: {self.words[:40]}"
