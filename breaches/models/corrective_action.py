"""The corrective actions of a report."""

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from breaches.models.report import JoinedDraft, Report
from breaches.rules.lifecycle import ReportStatus, ReportTerm
from releases.models import ReleaseTask
from releases.models.append_only import choices_of

DONE = Q(done_at__isnull=False) | Q(task__done_at__isnull=False)


class CorrectiveActionQuerySet(models.QuerySet["CorrectiveAction"]):
    def open(self) -> "CorrectiveActionQuerySet":
        """Select actions that are not done.

        An action can be marked as done in the report or through its release task.
        """
        return self.exclude(DONE)

    def with_tasks(self) -> "CorrectiveActionQuerySet":
        return self.select_related("task__series", "task__done_by", "done_by", "report__producer")

    def overdue(self, *, on: date) -> "CorrectiveActionQuerySet":
        return self.open().filter(due__lt=on)

    def pair_with(self, reports: Iterable[Report]) -> "list[tuple[CorrectiveAction, Report]]":
        """Return the actions of some reports, each with the report in which it counts.

        An action of a merged draft stays in the draft, but it counts in the joint report, which prints it too.
        """
        counted = {report.pk: report for report in reports}
        producers = {report.producer_id for report in counted.values()}
        merged = Q(report__status=ReportStatus.JOINED, report__producer__in=producers)
        found = list(self.filter(Q(report__in=counted) | merged))
        drafts = {action.report_id for action in found} - counted.keys()
        joints = JoinedDraft.objects.in_force().last_joints_of(drafts)
        continued_by = {draft: joint.pk for draft, joint in joints.items()}
        keys = ((action, continued_by.get(action.report_id, action.report_id)) for action in found)
        return [(action, counted[key]) for action, key in keys if key in counted]


class CorrectiveAction(models.Model):
    """One corrective action of a report.

    An action for the next release of a series has a `task`, and is done when the task is done.
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
        return self.text[:50]

    @property
    def finished_at(self) -> datetime | None:
        """The time when the action or its release task was done."""
        return self.task.done_at if self.task else self.done_at
