"""What one check leaves on record: all that proves it, and nothing that it should not keep."""

from datetime import timedelta

import pytest

from releases.detection.finding import (
    CheckOutcome,
    Finding,
    PublisherSays,
    PublisherState,
    Reason,
    Source,
    publisher_from_json,
)
from releases.evidence import repository, store
from releases.evidence.store import CheckResult
from releases.models import Observation
from releases.models.append_only import check_chain
from releases.models.observation import Purpose
from releases.rules.response import Answer, Hop
from tests.support.factories import SEED_DUE, ReleaseFactory

pytestmark = pytest.mark.django_db


def answered(**fields):
    return Answer(
        **{
            "requested_url": "https://www.example.gov.uk/stats",
            "planned_at": SEED_DUE,
            "sent_at": SEED_DUE + timedelta(seconds=0.01),
            "completed_at": SEED_DUE + timedelta(seconds=0.2),
            "status": 200,
            "hops": (Hop("https://www.example.gov.uk/stats", 200),),
            "final_url": "https://www.example.gov.uk/stats",
            "headers": (("set-cookie", "session=secret"), ("age", "12"), ("authorization", "Basic x")),
            "body": b"<html>",
            "vantage": "watcher-a",
            **fields,
        }
    )


def kept(release, *, finding=None, purpose=Purpose.PLAIN, **fields):
    look = CheckResult(
        address=release.addresses.get(role="page"),
        schedule_version=release.schedule_version,
        answer=answered(**fields),
        finding=finding or Finding(CheckOutcome.LIVE, (Reason.MARKER_IN_TITLE,), "d" * 64),
        purpose=purpose,
        clock_bound_seconds=0.0,
    )
    store.store_checks([look], process="a", at=SEED_DUE + timedelta(seconds=1))
    return Observation.objects.get()


def test_a_check_keeps_caching_headers_and_never_cookies():
    assert kept(ReleaseFactory()).headers == [["age", "12"]]


def test_a_check_keeps_from_where_and_for_what_it_was_made():
    row = kept(ReleaseFactory(), purpose=Purpose.FRESH)
    assert (row.vantage, row.purpose, row.watcher) == ("watcher-a", "fresh", "a")


@pytest.mark.both_databases
def test_what_the_publisher_says_is_stored_separately_from_what_was_seen_and_is_in_the_chain():
    says = PublisherSays(PublisherState.PUBLISHED, published_at=SEED_DUE, source=Source.SCHEDULED_TIME_AND_DELAY)
    row = kept(ReleaseFactory(), finding=Finding(CheckOutcome.NOT_LIVE, (Reason.NOT_FOUND,), publisher=says))
    assert row.result == "not_live"
    assert publisher_from_json(row.publisher_says) == says
    assert check_chain(Observation) == (1, None)


@pytest.mark.both_databases
def test_the_words_of_a_page_that_is_not_live_are_stored_with_the_reasons_and_are_in_the_chain():
    found = Finding(CheckOutcome.NOT_LIVE, (Reason.NEGATIVE_MARKER,), "d" * 64, words="coming soon\0")
    release = ReleaseFactory()
    row = kept(release, finding=found)
    assert row.reasons == ["negative_marker", "words: coming soon"]
    (read,) = repository.read_present_checks(release)
    assert (read.reasons, read.words) == (("negative_marker",), "coming soon")
    assert check_chain(Observation) == (1, None)


@pytest.mark.both_databases
def test_words_that_resemble_a_code_are_no_code():
    found = Finding(CheckOutcome.NOT_LIVE, (Reason.NEGATIVE_MARKER,), words='"gone" clock_off')
    release = ReleaseFactory()
    kept(release, finding=found)
    (read,) = repository.read_present_checks(release)
    assert (read.taken_away, read.clock_off) == (False, False)
    assert read.words == '"gone" clock_off'


def test_a_check_at_which_the_publisher_said_nothing_keeps_nothing_of_it():
    assert kept(ReleaseFactory()).publisher_says == {}
