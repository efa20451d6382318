"""The watcher's own record: what it looks at next, when it was alive, and which host it holds."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy

from releases.models.release import Address


class Watch(models.Model):
    """When an address is looked at next: the database is the schedule, and a worker's memory only a copy."""

    address = models.OneToOneField(Address, on_delete=models.CASCADE, related_name="watch")
    schedule_version = models.PositiveIntegerField()
    next_look_at = models.DateTimeField(null=True, db_index=True, help_text=lazy("Empty once the watch has ended."))
    live_since = models.DateTimeField(
        null=True,
        help_text=lazy("When it was first seen live since it was due; from then on it is looked at less often."),
    )

    def __str__(self) -> str:
        return f"{self.address}: next look {self.next_look_at or 'never'}"


class Coverage(models.Model):
    """A stretch of time in which one watcher was alive; what lies between stretches was not observed."""

    watcher = models.CharField(max_length=100)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    recorded_until = models.DateTimeField(help_text=lazy("The end that its last recorded digest covers."))

    class Meta:
        ordering = ("began_at",)
        verbose_name_plural = lazy("coverage")
        indexes = [models.Index(fields=["ended_at"], name="coverage_by_end")]
        constraints = [
            models.CheckConstraint(condition=Q(ended_at__gte=F("began_at")), name="coverage_ends_after_it_began")
        ]

    def __str__(self) -> str:
        return f"{self.watcher}: {self.began_at:%Y-%m-%d %H:%M:%S} to {self.ended_at:%H:%M:%S} UTC"


class HostLease(models.Model):
    """Which watcher looks at a host until when, so that the host's budget holds across processes."""

    host = models.CharField(max_length=255, primary_key=True)
    holder = models.CharField(max_length=100)
    fence = models.PositiveBigIntegerField(default=1)
    until = models.DateTimeField()
    paused_until = models.DateTimeField(null=True, help_text=lazy("Until when the site asked to be left alone."))

    def __str__(self) -> str:
        return f"{self.host} held by {self.holder}"


class NotFoundPage(models.Model):
    """What a host answered last for an address that cannot exist: its own page for what is not there."""

    host = models.CharField(max_length=255, primary_key=True)
    url = models.URLField(max_length=1200)
    status = models.PositiveSmallIntegerField(null=True)
    text = models.TextField(blank=True)
    seen_at = models.DateTimeField()
    ask_again_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host}, {self.status or 'no answer'} at {self.seen_at:%Y-%m-%d %H:%M} UTC"
