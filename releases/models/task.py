"""What is to be done at the next release of a series, whichever that turns out to be."""

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from releases.core.status import Status
from releases.models.release import Release
from releases.models.series import Series


class ReleaseTaskQuerySet(models.QuerySet["ReleaseTask"]):
    """Tasks by what is still to be done, and at which release."""

    def open(self) -> "ReleaseTaskQuerySet":
        """Return the tasks that nobody has ticked off."""
        return self.filter(done_at__isnull=True)

    def with_release(self) -> "ReleaseTaskQuerySet":
        """Annotate each with the key of the release at which it is to be done, as `at_release`; null while none is
        planned: the first of its series after it was set that is not cancelled, a rehearsal for a rehearsal's.
        """
        later = Q(due_at__gt=OuterRef("added_at")) | Q(due_at__isnull=True, planned_on__gt=OuterRef("added_at__date"))
        coming = Release.objects.filter(later, series=OuterRef("series"), rehearsal=OuterRef("rehearsal"))
        in_turn = ("planned_on", F("planned_at").asc(nulls_last=True), "pk")
        first = coming.exclude(status=Status.CANCELLED).order_by(*in_turn)
        return self.annotate(at_release=Subquery(first.values("pk")[:1]))


class ReleaseTask(models.Model):
    """One task, where it came from (such as the reference of a report), and who ticked it off."""

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="tasks")
    text = models.TextField()
    origin = models.CharField(max_length=200, blank=True)
    rehearsal = models.BooleanField(default=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    objects = ReleaseTaskQuerySet.as_manager()

    class Meta:
        ordering = ("added_at", "pk")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="a_task_says_what_is_to_be_done"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="a_task_that_is_done_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series}: {self.text[:50]}"
