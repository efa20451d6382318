"""Breach reports, their versions, events and approved documents, and rows about how a report began."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy

from breaches.rules.lifecycle import (
    DECIDED,
    TOLD_ELSEWHERE,
    Cause,
    DismissalReason,
    RecordingReason,
    ReportKind,
    ReportStatus,
)
from breaches.rules.validation import ReportSection
from releases.models import Producer, Release, Series
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet, new_salt
from releases.models.event import Happening
from releases.rules.canonical import sha256_hex

STATUSES = {
    ReportStatus.DRAFT.value: lazy("Draft"),
    ReportStatus.WITH_HOP.value: lazy("With HoP"),
    ReportStatus.RETURNED.value: lazy("Returned"),
    ReportStatus.APPROVED.value: lazy("Approved"),
    ReportStatus.RECORDED.value: lazy("In our log"),
    ReportStatus.DISMISSED.value: lazy("Dismissed"),
    ReportStatus.SENT.value: lazy("Sent"),
    ReportStatus.CLOSED.value: lazy("Closed"),
    ReportStatus.WITHDRAWN.value: lazy("Withdrawn"),
    ReportStatus.JOINED.value: lazy("Joined with others"),
    ReportStatus.PARTED.value: lazy("Taken apart"),
}
KINDS = {
    ReportKind.LATE.value: lazy("Late"),
    ReportKind.EARLY.value: lazy("Early"),
    ReportKind.PARTIAL.value: lazy("In part only"),
    ReportKind.NOT_LIVE.value: lazy("Not live at all"),
    ReportKind.WRONG_CONTENT.value: lazy("Wrong content"),
    ReportKind.PRA.value: lazy("Pre-release access"),
    ReportKind.ACCESS.value: lazy("Access before release"),
    ReportKind.LEAK.value: lazy("Leak"),
    ReportKind.NOT_ANNOUNCED.value: lazy("Not announced"),
    ReportKind.USED_IN_PUBLIC.value: lazy("Unpublished figures used in public"),
    ReportKind.UNEQUAL_ACCESS.value: lazy("Unequal access"),
    ReportKind.OTHER.value: lazy("Another kind of breach"),
}
DISMISSALS = {
    DismissalReason.EXEMPTION.value: lazy("exemption"),
    DismissalReason.AGREED_CHANGE.value: lazy("agreed change"),
    DismissalReason.CHECK_ERROR.value: lazy("check error"),
    DismissalReason.CACHE_ONLY.value: lazy("cache only"),
    DismissalReason.OTHER.value: lazy("other"),
}
RECORDINGS = {
    RecordingReason.NO_EFFECT.value: lazy("no effect"),
    RecordingReason.NOT_NEEDED.value: lazy("not needed"),
    RecordingReason.REPORTED_BY_OTHERS.value: lazy("reported by others"),
    RecordingReason.OTHER.value: lazy("other"),
}


CAUSES = {
    Cause.SCHEDULER_FAULT.value: lazy("scheduler fault"),
    Cause.NOT_AUTHORISED.value: lazy("not authorised"),
    Cause.LATE_FIX.value: lazy("late data fix"),
    Cause.PROCESSING_ERROR.value: lazy("processing error"),
    Cause.OUTAGE.value: lazy("outage"),
    Cause.WRONG_FILE.value: lazy("wrong file"),
    Cause.CACHE.value: lazy("cache"),
    Cause.HUMAN_ERROR.value: lazy("human error"),
    Cause.OTHER.value: lazy("other"),
    Cause.NOT_KNOWN.value: lazy("not known yet"),
}


class ReportQuerySet(models.QuerySet["Report"]):
    """Reports by the questions that the product asks of them."""

    def official(self) -> "ReportQuerySet":
        """Leave rehearsals out: they count in no figure and no real message."""
        return self.filter(rehearsal=False)

    def undecided(self) -> "ReportQuerySet":
        """Return the reports that still wait for somebody."""
        return self.exclude(status__in=(*DECIDED, *TOLD_ELSEWHERE))


LISTED_BY = [
    "occurred_on",
    "id",
    "producer",
    "status",
    "kind",
    "rehearsal",
    "person_dealing",
    "decision_reason",
    "cause",
]


class Report(models.Model):
    """One report; what it says is in its versions, of which `version` numbers the present one."""

    reference = models.SlugField(max_length=120, unique=True)
    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="breach_reports")
    kind = models.CharField(max_length=20, choices=list(KINDS.items()))
    status = models.CharField(
        max_length=10,
        choices=list(STATUSES.items()),
        default=ReportStatus.DRAFT,
    )
    version = models.PositiveIntegerField(default=1)
    machine = models.JSONField(default=dict, help_text=lazy("What the record says by now, offered beside the text."))
    rehearsal = models.BooleanField(default=False)
    drafted_at = models.DateTimeField()
    last_change = models.PositiveBigIntegerField(
        default=0,
        editable=False,
        help_text=lazy("Position of the last event that outdates an open form; 0 since the report was begun."),
    )
    occurred_on = models.DateField(
        null=True, editable=False, help_text=lazy("The first day of occurrence that the present version names.")
    )
    published = models.ForeignKey(
        "breaches.Published",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text=lazy("What is public of it, as long as its version stands."),
    )
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=20, blank=True, choices=list((DISMISSALS | RECORDINGS).items()))

    cause = models.CharField(max_length=20, blank=True, choices=list(CAUSES.items()))
    cause_words = models.TextField(blank=True)
    available_at = models.DateTimeField(
        null=True, help_text=lazy("When what was late was made available, by what people know.")
    )
    available_unknown = models.TextField(blank=True, help_text=lazy("Why it is not known when it was made available."))
    person_dealing = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    dealing_since = models.DateTimeField(null=True)
    salt = models.CharField(
        max_length=32,
        default=new_salt,
        editable=False,
        help_text=lazy("Part of its recorded digest; a redaction replaces it."),
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ("-drafted_at", "-pk")
        # What the register is narrowed and sorted by, so that it is counted and paged without reading the rows, which
        # hold the machine's text.
        indexes = [models.Index(fields=LISTED_BY, name="reports_as_listed")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=list(ReportStatus)), name="report_status_is_known"),
            models.CheckConstraint(condition=Q(kind__in=list(ReportKind)), name="report_kind_is_known"),
            models.CheckConstraint(
                condition=Q(rehearsal=False) | Q(published__isnull=True), name="no_rehearsal_is_published"
            ),
            models.CheckConstraint(
                condition=Q(status__in=list(DECIDED), decided_at__isnull=False)
                | (~Q(status__in=list(DECIDED)) & Q(decided_at__isnull=True)),
                name="decided_reports_say_when",
            ),
            models.CheckConstraint(
                condition=(
                    Q(status=ReportStatus.DISMISSED, decision_reason__in=list(DismissalReason))
                    | Q(status=ReportStatus.RECORDED, decision_reason__in=list(RecordingReason))
                    | (~Q(status__in=[ReportStatus.DISMISSED, ReportStatus.RECORDED]) & Q(decision_reason=""))
                ),
                name="what_is_not_reported_says_why",
            ),
            models.CheckConstraint(condition=Q(cause__in=["", *Cause]), name="cause_is_of_the_list"),
            models.CheckConstraint(
                condition=Q(available_at__isnull=True) | Q(available_unknown=""),
                name="when_it_was_available_is_known_or_not",
            ),
            models.CheckConstraint(
                condition=Q(person_dealing__isnull=True, dealing_since__isnull=True)
                | Q(person_dealing__isnull=False, dealing_since__isnull=False),
                name="who_deals_with_a_report_does_so_since_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class ReportVersionQuerySet(AppendOnlyQuerySet["ReportVersion"]):
    """Versions, which are only added."""


class ReportVersion(AppendOnly):
    """What a report said at one time: a person's content, and beside it the machine's text of each field."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    machine = models.JSONField(default=dict)
    content_sha256 = models.CharField(max_length=64)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()
    why = models.CharField(max_length=40)
    salt = models.CharField(
        max_length=32, default=new_salt, help_text=lazy("Part of its recorded digest; a redaction replaces it.")
    )

    objects = ReportVersionQuerySet.as_manager()

    class Meta:
        ordering = ("report", "number")
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"{self.report_id} version {self.number}"


class ReportEventQuerySet(AppendOnlyQuerySet["ReportEvent"]):
    """Events of reports, which are only added."""


class ReportEvent(Happening):
    """One thing that happened to a report: a move, an edit, a download."""

    CHAIN: ClassVar[str] = "breaches.event"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="events")
    report_reference = models.CharField(max_length=120)

    objects = ReportEventQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        indexes = [models.Index(fields=["report", "position"], name="report_event_in_order")]

    def subject(self) -> dict[str, Any]:
        """Return the report, as it enters the hash."""
        return {"report": self.report_reference}


class ApprovedDocumentQuerySet(AppendOnlyQuerySet["ApprovedDocument"]):
    """Approved documents, which are only added."""


class ApprovedDocument(AppendOnly):
    """The PDF of an approved version, byte for byte as it was approved."""

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

    objects = ApprovedDocumentQuerySet.as_manager()

    class Meta:
        ordering = ("report", "version")
        constraints = [models.UniqueConstraint(fields=["report", "version"], name="one_document_per_version")]

    def __str__(self) -> str:
        return f"{self.report_id} version {self.version} as approved"

    def is_intact(self) -> bool:
        """Return whether the stored bytes still have the hash under which they were approved."""
        return sha256_hex(bytes(self.pdf)) == self.pdf_sha256


class StartedReport(models.Model):
    """Who started a report, when, and from what: one release, one series, or nothing that is on record."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="started")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, related_name="started_reports")
    series = models.ForeignKey(Series, on_delete=models.PROTECT, null=True, related_name="started_reports")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    form_key = models.UUIDField(
        null=True, unique=True, help_text=lazy("Of the form that was sent: sent twice, it starts one report.")
    )

    class Meta:
        ordering = ("started_at", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(release__isnull=True) | Q(series__isnull=True), name="started_from_one_thing_at_most"
            )
        ]

    def __str__(self) -> str:
        return f"{self.report}, started by {self.started_by}"


class JoinedDraftQuerySet(AppendOnlyQuerySet["JoinedDraft"]):
    """Joinings, which are only added: that a joint report was taken apart is in the states of the reports."""

    def standing(self) -> "JoinedDraftQuerySet":
        """Return the joinings that hold: neither report was given back what the joining took from it."""
        return self.filter(draft__status=ReportStatus.JOINED).exclude(joint__status=ReportStatus.PARTED)

    def parts_of(self, report: Report) -> set[int]:
        """Return the keys of a report and of every draft that went into it by these joinings, or into one of those."""
        parts, known = {report.pk}, {report.pk}
        while parts:
            parts = set(self.filter(joint__in=parts).values_list("draft", flat=True)) - known
            known |= parts
        return known


class JoinedDraft(AppendOnly):
    """One draft that went into a joint report; `suspicions` names those that it brought, by key."""

    joint = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="joined_drafts")
    draft = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="joined_into")
    suspicions: models.JSONField[list[int], list[int]] = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = JoinedDraftQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["joint", "draft"], name="a_draft_joins_a_report_once"),
            models.CheckConstraint(condition=~Q(joint=F("draft")), name="no_draft_joins_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id} into {self.joint_id}"


class PracticeCited(models.Model):
    """One practice, by its edition and code, that the present version of a report cites."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="practices_cited")
    edition = models.CharField(max_length=10)
    code = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["edition", "code", "report"], name="reports_by_practice")]
        constraints = [
            models.UniqueConstraint(fields=["report", "edition", "code"], name="one_row_per_report_and_practice")
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.edition} {self.code}"


class OwnActQuerySet(AppendOnlyQuerySet["OwnAct"]):
    """Declarations, which are only added."""


class OwnAct(AppendOnly):
    """One person's declaration that a report is about something that they did; it cannot be taken back."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="own_acts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OwnActQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["report", "person"], name="one_declaration_per_report_and_person")
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.person}"


class SectionCommentQuerySet(AppendOnlyQuerySet["SectionComment"]):
    """Comments, which are only added."""


class SectionComment(AppendOnly):
    """A comment on one section of the form, made by the event that returned the report."""

    event = models.ForeignKey(ReportEvent, on_delete=models.PROTECT, related_name="section_comments")
    section = models.CharField(max_length=20)
    words = models.TextField()

    objects = SectionCommentQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=["event", "section"], name="one_comment_per_return_and_section"),
            models.CheckConstraint(condition=Q(section__in=list(ReportSection)), name="commented_section_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.section}: {self.words[:40]}"
