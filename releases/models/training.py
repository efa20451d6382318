"""Trainings: rehearsals whose notifications, tasks and drafts are only for the participants."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as lazy

from releases.models.producer import Producer


class Training(models.Model):
    """One training of a producer, with one or more rehearsals. Its participants act in the roles that they hold."""

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="trainings")
    title = models.CharField(max_length=200)
    participants = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    version = models.PositiveIntegerField(default=1, help_text=lazy("The version of the list of participants."))
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()

    class Meta:
        verbose_name = lazy("training session")
        verbose_name_plural = lazy("training sessions")
        ordering = ("-planned_at", "-pk")
        constraints = [models.CheckConstraint(condition=~Q(title=""), name="training_has_a_title")]

    def __str__(self) -> str:
        return self.title


def is_shown_to(person: Any, *, column: str = "training") -> Q:
    """Return a condition for the rows that a person may see.

    These are the rows that belong to no training, and the rows of trainings in which the person takes part.

    :param column: the lookup path from a row to its training.
    """
    own = Training.objects.filter(participants=person.pk).values("pk") if person.pk else []
    return Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__in": own})


def is_open_to(person: Any, training: Training | None) -> bool:
    """Return True if there is no training, or if the person takes part in the training."""
    return training is None or training.participants.filter(pk=person.pk).exists()
