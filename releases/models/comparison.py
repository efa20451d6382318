"""What a release's public announcement said when it was read last, to be compared with our calendar."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as lazy

from releases.models.release import Address


class Comparison(models.Model):
    """What stands at one announcement's address, as it was read last; what it differs in follows from the release.

    `said` holds what was announced; `missing` says instead why there is no announcement any more. `problem` is why
    the last try showed nothing, empty where it did: then what was read before still stands. `told` holds the
    differences that were found last, and `news` counts how often there were new ones.
    """

    address = models.OneToOneField(Address, on_delete=models.CASCADE, related_name="comparison")
    url = models.URLField(max_length=1000, help_text=lazy("Where it was read; at another address it says nothing."))
    tried_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    said: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    missing = models.CharField(max_length=20, blank=True)
    problem = models.CharField(max_length=20, blank=True)
    told: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    differs = models.BooleanField(default=False)
    news = models.PositiveIntegerField(default=0)
    news_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(said={}) | Q(missing=""), name="comparison_read_one_thing"),
        ]
        indexes = [models.Index(fields=["differs"], name="comparisons_that_differ", condition=Q(differs=True))]

    def __str__(self) -> str:
        return f"what {self.url} said"
