"""Read an organisation's announcements and publications of a year from GOV.UK (decision 105).

Only one request is made at a time. An interrupted review can be resumed.

GOV.UK's statements about its pages are stored in `YearReviewPage`. They are not results of our own checks, so this
module neither reads nor writes observations or verdicts, and it never changes a release.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from releases.detection.govuk import API
from releases.detection.publisher_calendar import (
    CalendarPage,
    CalendarProblem,
    CalendarUnreadableError,
    read_govuk_page,
)
from releases.detection.year_review import (
    DOCUMENT_TYPES,
    Figure,
    PageKind,
    PageOutcome,
    StatedFigure,
    concerns_year,
    find_problem,
    merge_statements,
    state_from_content,
    state_from_search,
)
from releases.imports import publishers, uploads
from releases.models import Producer, YearReview, YearReviewPage
from releases.models.claim import is_unclaimed
from releases.permissions import Action, Person, User, check_may, producers_where
from releases.rules import tables
from releases.rules.calendar import in_london, local_date
from releases.rules.host_budget import requested_pause
from releases.rules.imports import ImportSource
from releases.rules.lifecycle import FieldRefused
from releases.rules.response import Answer
from releases.rules.tables import TableKind, Value
from releases.rules.web_address import place_of
from releases.rules.year_review import MOST_FAILURES, ReviewStatus, wait_after, years_to_review

if TYPE_CHECKING:
    from releases.monitoring.adhoc_checks import AdhocMeans

logger = logging.getLogger(__name__)

ADAPTER = "page"
# A claim lasts longer than any request, so a process loses its claim only if it has died.
CLAIM = timedelta(seconds=40)
# We make no requests close to a due instant. After this time, we check whether we may continue.
QUIET_RETRY = timedelta(minutes=1)
# If a search has more results than this, the review stops. The search lists every publication that was updated since
# the year began, and a large department has thousands of them.
MOST_PAGES = 10_000
NOTHING_LISTED, TOO_MANY_LISTED = "nothing_listed", "too_many_listed"
_BUSY_SECONDS = 0.25
_LONGEST_PATH = 500


def review_producers(person: Person) -> QuerySet[Producer]:
    """Return the producers whose calendar a person manages.

    The person may start and see reviews of these producers.
    """
    return producers_where(person, Action.EDIT)


def reviews_of(person: Person) -> QuerySet[YearReview]:
    return YearReview.objects.filter(producer__in=review_producers(person)).select_related("producer", "started_by")


def pages_of_year(review: YearReview) -> QuerySet[YearReviewPage]:
    """Return the pages of a review that may concern its year. Pages that were not read yet are included."""
    return review.pages.filter(in_year=True)


def find_read_pages(review: YearReview) -> QuerySet[YearReviewPage]:
    """Find the pages of a review that may concern its year and that we have tried to read at least once.

    Pages that could not be read are included.
    """
    return pages_of_year(review).exclude(outcome=PageOutcome.LISTED)


@dataclass(frozen=True, slots=True)
class Progress:
    """The page counts of a review.

    `listed` counts all pages that the search listed. `read` and `unreadable` count only pages of the present run.
    """

    listed: int
    read: int
    unreadable: int


def count_progress(review: YearReview) -> Progress:
    in_this_run, failed = Q(read_at__gte=review.started_at), Q(outcome=PageOutcome.UNREADABLE)
    counted = review.pages.aggregate(
        listed=Count("pk"),
        read=Count("pk", filter=in_this_run & ~failed),
        unreadable=Count("pk", filter=in_this_run & failed),
    )
    return Progress(**counted)


def start_review(
    organisation: str, *, year: int, producer: Producer, hosts: Collection[str], by: User | None, at: datetime
) -> YearReview:
    """Start a review of a year, or restart the existing one.

    A new review is queued. A stopped review is continued, and a complete review is read again. A review that is queued
    or in progress does not change.

    :param organisation: the organisation's name in the addresses of GOV.UK, or the address of its page.
    :param hosts: the sites with GOV.UK's APIs, each as "host" or "host:port".
    :param by: None for an operator.
    :raises FieldRefused: if `organisation` is not a valid name or address, or `year` is not in `years_to_review`.
    :raises NotYours: if the person may not manage the producer's calendar.
    """
    if by is not None:
        check_may(by, Action.EDIT, producer)
    site, slug = publishers.find_organisation(organisation, hosts=hosts)
    years = years_to_review(local_date(at))
    if year not in years:
        sentence = _("Enter a year from %(first)s to %(last)s.") % {"first": years[-1], "last": years[0]}
        raise FieldRefused("year", sentence)
    of = {"producer": producer, "site": site, "organisation": slug[:200], "year": year}
    with suppress(IntegrityError), transaction.atomic():
        return YearReview.objects.create(**of, started_by=by, started_at=at)
    found = YearReview.objects.get(**of)
    restart_review(found, by=by, at=at)
    return found


def restart_review(found: YearReview, *, by: User | None, at: datetime) -> None:
    """Continue a stopped review, or read a complete review again.

    A review that is queued or in progress does not change.
    """
    if by is not None:
        check_may(by, Action.EDIT, found.producer)
    values = {"status": ReviewStatus.READING, "failures": 0, "problem": "", "retry_at": None, "ended_at": None}
    rows = YearReview.objects.filter(pk=found.pk)
    # A stopped review continues after the pages that were read. A complete review begins again.
    rows.filter(status=ReviewStatus.STOPPED).update(**values)
    rows.filter(status=ReviewStatus.COMPLETE).update(**values, started_at=at, started_by=by, listed_at=None)
    found.refresh_from_db()


def remove_empty_review(found: YearReview, *, by: User) -> None:
    """Remove a stopped review without pages, such as a review of an organisation that GOV.UK does not know.

    A review with pages is not removed. GOV.UK removes the dates of old announcements, so a new review could not read
    these dates again.
    """
    check_may(by, Action.EDIT, found.producer)
    with transaction.atomic():
        stopped = YearReview.objects.select_for_update().filter(pk=found.pk, status=ReviewStatus.STOPPED)
        if stopped.exists() and not found.pages.exists():
            stopped.delete()


@dataclass(frozen=True, slots=True)
class ReviewMeans:
    """The dependencies of one run.

    `checks` makes the requests, and `now` returns the current time. `stop` returns true if the run should end soon.
    `report` is called after the pages are listed and after each page is read.
    """

    checks: "AdhocMeans"
    now: Callable[[], datetime]
    stop: Callable[[], bool] = lambda: False
    sleep: Callable[[float], None] = time.sleep
    report: Callable[[YearReview], None] = lambda _review: None


def run_due_reviews(means: ReviewMeans) -> int:
    """Continue the waiting reviews, oldest first, and return how many this process could claim.

    End early if `means.stop` returns true.
    """
    done = 0
    for key in _find_due(now=means.now()).order_by("started_at", "pk").values_list("pk", flat=True):
        if means.stop():
            break
        done += advance_review(key, means)
    return done


def is_any_due(*, now: datetime) -> bool:
    """Return whether a review waits for a process to continue it."""
    return _find_due(now=now).exists()


def advance_review(key: int, means: ReviewMeans) -> bool:
    """Continue a review until it is complete, has stopped, or has to wait until `retry_at`.

    End early if `means.stop` returns true.

    :return: False if the review could not be claimed, because another process is reading it, it has to wait, or it has
        ended.
    """
    claimed = _claim(key, now=means.now())
    if claimed is None:
        return False
    reader = _Reader(claimed, means)
    try:
        reader.read()
    except _Pause:
        pass
    finally:
        reader.release()
    return True


class _Pause(Exception):
    """Reading must end for now.

    The review has to wait or has stopped, another process has taken it over, or this process is stopping.
    """


def _find_due(*, now: datetime) -> QuerySet[YearReview]:
    need_not_wait = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    return YearReview.objects.filter(is_unclaimed(CLAIM, now=now), need_not_wait, status=ReviewStatus.READING)


def _claim(key: int, *, now: datetime) -> YearReview | None:
    if not _find_due(now=now).filter(pk=key).update(claimed_until=now + CLAIM):
        return None
    return YearReview.objects.get(pk=key)


class _Reader:
    """Reads one claimed review. Each page is stored as soon as it is read, so a killed process loses only one page."""

    def __init__(self, review: YearReview, means: ReviewMeans) -> None:
        self._review, self._means = review, means

    def read(self) -> None:
        """:raises _Pause: if reading cannot go on now."""
        if self._review.listed_at is None:
            self._list_pages()
        while page := self._next_page():
            self._read_page(page)
            self._means.report(self._review)
        ended = {"ended_at": self._means.now(), "failures": 0, "problem": "", "retry_at": None}
        self._update(status=ReviewStatus.COMPLETE, **ended)

    def release(self) -> None:
        """End the claim, unless another process has claimed the review since."""
        mine = YearReview.objects.filter(pk=self._review.pk, claimed_until=self._review.claimed_until)
        mine.update(claimed_until=None)

    def _next_page(self) -> YearReviewPage | None:
        """Return the next page to read, or None. Pages that could not be read before come last."""
        is_unread = Q(read_at__isnull=True) | Q(read_at__lt=self._review.started_at)
        unread = self._review.pages.filter(is_unread).order_by("pk")
        return unread.exclude(outcome=PageOutcome.UNREADABLE).first() or unread.first()

    def _put_off(self, page: YearReviewPage) -> None:
        """Postpone a failed page until all other pages are read. If the page has failed before, skip it in this run."""
        if page.outcome == PageOutcome.UNREADABLE:
            page.read_at = self._means.now()
        page.set_statement(replace(page.read_statement(), outcome=PageOutcome.UNREADABLE))
        page.save()

    def _list_pages(self) -> None:
        """Read all results of the search, and store their pages in one transaction.

        If the results change while we read them, a page may be missing, so nothing is stored.
        """
        review, found = self._review, dict[str, YearReviewPage]()
        for kind, query in _queries(review):
            try:
                found |= self._list_kind(kind, query)
            except CalendarUnreadableError as fault:
                if fault.problem is CalendarProblem.CHANGED_MEANWHILE:
                    self._fail(fault.problem.value)
                self._stop(fault.problem.value)
        if not found:
            self._stop(NOTHING_LISTED)
        with transaction.atomic():
            YearReviewPage.objects.bulk_create(found.values(), ignore_conflicts=True, batch_size=500)
            self._update(listed_at=self._means.now())
        self._means.report(review)

    def _list_kind(self, kind: PageKind, query: str) -> dict[str, YearReviewPage]:
        """:raises CalendarUnreadableError: if a page of results cannot be read, or if the results changed meanwhile."""
        found = dict[str, YearReviewPage]()
        for address, listed in publishers.read_all_pages(query, ImportSource.GOVUK, self._read_results):
            if listed.path and len(listed.path) <= _LONGEST_PATH:
                page = YearReviewPage(review=self._review, kind=kind, path=listed.path)
                page.set_statement(state_from_search(listed, kind=kind, address=address))
                found[listed.path] = page
        return found

    def _read_results(self, address: str) -> CalendarPage:
        results = read_govuk_page(self._request(address))
        if results.total > MOST_PAGES:
            self._stop(TOO_MANY_LISTED)
        return results

    def _read_page(self, page: YearReviewPage) -> None:
        review = self._review
        conditions = _conditions(page)
        answer = self._request(f"{review.site}{API}{page.path}", conditions, page=page)
        if not (conditions and answer.status == 304):
            stated = state_from_content(answer, year=review.year)
            page.set_statement(merge_statements(page.read_statement(), stated))
            page.in_year = concerns_year(page.read_statement(), review.year)
            page.etag, page.last_modified = _validator(answer, "etag", 200), _validator(answer, "last-modified", 100)
        page.read_at = self._means.now()
        page.save()

    def _request(self, url: str, conditions: tuple[str, ...] = (), *, page: YearReviewPage | None = None) -> Answer:
        """Request an address as soon as its host is free, and return the response.

        :param page: the row of the page at this address, or None for a request to the search.
        :raises _Pause: if there is no usable response now.
        """
        means = self._means
        while True:
            if means.stop():
                raise _Pause
            now = means.now()
            if not uploads.is_quiet(now=now):
                self._update(retry_at=now + QUIET_RETRY)
                raise _Pause
            self._update(claimed_until=now + CLAIM)
            answer = means.checks.request_address(url, adapter=ADAPTER, now=now, conditions=conditions)
            if answer is not None:
                break
            means.sleep(_BUSY_SECONDS)
        if problem := find_problem(answer):
            if page is not None and problem is CalendarProblem.UNREACHABLE:
                self._put_off(page)
            self._fail(problem.value, requested=self._requested_wait(url, answer))
        if self._review.failures:
            self._update(failures=0, problem="", retry_at=None)
        return answer

    def _requested_wait(self, url: str, answer: Answer) -> timedelta:
        now = self._means.now()
        paused_until = self._means.checks.probe.pauses.get(place_of(url), now)
        return max(requested_pause(answer.status, answer.headers), paused_until - now)

    def _fail(self, problem: str, *, requested: timedelta = timedelta(0)) -> None:
        """Record a failed request and the time of the next attempt. After too many failures in a row, stop the review.

        :raises _Pause: always.
        """
        failures = self._review.failures + 1
        retry_at = self._means.now() + wait_after(failures, requested=requested)
        self._update(failures=failures, problem=problem, retry_at=retry_at)
        if failures >= MOST_FAILURES:
            self._stop(problem)
        raise _Pause

    def _stop(self, problem: str) -> None:
        """:raises _Pause: always."""
        logger.warning("the review of %s stopped: %s", self._review, problem)
        self._update(status=ReviewStatus.STOPPED, problem=problem, ended_at=self._means.now(), retry_at=None)
        raise _Pause

    def _update(self, **values: object) -> None:
        """Change the review if we still have the claim.

        :raises _Pause: if another process has taken over the review.
        """
        review = self._review
        mine = YearReview.objects.filter(
            pk=review.pk, status=ReviewStatus.READING, claimed_until=review.claimed_until, started_at=review.started_at
        )
        if not mine.update(**values):
            raise _Pause
        for name, value in values.items():
            setattr(review, name, value)


def _queries(review: YearReview) -> Iterator[tuple[PageKind, str]]:
    """Yield the kind of page and the address of each search, without the parameters that select a page of results.

    The search for publications has no end date, because it filters by the time of the last update, and a page of the
    year may have been updated after the year. Withdrawn pages are listed only on request (lib/parameter_parser of
    alphagov/search-api).
    """
    of, year = ("filter_organisations", review.organisation), review.year
    search = f"{review.site}/api/search.json"
    announcements = (
        ("filter_format", "statistics_announcement"),
        of,
        ("filter_release_timestamp", f"from:{year}-01-01,to:{year}-12-31"),
        ("order", "release_timestamp"),
        ("fields", publishers.GOVUK_FIELDS),
    )
    publications = (
        *(("filter_content_store_document_type", each) for each in DOCUMENT_TYPES),
        of,
        ("filter_public_timestamp", f"from:{year}-01-01"),
        ("order", "public_timestamp"),
        ("fields", "title,link"),
        ("debug", "include_withdrawn"),
    )
    yield PageKind.ANNOUNCEMENT, f"{search}?{urlencode(announcements)}"
    yield PageKind.PUBLICATION, f"{search}?{urlencode(publications)}"


def _conditions(page: YearReviewPage) -> tuple[str, ...]:
    """Return the header lines that ask the site to send a page only if it has changed since we read it."""
    if page.outcome != PageOutcome.READ:
        return ()
    written = (("If-None-Match", page.etag), ("If-Modified-Since", page.last_modified))
    return tuple(f"{name}: {value}" for name, value in written if value)


def _validator(answer: Answer, name: str, longest: int) -> str:
    value = answer.header(name)
    return value if value.isascii() and value.isprintable() and len(value) <= longest else ""


NOT_KNOWN = "Not known"
_SINGLE = tuple(figure for figure in Figure if figure is not Figure.CHANGED)
COLUMNS = (
    *("title", "kind", "address", "answer", "read_at"),
    *(column for figure in _SINGLE for column in (figure.value, f"{figure.value}_source")),
    *("changed", "changed_source"),
)


def export_review(review: YearReview, kind: TableKind) -> bytes:
    """Return a table of the pages of a year, with the address and field from which each figure was read.

    Times are in London time.
    """
    rows = (_row(page) for page in pages_of_year(review).order_by("title", "pk"))
    return tables.write_table(kind, COLUMNS, rows, title=f"{review.organisation} {review.year}"[:31])


def _row(page: YearReviewPage) -> list[Value]:
    stated = page.read_statement()
    values: list[Value] = [page.title, page.kind, f"{page.review.site}{page.path}", page.outcome, _local(page.read_at)]
    for name in _SINGLE:
        figure = stated.find(name)
        values += [_value(figure), _source(figure)] if figure else [NOT_KNOWN, NOT_KNOWN]
    changes = stated.find_all(Figure.CHANGED)
    if not changes:
        return [*values, NOT_KNOWN, NOT_KNOWN]
    return [*values, "; ".join(_describe_change(change) for change in changes), _source(changes[0])]


def _value(figure: StatedFigure) -> Value:
    if figure.seconds is not None:
        return figure.seconds
    return _local(figure.at) or figure.text or str(figure.on or "")


def _describe_change(change: StatedFigure) -> str:
    moment = in_london(change.at).isoformat(sep=" ", timespec="seconds")[:19] if change.at else str(change.on)
    return f"{moment} {change.text}".strip()


def _source(figure: StatedFigure) -> str:
    return f"{figure.address} {figure.field}"


def _local(instant: datetime | None) -> Value:
    return in_london(instant).replace(tzinfo=None) if instant else ""
