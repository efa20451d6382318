"""Read an organisation's announcements and publications of a year from GOV.UK."""

import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from releases.imports import govuk, year_review
from releases.imports.year_review import ReviewMeans
from releases.management.base import PlainCommand
from releases.models import Producer, YearReview
from releases.probe.probe import open_adhoc_means
from releases.rules.lifecycle import FieldRefused
from releases.rules.year_review import ReviewStatus
from releases.text import year_review as text
from releases.text.dates import write_exact_moment

# A year of the largest department takes some hours at one request a second.
LONGEST_SECONDS = 24 * 60 * 60.0
REPORTED_EVERY_SECONDS = 5.0
_WAIT_SECONDS = 1.0


class Command(PlainCommand):
    help = """\
Read the announcements and publications of an organisation in a year from
GOV.UK's search and content API into a table: what was announced, GOV.UK's own
scheduled time and delay, changed dates, and the source of each figure. Where
GOV.UK gives no figure, the table says "Not known". The history of GOV.UK is not
complete, so we state no rate.

--organisation is the name of the organisation in the addresses of GOV.UK, such
as office-for-rain, or the address of its page. People who manage the calendar
of the producer see the table in the service, under "Import a calendar". They
can also start it there.

We make at most one request a second, and none around the time of a release. The
progress is on standard error. If the command is interrupted, run it again: it
continues. If the year is complete, it is read again, and GOV.UK sends only the
pages that have changed."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--organisation",
            metavar="NAME",
            required=True,
            help="the organisation's name in the addresses of GOV.UK, or the address of its page",
        )
        parser.add_argument("--year", type=int, required=True, help="the year to read, such as 2025")
        parser.add_argument(
            "--producer",
            metavar="NAME",
            help="the people who manage this producer's calendar see the table; not needed if there is only one "
            "producer, or if the producer has the same name as the organisation",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            review = year_review.start_review(
                options["organisation"],
                year=options["year"],
                producer=_find_producer(options["producer"], options["organisation"]),
                hosts=govuk.govuk_hosts(),
                by=None,
                at=timezone.now(),
            )
        except FieldRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        try:
            self._read(review)
        except KeyboardInterrupt:
            self._report(review)
            message = "Interrupted. Run the same command again to continue."
            raise CommandError(message, returncode=130) from None
        if review.status == ReviewStatus.STOPPED:
            raise CommandError(f"{text.describe_review_problem(review)} Run the same command again to continue.")
        of_year, progress = year_review.pages_of_year(review).count(), year_review.count_progress(review)
        address = f"{settings.ADDRESS}{reverse('exchange:year_review', args=[review.pk])}"
        self.stdout.write(f"{review}: {of_year} of {progress.listed} pages concern the year. See {address}")
        if progress.unreadable:
            self.stdout.write(f"Pages that we could not read: {progress.unreadable}.")

    def _read(self, review: YearReview) -> None:
        """Read until the review is complete or has stopped. Sleep while the review has to wait."""
        self._reported = float("-inf")
        retry_at: datetime | None = None
        with open_adhoc_means(seconds=LONGEST_SECONDS, process="command") as checks:
            means = ReviewMeans(checks=checks, now=timezone.now, report=self._report_if_due)
            while review.status == ReviewStatus.READING:
                advanced = year_review.advance_review(review.pk, means)
                review.refresh_from_db()
                if review.retry_at and review.retry_at != retry_at and review.status == ReviewStatus.READING:
                    retry_at = review.retry_at
                    why = text.describe_review_problem(review) or "A release is due now."
                    self.stderr.write(f"{why} We continue at {write_exact_moment(retry_at)}.")
                if not advanced:
                    # The review has to wait, or another process is reading it.
                    self._report_if_due(review)
                    time.sleep(_WAIT_SECONDS)
        self._report(review)

    def _report_if_due(self, review: YearReview) -> None:
        if time.monotonic() - self._reported > REPORTED_EVERY_SECONDS:
            self._report(review)

    def _report(self, review: YearReview) -> None:
        self._reported = time.monotonic()
        progress = year_review.count_progress(review)
        if progress.listed:
            self.stderr.write(f"Read {progress.read} of {progress.listed} pages.")


def _find_producer(name: str | None, organisation: str) -> Producer:
    """Return the producer with the given name.

    If `name` is None, return the producer with the slug of the organisation. If no producer has this slug, return the
    only producer.

    :raises CommandError: if there is no such producer, or more than one.
    """
    if name:
        found = Producer.objects.filter(name=name)
    else:
        slug = slugify(organisation.rstrip("/").rpartition("/")[2])
        found = Producer.objects.filter(slug=slug) or Producer.objects.all()
    if len(found) != 1:
        raise CommandError("Use --producer to name an existing producer.")
    return found[0]
