"""The events of reports and of the register, notes and comments, and the digests of rows."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy

from breaches.models.report import Report
from breaches.rules.content import FORM_SECTIONS
from breaches.rules.lifecycle import EMAIL_FAILED, ROW_CHANGES
from releases.models import Producer
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.models.event import NEVER, AbstractEvent, RowRecord, Table


class ReportEvent(AbstractEvent):
    """An event of a report, such as a lifecycle move, an edit or a download."""

    CHAIN: ClassVar[str] = "breaches.event"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="events")
    report_reference = models.CharField(max_length=120)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        indexes = [
            models.Index(fields=["report", "position"], name="report_event_in_order"),
            models.Index(fields=["report"], condition=Q(kind=EMAIL_FAILED), name="report_event_of_failed_email"),
        ]

    def subject(self) -> dict[str, Any]:
        """Return the reference of the report, which is hashed with the event."""
        return {"report": self.report_reference}


class SectionComment(AppendOnly):
    """A comment on one section of the form.

    `event` records the comment itself, or the return of the report with this comment.
    """

    event = models.ForeignKey(ReportEvent, on_delete=models.PROTECT, related_name="section_comments")
    section = models.CharField(max_length=20)
    words = models.TextField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=["event", "section"], name="one_comment_per_return_and_section"),
            models.CheckConstraint(condition=Q(section__in=list(FORM_SECTIONS)), name="commented_section_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.section}: {self.words[:40]}"


class TimelineNoteQuerySet(AppendOnlyQuerySet["TimelineNote"]):
    def uncorrected(self) -> "TimelineNoteQuerySet":
        """Exclude notes that a later note corrects."""
        return self.filter(correction__isnull=True)


class TimelineNote(AppendOnly):
    """A person's note about something that happened.

    If the note replaces an earlier note, `corrects` is the earlier note.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="timeline_notes")
    text = models.TextField()
    happened_at = models.DateTimeField()
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    corrects = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="correction")

    objects = TimelineNoteQuerySet.as_manager()

    class Meta:
        ordering = ("happened_at", "pk")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="a_note_says_something"),
            models.CheckConstraint(
                condition=Q(happened_at__lte=F("written_at")), name="a_note_tells_of_what_has_happened"
            ),
        ]

    def __str__(self) -> str:
        return f"Note {self.pk}"


class RegisterEvent(AbstractEvent):
    """An event in the register of a producer.

    The event is an export of reports, or a change of the yearly compliance table or the public punctuality page. If an
    export contains reports of several producers, each producer gets an event.
    """

    CHAIN: ClassVar[str] = "breaches.register_event"

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="register_events")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("register download")
        verbose_name_plural = lazy("register downloads")
        ordering = ("position",)
        indexes = [models.Index(fields=["producer", "position"], name="register_event_in_order")]

    def subject(self) -> dict[str, Any]:
        """Return the primary key of the producer, which is hashed with the event."""
        return {"producer": self.producer_id}


# The columns that are included in the digest of a row, for each model. `Report.last_change` is left out, because it
# only serves to detect conflicting changes by several people.
OF_REPORT_WITHOUT_NUMBER = (
    "reference",
    "producer_id",
    "kind",
    "status",
    "version",
    "machine",
    "rehearsal",
    "drafted_at",
    "occurred_on",
    "published_id",
    "submitted_by_id",
    "decided_at",
    "decision_reason",
    "cause",
    "cause_words",
    "available_at",
    "available_unknown",
    "person_dealing_id",
    "dealing_since",
    "salt",
)
OF_REPORT = (*OF_REPORT_WITHOUT_NUMBER, "number_year", "number_series", "number_position")
OF_VERSION = (
    "report_id",
    "number",
    "content",
    "machine",
    "content_sha256",
    "salt",
    "written_by_id",
    "written_at",
    "why",
)
# The digest does not include `pdf`, because `breaches.versions.document_bytes` compares `pdf` with `pdf_sha256`.
OF_DOCUMENT = (
    "report_id",
    "version",
    "pdf_sha256",
    "content_sha256",
    "evidence_sha256",
    "approved_by_id",
    "approved_role",
    "approved_at",
    "one_person",
)
# The digest does not include `facts_revision`, because it only records which revision of the verdict the text was
# written from.
OF_SUSPICION = ("release_id", "schedule_version", "kind", "verification_id", "raised_at", "report_id")
OF_ATTACHMENT = (
    "report_id",
    "kind",
    "name",
    "content_type",
    "size",
    "sha256",
    "marking",
    "scanned",
    "added_by_id",
    "role",
    "added_at",
    "salt",
)
# The digest does not include `html`, `odt`, `pdf` and `lists`, because `breaches.compliance` compares their bytes with
# the stored hashes.
OF_COMPLIANCE_DOCUMENT = (
    "producer_id",
    "year",
    "number",
    "text_number",
    "content",
    "content_sha256",
    "html_sha256",
    "odt_sha256",
    "pdf_sha256",
    "approved_by_id",
    "approved_role",
    "approved_at",
    "one_person",
)
# The kinds of events that assign suspicions to a report.
GIVEN_TO_A_REPORT = frozenset({"drafted", "suspicion_joined", "joint_drafted", "resumed"})


class ReportRowRecord(RowRecord):
    CHAIN: ClassVar[str] = "breaches.row"
    AFTER: ClassVar[str] = "breaches.event"
    TABLES = (
        Table(
            "breaches.Report",
            OF_REPORT,
            changed_by=ROW_CHANGES,
            deleted_by=NEVER,
            earlier=(OF_REPORT_WITHOUT_NUMBER,),
        ),
        Table(
            "breaches.Suspicion",
            OF_SUSPICION,
            changed_by=GIVEN_TO_A_REPORT,
            deleted_by=NEVER,
            about="report_id",
            about_moves=True,
        ),
        Table(
            "breaches.EarlyReleaseDecision",
            ("suspicion_id", "number", "choice", "decided_by_id", "role", "decided_at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table("breaches.ReportVersion", OF_VERSION, changed_by=NEVER, deleted_by=NEVER),
        Table("breaches.ApprovedDocument", OF_DOCUMENT, changed_by=NEVER, deleted_by=NEVER),
        Table("breaches.Attachment", OF_ATTACHMENT, changed_by=NEVER, deleted_by=NEVER),
        Table(
            "breaches.PolicyText",
            ("producer_id", "year", "number", "sections", "text_sha256", "written_by_id", "written_at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table("breaches.ComplianceDocument", OF_COMPLIANCE_DOCUMENT, changed_by=NEVER, deleted_by=NEVER),
        Table(
            "breaches.PunctualitySwitch",
            ("producer_id", "number", "is_on", "by_id", "role", "at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
    )
