"""Imports of calendars, with their rows and events."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from releases.models.append_only import AppendOnly, AppendOnlyQuerySet, choices_of
from releases.models.producer import Producer
from releases.rules.imports import OPEN, ImportSource, ImportStatus
from releases.rules.written_dates import DateOrder


class CalendarImport(models.Model):
    """An import of a file or of a publisher's calendar by a person.

    The table is the queue. Any free process checks and applies the waiting imports.

    `makes` contains the created rows other than releases. `notes` contains sentences about the whole import. While the
    date order is not known, `notes` contains two example dates instead, one for each order.

    `content` is removed at the end of the import, because a file contains private addresses. The hash of the content
    stays. If the source is a publisher's calendar, `content` contains the rows from releases/imports/publishers.py as
    JSON, and `file_name` contains the name of the calendar.

    `producers` are those that the rows are about. They are known once the import is checked.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="calendar_imports")
    uploaded_at = models.DateTimeField()
    producers = models.ManyToManyField(Producer, related_name="+")
    # During an upgrade, the previous version of the program still writes rows without `source` and `date_order`. So
    # these columns have a default in the database.
    source = models.CharField(
        max_length=10,
        choices=choices_of(ImportSource),
        default=ImportSource.FILE,
        db_default=ImportSource.FILE.value,
    )
    file_name = models.CharField(max_length=200)
    content = models.BinaryField(null=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    date_order = models.CharField(max_length=12, choices=choices_of(DateOrder), blank=True, default="", db_default="")
    create_missing = models.BooleanField(default=False)
    skip_refused = models.BooleanField(default=False)
    status = models.CharField(
        max_length=12,
        choices=choices_of(ImportStatus),
        default=ImportStatus.UPLOADED,
    )
    rows_total = models.PositiveIntegerField(null=True)
    rows_done = models.PositiveIntegerField(default=0)
    makes: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    notes: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    claimed_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-uploaded_at", "-pk")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=list(ImportStatus)), name="import_status_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN, content__isnull=False, ended_at__isnull=True)
                | (~Q(status__in=OPEN) & Q(content__isnull=True, ended_at__isnull=False)),
                name="import_keeps_its_file_until_its_end",
            ),
            models.CheckConstraint(
                condition=Q(rows_total__isnull=True) | Q(rows_done__lte=F("rows_total")),
                name="import_does_no_more_rows_than_there_are",
            ),
        ]
        indexes = [models.Index(fields=["status", "uploaded_at"], name="import_by_status")]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """One row of an import.

    It contains the planned effect of the row until the import is applied, and the actual effect afterwards.
    """

    of = models.ForeignKey(CalendarImport, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    reference = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=10)
    steps: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    faults: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)

    class Meta:
        ordering = ("of", "number")
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="one_import_row_per_number")]

    def __str__(self) -> str:
        return f"row {self.number}"


class ImportEvent(AppendOnly):
    """One transition of an import.

    `actor` is null if the system made the transition. `facts` contains details, such as the number of rows with each
    outcome.
    """

    of = models.ForeignKey(CalendarImport, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    facts = models.JSONField(default=dict)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} at {self.at:%Y-%m-%d %H:%M:%S} UTC"
