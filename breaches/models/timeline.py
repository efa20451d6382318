"""Notes on a report's timeline, and corrective actions."""

from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from breaches.models.report import Report
from breaches.rules.lifecycle import ReportTerm
from releases.models import ReleaseTask
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.models.code_words import choices_of


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


DONE = Q(done_at__isnull=False) | Q(task__done_at__isnull=False)


class CorrectiveActionQuerySet(models.QuerySet["CorrectiveAction"]):
    """Actions by what is still to be done."""

    def open(self) -> "CorrectiveActionQuerySet":
        """Return the actions that are not done, neither here nor at the release where they are a task."""
        return self.exclude(DONE)

    def overdue(self, *, on: date) -> "CorrectiveActionQuerySet":
        """Return the open actions that were due before a day."""
        return self.open().filter(due__lt=on)


class CorrectiveAction(models.Model):
    """One action: what, for the short or the long term, whose post sees to it, and by when.

    One that is to be done at the next release of a series is a `task` there, and is done once that is.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="actions")
    text = models.TextField()
    term = models.CharField(max_length=10, choices=choices_of(ReportTerm))
    owner = models.CharField(max_length=200)
    due = models.DateField(null=True)
    task = models.OneToOneField(ReleaseTask, on_delete=models.PROTECT, null=True, related_name="corrective_action")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    objects = CorrectiveActionQuerySet.as_manager()

    class Meta:
        ordering = ("added_at", "pk")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="an_action_says_what_is_done"),
            models.CheckConstraint(condition=Q(term__in=list(ReportTerm)), name="term_of_an_action_is_known"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="an_action_that_is_done_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(task__isnull=True) | Q(done_at__isnull=True), name="a_task_is_done_where_it_stands"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.text[:50]}"

    @property
    def finished_at(self) -> datetime | None:
        """When it was done, here or as a task at a release."""
        return self.task.done_at if self.task else self.done_at
