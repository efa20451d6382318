"""A GOV.UK announcement is compared by what its publishing system says, before the release and after (V16, V17)."""

from datetime import timedelta

import pytest

from releases import announcements, preflight
from releases.detection.preflight import PreflightCode
from releases.evidence import repository
from releases.models import Observation, PreflightRun
from statsoffice.fake_publisher import govuk
from tests.support.content_api import api_path, document_scene, gone_document
from tests.support.factories import ReleaseFactory
from tests.support.preflight import ANNOUNCEMENT, DAY_BEFORE, DUE, PAGE, TITLE, a_sound_release, check

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(site):
    """A release that GOV.UK has announced for the time for which it is planned."""
    release = a_sound_release(site)
    release.addresses.filter(role="announcement").update(adapter="govuk")
    say(site, govuk.announcement(ANNOUNCEMENT, TITLE, due_at=DUE))
    return release


def say(site, document):
    site.publish(api_path(ANNOUNCEMENT), [document_scene(document)])


def test_the_same_time_is_no_problem_and_what_was_said_is_kept(release, means):
    assert check(release, means) == set()
    (snapshot,) = repository.read_announcement_checks(release)
    assert snapshot.publisher_says["state"] == "announced"
    assert snapshot.publisher_says["announced_for"].startswith("2026-07-01T08:30")


def test_another_time_is_found_with_what_the_publisher_says(release, means, site):
    moved = govuk.announcement(ANNOUNCEMENT, TITLE, due_at=DUE + timedelta(days=7), latest_change_note="More time.")
    say(site, moved)
    assert check(release, means) == {(PreflightCode.ANNOUNCED_FOR_ANOTHER_TIME, ANNOUNCEMENT)}
    facts = PreflightRun.objects.get().findings[0]["facts"]
    assert (facts["announced_for"], facts["note"]) == ("2026-07-08T08:30:00+00:00", "More time.")


def test_a_minute_of_difference_is_a_difference(release, means, site):
    say(site, govuk.announcement(ANNOUNCEMENT, TITLE, due_at=DUE + timedelta(minutes=1)))
    assert check(release, means) == {(PreflightCode.ANNOUNCED_FOR_ANOTHER_TIME, ANNOUNCEMENT)}


def test_a_cancelled_announcement_is_found_with_its_reason(release, means, site):
    cancelled = govuk.announcement(
        ANNOUNCEMENT, TITLE, due_at=DUE, state="cancelled", cancellation_reason="The survey was stopped."
    )
    say(site, cancelled)
    assert check(release, means) == {(PreflightCode.ANNOUNCEMENT_CALLED_OFF, ANNOUNCEMENT)}
    assert PreflightRun.objects.get().findings[0]["facts"] == {"note": "The survey was stopped."}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "said",
    [
        {"state": "cancelled", "cancellation_reason": "The survey\0 was stopped. \ud83d"},
        {
            "due_at": DUE + timedelta(days=7),
            "display_date": "8\0 July\ud83d 2026",
            "latest_change_note": "More\0 time.",
        },
    ],
    ids=["cancelled", "moved"],
)
def test_an_announcement_with_characters_that_no_database_stores_stops_no_other_release(release, means, site, said):
    later = ReleaseFactory(confirmed=True, due_at=DUE + timedelta(days=1), reference="later", series=release.series)
    say(site, govuk.announcement(ANNOUNCEMENT, TITLE, **{"due_at": DUE, **said}))
    for one in (release, later):
        preflight.request_preflight(one, by=None, now=DAY_BEFORE)
    preflight.run_requested_preflights(means=means, now=DAY_BEFORE)
    assert not PreflightRun.objects.open().exists()
    facts = [each["facts"] for each in PreflightRun.objects.get(release=release).findings if each["facts"].get("note")]
    assert [each["note"] for each in facts] in (["The survey was stopped. ?"], ["More time."])


def test_an_announcement_that_is_gone_is_found(release, means, site):
    say(site, gone_document(ANNOUNCEMENT))
    assert check(release, means) == {(PreflightCode.ANNOUNCEMENT_CALLED_OFF, ANNOUNCEMENT)}


def test_after_publication_the_snapshot_shows_where_the_announcement_led_and_what_it_said_before(release, means, site):
    announcements.make_due_snapshots(means=means, now=DAY_BEFORE)
    say(site, govuk.redirect(ANNOUNCEMENT, PAGE))
    out = govuk.publication(PAGE, TITLE, published_at=DUE + timedelta(seconds=36))
    site.publish(api_path(PAGE), [document_scene(out)])
    announcements.make_due_snapshots(means=means, now=DUE + timedelta(minutes=11))
    before, after = announcements.snapshots_of(release)
    assert (before.observation.publisher_says["state"], before.leads_to) == ("announced", "")
    assert after.leads_to == site.url(api_path(PAGE))
    assert after.observation.publisher_says["state"] == "published"
    assert Observation.objects.plain().count() == 0
