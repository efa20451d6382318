"""The account and the annex say when we made no checks, until every required page and file had been found."""

import pytest

from breaches import drafting
from breaches.facts import facts_of_verifications
from breaches.refreshing import with_annex
from releases.models import Verification
from tests.support.factories import ReleaseFactory
from tests.support.report_evidence import LIVE, NOT_LIVE, london
from tests.support.report_mornings import MONITORED, NOT_SEEN_MORNING, record_checks, record_coverage

pytestmark = pytest.mark.django_db

TABLES = "https://www.example.gov.uk/tables.ods"
OUTAGE = (london("09:40"), london("10:20"))
UNCHECKED = "we made no checks between 9:40am and 10:20am"
EARLY = (("09:09:55", NOT_LIVE), ("09:10", LIVE), ("09:11", LIVE))
HELD_UP = (*NOT_SEEN_MORNING, ("09:36:35", NOT_LIVE), ("09:36:40", LIVE))
AFTER_OUTAGE = (*NOT_SEEN_MORNING, ("09:39:55", NOT_LIVE), ("10:20:01", LIVE))


def record_morning(page, file=()):
    """A morning on which we made no checks from 9:40am to 10:20am."""
    release = ReleaseFactory(confirmed=True, attachments=[TABLES] if file else [])
    record_coverage(release, end="09:40")
    record_coverage(release, start="10:20", end="11:30")
    if file:
        record_checks(release, *file, address=release.addresses.get(role="attachment"))
    record_checks(release, *page)
    return release


def gaps_of(release):
    verification = Verification.objects.select_related("release__series__producer").get(release=release)
    return facts_of_verifications([verification], early=[verification.pk])[verification.pk].not_observed


def draft():
    (report,) = drafting.draft_missing(now=london("10:59"))
    return report


def test_a_gap_after_the_page_and_before_the_file_is_in_the_account_and_the_annex():
    record_morning(HELD_UP, AFTER_OUTAGE)
    report = draft()

    assert f"and its file between 9:39:55am and 10:20:01am ({UNCHECKED})." in report.machine["circumstances"]
    assert "We made no checks from 9:40am to 10:20am." in str(with_annex(report).annex)


def test_time_in_which_only_a_further_vantage_point_made_checks_is_no_gap():
    release = record_morning(HELD_UP, AFTER_OUTAGE)
    during = [
        (f"{9 + minutes // 60:02}:{minutes % 60:02}:{seconds}", NOT_LIVE)
        for minutes in range(40, 80)
        for seconds in ("00", "10", "20", "30", "40", "50")
    ]
    record_checks(release, *during, vantage="London")
    report = draft()

    assert "and its file between 9:39:55am and 10:20:01am." in report.machine["circumstances"]
    assert "We made no checks" not in str(with_annex(report).annex)


def test_a_gap_before_an_early_release_was_back_is_in_the_account():
    record_morning((*EARLY, ("09:12", NOT_LIVE), *MONITORED, ("09:39:55", NOT_LIVE), ("10:20:01", LIVE)))

    account = draft().machine["circumstances"]

    assert f"It was back between 9:39:55am and 10:20:01am, 9 to 51 minutes late ({UNCHECKED})." in account


def test_gaps_count_until_the_last_check_if_a_file_is_missing():
    missing = (*NOT_SEEN_MORNING, ("09:39:55", NOT_LIVE), ("10:30", NOT_LIVE))

    assert gaps_of(record_morning(HELD_UP, missing)) == (OUTAGE,)


def test_gaps_after_every_page_and_file_was_found_are_left_out():
    found = (*NOT_SEEN_MORNING, ("09:37:35", NOT_LIVE), ("09:37:40", LIVE), ("10:30", LIVE))

    assert gaps_of(record_morning(HELD_UP, found)) == ()


def test_gaps_after_an_early_release_was_there_at_the_due_time_are_left_out():
    assert gaps_of(record_morning((*EARLY, ("09:30", LIVE), ("10:30", LIVE)))) == ()


def test_before_its_due_time_an_early_release_has_no_gap_that_is_still_to_come():
    release = ReleaseFactory(confirmed=True)
    record_coverage(release, end="09:12")
    record_checks(release, *EARLY)

    assert gaps_of(release) == ()


def test_a_gap_before_an_early_release_was_found_is_stated_and_a_gap_before_the_due_time_is_not():
    release = ReleaseFactory(confirmed=True)
    for start, end in (("08:50", "09:00"), ("09:10", "09:12"), ("09:29", "09:40")):
        record_coverage(release, start=start, end=end)
    record_checks(release, ("08:59:55", NOT_LIVE), ("09:10", LIVE), ("09:11", LIVE), ("09:30", LIVE))

    assert gaps_of(release) == ((london("09:00"), london("09:10")),)
