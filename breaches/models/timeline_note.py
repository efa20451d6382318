"""What people write for a report's timeline: each note once, corrected only by a further one."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from breaches.models.report import Report
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet


class TimelineNoteQuerySet(AppendOnlyQuerySet["TimelineNote"]):
    """Notes, which are only added."""

    def standing(self) -> "TimelineNoteQuerySet":
        """Return the notes that no further one corrects."""
        return self.filter(correction__isnull=True)


class TimelineNote(AppendOnly):
    """What a person says happened, when it happened, and when they wrote it; `corrects` names the note it replaces."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="timeline_notes")
    text = models.TextField()
    happened_at = models.DateTimeField()
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    corrects = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="correction")

    objects = TimelineNoteQuerySet.as_manager()

    class Meta:
        ordering = ("happened_at", "pk")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="a_note_says_something"),
            models.CheckConstraint(
                condition=Q(happened_at__lte=F("written_at")), name="a_note_tells_of_what_has_happened"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: note {self.pk}"
