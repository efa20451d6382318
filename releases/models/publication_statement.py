"""Statements from publishing systems that a release has been published (decision 111)."""

from django.db import models
from django.utils.translation import gettext_lazy as lazy

from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.models.release import Release


class PublicationStatement(AppendOnly):
    """A signed statement from a publishing system that it has published a release.

    Statements are not observations. No verdict, check or move uses them. `source` and `message_id` identify a
    statement, so a message that is sent twice is stored once.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="publication_statements")
    schedule_version = models.PositiveIntegerField()
    source = models.UUIDField(help_text=lazy("The identifier of the publishing system."))
    source_name = models.CharField(max_length=100, help_text=lazy("The name of the publishing system at that time."))
    message_id = models.CharField(max_length=200)
    published_at = models.DateTimeField(help_text=lazy("As stated by the publishing system."))
    received_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("statement of publication")
        verbose_name_plural = lazy("statements of publication")
        ordering = ("received_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["source", "message_id"], name="one_statement_per_source_and_message"),
        ]

    def __str__(self) -> str:
        return f"{self.source_name}: published at {self.published_at:%Y-%m-%d %H:%M:%S} UTC"
