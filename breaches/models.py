"""Breach reports, their versions, events and documents, the suspicions behind them, and the Code of Practice."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy
from simple_history.models import HistoricalRecords

from breaches.rules.content import FORM_SECTIONS
from breaches.rules.lifecycle import (
    DECIDED,
    MERGED_OR_SPLIT,
    OUT,
    ROW_CHANGES,
    SUSPECTED,
    AttachmentKind,
    Cause,
    DismissalReason,
    Nature,
    RecordingReason,
    ReportKind,
    ReportStatus,
    ReportTerm,
)
from breaches.rules.report_number import NumberSeries, ReportNumber
from releases.models import AccessReceipt, Producer, Release, ReleaseTask, Series, Training, Verification
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet, choices_of, new_salt
from releases.models.event import NEVER, AbstractEvent, RowRecord, Table
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import TO_COME
from releases.verdict.address import Outcome

# The approximate period, such as a month, of an edition whose exact day is not known.
DOUBT_ABOUT_THE_DAY = timedelta(days=31)


class EditionQuerySet(models.QuerySet["Edition"]):
    """Queries for editions by the day on which they were in force."""

    def in_force_on(self, day: date) -> "Edition | None":
        return self.filter(in_force_from__lte=day).order_by("-in_force_from").first()

    def possibly_in_force_on(self, day: date) -> "list[Edition]":
        """Return the edition in force on a day, and the previous one if it may have been in force instead."""
        newest = list(self.filter(in_force_from__lte=day).order_by("-in_force_from")[:2])
        return newest if newest and newest[0].is_in_doubt_on(day) else newest[:1]


class Edition(models.Model):
    number = models.CharField(max_length=10, unique=True)
    title = models.CharField(max_length=200)
    in_force_from = models.DateField(
        unique=True, help_text=lazy("The day from which reports cite this edition, if the real day is not known too.")
    )
    in_force_confirmed = models.BooleanField(lazy("day of entry into force is known"), default=False)
    about_the_day = models.CharField(
        max_length=200, blank=True, help_text=lazy("A note on the day, for example when the edition was launched.")
    )
    history = HistoricalRecords()

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("edition of the Code")
        verbose_name_plural = lazy("editions of the Code")
        ordering = ("in_force_from",)

    def __str__(self) -> str:
        return f"edition {self.number}"

    def is_in_doubt_on(self, day: date) -> bool:
        """Whether the edition may not have been in force on a day, although reports of that day cite it."""
        return not self.in_force_confirmed and day - self.in_force_from < DOUBT_ABOUT_THE_DAY


class Practice(models.Model):
    """One practice, principle or standard of an edition.

    Reports print `wording` only once a person has compared it with the Code (`settled_at`).
    """

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="practices")
    code = models.CharField(max_length=40)
    principle = models.CharField(
        max_length=100, help_text=lazy("The pillar or the standard that it belongs to, as printed.")
    )
    title = models.CharField(
        max_length=100,
        blank=True,
        help_text=lazy("The name of its principle, printed in brackets until the wording is confirmed."),
    )
    summary = models.TextField(blank=True, help_text=lazy("Our summary, which is never printed."))
    wording = models.TextField(blank=True, help_text=lazy("The words of the Code."))
    source = models.CharField(max_length=300, blank=True, help_text=lazy("Where the words, or their meaning, are."))
    source_url = models.URLField(lazy("web address of the source"), max_length=300, blank=True)
    unconfirmed = models.CharField(
        lazy("not confirmed"), max_length=300, blank=True, help_text=lazy("A point that we still need to confirm.")
    )
    settled_at = models.DateTimeField(lazy("confirmed at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=lazy("confirmed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = lazy("practice of the Code")
        verbose_name_plural = lazy("practices of the Code")
        # The position in the Code. Sorting by code would put 10.1 before 3.1.
        ordering = ("edition", "id")
        constraints = [
            models.UniqueConstraint(fields=["edition", "code"], name="one_practice_per_edition_and_code"),
            models.CheckConstraint(
                condition=models.Q(settled_at__isnull=True) | ~models.Q(wording=""), name="settled_practice_has_wording"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} (edition {self.edition.number})"

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None

    @property
    def settled_mark(self) -> str:
        """The time when the wording was confirmed, as text for a form; empty if it is not confirmed."""
        return self.settled_at.astimezone(UTC).isoformat() if self.settled_at else ""


STATUS_CHOICES = {
    ReportStatus.DRAFT.value: lazy("Draft"),
    ReportStatus.WITH_HOP.value: lazy("Awaiting decision"),
    ReportStatus.RETURNED.value: lazy("Returned"),
    ReportStatus.APPROVED.value: lazy("Approved"),
    ReportStatus.RECORDED.value: lazy("In our breach log"),
    ReportStatus.DISMISSED.value: lazy("Dismissed"),
    ReportStatus.SENT.value: lazy("Sent"),
    ReportStatus.CLOSED.value: lazy("Closed"),
    ReportStatus.WITHDRAWN.value: lazy("Withdrawn"),
    ReportStatus.JOINED.value: lazy("Combined"),
    ReportStatus.PARTED.value: lazy("Separated"),
}
KIND_CHOICES = {
    ReportKind.LATE.value: lazy("Late"),
    ReportKind.EARLY.value: lazy("Early"),
    ReportKind.PARTIAL.value: lazy("Incomplete"),
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
DISMISSAL_CHOICES = {
    DismissalReason.EXEMPTION.value: lazy("exemption"),
    DismissalReason.AGREED_CHANGE.value: lazy("agreed change"),
    DismissalReason.CHECK_ERROR.value: lazy("check error"),
    DismissalReason.CACHE_ONLY.value: lazy("cache only"),
    DismissalReason.OTHER.value: lazy("other"),
}
RECORDING_CHOICES = {
    RecordingReason.NO_EFFECT.value: lazy("no effect"),
    RecordingReason.NOT_NEEDED.value: lazy("not needed"),
    RecordingReason.REPORTED_BY_OTHERS.value: lazy("reported by others"),
    RecordingReason.OTHER.value: lazy("other"),
}


CAUSE_CHOICES = {
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
    Cause.WRONG_RECIPIENT.value: lazy("wrong recipient"),
    Cause.LIST_OUT_OF_DATE.value: lazy("list out of date"),
    Cause.SENT_TOO_EARLY.value: lazy("sent too early"),
    Cause.WRONG_DOCUMENT.value: lazy("wrong document or link"),
    Cause.STATUS_MISUNDERSTOOD.value: lazy("status misunderstood"),
    Cause.LIVE_TEST.value: lazy("test on the live site"),
    Cause.SAID_IN_PUBLIC.value: lazy("said in public"),
}


class ReportQuerySet(models.QuerySet["Report"]):
    def official(self) -> "ReportQuerySet":
        """Exclude rehearsals, which do not count in figures or notifications."""
        return self.filter(rehearsal=False)

    def undecided(self) -> "ReportQuerySet":
        return self.exclude(status__in=(*DECIDED, *MERGED_OR_SPLIT))

    def numbered(self, number: ReportNumber) -> "ReportQuerySet":
        """Return the reports with a number; each producer may have one."""
        return self.filter(number_year=number.year, number_series=number.series.value, number_position=number.position)

    def about_unpublished_early(self) -> "ReportQuerySet":
        """Select the reports about early releases that are still to be published (decision 73)."""
        suspected = Suspicion.objects.unpublished_early().filter(report__isnull=False)
        found_early = Verification.objects.filter(outcome=Outcome.EARLY, release__status__in=TO_COME)
        started = StartedReport.objects.filter(report__kind=ReportKind.EARLY, release__in=found_early.values("release"))
        return self.filter(Q(pk__in=suspected.values("report")) | Q(pk__in=started.values("report")))

    def listed(self) -> "ReportQuerySet":
        """Exclude reports about early releases that are still to be published, which no list shows."""
        return self.exclude(pk__in=Report.objects.about_unpublished_early().values("pk"))


# The columns by which the register filters and sorts.
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
    """One report. Its content is in its versions; `version` is the number of the present one."""

    reference = models.SlugField(max_length=120, unique=True)
    # The parts of the number that people read: BR-2026-014. A number never changes. During an upgrade the previous
    # version may draft reports without a number; the next run of drafting adds it.
    number_year = models.PositiveSmallIntegerField(null=True, editable=False)
    number_series = models.CharField(max_length=2, blank=True, db_default="", editable=False)
    number_position = models.PositiveIntegerField(null=True, editable=False)
    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="breach_reports")
    kind = models.CharField(max_length=20, choices=list(KIND_CHOICES.items()))
    status = models.CharField(
        max_length=10,
        choices=list(STATUS_CHOICES.items()),
        default=ReportStatus.DRAFT,
    )
    version = models.PositiveIntegerField(default=1)
    machine = models.JSONField(
        lazy("automatic text"), default=dict, help_text=lazy("The newest automatic text, which people can use.")
    )
    rehearsal = models.BooleanField(default=False)
    training = models.ForeignKey(
        Training,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text=lazy("The training that it is about. It is never sent."),
    )
    drafted_at = models.DateTimeField()
    last_change = models.PositiveBigIntegerField(
        default=0,
        editable=False,
        help_text=lazy("Position of the last event that outdates an open form; 0 since the report was begun."),
    )
    occurred_on = models.DateField(
        null=True, editable=False, help_text=lazy("The first day of occurrence in the current version.")
    )
    published = models.ForeignKey(
        "breaches.Published",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text=lazy("What is public, as long as its version is current."),
    )
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(
        max_length=20, blank=True, choices=list((DISMISSAL_CHOICES | RECORDING_CHOICES).items())
    )

    cause = models.CharField(max_length=20, blank=True, choices=list(CAUSE_CHOICES.items()))
    cause_words = models.TextField(lazy("description of the cause"), blank=True)
    available_at = models.DateTimeField(
        lazy("time it became available"), null=True, help_text=lazy("As far as people know.")
    )
    available_unknown = models.TextField(lazy("reason the time is not known"), blank=True)
    person_dealing = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=lazy("owner"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    dealing_since = models.DateTimeField(lazy("owner since"), null=True)
    salt = models.CharField(
        max_length=32,
        default=new_salt,
        editable=False,
        help_text=lazy("Part of its recorded digest. A redaction replaces it."),
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("breach report")
        verbose_name_plural = lazy("breach reports")
        ordering = ("-drafted_at", "-pk")
        # These columns filter and sort the register, so that it is counted and paged without the rows' long automatic
        # text.
        indexes = [
            models.Index(fields=LISTED_BY, name="reports_as_listed"),
            models.Index(fields=["id"], condition=Q(number_position__isnull=True), name="reports_without_number"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["producer", "number_year", "number_series", "number_position"],
                name="one_report_per_producer_and_number",
            ),
            models.CheckConstraint(condition=Q(status__in=list(ReportStatus)), name="report_status_is_known"),
            models.CheckConstraint(condition=Q(kind__in=list(ReportKind)), name="report_kind_is_known"),
            models.CheckConstraint(
                condition=Q(rehearsal=False) | Q(published__isnull=True), name="no_rehearsal_is_published"
            ),
            models.CheckConstraint(
                condition=Q(training__isnull=True) | (Q(rehearsal=True) & ~Q(status__in=list(OUT))),
                name="no_training_is_sent",
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
        return self.number

    @property
    def number(self) -> str:
        """The short number, such as BR-2026-014; unique together with the producer."""
        if self.number_year is None or self.number_position is None:
            return self.reference
        return str(ReportNumber(self.number_year, NumberSeries(self.number_series), self.number_position))

    def find_series(self) -> models.QuerySet[Series]:
        """Return the series that the report is about, or those of its releases."""
        of_releases = Q(releases__suspicions__report=self) | Q(releases__started_reports__report=self)
        return Series.objects.filter(of_releases | Q(started_reports__report=self)).distinct().order_by("title")


class ReportVersion(AppendOnly):
    """A version of a report: its content, and the automatic text of each field (`machine`)."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    machine = models.JSONField(lazy("automatic text"), default=dict)
    content_sha256 = models.CharField(max_length=64)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()
    why = models.CharField(lazy("reason"), max_length=40)
    salt = models.CharField(
        max_length=32, default=new_salt, help_text=lazy("Part of its recorded digest. A redaction replaces it.")
    )

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("report", "number")
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"{self.report_id} version {self.number}"

    def is_untouched(self, field: str) -> bool:
        """Whether a field of the content still has the automatic text."""
        return bool(self.content[field] == self.machine.get(field))


class ReportEvent(AbstractEvent):
    """One thing that happened to a report: a move, an edit, a download."""

    CHAIN: ClassVar[str] = "breaches.event"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="events")
    report_reference = models.CharField(max_length=120)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        indexes = [models.Index(fields=["report", "position"], name="report_event_in_order")]

    def subject(self) -> dict[str, Any]:
        """The reference of the report, which is hashed with the event."""
        return {"report": self.report_reference}


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
        return f"{self.report_id} version {self.version} as approved"

    def is_intact(self) -> bool:
        return sha256_hex(bytes(self.pdf)) == self.pdf_sha256


class StartedReport(models.Model):
    """The start of a report: by whom, when, and about which release, series or producer.

    A report of a possible disclosure is started by the answer of a recipient (`receipt`), and by no user.
    """

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="started")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, related_name="started_reports")
    series = models.ForeignKey(Series, on_delete=models.PROTECT, null=True, related_name="started_reports")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    receipt = models.OneToOneField(AccessReceipt, on_delete=models.PROTECT, null=True, related_name="started_report")
    started_at = models.DateTimeField()
    form_key = models.UUIDField(
        null=True, unique=True, help_text=lazy("Of the form that was sent: sent twice, it starts one report.")
    )

    class Meta:
        ordering = ("started_at", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(release__isnull=True) | Q(series__isnull=True), name="started_from_one_thing_at_most"
            ),
            models.CheckConstraint(
                condition=Q(started_by__isnull=False, receipt__isnull=True)
                | Q(started_by__isnull=True, receipt__isnull=False),
                name="started_by_a_user_or_a_recipient",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report}, started by {self.started_by or 'a recipient'}"


class JoinedDraftQuerySet(AppendOnlyQuerySet["JoinedDraft"]):
    def in_force(self) -> "JoinedDraftQuerySet":
        """Exclude merges that were undone, which the states of the reports show."""
        return self.filter(draft__status=ReportStatus.JOINED).exclude(joint__status=ReportStatus.PARTED)

    def parts_of(self, report: Report) -> set[int]:
        """Return the keys of a report and of every draft that went into it, directly or through another report."""
        parts, known = {report.pk}, {report.pk}
        while parts:
            parts = set(self.filter(joint__in=parts).values_list("draft", flat=True)) - known
            known |= parts
        return known


class JoinedDraft(AppendOnly):
    """One draft merged into a joint report; `suspicions` are the keys of the suspicions that it had."""

    joint = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="joined_drafts")
    draft = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="joined_into")
    suspicions: models.JSONField[list[int], list[int]] = models.JSONField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=lazy("combined by"), on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(lazy("combined at"))

    objects = JoinedDraftQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("combined draft")
        verbose_name_plural = lazy("combined drafts")
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["joint", "draft"], name="a_draft_joins_a_report_once"),
            models.CheckConstraint(condition=~Q(joint=F("draft")), name="no_draft_joins_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id} into {self.joint_id}"


class PracticeCitation(models.Model):
    """One practice that the present version of a report cites."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="practices_cited")
    edition = models.CharField(max_length=10)
    code = models.CharField(max_length=40)

    class Meta:
        db_table = "breaches_practicecited"
        indexes = [models.Index(fields=["edition", "code", "report"], name="reports_by_practice")]
        constraints = [
            models.UniqueConstraint(fields=["report", "edition", "code"], name="one_row_per_report_and_practice")
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.edition} {self.code}"


class OwnAct(AppendOnly):
    """A person's declaration that a report is about their own act; it cannot be withdrawn."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="own_acts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(lazy("declared at"))

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("conflict of interest")
        verbose_name_plural = lazy("conflicts of interest")
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["report", "person"], name="one_declaration_per_report_and_person")
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.person}"


class SectionComment(AppendOnly):
    """A comment on one section of the form, made by its event: a comment, or the return of the report."""

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


class AttachmentQuerySet(AppendOnlyQuerySet["Attachment"]):
    def of(self, report: Report) -> "AttachmentQuerySet":
        """Select the attachments of a report and of the drafts that were merged into it."""
        return self.filter(report__in=JoinedDraft.objects.in_force().parts_of(report))

    def stored(self) -> "AttachmentQuerySet":
        """Exclude attachments whose file was deleted."""
        return self.filter(file__isnull=False)


class Attachment(AppendOnly):
    """A file that a person added to a report as evidence. It is not part of the document; the annex lists it.

    A redaction may overwrite the name, which can contain that of a person.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="attachments")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(help_text=lazy("In bytes."))
    sha256 = models.CharField(max_length=64)
    marking = models.CharField(max_length=40, default="OFFICIAL-SENSITIVE")
    scanned = models.BooleanField(help_text=lazy("Whether a scanner was set up, and found nothing."))
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    added_at = models.DateTimeField()
    salt = models.CharField(max_length=32, default=new_salt)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ("added_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["report", "sha256"], name="one_attachment_per_report_and_content"),
            models.CheckConstraint(condition=Q(kind__in=list(AttachmentKind)), name="attachment_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.name}"


class AttachmentFile(models.Model):
    """The bytes of an attachment. The row is deleted at the end of retention, or by a Head of Profession."""

    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, primary_key=True, related_name="file")
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"file of attachment {self.attachment_id}"


class SuspicionQuerySet(models.QuerySet["Suspicion"]):
    def without_report(self) -> "SuspicionQuerySet":
        return self.filter(report__isnull=True)

    def official(self) -> "SuspicionQuerySet":
        return self.filter(release__rehearsal=False)

    def unpublished_early(self) -> "SuspicionQuerySet":
        """Select early releases that are still to be published, of which only few people may know (decision 73)."""
        return self.filter(kind=ReportKind.EARLY, release__status__in=TO_COME)

    def with_outcome(self) -> "SuspicionQuerySet":
        """Select only the kind of the verdict, and its outcome with what it says of parts."""
        columns = ("outcome", "due_at", "tolerance_seconds", "addresses")
        return self.select_related("verification").only(
            "report", "kind", *(f"verification__{name}" for name in columns)
        )

    def with_facts(self) -> "SuspicionQuerySet":
        """Select the verdict, and the columns of the release that an account needs."""
        return self.select_related(
            "verification",
            "release__series__producer",
            "release__series__responsible",
            "release__series__head_of_profession",
        ).prefetch_related("release__addresses")

    def with_shared_facts(self) -> "SuspicionQuerySet":
        """Select what `with_facts` does, for many suspicions: a series and its people are read once for all of them."""
        return self.select_related("verification", "release").prefetch_related(
            "release__series__producer",
            "release__series__responsible",
            "release__series__head_of_profession",
            "release__addresses",
        )


class Suspicion(models.Model):
    """One suspected breach of one release as scheduled; the row is never deleted."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="suspicions")
    schedule_version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=[(kind.value, KIND_CHOICES[kind.value]) for kind in SUSPECTED])
    verification = models.ForeignKey(Verification, on_delete=models.PROTECT, related_name="suspicions")
    raised_at = models.DateTimeField()
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, blank=True, related_name="suspicions")
    facts_revision = models.PositiveIntegerField(default=0)

    objects = SuspicionQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("suspected breach")
        verbose_name_plural = lazy("suspected breaches")
        ordering = ("raised_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["release", "schedule_version", "kind"], name="one_suspicion_per_release_schedule_and_kind"
            ),
            models.CheckConstraint(condition=Q(kind__in=list(SUSPECTED)), name="suspicion_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.release.reference}: {self.kind}"


class EarlyReleaseDecision(AppendOnly):
    """A decision on an early release: the choice, the person and the time. The last row of a suspicion is in force."""

    class Choice(models.TextChoices):
        TAKE_DOWN = "take_down", lazy("Take it down")
        PUBLISH_NOW = "publish_now", lazy("Publish to everyone now")

    suspicion = models.ForeignKey(Suspicion, on_delete=models.PROTECT, related_name="decisions")
    number = models.PositiveIntegerField()
    choice = models.CharField(max_length=20, choices=Choice.choices)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, help_text=lazy("A role at the producer, or incident_contact."))
    decided_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("suspicion", "number")
        constraints = [
            models.UniqueConstraint(fields=["suspicion", "number"], name="one_decision_per_number"),
            models.CheckConstraint(
                condition=Q(choice__in=["take_down", "publish_now"]), name="early_release_choice_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.suspicion_id}: {self.choice}"


# The columns that the digest of each row covers. Not `last_change`, which detects conflicts between people's changes.
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
# The hash protects these bytes: see breaches.versions.
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
# Not `facts_revision`, which only records which revision of the verdict the automatic text is from.
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
# The hashes protect the bytes of its files: see breaches.compliance.
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
# The kinds of events that give a suspicion to a report.
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


class DispatchQuerySet(AppendOnlyQuerySet["Dispatch"]):
    def by_mail(self) -> "DispatchQuerySet":
        return self.filter(outside=False)


class Dispatch(AppendOnly):
    """One report or notice sent to one recipient: by email through the outbox, or by a person `outside` the system."""

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
            models.UniqueConstraint(fields=["document", "nature"], name="one_dispatch_per_document_and_nature"),
            models.CheckConstraint(condition=Q(nature__in=list(Nature)), name="what_is_sent_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.nature} to {self.recipient}"


class Published(AppendOnly):
    """One published statement, from one version of a report; `Report.published` is the present statement."""

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
        return f"{self.report_id} version {self.version} as it was made public"


class RegisterEvent(AbstractEvent):
    """An event about all reports of a producer: an export, its yearly table, or its public page of punctuality.

    An export of several producers has one event for each.
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
        """The slug of the producer, which is hashed with the event."""
        return {"producer": self.producer_id}


class TimelineNoteQuerySet(AppendOnlyQuerySet["TimelineNote"]):
    def uncorrected(self) -> "TimelineNoteQuerySet":
        """Exclude notes that a later note corrects."""
        return self.filter(correction__isnull=True)


class TimelineNote(AppendOnly):
    """A person's note of something that happened, and when; `corrects` is the note that it replaces."""

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
        return f"{self.report_id}: note {self.pk}"


DONE = Q(done_at__isnull=False) | Q(task__done_at__isnull=False)


class CorrectiveActionQuerySet(models.QuerySet["CorrectiveAction"]):
    def open(self) -> "CorrectiveActionQuerySet":
        """Select open actions, which are done neither in the report nor as a release task."""
        return self.exclude(DONE)

    def with_tasks(self) -> "CorrectiveActionQuerySet":
        return self.select_related("task__series", "task__done_by", "done_by", "report__producer")

    def overdue(self, *, on: date) -> "CorrectiveActionQuerySet":
        return self.open().filter(due__lt=on)


class CorrectiveAction(models.Model):
    """One corrective action. If it is for the next release of a series, it has a `task` and is done with the task."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="actions")
    text = models.TextField()
    term = models.CharField(max_length=10, choices=choices_of(ReportTerm))
    owner = models.CharField(max_length=200)
    due = models.DateField(null=True)
    task = models.OneToOneField(ReleaseTask, on_delete=models.PROTECT, null=True, related_name="corrective_action")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    objects = CorrectiveActionQuerySet.as_manager()

    class Meta:
        ordering = ("added_at", "pk")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="an_action_says_what_is_done"),
            models.CheckConstraint(condition=Q(term__in=list(ReportTerm)), name="term_of_an_action_is_known"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="an_action_that_is_done_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(task__isnull=True) | Q(done_at__isnull=True), name="a_task_is_done_where_it_stands"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.text[:50]}"

    @property
    def finished_at(self) -> datetime | None:
        """When the action or its release task was done."""
        return self.task.done_at if self.task else self.done_at


class PolicyText(AppendOnly):
    """One version of the texts that people write around the yearly compliance table of a producer."""

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="policy_texts")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    sections = models.JSONField(help_text=lazy("The text of each section that has one."))
    text_sha256 = models.CharField(max_length=64)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("release practice policy")
        verbose_name_plural = lazy("release practice policies")
        ordering = ("producer", "year", "number")
        constraints = [
            models.UniqueConstraint(fields=["producer", "year", "number"], name="one_policy_text_per_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="policy_texts_are_numbered_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.producer_id} {self.year}: text {self.number}"


class ComplianceDocument(AppendOnly):
    """A yearly compliance table with its policy, as it was approved. The one with the greatest number is in force."""

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="compliance_documents")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    text_number = models.PositiveIntegerField()
    content = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    html = models.BinaryField()
    html_sha256 = models.CharField(max_length=64)
    odt = models.BinaryField()
    odt_sha256 = models.CharField(max_length=64)
    pdf = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_role = models.CharField(max_length=20)
    approved_at = models.DateTimeField()
    one_person = models.BooleanField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("approved compliance table")
        verbose_name_plural = lazy("approved compliance tables")
        ordering = ("producer", "year", "number")
        constraints = [
            models.UniqueConstraint(fields=["producer", "year", "number"], name="one_compliance_document_per_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="compliance_documents_are_numbered_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.producer_id} {self.year}: table {self.number} as approved"


class PunctualitySwitch(AppendOnly):
    """The public page of punctuality of a producer was turned on or off. The last row is in force; none means off."""

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="punctuality_switches")
    number = models.PositiveIntegerField()
    is_on = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("public page of punctuality")
        verbose_name_plural = lazy("public pages of punctuality")
        ordering = ("producer", "number")
        constraints = [
            models.UniqueConstraint(fields=["producer", "number"], name="one_punctuality_switch_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.producer_id}: {'on' if self.is_on else 'off'}"
