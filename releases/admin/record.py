"""The record, read-only: checks, verdicts, statements, date changes and events."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest

from releases.admin.access import ReadOnlyAdmin
from releases.detection.finding import CheckOutcome
from releases.early_findings import producers_known_to, without_early_events, without_early_findings
from releases.models import (
    DateChange,
    DateChangeRequest,
    DelayNotice,
    Observation,
    ReasonCorrection,
    ReleaseEvent,
    ReleaseTask,
    Statement,
    Verification,
)
from releases.rules.lifecycle import TO_COME
from releases.verdict.address import Outcome


class ReleaseRecordAdmin[M: Model](ReadOnlyAdmin[M]):
    producer_path = "release__series__producer"
    # If rows are already joined, as in the queryset below, Django does not apply `list_select_related`.
    read_with: ClassVar[tuple[str, ...]] = ("release",)
    search_fields = ("release__reference", "release__title")
    show_full_result_count = False
    recorded_at = ""
    """The column with the instant of a row, if rows may show that a release was found early."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Exclude what only few people may know of a release that was found early, until it is published."""
        rows = super().get_queryset(request).select_related(self.producer_path, *self.read_with)
        return without_early_findings(rows, request.user, at=self.recorded_at) if self.recorded_at else rows


@admin.register(Observation)
class ObservationAdmin(ReleaseRecordAdmin[Observation]):
    recorded_at = "completed_at"
    list_display = ("position", "release", "sent_at", "result", "status", "superseded", "watcher")
    list_filter = ("result", "superseded", "replayed")
    date_hierarchy = "sent_at"
    ordering = ("-position",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Observation]:
        """Exclude a single live check from before the due time as well, which is no verdict yet."""
        rows = super().get_queryset(request)
        before_due = Q(sent_at__lt=F("release__due_at")) | Q(schedule_version__lt=F("release__schedule_version"))
        early = before_due & Q(result=CheckOutcome.LIVE, release__status__in=TO_COME)
        return rows.exclude(early & ~Q(release__series__producer__in=producers_known_to(request.user)))


@admin.register(Verification)
class VerificationAdmin(ReleaseRecordAdmin[Verification]):
    list_display = ("release", "schedule_version", "due_at", "outcome", "delay_from", "delay_to")
    list_filter = ("outcome",)
    date_hierarchy = "due_at"
    ordering = ("-due_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Verification]:
        """Exclude verdicts with a live check from before the due time, and those that are still to be settled.

        A pending verdict that disappeared from the list would show that the release was found early.
        """
        rows = super().get_queryset(request)
        early = Q(first_live_at__lt=F("due_at")) | Q(outcome__in=[Outcome.EARLY, Outcome.PENDING])
        unknown = ~Q(release__series__producer__in=producers_known_to(request.user))
        return rows.exclude(early & unknown & Q(release__status__in=TO_COME))


@admin.register(Statement)
class StatementAdmin(ReleaseRecordAdmin[Statement]):
    recorded_at = "stated_at"
    list_display = ("release", "kind", "live_at", "stated_by", "stated_at")
    read_with = ("stated_by",)
    list_filter = ("kind",)
    ordering = ("-stated_at",)


@admin.register(DateChange)
class DateChangeAdmin(ReleaseRecordAdmin[DateChange]):
    list_display = ("release", "was", "to", "public_reason", "requested_by", "agreed_by", "announced_at")
    read_with = ("requested_by", "agreed_by")
    ordering = ("-requested_at",)


@admin.register(ReasonCorrection)
class ReasonCorrectionAdmin(ReleaseRecordAdmin[ReasonCorrection]):
    """Corrections of public reasons, and who agreed to them."""

    producer_path = "change__release__series__producer"
    list_display = ("change", "number", "public_reason", "agreed_by", "agreed_at")
    read_with = ("change", "agreed_by")
    search_fields = ("change__release__reference", "change__release__title")
    ordering = ("-agreed_at",)


@admin.register(DateChangeRequest)
class DateChangeRequestAdmin(ReleaseRecordAdmin[DateChangeRequest]):
    """Requests to change a date, and their decisions. People decide on them on a page outside the admin site."""

    list_display = ("release", "was", "to", "state", "requested_by", "requested_at", "decided_by", "decided_at")
    read_with = ("requested_by", "decided_by")
    list_filter = ("state",)
    ordering = ("-requested_at",)


@admin.register(DelayNotice)
class DelayNoticeAdmin(ReleaseRecordAdmin[DelayNotice]):
    list_display = ("release", "number", "kind", "expected_at", "expected_words", "posted_by", "posted_at")
    read_with = ("posted_by",)
    list_filter = ("kind",)
    ordering = ("-posted_at",)


@admin.register(ReleaseEvent)
class ReleaseEventAdmin(ReleaseRecordAdmin[ReleaseEvent]):
    list_display = ("position", "release", "kind", "at", "actor")
    read_with = ("actor",)
    list_filter = ("kind",)
    date_hierarchy = "at"
    ordering = ("-position",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReleaseEvent]:
        return without_early_events(super().get_queryset(request), request.user)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Exclude the salt, which only the hash needs."""
        return ("position", "release", "kind", "at", "actor", "facts", "words", "previous_hash", "row_hash")


@admin.register(ReleaseTask)
class ReleaseTaskAdmin(ReleaseRecordAdmin[ReleaseTask]):
    """Tasks for the next release of a series. People tick them off on the page of that release."""

    producer_path = "series__producer"
    list_display = ("series", "text", "origin", "added_at", "done_by", "done_at")
    read_with = ("series", "done_by")
    search_fields = ("text", "series__title")
