"""Approved documents, their dispatch to recipients, and published statements."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import BigIntegerField, Case, DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, TruncDate
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as lazy

from breaches.models.event import ReportEvent
from breaches.models.report import Report
from breaches.rules.lifecycle import EMAIL_ACCEPTED, EMAIL_FAILED, EMAIL_RETRIED, NOTICE_SENT, Nature
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.rules.calendar import LONDON
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import to_words


class ApprovedDocument(AppendOnly):
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="approved_documents")
    version = models.PositiveIntegerField()
    pdf = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)
    content_sha256 = models.CharField(max_length=64)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_role = models.CharField(max_length=20)
    approved_at = models.DateTimeField()
    one_person = models.BooleanField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("report", "version")
        constraints = [models.UniqueConstraint(fields=["report", "version"], name="one_document_per_version")]

    def __str__(self) -> str:
        return f"Version {self.version} as approved"

    def is_intact(self) -> bool:
        return sha256_hex(bytes(self.pdf)) == self.pdf_sha256


def _dispatch_events(*kinds: str) -> QuerySet[ReportEvent]:
    """Return the events of these kinds about a dispatch, for a subquery."""
    of_report = ReportEvent.objects.filter(report=OuterRef("report"), kind__in=kinds)
    key = Cast(KeyTextTransform("dispatch", "facts"), BigIntegerField())
    return of_report.filter(Exact(key, OuterRef("pk")))


class DispatchQuerySet(AppendOnlyQuerySet["Dispatch"]):
    def by_mail(self) -> "DispatchQuerySet":
        return self.filter(outside=False)

    def reported(self, *, until: datetime | None = None) -> "QuerySet[Any]":
        """Return the dispatches by which reports reached their recipients, annotated with the day, `reported_on`.

        A dispatch by email counts from the day in London on which the mail server accepted it, and not before.

        :param until: emails that the mail server accepted later are left out.
        """
        accepted = _dispatch_events(EMAIL_ACCEPTED).order_by("position")
        if until is not None:
            accepted = accepted.filter(at__lte=until)
        accepted_on = Subquery(accepted.values(on=TruncDate("at", tzinfo=LONDON))[:1])
        reported_on = Case(When(outside=True, then=F("sent_on")), default=accepted_on, output_field=DateField())
        return self.filter(nature=Nature.REPORT).annotate(reported_on=reported_on).filter(reported_on__isnull=False)

    def with_email(self) -> "QuerySet[Any]":
        """Annotate each dispatch with the kind of the last event about its email, `email`, or None."""
        last = _dispatch_events(EMAIL_ACCEPTED, EMAIL_FAILED, EMAIL_RETRIED).order_by("-position")
        return self.annotate(email=Subquery(last.values("kind")[:1]))

    def failed_notices(self) -> "QuerySet[Any]":
        """Return the notices whose email failed for good, unless a person recorded that they sent the notice."""
        recorded = self.model.objects.filter(document=OuterRef("document"), nature=OuterRef("nature"), outside=True)
        notices = self.by_mail().exclude(nature=Nature.REPORT).exclude(Exists(recorded))
        return notices.with_email().filter(email=EMAIL_FAILED)

    def unsent_notices(self) -> "QuerySet[Any]":
        """Return the notices that a person has to send outside the system, unless a person recorded that it was sent.

        These are the notices about a report that was sent outside the system.
        """
        notices = self.filter(outside=True).exclude(nature=Nature.REPORT).with_attempt().filter(was_by_mail=False)
        return notices.exclude(Exists(_dispatch_events(NOTICE_SENT)))

    def with_attempt(self) -> "QuerySet[Any]":
        """Annotate each dispatch with `was_by_mail`: whether a person first sent the same report or notice by email."""
        by_mail = self.model.objects.by_mail().filter(document=OuterRef("document"), nature=OuterRef("nature"))
        return self.annotate(was_by_mail=Exists(by_mail))


class Dispatch(AppendOnly):
    """One report or notice that was sent to one recipient.

    If `outside` is true, a person sent it outside the system on `sent_on`. Otherwise, `sent_on` is the day on which a
    person asked to send it by email through the outbox (see `DispatchQuerySet.reported`).
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="dispatches")
    document = models.ForeignKey(ApprovedDocument, on_delete=models.PROTECT, related_name="dispatches")
    nature = models.CharField(max_length=20)
    recipient = models.CharField(max_length=254)
    outside = models.BooleanField()
    sent_on = models.DateField()
    reference = models.CharField(max_length=200, blank=True)
    words = models.TextField(lazy("text"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=lazy("sent by"), on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=20)
    at = models.DateTimeField(lazy("sent at"))

    objects = DispatchQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("sent report")
        verbose_name_plural = lazy("sent reports")
        ordering = ("at", "pk")
        constraints = [
            # If an email failed for good, the report can be sent to another address, or outside the system. A notice
            # can then be sent outside the system.
            models.UniqueConstraint(
                fields=["document", "nature", "recipient", "outside"], name="one_dispatch_per_recipient_and_way"
            ),
            models.CheckConstraint(condition=Q(nature__in=list(Nature)), name="what_is_sent_is_known"),
        ]

    def __str__(self) -> str:
        return f"{to_words(self.nature).capitalize()} to {self.recipient}"


class Published(AppendOnly):
    """A statement that was published from one version of a report.

    `Report.published` is the statement that is public now.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="published_statements")
    version = models.PositiveIntegerField()
    statement = models.JSONField()
    statement_sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=lazy("published by"), on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=20)
    at = models.DateTimeField(lazy("published at"))

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("published breach report")
        verbose_name_plural = lazy("published breach reports")
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"Version {self.version} as published"
