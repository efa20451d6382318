"""Statements from a publisher's API about the past year of an organisation (decision 105).

These rows are not evidence. They are not results of our checks, and no verdict uses them. If the year is read again,
the rows are replaced. So they are neither append-only nor part of a chain.
"""

from typing import Any

from django.conf import settings
from django.db import models

from releases.detection.year_review import Figure, PageOutcome, PageStatement
from releases.models.producer import Producer
from releases.rules.canonical import read_dataclass, write_dataclass
from releases.rules.year_review import ReviewStatus


class YearReview(models.Model):
    """A review of an organisation's pages on GOV.UK in one year, made for a producer.

    The table is also the queue. The command or a job claims a row, reads pages for a while and releases the row. So any
    process can continue an interrupted review.

    `listed_at` is null until the search has listed all pages. A page must still be read if its `read_at` is null or
    before `started_at`. Pages with the outcome "unreadable" are read after all other pages. If the review has to wait,
    `retry_at` is the earliest time of the next request. If the last request failed or the review was stopped, `problem`
    is the code of the reason.
    """

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="year_reviews")
    site = models.CharField(max_length=200)
    organisation = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, default=ReviewStatus.READING)
    # Empty if an operator started the review with the command.
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    listed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=20, blank=True, default="")
    retry_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-year", "organisation", "-pk")
        constraints = [
            models.UniqueConstraint(fields=["producer", "site", "organisation", "year"], name="one_review_of_a_year"),
            models.CheckConstraint(condition=models.Q(status__in=list(ReviewStatus)), name="review_status_is_known"),
        ]
        indexes = [models.Index(fields=["status", "started_at"], name="year_review_by_status")]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.year}"


class YearReviewPage(models.Model):
    """One announcement or publication of the year.

    `statement` contains all figures. The figures by which people can sort are also stored in separate columns.
    """

    review = models.ForeignKey(YearReview, on_delete=models.CASCADE, related_name="pages")
    kind = models.CharField(max_length=12)
    path = models.CharField(max_length=500)
    outcome = models.CharField(max_length=12, default=PageOutcome.LISTED)
    in_year = models.BooleanField(default=True)
    title = models.CharField(max_length=300, blank=True)
    announced_at = models.DateTimeField(null=True)
    scheduled_at = models.DateTimeField(null=True)
    delay_seconds = models.PositiveIntegerField(null=True)
    first_published_on = models.DateField(null=True)
    read_at = models.DateTimeField(null=True)
    # The validators for a conditional request. Each is empty if the site did not send it.
    etag = models.CharField(max_length=200, blank=True, default="")
    last_modified = models.CharField(max_length=100, blank=True, default="")
    statement: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        ordering = ("review", "title", "pk")
        constraints = [models.UniqueConstraint(fields=["review", "path"], name="one_row_per_page_of_a_year")]

    def __str__(self) -> str:
        return self.path

    def read_statement(self) -> PageStatement:
        stated: PageStatement = read_dataclass(PageStatement, self.statement)
        return stated

    def set_statement(self, stated: PageStatement) -> None:
        """Set the columns from a statement without saving the row."""
        announced, scheduled = stated.find(Figure.ANNOUNCED_FOR), stated.find(Figure.SCHEDULED_FOR)
        delay, first = stated.find(Figure.DELAY), stated.find(Figure.FIRST_PUBLISHED)
        self.statement = write_dataclass(stated)
        self.outcome, self.title = stated.outcome, stated.title[:300]
        self.announced_at = announced.at if announced else None
        self.scheduled_at = scheduled.at if scheduled else None
        self.delay_seconds = delay.seconds if delay else None
        self.first_published_on = first.on if first else None
