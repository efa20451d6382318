"""The thing announced: one release, and the addresses where it will stand."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy
from simple_history.models import HistoricalRecords

from releases.core.dates import london
from releases.core.dates.calendar import Precision, Slot, months_after
from releases.core.limit import limit_at
from releases.core.status import Status
from releases.models.code_words import choices_of
from releases.models.series import Series

# What `public` asks for, for the indexes of what anyone may read.
PUBLIC = Q(rehearsal=False, announced_at__isnull=False)


class ReleaseQuerySet(models.QuerySet["Release"]):
    """Releases by the questions that the product asks of them."""

    def official(self) -> Self:
        """Leave rehearsals out: they count in no public page, no figure and no real message."""
        return self.filter(rehearsal=False)

    def public(self) -> Self:
        """Return what anyone may know of: announced releases that are no rehearsals."""
        return self.official().filter(announced_at__isnull=False)

    def on_london_day(self, start: datetime, end: datetime) -> Self:
        """Return releases due from one instant up to, and without, another."""
        return self.filter(due_at__gte=start, due_at__lt=end)

    def left_provisional(self, *, now: datetime) -> Self:
        """Return the releases that are still provisional although their day, or month, is over in London.

        :param now: the aware instant of asking; `Slot.is_past` says the same of one slot.
        """
        today = london.local_date(now)
        this_month = today.replace(day=1)
        over = (
            Q(precision=Precision.EXACT, planned_on__lt=today)
            | Q(precision=Precision.MONTH, planned_on__lt=this_month)
            | Q(precision=Precision.TWO_MONTHS, planned_on__lt=months_after(this_month, -1))
        )
        return self.official().filter(over, status=Status.PROVISIONAL)

    def watched(self, *, now: datetime, ahead: timedelta, behind: timedelta) -> Self:
        """Return the confirmed releases that may be looked at between `now - behind` and `now + ahead`.

        One that was already past when it was recorded or confirmed is not watched, unless it is a rehearsal.
        """
        return self.filter(
            Q(rehearsal=True) | Q(due_at__gt=F("confirmed_at")) & Q(due_at__gt=F("recorded_at")),
            status__in=[Status.CONFIRMED, Status.PUBLISHED],
            due_at__gt=now - behind,
            due_at__lte=now + ahead,
        )


class Release(models.Model):
    """One release of a series. Its local date, time, zone and precision are kept; `due_at` follows from them."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.SlugField(
        max_length=100,
        unique=True,
        help_text=lazy("Letters, digits and hyphens; it is part of the page's address."),
    )
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="releases")
    title = models.CharField(max_length=300)
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
        help_text=lazy("A rehearsal is watched and judged like any release, and shown to nobody outside."),
    )
    planned_from = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="planned_next",
        help_text=lazy("The release of the year before after which this one was planned."),
    )
    recorded_at = models.DateTimeField(editable=False)
    announced_at = models.DateTimeField(null=True, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    short_notice_reason = models.TextField(
        blank=True, editable=False, help_text=lazy("Why it was confirmed less than four weeks ahead; not public.")
    )
    published_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancellation_reason = models.TextField(blank=True, editable=False)
    history = HistoricalRecords()

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ("due_at", "planned_on", "reference")
        indexes = [
            models.Index(fields=["status", "due_at"], name="release_by_status_and_due"),
            models.Index(fields=["planned_on"], name="release_by_planned_day"),
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
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def slot(self) -> Slot:
        """The date, time, zone and precision that the release is planned for."""
        return Slot(on=self.planned_on, at=self.planned_at, precision=Precision(self.precision), zone=self.zone)

    @property
    def limit_at(self) -> datetime:
        """The last instant at which it is still on time, by the present tolerance of its series.

        A verdict has its own: its tolerance is fixed once the release is due.

        :raises ValueError: if it has no exact time.
        """
        if self.due_at is None:
            message = f"{self.reference} has no exact time, so it has no limit either."
            raise ValueError(message)
        return limit_at(self.due_at, tolerance_seconds=self.series.tolerance_seconds)


class Address(models.Model):
    """Where a release will stand: its page, or one attachment. Private until the release is live.

    Its announcement may be named beside them: it is kept as evidence of what was promised, and never judged.
    """

    class Role(models.TextChoices):
        """What stands at the address."""

        PAGE = "page", lazy("Page")
        ATTACHMENT = "attachment", lazy("Attachment")
        ANNOUNCEMENT = "announcement", lazy("Announcement")

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="addresses")
    url = models.URLField(lazy("address"), max_length=1000)
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.PAGE)
    marker = models.CharField(
        max_length=300,
        blank=True,
        help_text=lazy("Words that this edition's page shows and the last edition's does not, such as: March 2026."),
    )
    adapter = models.CharField(lazy("how it is read"), max_length=30, default="page")
    required = models.BooleanField(default=True)
    added_at = models.DateTimeField(editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ("release", "-role", "pk")
        verbose_name_plural = lazy("addresses")
        constraints = [
            models.UniqueConstraint(fields=["release", "url"], name="one_address_per_release_and_url"),
            models.CheckConstraint(
                condition=~Q(role="page") | ~Q(marker=""),
                name="page_needs_a_marker",
                violation_error_message=lazy("A page needs a marker: words by which this edition is known."),
            ),
            models.CheckConstraint(
                condition=~Q(role="announcement") | Q(required=False),
                name="announcement_is_never_required",
                violation_error_message=lazy("An announcement is kept as evidence and never required."),
            ),
            models.UniqueConstraint(
                fields=["release"],
                condition=Q(role="announcement"),
                name="one_announcement_per_release",
                violation_error_message=lazy("A release has one announcement."),
            ),
        ]

    def __str__(self) -> str:
        return self.url
