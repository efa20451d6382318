"""Read-only admin pages for the record: checks, verdicts, statements, date changes and events."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.admin.access import ReadOnlyAdmin, words_filter
from releases.detection.finding import CheckOutcome
from releases.early_findings import (
    producers_known_to,
    without_early_events,
    without_early_findings,
    without_early_statements,
)
from releases.models import (
    DateChange,
    DateChangeRequest,
    DelayNotice,
    Observation,
    PublishedCorrection,
    ReasonCorrection,
    ReleaseEvent,
    ReleaseTask,
    Statement,
    Verification,
)
from releases.rules.calendar import format_moment
from releases.rules.lifecycle import TO_COME
from releases.text import calendar
from releases.text.release import OUTCOMES, delay_note, name_check_result, name_outcome
from releases.verdict.address import BeforeDue, Outcome


class ReleaseRecordAdmin[M: Model](ReadOnlyAdmin[M]):
    producer_path = "release__series__producer"
    # The relations that `get_queryset` selects in addition to the producer. Do not use `list_select_related` for them,
    # because Django ignores that option if the queryset already has `select_related`.
    read_with: ClassVar[tuple[str, ...]] = ("release",)
    search_fields = ("release__reference", "release__title")
    show_full_result_count = False
    recorded_at = ""
    """The name of the column with the time of a row. Set it if rows may show that a release was found early."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Exclude rows that would show that an unpublished release was found early, unless the user may know this."""
        rows = super().get_queryset(request).select_related(self.producer_path, *self.read_with)
        return without_early_findings(rows, request.user, at=self.recorded_at) if self.recorded_at else rows


@admin.register(Observation)
class ObservationAdmin(ReleaseRecordAdmin[Observation]):
    recorded_at = "completed_at"
    list_display = ("position", "release", "sent_at", "result_words", "status_code", "superseded", "checked_by")
    list_filter = (("result", words_filter(name_check_result)), "superseded", "replayed")
    date_hierarchy = "sent_at"
    ordering = ("-position",)

    @admin.display(description=lazy("result"), ordering="result")
    def result_words(self, check: Observation) -> str:
        return name_check_result(check.result)

    @admin.display(description=lazy("HTTP status"), ordering="status")
    def status_code(self, check: Observation) -> str:
        return str(check.status or "–")

    @admin.display(description=lazy("checked by"), ordering="watcher")
    def checked_by(self, check: Observation) -> str:
        return check.watcher

    def get_queryset(self, request: HttpRequest) -> QuerySet[Observation]:
        """Also exclude checks that found an unpublished release live before the due time.

        The inherited method excludes rows only if there is an early verdict. A single check does not lead to an early
        verdict.
        """
        rows = super().get_queryset(request)
        before_due = Q(sent_at__lt=F("release__due_at")) | Q(schedule_version__lt=F("release__schedule_version"))
        early = before_due & Q(result=CheckOutcome.LIVE, release__status__in=TO_COME)
        return rows.exclude(early & ~Q(release__series__producer__in=producers_known_to(request.user)))


@admin.register(Verification)
class VerificationAdmin(ReleaseRecordAdmin[Verification]):
    list_display = ("release", "due_at", "outcome_words", "delay")
    list_filter = (("outcome", words_filter(lambda code: name_outcome(Outcome(code)))),)
    date_hierarchy = "due_at"
    ordering = ("-due_at",)

    @admin.display(description=lazy("result"), ordering="outcome")
    def outcome_words(self, verification: Verification) -> str:
        return str(OUTCOMES[Outcome(verification.outcome)][0])

    @admin.display(description=lazy("delay"), ordering="delay_from")
    def delay(self, verification: Verification) -> str:
        return delay_note(verification)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Verification]:
        """Exclude verdicts that would show that an unpublished release was found early.

        These are early verdicts, verdicts with a live check before the due time, and pending verdicts. If pending
        verdicts were listed, a pending verdict would disappear from the list when the release is found early.
        """
        rows = super().get_queryset(request).alias(written=Cast("addresses", TextField()))
        # If the release was not live at last, or the address is not required, only the results of addresses show the
        # live check. Search for the values alone, because databases differ in the spaces between keys and values.
        found = Q(written__contains=f'"{BeforeDue.SEEN_ONCE}"') | Q(written__contains=f'"{BeforeDue.EARLY}"')
        early = Q(first_live_at__lt=F("due_at")) | Q(outcome__in=[Outcome.EARLY, Outcome.PENDING]) | found
        unknown = ~Q(release__series__producer__in=producers_known_to(request.user))
        # The status is compared first, because few releases are still to come.
        return rows.exclude(Q(release__status__in=TO_COME) & unknown & early)


@admin.register(Statement)
class StatementAdmin(ReleaseRecordAdmin[Statement]):
    recorded_at = "stated_at"
    list_display = ("release", "kind", "live_at", "stated_by", "stated_at")
    read_with = ("stated_by",)
    list_filter = ("kind",)
    ordering = ("-stated_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Statement]:
        return without_early_statements(super().get_queryset(request), request.user)


@admin.register(DateChange)
class DateChangeAdmin(ReleaseRecordAdmin[DateChange]):
    list_display = ("release", "was", "to", "public_reason", "requested_by", "agreed_by", "announced_at")
    read_with = ("requested_by", "agreed_by")
    ordering = ("-requested_at",)


@admin.register(ReasonCorrection)
class ReasonCorrectionAdmin(ReleaseRecordAdmin[ReasonCorrection]):
    """Corrections of the public reasons for date changes. The list shows who agreed to each correction."""

    producer_path = "change__release__series__producer"
    list_display = ("change", "number", "public_reason", "agreed_by", "agreed_at")
    read_with = ("change", "agreed_by")
    search_fields = ("change__release__reference", "change__release__title")
    ordering = ("-agreed_at",)


@admin.register(DateChangeRequest)
class DateChangeRequestAdmin(ReleaseRecordAdmin[DateChangeRequest]):
    """Requests to change a date, and the decisions on them. People make the decisions outside the admin site."""

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


@admin.register(PublishedCorrection)
class PublishedCorrectionAdmin(ReleaseRecordAdmin[PublishedCorrection]):
    list_display = ("release", "number", "revision", "kind", "found_at", "corrected_at", "recorded_by", "recorded_at")
    read_with = ("recorded_by",)
    list_filter = ("kind",)
    ordering = ("-recorded_at",)


@admin.register(ReleaseEvent)
class ReleaseEventAdmin(ReleaseRecordAdmin[ReleaseEvent]):
    list_display = ("position", "release", "what", "when", "who")
    read_with = ("actor",)
    list_filter = (("kind", words_filter(calendar.name_event_kind)),)
    date_hierarchy = "at"
    ordering = ("-position",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReleaseEvent]:
        return without_early_events(super().get_queryset(request), request.user)

    @admin.display(description=lazy("what"), ordering="kind")
    def what(self, event: ReleaseEvent) -> str:
        return calendar.event_sentence(event)

    @admin.display(description=lazy("time"), ordering="at")
    def when(self, event: ReleaseEvent) -> str:
        return format_moment(event.at)

    @admin.display(description=lazy("person"), ordering="actor")
    def who(self, event: ReleaseEvent) -> str:
        return str(event.actor or _("The system"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Leave out the salt, because it is only used to compute the hash."""
        return ("position", "release", "kind", "at", "actor", "facts", "words", "previous_hash", "row_hash")


@admin.register(ReleaseTask)
class ReleaseTaskAdmin(ReleaseRecordAdmin[ReleaseTask]):
    """Tasks for the next release of a series. People tick them off on the page of that release."""

    producer_path = "series__producer"
    list_display = ("series", "text", "origin", "added_at", "done_by", "done_at")
    read_with = ("series", "done_by")
    search_fields = ("text", "series__title")
