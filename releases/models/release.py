"""Releases, their addresses, changes of date, comparisons, preflight runs, tasks and delay notices."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as lazy
from simple_history.models import HistoricalRecords

from releases.models.append_only import AppendOnly, AppendOnlyQuerySet, choices_of
from releases.models.producer import Series
from releases.models.training import Training, is_shown_to
from releases.rules import calendar
from releases.rules.calendar import Precision, Slot, format_moment, limit_at, months_after
from releases.rules.date_change import RequestState
from releases.rules.departure import DepartureKind, Grounds
from releases.rules.lifecycle import Status
from releases.rules.parts import LONGEST_FOLLOW_MINUTES, MAIN, NAMED, PAGES, Part, part_limit_at
from releases.rules.public_calendar import Bilingual

# The condition of `ReleaseQuerySet.public`. The partial indexes for public pages need it.
PUBLIC = Q(rehearsal=False, announced_at__isnull=False)
# The condition of `Release.is_fixed_before_due`.
_FIXED_BEFORE_DUE = Q(rehearsal=True) | Q(due_at__gt=F("confirmed_at")) & Q(due_at__gt=F("recorded_at"))


def is_over(today: date) -> Q:
    """Return a condition for the releases whose planned day, month or two months ended before `today` (London).

    `Slot.is_past` is the same condition for a single date.
    """
    month = today.replace(day=1)
    return (
        Q(precision=Precision.EXACT, planned_on__lt=today)
        | Q(precision=Precision.MONTH, planned_on__lt=month)
        | Q(precision=Precision.TWO_MONTHS, planned_on__lt=months_after(month, -1))
    )


class ReleaseQuerySet(models.QuerySet["Release"]):
    def official(self) -> Self:
        """Exclude rehearsals, which are not public and do not count in figures or notifications."""
        return self.filter(rehearsal=False)

    def public(self) -> Self:
        """Return the releases that are announced and are not rehearsals."""
        return self.official().filter(announced_at__isnull=False)

    def without_trainings(self) -> Self:
        """Exclude the rehearsals of trainings. Only the participants of a training may see its rehearsals."""
        return self.filter(training__isnull=True)

    def shown_to(self, person: Any) -> Self:
        """Exclude the rehearsals of trainings in which the person does not take part."""
        return self.filter(is_shown_to(person))

    def with_screenshots(self) -> Self:
        """Return the releases for which screenshots are turned on, for the release itself or for its series."""
        return self.filter(Q(screenshots=True) | Q(series__screenshots=True))

    def on_london_day(self, start: datetime, end: datetime) -> Self:
        return self.filter(due_at__gte=start, due_at__lt=end)

    def left_provisional(self, *, now: datetime) -> Self:
        """Return the releases that are still provisional although their planned day or months are over in London."""
        return self.official().filter(is_over(calendar.local_date(now)), status=Status.PROVISIONAL)

    def judged(self) -> Self:
        """Return the monitored releases of all times, and those that were cancelled at their due time or later.

        Monitoring judges no other releases.
        """
        return self.filter(
            _FIXED_BEFORE_DUE,
            Q(status__in=[Status.CONFIRMED, Status.PUBLISHED])
            | Q(status=Status.CANCELLED, due_at__lte=F("cancelled_at")),
            confirmed_at__isnull=False,
        )

    def monitored(self, *, now: datetime, ahead: timedelta, behind: timedelta) -> Self:
        """Return the confirmed and published releases that are due between `now - behind` and `now + ahead`.

        If a release was recorded or confirmed after its due time, it is not monitored, unless it is a rehearsal.
        """
        return self.filter(
            _FIXED_BEFORE_DUE,
            status__in=[Status.CONFIRMED, Status.PUBLISHED],
            due_at__gt=now - behind,
            due_at__lte=now + ahead,
        )


class Release(models.Model):
    """One release of a series. `due_at` is computed from the planned date and time, their zone and their precision."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.SlugField(
        max_length=100,
        unique=True,
        help_text=lazy("Use letters, numbers and hyphens. It is part of the web address of this release."),
    )
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="releases")
    title = models.CharField(max_length=300)
    welsh_title = models.CharField(
        lazy("title in Welsh"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=lazy("Optional. Welsh pages show the English title without it."),
    )
    status = models.CharField(max_length=12, choices=choices_of(Status), default=Status.PROVISIONAL)
    planned_on = models.DateField(lazy("date"))
    planned_at = models.TimeField(lazy("time"), null=True, blank=True)
    zone = models.CharField(max_length=50, default="Europe/London")
    precision = models.CharField(
        max_length=10,
        choices=choices_of(Precision, capital=False),
        default=Precision.EXACT,
    )
    due_at = models.DateTimeField(null=True, editable=False, db_index=True)
    schedule_version = models.PositiveIntegerField(default=1, editable=False)
    rehearsal = models.BooleanField(
        default=False,
        help_text=lazy("We check a rehearsal like any other release. Readers never see it."),
    )
    training = models.ForeignKey(
        Training,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="rehearsals",
        help_text=lazy("The training session that this rehearsal is part of."),
    )
    screenshots = models.BooleanField(
        lazy("take screenshots"),
        default=False,
        db_default=False,
        help_text=lazy(
            "Select this to take screenshots of this release even if its series has none. "
            "Otherwise, the setting of the series applies."
        ),
    )
    planned_from = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="planned_next",
        help_text=lazy("The previous year’s release that this one was planned from."),
    )
    recorded_at = models.DateTimeField(editable=False)
    announced_at = models.DateTimeField(null=True, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    short_notice_reason = models.TextField(
        lazy("reason for short notice"),
        blank=True,
        editable=False,
        help_text=lazy("Why the date was confirmed less than 4 weeks ahead. We do not publish this."),
    )
    published_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancellation_reason = models.TextField(lazy("reason for cancellation"), blank=True, editable=False)
    history = HistoricalRecords()

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ("due_at", "planned_on", "reference")
        indexes = [
            models.Index(fields=["status", "due_at"], name="release_by_status_and_due"),
            models.Index(fields=["planned_on"], name="release_by_planned_day"),
            # Figures find the series of tens of thousands of releases by this index alone.
            models.Index(fields=["id", "series"], name="series_of_release", condition=Q(rehearsal=False)),
            models.Index(fields=["planned_on", "public_id"], name="public_release_by_day", condition=PUBLIC),
            models.Index(fields=["status", "planned_on"], name="public_release_by_status", condition=PUBLIC),
            models.Index(fields=["announced_at", "id"], name="public_release_by_announced", condition=PUBLIC),
            models.Index(
                fields=["confirmed_at", "id"],
                name="public_release_by_confirmed",
                condition=PUBLIC & Q(confirmed_at__gt=F("announced_at")),
            ),
            models.Index(
                fields=["cancelled_at", "id"],
                name="public_release_by_cancelled",
                condition=PUBLIC & Q(cancelled_at__isnull=False),
            ),
            models.Index(
                fields=["due_at", "id"],
                name="public_release_by_published",
                condition=PUBLIC & Q(status=Status.PUBLISHED),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=list(Status)), name="release_status_is_known"),
            models.CheckConstraint(
                condition=Q(precision=Precision.EXACT, due_at__isnull=False, planned_at__isnull=False)
                | (~Q(precision=Precision.EXACT) & Q(due_at__isnull=True)),
                name="due_at_follows_from_an_exact_date",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.CONFIRMED, Status.PUBLISHED])
                | Q(due_at__isnull=False, confirmed_at__isnull=False),
                name="confirmed_needs_an_exact_date",
            ),
            models.CheckConstraint(
                condition=(Q(status=Status.CANCELLED) & Q(cancelled_at__isnull=False) & ~Q(cancellation_reason=""))
                | (~Q(status=Status.CANCELLED) & Q(cancelled_at__isnull=True, cancellation_reason="")),
                name="cancelled_needs_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(rehearsal=False) | Q(announced_at__isnull=True),
                name="rehearsal_is_never_announced",
            ),
            models.CheckConstraint(
                condition=Q(training__isnull=True) | Q(rehearsal=True), name="training_is_a_rehearsal"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def titles(self) -> Bilingual:
        return Bilingual(self.title, self.welsh_title)

    @property
    def slot(self) -> Slot:
        return Slot(on=self.planned_on, at=self.planned_at, precision=Precision(self.precision), zone=self.zone)

    @property
    def has_screenshots(self) -> bool:
        return self.screenshots or self.series.screenshots

    @property
    def is_fixed_before_due(self) -> bool:
        """Whether the release was recorded and confirmed before its due time, or is a rehearsal.

        Monitoring leaves out all other releases.
        """
        fixed_at = self.confirmed_at and max(self.confirmed_at, self.recorded_at)
        return self.rehearsal or (self.due_at is not None and fixed_at is not None and fixed_at < self.due_at)

    @property
    def limit_at(self) -> datetime:
        """The last instant at which the release is on time, computed with the present tolerance of its series.

        `Verification.limit_at` is computed with the tolerance at the due time, so the two limits may differ.

        :raises ValueError: if the release has no exact time.
        """
        if self.due_at is None:
            raise ValueError(f"{self.reference} has no exact time, so it has no limit either.")
        return limit_at(self.due_at, tolerance_seconds=self.series.tolerance_seconds)

    def find_change_after(self, at: datetime) -> "DateChange | None":
        """Return the first change of the date that was made after an aware instant, or None.

        The date that was in force at this instant is the previous date of this change. If there is no such change, it
        is the present date.
        """
        return next((change for change in self.date_changes.all() if change.made_at > at), None)


class Address(models.Model):
    """An address at which a release will be published, either a page or an attachment.

    Addresses are private until the release is live. An address with the role "announcement" is the page that announces
    the release. The content of this page is stored as evidence of the announced date. An announcement gets no verdict.
    """

    class Role(models.TextChoices):
        PAGE = "page", lazy("Web page")
        ATTACHMENT = "attachment", lazy("File")
        ANNOUNCEMENT = "announcement", lazy("Announcement")

    class PartName(models.TextChoices):
        """The labels of `Part`. An address without a part is the page of the release or one of its files."""

        UNNAMED = Part.UNNAMED, lazy("Not named")
        ENGLISH_PAGE = Part.ENGLISH_PAGE, lazy("English page")
        WELSH_PAGE = Part.WELSH_PAGE, lazy("Welsh page")
        TABLES = Part.TABLES, lazy("Tables")
        DATA_API = Part.DATA_API, lazy("Data API")
        DASHBOARD = Part.DASHBOARD, lazy("Dashboard")
        OTHER = Part.OTHER, lazy("Other part")

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="addresses")
    url = models.URLField(lazy("web address"), max_length=1000)
    role = models.CharField(lazy("type"), max_length=12, choices=Role.choices, default=Role.PAGE)
    marker = models.CharField(
        lazy("text that identifies this edition"),
        max_length=300,
        blank=True,
        help_text=lazy("Text that is on the page of this edition and not on the last one. For example, March 2026"),
    )
    adapter = models.CharField(lazy("type of website"), max_length=30, default="page")
    required = models.BooleanField(lazy("must be live on time"), default=True)
    part = models.CharField(
        lazy("part of the release"),
        max_length=12,
        choices=PartName.choices,
        blank=True,
        default="",
        db_default="",
        help_text=lazy("Optional. Choose a part if the release has several that are published together."),
    )
    may_follow_minutes = models.PositiveSmallIntegerField(
        lazy("may follow within (minutes)"),
        default=0,
        db_default=0,
    )
    added_at = models.DateTimeField(editable=False)
    history = HistoricalRecords()

    class Meta:
        verbose_name = lazy("web page or file")
        verbose_name_plural = lazy("web pages and files")
        ordering = ("release", "-role", "pk")
        indexes = [models.Index(fields=["release"], name="addresses_with_parts", condition=~Q(part=""))]
        constraints = [
            models.UniqueConstraint(fields=["release", "url"], name="one_address_per_release_and_url"),
            models.CheckConstraint(
                condition=~Q(role="page") | ~Q(marker=""),
                name="page_needs_a_marker",
                violation_error_message=lazy("Enter the text that identifies this edition"),
            ),
            models.CheckConstraint(
                condition=~Q(role="announcement") | Q(required=False),
                name="announcement_is_never_required",
                violation_error_message=lazy("An announcement cannot be required to be live on time."),
            ),
            models.UniqueConstraint(
                fields=["release"],
                condition=Q(role="announcement"),
                name="one_announcement_per_release",
                violation_error_message=lazy("A release can have only one announcement."),
            ),
            models.CheckConstraint(
                condition=Q(part__in=["", *NAMED]),
                name="part_is_known",
                violation_error_message=lazy("Choose one of the parts in the list."),
            ),
            models.CheckConstraint(
                condition=Q(part="") | ~Q(role="announcement"),
                name="announcement_is_no_part",
                violation_error_message=lazy("An announcement is not a part of the release."),
            ),
            models.CheckConstraint(
                condition=~Q(part__in=sorted(PAGES)) | Q(role="page"),
                name="page_part_is_a_page",
                violation_error_message=lazy("Choose the type ‘Web page’ for an English or a Welsh page."),
            ),
            models.CheckConstraint(
                condition=Q(may_follow_minutes=0)
                | (Q(may_follow_minutes__lte=LONGEST_FOLLOW_MINUTES, required=True) & ~Q(part="")),
                name="only_a_required_part_may_follow",
                violation_error_message=lazy(
                    "Only a named part with ‘Must be live on time’ selected may follow, within 1440 minutes (24 hours)."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def may_follow(self) -> timedelta:
        return timedelta(minutes=self.may_follow_minutes)

    @property
    def limit_at(self) -> datetime:
        """The last instant at which this page or file is on time.

        This is the present limit of the release plus `may_follow`.
        """
        return part_limit_at(self.release.limit_at, may_follow=self.may_follow)


def find_main_page(addresses: Iterable[Address]) -> Address | None:
    """Return the main page of a release, or None if no address is a page.

    Pages that must be live at the release time take precedence over pages that may follow. Among pages with the same
    precedence, unnamed and English pages come before other pages.

    :param addresses: the addresses of one release, in the default order.
    """
    pages = (address for address in addresses if address.role == Address.Role.PAGE)
    return min(pages, key=lambda page: (page.may_follow_minutes > 0, page.part not in MAIN), default=None)


class Comparison(models.Model):
    """The last known content of an announcement, and its differences from the release.

    `said` contains the announced facts. If the announcement no longer exists, `said` is empty, and `missing` contains
    the reason. If the last attempt to read the announcement failed, `problem` contains the reason, and the earlier
    content remains. `told` contains the differences that the last comparison found. `news` is the number of comparisons
    that found new differences.
    """

    address = models.OneToOneField(Address, on_delete=models.CASCADE, related_name="comparison")
    url = models.URLField(
        max_length=1000, help_text=lazy("The address that we read. The content does not apply to any other address.")
    )
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
        return f"last known content of {self.url}"


class PreflightQuerySet(models.QuerySet["PreflightRun"]):
    def open(self) -> "PreflightQuerySet":
        return self.filter(done_at__isnull=True)

    def newest(self) -> "PreflightQuerySet":
        """Return the last completed run of each release for its present schedule."""
        done = self.filter(done_at__isnull=False, schedule_version=F("release__schedule_version"))
        of_release = done.filter(release=models.OuterRef("release")).order_by("-done_at", "-pk")
        return done.filter(pk=models.Subquery(of_release.values("pk")[:1]))


class PreflightRun(models.Model):
    """One preflight of a release, either planned or requested by a person.

    When the preflight is done, `findings` contains the code, the key of the address (or null) and the facts of each
    finding. `problems` is the number of findings that need a person's attention. `news` is the number of problems that
    no earlier run for the same schedule found.
    """

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="preflights")
    schedule_version = models.PositiveIntegerField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=lazy("Empty for a planned check."),
    )
    claimed_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    findings: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    problems = models.PositiveSmallIntegerField(default=0)
    news = models.PositiveSmallIntegerField(default=0)
    vantage = models.CharField(max_length=100, blank=True)

    objects = PreflightQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("check before release")
        verbose_name_plural = lazy("checks before release")
        ordering = ("-asked_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["release"], condition=Q(done_at__isnull=True), name="one_open_preflight_per_release"
            ),
            models.CheckConstraint(condition=Q(news__lte=F("problems")), name="preflight_news_are_problems"),
        ]
        indexes = [models.Index(fields=["release", "schedule_version", "done_at"], name="preflight_latest")]

    def __str__(self) -> str:
        return f"preflight of {self.release.reference}"


class ReleaseTaskQuerySet(models.QuerySet["ReleaseTask"]):
    def open(self) -> "ReleaseTaskQuerySet":
        return self.filter(done_at__isnull=True)

    def with_release(self) -> "ReleaseTaskQuerySet":
        """Annotate each task with `at_release`, the key of the release to which the task belongs.

        A task belongs to the first release of its series that is not cancelled and is due after the task was added. If
        no such release is planned, `at_release` is null. A task from a rehearsal can belong only to a rehearsal, and
        any other task only to a release that is not a rehearsal. Rehearsals of trainings are left out.
        """
        later = Q(due_at__gt=OuterRef("added_at")) | Q(due_at__isnull=True, planned_on__gt=OuterRef("added_at__date"))
        others = Release.objects.without_trainings()
        coming = others.filter(later, series=OuterRef("series"), rehearsal=OuterRef("rehearsal"))
        in_turn = ("planned_on", F("planned_at").asc(nulls_last=True), "pk")
        first = coming.exclude(status=Status.CANCELLED).order_by(*in_turn)
        return self.annotate(at_release=Subquery(first.values("pk")[:1]))


class ReleaseTask(models.Model):
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="tasks")
    text = models.TextField()
    origin = models.CharField(max_length=200, blank=True)
    rehearsal = models.BooleanField(default=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    objects = ReleaseTaskQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("task")
        verbose_name_plural = lazy("tasks")
        ordering = ("added_at", "pk")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="a_task_says_what_is_to_be_done"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="a_task_that_is_done_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series}: {self.text[:50]}"


class DelayNotice(AppendOnly):
    """A public notice that a release is delayed, or the withdrawal of the notice with the previous number.

    Notices are always posted by a person, and do not contain observations. `wording` is the text of a notice about an
    outage of the website. In all other notices, `wording` is empty.
    """

    class Kind(models.TextChoices):
        POSTED = "posted", lazy("Posted")
        WITHDRAWN = "withdrawn", lazy("Withdrawn")

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="delay_notices")
    number = models.PositiveSmallIntegerField()
    schedule_version = models.PositiveIntegerField(
        help_text=lazy("The version of the release date to which the notice applies.")
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    wording = models.TextField(blank=True, default="", db_default="")
    expected_at = models.DateTimeField(null=True)
    expected_words = models.CharField(max_length=300, blank=True)
    contact_name = models.CharField(max_length=200, blank=True)
    contact_email = models.EmailField(blank=True)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("delay notice")
        verbose_name_plural = lazy("delay notices")
        ordering = ("release", "number")
        constraints = [
            models.UniqueConstraint(fields=["release", "number"], name="one_delay_notice_per_number"),
            models.CheckConstraint(
                condition=(
                    Q(kind="posted")
                    & (Q(expected_at__isnull=False) | ~Q(expected_words="") | ~Q(wording=""))
                    & ~Q(contact_name="")
                    & ~Q(contact_email="")
                )
                | Q(
                    kind="withdrawn",
                    wording="",
                    expected_at__isnull=True,
                    expected_words="",
                    contact_name="",
                    contact_email="",
                ),
                name="delay_notice_says_when_and_whom_to_ask",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {format_moment(self.posted_at)}"


class DateChangeQuerySet(AppendOnlyQuerySet["DateChange"]):
    def made_since(self, instant: datetime) -> Self:
        """Return the changes whose `made_at` is after an instant."""
        return self.filter(Q(agreed_at__gt=instant) | Q(agreed_at__isnull=True, requested_at__gt=instant))


class DateChange(AppendOnly):
    """One change of a release's date. If the change was imported, `requested_by` is null."""

    # There is no foreign key constraint, because the date changes remain if a release is deleted before it is public.
    release = models.ForeignKey(Release, on_delete=models.DO_NOTHING, db_constraint=False, related_name="date_changes")
    schedule_version = models.PositiveIntegerField()
    was_on = models.DateField(lazy("previous date"))
    was_at = models.TimeField(lazy("previous time"), null=True)
    was_precision = models.CharField(lazy("previous precision"), max_length=10)
    to_on = models.DateField(lazy("new date"))
    to_at = models.TimeField(lazy("new time"), null=True)
    to_precision = models.CharField(lazy("new precision"), max_length=10)
    zone = models.CharField(max_length=50, default="Europe/London")
    public_reason = models.TextField(blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)

    objects = DateChangeQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("date change")
        verbose_name_plural = lazy("date changes")
        ordering = ("release", "schedule_version")
        indexes = [
            models.Index(
                fields=["announced_at", "release"],
                name="date_change_by_announced",
                condition=Q(announced_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "schedule_version"], name="one_date_change_per_schedule_version"
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True, agreed_at__isnull=True)
                | Q(agreed_by__isnull=False, agreed_at__isnull=False),
                name="date_change_agreed_by_and_at_go_together",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.was} to {self.to}"

    @property
    def made_at(self) -> datetime:
        """When the change was agreed, or when it was requested if it needed no agreement."""
        return self.agreed_at or self.requested_at

    @property
    def last_correction(self) -> "ReasonCorrection | None":
        corrections = list(self.corrections.all())
        return corrections[-1] if corrections else None

    @property
    def was(self) -> Slot:
        return Slot(on=self.was_on, at=self.was_at, precision=Precision(self.was_precision), zone=self.zone)

    @property
    def to(self) -> Slot:
        return Slot(on=self.to_on, at=self.to_at, precision=Precision(self.to_precision), zone=self.zone)


class ReasonCorrection(AppendOnly):
    """A correction of the public reason for a date change.

    `agreed_by` is the Head of Profession or deputy who agreed to the correction.
    """

    change = models.ForeignKey(DateChange, on_delete=models.PROTECT, related_name="corrections")
    number = models.PositiveSmallIntegerField()
    public_reason = models.TextField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("corrected reason")
        verbose_name_plural = lazy("corrected reasons")
        ordering = ("change", "number")
        constraints = [
            models.UniqueConstraint(fields=["change", "number"], name="one_reason_correction_per_number"),
            models.CheckConstraint(condition=~Q(public_reason=""), name="corrected_reason_is_a_reason"),
        ]

    def __str__(self) -> str:
        return self.public_reason


class Departure(AppendOnly):
    """An exception to the rule on the time and day of releases. It applies to one schedule of a release.

    If an operator imported the exception, `decided_by` is null. `reason` is public, as first given. If OSR agreed to
    the exception, `reason` is empty.
    """

    # There is no foreign key constraint, because the exceptions remain if a release is deleted before it is public.
    release = models.ForeignKey(Release, on_delete=models.DO_NOTHING, db_constraint=False, related_name="departures")
    schedule_version = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=choices_of(DepartureKind))
    osr_reference = models.CharField(max_length=100, blank=True)
    osr_agreed_on = models.DateField(null=True)
    holiday = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    osr_told_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("exception to the release time")
        verbose_name_plural = lazy("exceptions to the release time")
        ordering = ("release", "schedule_version", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["release", "schedule_version", "kind"], name="one_departure_per_schedule_and_kind"
            ),
            models.CheckConstraint(
                condition=Q(
                    ~Q(osr_reference=""), kind=DepartureKind.OSR_AGREEMENT, osr_agreed_on__isnull=False, holiday="",
                    osr_told_at__isnull=True,
                )
                | Q(
                    ~Q(holiday=""), ~Q(reason=""), kind=DepartureKind.BANK_HOLIDAY, osr_reference="",
                    osr_agreed_on__isnull=True, osr_told_at__isnull=True, decided_by__isnull=False,
                )
                | Q(
                    ~Q(reason=""), kind=DepartureKind.AT_ONCE, osr_reference="", osr_agreed_on__isnull=True,
                    holiday="", osr_told_at__isnull=False, decided_by__isnull=False,
                ),
                name="departure_says_what_allows_it",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {format_moment(self.decided_at)}"

    @property
    def last_correction(self) -> "AgreementCorrection | None":
        corrections = list(self.corrections.all())
        return corrections[-1] if corrections else None

    @property
    def reason_correction(self) -> ReasonCorrection | None:
        """The last correction of the reason for a release at once, which was given as the reason for the new date.

        The reason for a bank holiday is not the reason for a change of date, and cannot be corrected.
        """
        if self.kind != DepartureKind.AT_ONCE:
            return None
        changes = self.release.date_changes.all()
        return next((one.last_correction for one in changes if one.schedule_version == self.schedule_version), None)

    @property
    def present_reason(self) -> str:
        """The public reason, as last corrected. It is empty if OSR agreed to the exception."""
        last = self.reason_correction
        return last.public_reason if last else self.reason

    @property
    def agreement(self) -> Grounds:
        """OSR's agreement, as last corrected. It is empty for the other kinds of exceptions."""
        last = self.last_correction
        current = last or self
        return Grounds(current.osr_reference, current.osr_agreed_on)


class AgreementCorrection(AppendOnly):
    """A correction of the reference and date of OSR's agreement to an exception."""

    departure = models.ForeignKey(Departure, on_delete=models.PROTECT, related_name="corrections")
    number = models.PositiveSmallIntegerField()
    osr_reference = models.CharField(max_length=100)
    osr_agreed_on = models.DateField()
    corrected_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    corrected_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("departure", "number")
        constraints = [
            models.UniqueConstraint(fields=["departure", "number"], name="one_agreement_correction_per_number"),
            models.CheckConstraint(condition=~Q(osr_reference=""), name="corrected_agreement_has_a_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.osr_reference}, {self.osr_agreed_on}"


class DateChangeRequestQuerySet(models.QuerySet["DateChangeRequest"]):
    def waiting(self) -> "DateChangeRequestQuerySet":
        """Return the undecided requests whose release is still confirmed and was not moved after the request."""
        return self.filter(state=RequestState.WAITING).filter(_AS_IT_WAS)

    def overtaken(self) -> "DateChangeRequestQuerySet":
        """Return the undecided requests whose release was moved, published or cancelled after the request."""
        return self.filter(state=RequestState.WAITING).exclude(_AS_IT_WAS)


_AS_IT_WAS = Q(release__status=Status.CONFIRMED, release__schedule_version=F("schedule_version"))


class DateChangeRequest(models.Model):
    """A request to change the date and time of a release.

    `was_on` and `was_at` are the date and time before the change. `to_on` and `to_at` are the requested date and time.
    All are local to `zone`.
    """

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="date_requests")
    schedule_version = models.PositiveIntegerField(
        help_text=lazy("The version of the date that this request would change.")
    )
    was_on = models.DateField(lazy("previous date"))
    was_at = models.TimeField(lazy("previous time"))
    to_on = models.DateField(lazy("new date"))
    to_at = models.TimeField(lazy("new time"))
    zone = models.CharField(max_length=50, default="Europe/London")
    public_reason = models.TextField()
    osr_reference = models.CharField(
        lazy("reference of OSR’s agreement"), max_length=100, blank=True, default="", db_default=""
    )
    osr_agreed_on = models.DateField(lazy("date of OSR’s agreement"), null=True)
    bank_holiday_reason = models.TextField(
        lazy("reason for a release on a bank holiday"), blank=True, default="", db_default=""
    )
    state = models.CharField(max_length=10, choices=choices_of(RequestState), default=RequestState.WAITING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refusal = models.TextField(
        lazy("reason for refusal"), blank=True, help_text=lazy("For the person who requested the change.")
    )

    objects = DateChangeRequestQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("request to change a date")
        verbose_name_plural = lazy("requests to change a date")
        ordering = ("requested_at", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=list(RequestState)), name="request_state_is_known"),
            models.UniqueConstraint(
                fields=["release"], condition=Q(state=RequestState.WAITING), name="one_waiting_request_per_release"
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.WAITING, decided_at__isnull=True, decided_by__isnull=True)
                | Q(state=RequestState.LAPSED, decided_at__isnull=False, decided_by__isnull=True)
                | (
                    ~Q(state__in=[RequestState.WAITING, RequestState.LAPSED])
                    & Q(decided_at__isnull=False, decided_by__isnull=False)
                ),
                name="request_says_who_decided_and_when",
            ),
            models.CheckConstraint(
                condition=(Q(state=RequestState.REFUSED) & ~Q(refusal=""))
                | (~Q(state=RequestState.REFUSED) & Q(refusal="")),
                name="refused_request_says_why",
            ),
            models.CheckConstraint(condition=~Q(public_reason=""), name="request_gives_a_public_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.was} to {self.to}"

    def current_state(self, release: Release) -> RequestState:
        """Return the state of the request.

        If the request is undecided and the release was moved, published or cancelled after the request, the state is
        `LAPSED`.
        """
        as_it_was = release.status == Status.CONFIRMED and release.schedule_version == self.schedule_version
        state = RequestState(self.state)
        return RequestState.LAPSED if state is RequestState.WAITING and not as_it_was else state

    @property
    def was(self) -> Slot:
        return Slot(on=self.was_on, at=self.was_at, zone=self.zone)

    @property
    def to(self) -> Slot:
        return Slot(on=self.to_on, at=self.to_at, zone=self.zone)

    @property
    def grounds(self) -> Grounds:
        return Grounds(self.osr_reference, self.osr_agreed_on, self.bank_holiday_reason)
