"""A past year of an invented office is read from a real server with GOV.UK's search and content API, and continued."""

import csv
import io
import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.utils import timezone

from releases import host_budgets
from releases.detection.year_review import Figure, PageOutcome
from releases.imports import publishers, year_review
from releases.imports.year_review import ReviewMeans
from releases.models import CalendarImport, Observation, Release, ReleaseEvent, Verification, YearReview, YearReviewPage
from releases.probe.probe import open_adhoc_means
from releases.rules.lifecycle import FieldRefused, Role
from releases.rules.tables import TableKind
from statsoffice import jobs
from statsoffice.fake_publisher import govuk
from statsoffice.fake_publisher.calendars import ORGANISATION
from statsoffice.fake_publisher.scenes import scene
from tests.support.content_api import document_scene
from tests.support.factories import SEED_DUE, ProducerFactory, ReleaseFactory, create_member
from tests.support.shared_database import environment_of_processes

pytestmark = pytest.mark.django_db

YEAR = 2025
LISTED, OF_YEAR = 25, 24
BUS_FARES = "/government/statistics/bus-fares-march-2025"


@pytest.fixture
def producer():
    return ProducerFactory(name="Office for Rain")


@pytest.fixture
def organisation(site, settings, monkeypatch):
    """The address of the invented office at a site that may be asked more than once a second."""
    settings.PROBE_BUDGETS = {"127.0.0.1": (2, 1000)}
    monkeypatch.setattr(host_budgets, "HAND_OVER", timedelta(0))
    return site.url(f"/government/organisations/{ORGANISATION}")


def start(organisation, producer, **changes):
    hosts = frozenset({organisation.split("/")[2]})
    given = {"year": YEAR, "producer": producer, "hosts": hosts, "by": None, "at": timezone.now()} | changes
    return year_review.start_review(organisation, **given)


@contextmanager
def means(**changes):
    with open_adhoc_means(seconds=60) as checks:
        yield ReviewMeans(**{"checks": checks, "now": timezone.now} | changes)


def advance(review, **changes):
    with means(**changes) as used:
        advanced = year_review.advance_review(review.pk, used)
    review.refresh_from_db()
    return advanced


def read(organisation, producer):
    review = start(organisation, producer)
    advance(review)
    assert review.status == "complete", review.problem
    return review


def content_requests(site):
    return [one.path for one in site.arrivals() if one.path.startswith(govuk.API)]


def find(review, path):
    return review.pages.get(path=path).read_statement()


def test_each_page_of_the_year_has_gov_uks_figures_with_their_address_and_field(organisation, producer, site):
    review = read(organisation, producer)
    assert (review.pages.count(), year_review.pages_of_year(review).count()) == (LISTED, OF_YEAR)
    fares = find(review, BUS_FARES)
    scheduled, delay = fares.find(Figure.SCHEDULED_FOR), fares.find(Figure.DELAY)
    assert (scheduled.at, delay.seconds) == (datetime(2025, 4, 10, 8, 30, tzinfo=UTC), 48)
    assert (delay.address, delay.field) == (
        site.url(f"{govuk.API}{BUS_FARES}"),
        "scheduled_publishing_delay_seconds",
    )
    assert fares.find(Figure.ANNOUNCED_FOR) is None
    by_hand = find(review, "/government/statistics/rail-journeys-q1-2025")
    assert by_hand.find(Figure.DELAY) is by_hand.find(Figure.SCHEDULED_FOR) is None
    assert by_hand.find(Figure.FIRST_PUBLISHED).at
    assert len(find(review, "/government/statistics/cycle-counts").find_all(Figure.CHANGED)) == 4
    assert find(review, "/government/statistics/road-works-2025").find(Figure.WITHDRAWN).text
    bare = find(review, "/government/statistics/footpaths-2025")
    assert [figure.name for figure in bare.figures] == [Figure.LAST_UPDATED]
    assert find(review, "/government/statistics/tram-journeys-2025").outcome is PageOutcome.REMOVED
    announcements = "/government/statistics/announcements"
    assert find(review, f"{announcements}/parking-2025").find(Figure.CANCELLATION_REASON).text
    assert (
        find(review, f"{announcements}/taxi-licences-2025").find(Figure.DATE_BEFORE).text == "11 September 2025 9:30am"
    )
    assert find(review, f"{announcements}/ferry-traffic-2025").find(Figure.ANNOUNCED_FOR).at is None
    since = find(review, f"{announcements}/canal-traffic-2025")
    assert since.outcome is PageOutcome.REDIRECTED
    assert since.find(Figure.ANNOUNCED_FOR).address.startswith(site.url("/api/search.json"))


def test_the_year_is_never_mixed_with_our_own_record(organisation, producer):
    before = [model.objects.count() for model in (Observation, Verification, Release, ReleaseEvent, CalendarImport)]
    read(organisation, producer)
    assert before == [0] * 5
    assert [
        model.objects.count() for model in (Observation, Verification, Release, ReleaseEvent, CalendarImport)
    ] == before


def test_the_results_of_the_search_are_read_page_by_page(organisation, producer, site, monkeypatch):
    monkeypatch.setattr(publishers, "PAGE_SIZE", 4)
    site.forget_arrivals()
    review = read(organisation, producer)
    assert review.pages.count() == LISTED
    assert [one.path for one in site.arrivals()].count("/api/search.json") == 1 + 6


def test_a_page_that_the_search_lists_twice_may_hide_another_one(organisation, producer, site):
    twice = {"total": 2, "results": [{"title": "Rain", "link": "/government/statistics/rain"}] * 2}
    site.publish("/api/search.json", [scene(json.dumps(twice), content_type="application/json")])
    review = start(organisation, producer)
    advance(review)
    assert (review.status, review.problem, review.pages.count()) == ("reading", "changed_meanwhile", 0)


def test_a_run_that_ends_is_continued_and_no_page_is_read_twice(organisation, producer, site):
    review = start(organisation, producer)
    site.forget_arrivals()
    reports = []
    advance(review, report=lambda _: reports.append(1), stop=lambda: len(reports) > 10)
    assert (review.status, review.claimed_until) == ("reading", None)
    progress = year_review.count_progress(review)
    assert (progress.listed, progress.read) == (LISTED, 10)
    advance(review)
    assert review.status == "complete"
    paths = content_requests(site)
    assert len(paths) == len(set(paths)) == LISTED


def test_a_site_that_asks_us_to_wait_is_not_asked_before_that(organisation, producer, site):
    site.publish(f"{govuk.API}{BUS_FARES}", [{"status": 429, "headers": {"Retry-After": "3"}}])
    review = start(organisation, producer)
    advance(review)
    assert (review.status, review.failures, review.problem) == ("reading", 1, "asked_to_wait")
    asked_at = [one.at for one in site.arrivals()][-1]
    assert review.retry_at - asked_at > timedelta(seconds=2.9)
    site.publish_all({f"{govuk.API}{BUS_FARES}": None})
    site.forget_arrivals()
    assert not advance(review)
    assert site.arrivals() == []
    assert advance(review, now=lambda: review.retry_at)
    assert (review.status, review.failures, review.problem) == ("complete", 0, "")
    assert find(review, BUS_FARES).find(Figure.DELAY).seconds == 48


def test_after_eight_failed_requests_reading_stops_until_a_person_continues_it(organisation, producer, site):
    site.publish("/api/search.json", [{"status": 500}])
    review = start(organisation, producer)
    at, waits = timezone.now(), []
    while review.status == "reading":
        assert advance(review, now=lambda at=at: at)
        waits.append((review.retry_at - at).total_seconds() if review.retry_at else None)
        at = review.retry_at or at
    assert waits == [2, 4, 8, 16, 32, 64, 128, None]
    assert (review.status, review.problem) == ("stopped", "unreachable")
    assert not advance(review)
    site.publish_all({"/api/search.json": None})
    assert start(organisation, producer).status == "reading"
    advance(review)
    assert review.status == "complete"


def advance_to_the_end(review):
    """Advance a review whenever it may be continued, until it is complete or has stopped."""
    at = review.retry_at or timezone.now()
    while review.status == "reading":
        assert advance(review, now=lambda at=at: at)
        at = review.retry_at or at


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 403}])
def test_a_page_that_always_fails_is_read_last_and_left_out_and_the_review_ends(organisation, producer, site, answer):
    review = start(organisation, producer)
    site.publish(f"{govuk.API}{BUS_FARES}", [answer])
    site.forget_arrivals()
    advance_to_the_end(review)
    assert (review.status, review.failures, review.problem) == ("complete", 0, "")
    assert content_requests(site)[-1] == f"{govuk.API}{BUS_FARES}"
    assert len(content_requests(site)) == LISTED + 1
    assert find(review, BUS_FARES).outcome is PageOutcome.UNREADABLE
    assert year_review.count_progress(review) == year_review.Progress(LISTED, LISTED - 1, 1)
    site.publish_all({f"{govuk.API}{BUS_FARES}": None})
    later = timezone.now() + timedelta(hours=1)
    again = start(organisation, producer, at=later)
    advance(again, now=lambda: later)
    assert find(again, BUS_FARES).find(Figure.DELAY).seconds == 48
    assert year_review.count_progress(again) == year_review.Progress(LISTED, LISTED, 0)


def test_a_page_that_fails_once_is_read_after_all_others(organisation, producer, site):
    review = start(organisation, producer)
    site.publish(f"{govuk.API}{BUS_FARES}", [{"status": 503}])
    advance(review)
    assert (review.status, review.problem) == ("reading", "unreachable")
    site.publish_all({f"{govuk.API}{BUS_FARES}": None})
    site.forget_arrivals()
    advance_to_the_end(review)
    assert review.status == "complete"
    assert content_requests(site)[-1] == f"{govuk.API}{BUS_FARES}"
    assert year_review.count_progress(review) == year_review.Progress(LISTED, LISTED, 0)


def test_a_content_api_that_is_down_stops_reading_soon_and_each_continuation_gets_further(organisation, producer, site):
    review = start(organisation, producer)
    advance(review, stop=lambda: review.pages.exists())
    paths = [f"{govuk.API}{path}" for path in review.pages.order_by("pk").values_list("path", flat=True)]
    site.publish_all({path: [{"status": 500}] for path in paths})
    site.forget_arrivals()
    advance_to_the_end(review)
    assert (review.status, review.problem) == ("stopped", "unreachable")
    assert content_requests(site) == paths[:8]
    start(organisation, producer)
    review.refresh_from_db()
    advance_to_the_end(review)
    assert content_requests(site) == paths[:16]
    assert year_review.count_progress(review) == year_review.Progress(LISTED, 0, 0)
    site.publish_all(dict.fromkeys(paths))
    start(organisation, producer)
    review.refresh_from_db()
    advance_to_the_end(review)
    assert year_review.count_progress(review) == year_review.Progress(LISTED, LISTED, 0)


def test_a_complete_year_is_read_again_with_conditional_requests(organisation, producer, site):
    review = read(organisation, producer)
    pages = {page.path: page for page in review.pages.all()}
    assert pages[BUS_FARES].etag
    # What the site does not send again stays as it is stored here.
    YearReviewPage.objects.filter(path=BUS_FARES).update(title="As stored")
    changed = govuk.publication("/government/statistics/bridges-2025", "Bridges of 2025", published_at=timezone.now())
    site.publish(f"{govuk.API}/government/statistics/bridges-2025", [document_scene(changed)])
    again = read(organisation, producer)
    assert (again.pk, again.pages.count()) == (review.pk, LISTED)
    assert again.pages.get(path=BUS_FARES).title == "As stored"
    assert again.pages.get(path="/government/statistics/bridges-2025").title == "Bridges of 2025"
    assert all(page.read_at >= again.started_at for page in again.pages.all())


def test_the_date_of_an_announcement_that_was_read_before_its_statistics_stays(organisation, producer, site):
    path = "/government/statistics/announcements/taxi-licences-2025"
    review = read(organisation, producer)
    announced = find(review, path).find(Figure.ANNOUNCED_FOR)
    site.publish(f"{govuk.API}{path}", [document_scene(govuk.redirect(path, "/government/statistics/taxi-licences"))])
    read(organisation, producer)
    found = find(review, path)
    assert found.outcome is PageOutcome.REDIRECTED
    assert found.find(Figure.ANNOUNCED_FOR) == announced


def test_an_organisation_without_statistics_stops_the_run_and_leaves_no_page(organisation, producer):
    review = start(organisation.replace(ORGANISATION, "nowhere"), producer)
    advance(review)
    assert (review.status, review.problem, review.pages.count()) == ("stopped", "nothing_listed", 0)
    year_review.remove_empty_review(review, by=create_member(Role.CALENDAR_MANAGER, producer))
    assert not YearReview.objects.exists()


@pytest.mark.parametrize(
    ("organisation_given", "year", "field"),
    [("a/b", 2025, "organisation"), ("!", 2025, "organisation"), ("rain", 2012, "year"), ("rain", 2999, "year")],
)
def test_a_year_or_an_organisation_that_cannot_be_is_refused(organisation_given, year, field, producer):
    with pytest.raises(FieldRefused) as refused:
        year_review.start_review(
            organisation_given, year=year, producer=producer, hosts=(), by=None, at=datetime(2026, 11, 29, tzinfo=UTC)
        )
    assert refused.value.field == field
    assert not YearReview.objects.exists()


def test_nothing_is_requested_around_the_time_of_a_release(organisation, producer, site):
    ReleaseFactory(confirmed=True, due_at=SEED_DUE)
    at = SEED_DUE - timedelta(seconds=30)
    review = start(organisation, producer, year=2019, at=at)
    site.forget_arrivals()
    advance(review, now=lambda: at)
    assert site.arrivals() == []
    assert (review.failures, review.status) == (0, "reading")
    assert review.retry_at == at + year_review.QUIET_RETRY


def test_two_processes_do_not_read_one_year(organisation, producer):
    review = start(organisation, producer)
    YearReview.objects.update(claimed_until=timezone.now() + year_review.CLAIM)
    assert not advance(review)
    assert not review.pages.exists()


def test_a_claim_whose_end_a_wrong_clock_wrote_does_not_count(organisation, producer):
    review = start(organisation, producer)
    YearReview.objects.update(claimed_until=timezone.now() + timedelta(days=1))
    assert advance(review)


def test_the_job_reads_what_was_started_on_the_page(organisation, producer, monkeypatch):
    review = start(organisation, producer)
    monkeypatch.setattr(jobs, "_probes", {})
    for _turn in range(5):
        jobs.read_past_years()
    for probe in jobs._probes.values():
        probe.close()
    review.refresh_from_db()
    assert review.status == "complete"


def test_the_csv_has_the_source_of_each_figure_and_no_formula(organisation, producer, site):
    title = '=HYPERLINK("x")'
    document = govuk.publication(BUS_FARES, title, published_at=datetime(2025, 4, 10, 8, 30, 48, tzinfo=UTC))
    site.publish(f"{govuk.API}{BUS_FARES}", [document_scene(document)])
    review = read(organisation, producer)
    written = year_review.export_review(review, TableKind.CSV).decode("utf-8-sig")
    rows = {row["address"].removeprefix(review.site): row for row in csv.DictReader(io.StringIO(written))}
    assert len(rows) == OF_YEAR
    assert rows[BUS_FARES]["title"] == f"'{title}"
    assert rows[BUS_FARES]["delay"] == rows[BUS_FARES]["delay_source"] == "Not known"
    january = rows["/government/statistics/bus-fares-january-2025"]
    assert (january["scheduled_for"], january["delay"]) == ("2025-02-10 09:30", "22")
    assert january["delay_source"].endswith("/bus-fares-january-2025 scheduled_publishing_delay_seconds")
    assert january["first_published"] == "2025-02-10 09:30:22"
    cycle = rows["/government/statistics/cycle-counts"]
    assert cycle["changed"].startswith("2025-03-05 09:30:23 Added the latest quarter.; 2025-06-05 09:30:26")


def command(**options):
    out, err = StringIO(), StringIO()
    try:
        call_command("look_back", **options, stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue(), f"{err.getvalue()}{error}"
    return out.getvalue(), err.getvalue()


def test_the_command_reads_the_year_with_progress_on_standard_error(organisation, producer):
    out, err = command(organisation=organisation, year=YEAR)
    assert f"{ORGANISATION}, 2025: {OF_YEAR} of {LISTED} pages concern the year." in out
    assert f"/imports/past-years/{YearReview.objects.get().pk}/" in out
    assert f"Read {LISTED} of {LISTED} pages." in err


def test_the_command_says_how_many_pages_could_not_be_read(organisation, producer, site):
    site.publish(f"{govuk.API}{BUS_FARES}", [{"status": 500}])
    out, err = command(organisation=organisation, year=YEAR)
    assert "Pages that we could not read: 1." in out
    assert f"Read {LISTED - 1} of {LISTED} pages." in err


def test_the_command_says_what_is_wrong(organisation, producer, site):
    assert "Enter a year from 2013 to" in command(organisation=organisation, year=1999)[1]
    assert "GOV.UK lists no statistics" in command(organisation=organisation.replace(ORGANISATION, "no"), year=YEAR)[1]
    ProducerFactory(name="Office for Snow")
    assert "Use --producer to name an existing producer." in command(organisation=organisation, year=YEAR)[1]
    assert "of the year" not in command(organisation=organisation, year=YEAR, producer="Nobody")[0]


@pytest.mark.django_db(transaction=True)
def test_a_command_that_is_killed_is_continued_by_the_next_one(organisation, producer, site):
    """The process ends in the middle of a request, without a chance to write anything."""
    path = f"{govuk.API}/government/statistics/announcements/taxi-licences-2025"
    site.publish(path, [{"status": 200, "delay_seconds": 50}])
    site.forget_arrivals()
    words = [sys.executable, "manage.py", "look_back", "--organisation", organisation, "--year", str(YEAR)]
    host = organisation.split("/")[2]
    environment = environment_of_processes(redis_url="") | {
        "STATSOFFICE_PROBE_ALLOW_PRIVATE": host,
        "STATSOFFICE_REHEARSAL_SITE": f"http://{host}",
        "STATSOFFICE_PROBE_BUDGETS": "127.0.0.1=2/1000",
    }
    process = subprocess.Popen(words, cwd=project.BASE_DIR, env=environment, stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while path not in [one.path for one in site.arrivals()]:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    review = YearReview.objects.get()
    assert review.status == "reading"
    done = year_review.count_progress(review)
    assert 0 < done.read < done.listed == LISTED
    site.publish_all({path: None})
    # As after the claim of the killed process has ended.
    YearReview.objects.update(claimed_until=timezone.now())
    site.forget_arrivals()
    out, _err = command(organisation=organisation, year=YEAR)
    assert f"{OF_YEAR} of {LISTED} pages concern the year." in out
    assert len(content_requests(site)) == LISTED - done.read
    assert YearReview.objects.count() == 1
    assert review.pages.count() == len(set(review.pages.values_list("path", flat=True))) == LISTED
