"""What was done with the register of a producer as a whole: who took it out of the house, and what of it."""

from typing import Any, ClassVar

from django.db import models

from releases.models import Producer
from releases.models.append_only import AppendOnlyQuerySet
from releases.models.event import Happening


class RegisterEventQuerySet(AppendOnlyQuerySet["RegisterEvent"]):
    """Events of registers, which are only added."""


class RegisterEvent(Happening):
    """One thing that was done with one producer's reports together; a file of several producers is on record for each.

    The facts of an export say in which role, what was asked for, how many reports it held, whether it held contacts,
    the kind of file and its hash.
    """

    CHAIN: ClassVar[str] = "breaches.register_event"

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="register_events")

    objects = RegisterEventQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        indexes = [models.Index(fields=["producer", "position"], name="register_event_in_order")]

    def subject(self) -> dict[str, Any]:
        """Return the producer, as it enters the hash."""
        return {"producer": self.producer_id}
