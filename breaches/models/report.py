"""Breach reports, how they were started, their versions, and the drafts that were merged into them."""

from collections.abc import Iterable
from itertools import chain

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy

from breaches.models.choices import CAUSE_CHOICES, DISMISSAL_CHOICES, KIND_CHOICES, RECORDING_CHOICES, STATUS_CHOICES
from breaches.models.suspicion import Suspicion
from breaches.rules.lifecycle import (
    DECIDED,
    MERGED_OR_SPLIT,
    OUT,
    Cause,
    DismissalReason,
    RecordingReason,
    ReportKind,
    ReportStatus,
)
from breaches.rules.report_number import NumberSeries, ReportNumber
from releases.models import AccessReceipt, Producer, Release, Series, Training
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet, new_salt
from releases.rules.lifecycle import TO_COME


class ReportQuerySet(models.QuerySet["Report"]):
    def official(self) -> "ReportQuerySet":
        """Exclude rehearsals, because figures and notifications do not include them."""
        return self.filter(rehearsal=False)

    def undecided(self) -> "ReportQuerySet":
        return self.exclude(status__in=(*DECIDED, *MERGED_OR_SPLIT))

    def numbered(self, number: ReportNumber) -> "ReportQuerySet":
        """Select the reports with this number. Several producers can each have a report with the same number."""
        return self.filter(number_year=number.year, number_series=number.series.value, number_position=number.position)

    def about(self, releases: "Iterable[Release | int]") -> "ReportQuerySet":
        """Select the reports with a suspected breach by any of these releases."""
        return self.filter(pk__in=Suspicion.objects.filter(release__in=list(releases)).values("report"))

    def about_unpublished_early(self) -> "ReportQuerySet":
        """Select the reports about early releases that are still to be published (decision 73).

        These reports were drafted from our checks or started by a person.
        """
        suspected = Suspicion.objects.unpublished_early().filter(report__isnull=False)
        started = StartedReport.objects.filter(report__kind=ReportKind.EARLY, release__status__in=TO_COME)
        # In one condition with `OR`, the database would read all reports.
        return self.filter(pk__in=suspected.order_by().values("report").union(started.order_by().values("report")))

    def listed(self) -> "ReportQuerySet":
        """Exclude the reports that no list shows.

        These are the reports about early releases that are still to be published.
        """
        return self.exclude(pk__in=Report.objects.about_unpublished_early().values("pk"))


# The columns by which the register filters and sorts reports.
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
    "training",
    "drafted_at",
]


class Report(models.Model):
    """A breach report.

    The content of a report is in its versions. `version` is the number of the present version.
    """

    reference = models.SlugField(max_length=120, unique=True)
    # The parts of the number that people see, such as BR-2026-014. The number of a report never changes. During an
    # upgrade, the previous version of the product may draft reports without a number. The next drafting run then
    # assigns the numbers.
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
        help_text=lazy("The training session that the report is about. A report about training is never sent."),
    )
    drafted_at = models.DateTimeField()
    last_change = models.PositiveBigIntegerField(
        default=0,
        editable=False,
        help_text=lazy(
            "The position of the last event after which people must read the report again. Forms that were opened "
            "before this event can no longer be submitted. 0 means that there has been no such event."
        ),
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
        help_text=lazy(
            "The statement that was last published, unless it was removed. It is public only if it was made from the "
            "current version of the report."
        ),
    )
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(
        max_length=20, blank=True, choices=list((DISMISSAL_CHOICES | RECORDING_CHOICES).items())
    )

    cause = models.CharField(max_length=20, blank=True, choices=list(CAUSE_CHOICES.items()))
    cause_words = models.TextField(lazy("description of the cause"), blank=True)
    available_at = models.DateTimeField(
        lazy("time it became available"), null=True, help_text=lazy("As entered by a person, not found by a check.")
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
        help_text=lazy("Part of the recorded digest. A redaction replaces this value."),
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("breach report")
        verbose_name_plural = lazy("breach reports")
        ordering = ("-drafted_at", "-pk")
        # With the first index, the register can filter, sort, count and paginate reports without reading the long
        # automatic text in each row.
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
        """The short number, such as BR-2026-014. It is unique within a producer.

        If the report has no number yet, this is its reference.
        """
        if self.number_year is None or self.number_position is None:
            return self.reference
        return str(ReportNumber(self.number_year, NumberSeries(self.number_series), self.number_position))

    def find_series(self) -> models.QuerySet[Series]:
        """Return the series that the report is about, and the series of its releases.

        After a merge or a split, other reports have the suspicions. The releases are then those of the suspicions that
        the report had before.
        """
        of_releases = Q(releases__suspicions__report=self) | Q(releases__started_reports__report=self)
        if self.status in MERGED_OR_SPLIT:
            merges = JoinedDraft.objects.filter(Q(draft=self) | Q(joint=self)).values_list("suspicions", flat=True)
            of_releases |= Q(releases__suspicions__in=list(chain.from_iterable(merges)))
        return Series.objects.filter(of_releases | Q(started_reports__report=self)).distinct().order_by("title")


class StartedReport(models.Model):
    """Records who started a report, when, and about which release or series.

    If both `release` and `series` are null, the report is only about a producer.

    A recipient of pre-release access can also start a report, by reporting a possible disclosure. Then `receipt` is the
    answer of the recipient, and `started_by` is null.
    """

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="started")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, related_name="started_reports")
    series = models.ForeignKey(Series, on_delete=models.PROTECT, null=True, related_name="started_reports")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    receipt = models.OneToOneField(AccessReceipt, on_delete=models.PROTECT, null=True, related_name="started_report")
    started_at = models.DateTimeField()
    form_key = models.UUIDField(
        null=True,
        unique=True,
        help_text=lazy("Identifies the form that was sent, so that the same form sent twice starts only one report."),
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


class ReportVersion(AppendOnly):
    """A version of a report.

    `content` is the content of the report, and `machine` is the automatic text of each field.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    machine = models.JSONField(lazy("automatic text"), default=dict)
    content_sha256 = models.CharField(max_length=64)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()
    why = models.CharField(lazy("reason"), max_length=40)
    salt = models.CharField(
        max_length=32, default=new_salt, help_text=lazy("Part of the recorded digest. A redaction replaces this value.")
    )

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("report", "number")
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"Version {self.number}"

    def is_untouched(self, field: str) -> bool:
        """Return whether a field of the content still has the automatic text."""
        return bool(self.content[field] == self.machine.get(field))


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
    """A person's declaration that a report is about their own act. The declaration cannot be withdrawn."""

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
        return f"{self.person} in {self.report}"


class JoinedDraftQuerySet(AppendOnlyQuerySet["JoinedDraft"]):
    def in_force(self) -> "JoinedDraftQuerySet":
        """Exclude merges that were undone.

        After a merge is undone, the draft is no longer `JOINED`, or the joint report is `PARTED`.
        """
        return self.filter(draft__status=ReportStatus.JOINED).exclude(joint__status=ReportStatus.PARTED)

    def parts_of(self, report: Report) -> set[int]:
        """Return the primary keys of a report and of all drafts merged into it.

        This includes drafts that were first merged into another joint report.
        """
        parts, known = {report.pk}, {report.pk}
        while parts:
            parts = set(self.filter(joint__in=parts).values_list("draft", flat=True)) - known
            known |= parts
        return known

    def joints_of(self, reports: Iterable[int]) -> set[int]:
        """Return the primary keys of some reports and of all joint reports into which they were merged.

        This includes joint reports into which another joint report was merged.
        """
        known = joints = set(reports)
        while joints:
            joints = set(self.filter(draft__in=joints).values_list("joint", flat=True)) - known
            known |= joints
        return known

    def last_joints_of(self, drafts: Iterable[int]) -> "dict[int, Report]":
        """Return a dict that maps the primary key of each merged draft to the joint report that continues it.

        A joint report can be merged again. In this case, the last joint report is returned. The number of queries
        depends only on how often the drafts were merged. Keys of reports that were not merged are ignored.
        """
        joint_of: dict[int, Report] = {}
        wanted = set(drafts)
        while wanted:
            merges = self.filter(draft__in=wanted).select_related("joint").defer("joint__machine")
            found = {merge.draft_id: merge.joint for merge in merges}
            joint_of |= found
            merged_again = {joint.pk for joint in found.values() if joint.status == ReportStatus.JOINED}
            wanted = merged_again - joint_of.keys()

        def last(joint: Report) -> Report:
            return last(joint_of[joint.pk]) if joint.pk in joint_of else joint

        return {draft: last(joint) for draft, joint in joint_of.items()}


class JoinedDraft(AppendOnly):
    """One draft that was merged into a joint report.

    `suspicions` has the primary keys of the suspicions that the draft had before the merge.
    """

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
        return f"{self.draft} combined in {self.joint}"
