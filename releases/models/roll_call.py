"""The roll call of a morning: what was due at 9.30am, and what came of it."""

from django.db import models

from releases.models.producer import Producer


class RollCall(models.Model):
    """One producer's releases due at 9.30am on one day, counted once all of them are judged."""

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="roll_calls")
    day = models.DateField()
    due = models.PositiveIntegerField()
    live = models.PositiveIntegerField()
    not_live = models.PositiveIntegerField()
    cannot_tell = models.PositiveIntegerField()
    releases = models.JSONField(default=list)
    called_at = models.DateTimeField()

    class Meta:
        ordering = ("-day", "producer")
        constraints = [models.UniqueConstraint(fields=["producer", "day"], name="one_roll_call_per_producer_and_day")]

    def __str__(self) -> str:
        return f"{self.producer}, {self.day}: {self.live} of {self.due} live"
