"""Models for API tokens, their revocation and use, and stored answers to changes."""

from datetime import date, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as lazy

from releases.models import Producer
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.rules.calendar import local_date

PURPOSE_LENGTH = 100
# Programs that search for secrets recognise a token by this prefix. A token has the form
# statsoffice_{code}_{64 hexadecimal digits}.
PREFIX = "statsoffice_"


class Scope(models.TextChoices):
    """What an API token may do."""

    # The values are stored and public, so do not change them.
    READ_CALENDAR = "read_calendar", lazy("Read the announced calendar")
    READ_UNANNOUNCED = "read_unannounced", lazy("Include releases that are not announced yet")
    READ_RESULTS = "read_results", lazy("Read results and measured times")
    READ_EVIDENCE = "read_evidence", lazy("Read the checks of each release")
    EXPORT_EVIDENCE = "export_evidence", lazy("Download the evidence of published releases, with the stored pages")
    READ_REPORTS = "read_reports", lazy("Read breach reports")
    READ_DOCUMENTS = "read_documents", lazy("Download approved breach reports")
    CHANGE_CALENDAR = "change_calendar", lazy("Change the calendar")


class ApiTokenQuerySet(AppendOnlyQuerySet["ApiToken"]):
    def usable(self, *, at: datetime) -> "QuerySet[ApiToken]":
        """Return the tokens that are not revoked and not expired at an aware instant."""
        return self.filter(revocation__isnull=True, last_day__gte=local_date(at))


class ApiToken(AppendOnly):
    """An API token of a producer, issued for one purpose. Only the digest of the token is stored.

    `code` is the part of the token that identifies it. The code is not secret. `last_day` is the last day in London on
    which the token works.
    """

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="api_tokens")
    code = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=PURPOSE_LENGTH)
    scopes = models.JSONField()
    last_day = models.DateField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("API token")
        verbose_name_plural = lazy("API tokens")
        ordering = ("-issued_at", "-pk")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(purpose=""), name="api_token_has_a_purpose"),
        ]

    def __str__(self) -> str:
        return self.purpose

    def has(self, scope: Scope) -> bool:
        return scope in self.scopes

    @property
    def beginning(self) -> str:
        """The part of the token before its secret."""
        return f"{PREFIX}{self.code}_"

    @property
    def scope_labels(self) -> list[str]:
        return [str(scope.label) for scope in Scope if self.has(scope)]

    @property
    def is_revoked(self) -> bool:
        return hasattr(self, "revocation")

    def is_expired(self, today: date) -> bool:
        return self.last_day < today


class TokenRevocation(AppendOnly):
    """The revocation of a token. A revoked token never works again."""

    token = models.OneToOneField(ApiToken, on_delete=models.PROTECT, related_name="revocation")
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("API token revocation")
        verbose_name_plural = lazy("API token revocations")

    def __str__(self) -> str:
        return str(self.token)


class TokenUse(models.Model):
    """The number of requests that used a token. Each token has one row."""

    token = models.OneToOneField(ApiToken, on_delete=models.PROTECT, related_name="use")
    reads = models.PositiveBigIntegerField(default=0)
    writes = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0, help_text=lazy("Requests that were not allowed."))
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.token)


class StoredAnswer(models.Model):
    """The answer to a change with an Idempotency-Key. If the same request comes again, it gets this answer again.

    `answer` is empty only during the transaction that makes the change. statsoffice/retention.py deletes old rows.
    """

    token = models.ForeignKey(ApiToken, on_delete=models.PROTECT, related_name="answers")
    key = models.CharField(max_length=100)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    stored_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["stored_at"], name="stored_answer_by_time")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token", "key"], name="one_stored_answer_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.token}: {self.key}"
