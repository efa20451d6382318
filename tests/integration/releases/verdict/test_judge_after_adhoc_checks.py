"""Additions to a verdict: the publisher's own time, and what may explain that readers saw it late (V11, V13)."""

from datetime import timedelta

import pytest

from releases import judge
from releases.detection.finding import PublisherSays, PublisherState, Source
from releases.models import Verification
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_checks_until, create_observation
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

LIMIT = SEED_DUE + timedelta(minutes=2)
LATE = SEED_DUE + timedelta(minutes=58)
AFTER = SEED_DUE + timedelta(hours=2)
TABLES = "https://www.example.gov.uk/statistics/tables.csv"


def says(published_at, source=Source.SCHEDULED_TIME_AND_DELAY):
    return PublisherSays(PublisherState.PUBLISHED, published_at=published_at, source=source)


@shared_fixture
def release():
    return ReleaseFactory(confirmed=True, attachments=(TABLES,))


@shared_fixture
def its_page(release):
    create_observation(release.addresses.get(role="attachment"), "not_live", at=SEED_DUE - timedelta(seconds=5))
    create_observation(release.addresses.get(role="attachment"), "live", at=SEED_DUE)
    its_page = release.addresses.get(role="page")
    create_checks_until(its_page, LIMIT)
    create_observation(its_page, "not_live", at=LIMIT, says=PublisherSays(PublisherState.ANNOUNCED))
    return its_page


def judged(release) -> Verification:
    return judge.judge_one(release, now=AFTER)


def test_the_publishers_own_time_is_kept_with_its_source_next_to_what_was_seen(release, its_page):
    create_observation(its_page, "live", at=LATE, says=says(LATE - timedelta(seconds=3)))
    verification = judged(release)
    assert verification.outcome == Outcome.LATE
    assert verification.first_live_at == LATE + timedelta(seconds=0.2)
    stored = Verification.objects.get()
    assert stored.published_at_by_publisher == LATE - timedelta(seconds=3)
    assert stored.publisher_source == "scheduled_time_and_delay"


def test_what_the_publisher_says_never_changes_the_verdict(release, its_page):
    create_observation(its_page, "live", at=LATE, says=says(SEED_DUE))
    assert judged(release).outcome == Outcome.LATE


def test_the_time_of_the_release_is_that_of_its_page_and_of_no_attachment(release, its_page):
    attachment = release.addresses.get(role="attachment")
    create_observation(attachment, "live", at=LATE, says=says(SEED_DUE))
    assert judged(release).published_at_by_publisher is None


def test_a_release_that_was_there_past_the_caches_while_readers_saw_an_old_copy_has_an_edge_cache(release, its_page):
    create_observation(its_page, "live", at=SEED_DUE + timedelta(seconds=5), fresh=True)
    create_observation(its_page, "live", at=LATE)
    verification = judged(release)
    assert (verification.outcome, verification.diagnoses) == (Outcome.LATE, ["edge_cache"])


def test_an_old_copy_that_tells_its_age_is_an_edge_cache_without_any_check_past_it(release, its_page):
    create_observation(its_page, "not_live", at=LATE - timedelta(seconds=10), headers=(("age", "3500"),))
    create_observation(its_page, "live", at=LATE, headers=(("age", "60"),))
    assert judged(release).diagnoses == ["edge_cache"]


def test_what_was_on_time_needs_no_explanation(release):
    its_page = release.addresses.get(role="page")
    attachment = release.addresses.get(role="attachment")
    for address in (its_page, attachment):
        create_observation(address, "not_live", at=SEED_DUE - timedelta(seconds=5))
    create_observation(its_page, "live", at=SEED_DUE, fresh=True)
    create_observation(its_page, "not_live", at=SEED_DUE)
    for address in (its_page, attachment):
        create_observation(address, "live", at=SEED_DUE + timedelta(seconds=30))
    verification = judged(release)
    assert (verification.outcome, verification.diagnoses) == (Outcome.ON_TIME, [])


def test_checks_past_the_caches_are_neither_judged_nor_counted(release, its_page):
    create_observation(its_page, "live", at=SEED_DUE + timedelta(seconds=5), fresh=True)
    verification = judged(release)
    assert verification.outcome == Outcome.NOT_SEEN
    assert [kept["looks"] for kept in verification.addresses] == [13, 2]
