"""Models for synthetic checks, heartbeats and incidents. The database tables still have earlier names."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy

from releases.models.append_only import choices_of
from releases.verdict.address import Outcome


class SyntheticCheck(models.Model):
    """A self-test. Only the last 60 self-tests are stored, which is about an hour."""

    number = models.PositiveBigIntegerField(primary_key=True)
    expected = models.CharField(max_length=12, choices=choices_of(Outcome, capital=False))
    begins_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    right = models.BooleanField(null=True)
    found = models.CharField(
        max_length=12,
        blank=True,
        help_text=lazy("Empty until the self-test is finished, or if it ended with an error."),
    )
    last_not_live_at = models.DateTimeField(null=True)
    first_live_at = models.DateTimeField(null=True)
    reasons = models.JSONField(default=list)
    clock_off = models.BooleanField(default=False)
    clock_voucher = models.CharField(max_length=10, blank=True)

    class Meta:
        db_table = "canary_rehearsed"
        ordering = ("-number",)
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, right__isnull=True)
                | Q(finished_at__isnull=False, right__isnull=False),
                name="rehearsed_is_right_or_wrong_once_finished",
            )
        ]

    def __str__(self) -> str:
        return f"Synthetic check {self.number}"


class Heartbeat(models.Model):
    """When a step of monitoring last began and how it last ended.

    In the row "sweep fault", `failed_at` is the last time at which our own code failed in a sweep.

    A row can also be about a spool, with its id in the name. In this case, `begun_at` is the time since which the spool
    has had files, and `failed_at` is the last time at which the spool was seen with files.
    """

    step = models.CharField(max_length=100, primary_key=True)
    begun_at = models.DateTimeField(null=True)
    begun_by = models.CharField(max_length=100, blank=True)
    finished_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "canary_pulse"

    def __str__(self) -> str:
        return f"{self.step}: finished {self.finished_at or 'never'}"


class Incident(models.Model):
    began_at = models.DateTimeField()
    observed_at = models.DateTimeField(help_text=lazy("When the problem was last observed."))
    alarmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    is_open = models.BooleanField(default=True)
    why = models.JSONField(
        default=list, help_text=lazy("The problems, as they were last observed or when people were notified.")
    )

    class Meta:
        db_table = "canary_illness"
        ordering = ("-began_at", "-pk")
        constraints = [
            models.UniqueConstraint(fields=["is_open"], condition=Q(is_open=True), name="one_illness_is_open"),
            models.CheckConstraint(
                condition=Q(is_open=True, ended_at__isnull=True) | Q(is_open=False, ended_at__gte=F("began_at")),
                name="illness_is_open_until_it_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"Monitoring had a problem from {self.began_at:%Y-%m-%d %H:%M:%S} UTC"
