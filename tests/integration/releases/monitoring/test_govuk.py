"""Whole mornings at a site like GOV.UK: monitoring reads its content API over real HTTP, and records both clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from breaches import versions
from breaches.models import Report
from releases import statements
from releases.detection import finding
from releases.detection.finding import PublisherSays, PublisherState, Source
from releases.models import Observation, Verification
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import govuk as govuk_pages
from tests.support.content_api import api_path, document_scene, gone_document
from tests.support.factories import ReleaseFactory, SeriesFactory

DUE = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
LONG_AGO = datetime(2025, 1, 30, 9, 30, 36, tzinfo=UTC)
LAST_EDITION = datetime(2026, 5, 29, 8, 30, 36, tzinfo=UTC)
SERIES = "Road fuel prices"
TITLE = "Road fuel prices: June 2026"
PATH = "/government/statistics/road-fuel-prices-june-2026"
ANNOUNCED_AT = "/government/statistics/announcements/road-fuel-prices-june-2026"
ANNOUNCEMENT = govuk_pages.announcement(ANNOUNCED_AT, TITLE, due_at=DUE)

pytestmark = [pytest.mark.usefixtures("calendar_at_rest"), pytest.mark.django_db]


def after(**length):
    return DUE + timedelta(**length)


@pytest.fixture
def watched(site):
    """Record a release whose address is read as GOV.UK's, with what the site answers for each path."""

    def record(path, *, marker="June 2026", **scenes):
        for where, script in scenes.pop("scenes").items():
            site.publish(api_path(where), script)
        release = ReleaseFactory(
            confirmed=True,
            due_at=DUE,
            series=SeriesFactory(title=SERIES),
            title=TITLE,
            url=site.url(path),
            marker=marker,
        )
        release.addresses.update(adapter="govuk")
        return release

    return record


def verification():
    return Verification.objects.get()


def said(release):
    """What the publisher's system said, each time that it said something new."""
    states = [
        finding.publisher_from_json(says).state
        for says in Observation.objects.to_judge(release).values_list("publisher_says", flat=True)
        if says
    ]
    return [state for place, state in enumerate(states) if place == 0 or states[place - 1] is not state]


def test_an_announcement_that_turns_into_its_statistics_8_minutes_late_gives_both_clocks(watched, site, morning_from):
    """(V11)"""
    out = after(seconds=480)
    statistics = govuk_pages.publication(
        PATH, TITLE, published_at=after(seconds=482), scheduled_at=DUE, delay_seconds=480
    )
    release = watched(
        ANNOUNCED_AT,
        scenes={
            ANNOUNCED_AT: [
                document_scene(ANNOUNCEMENT),
                document_scene(govuk_pages.redirect(ANNOUNCED_AT, PATH), starts=out),
            ],
            PATH: [document_scene(gone_document(PATH)), document_scene(statistics, starts=out)],
        },
    )
    morning_from(after(minutes=-1)).play(after(minutes=10))

    found = verification()
    assert found.outcome == Outcome.LATE
    assert found.last_not_live_at < out <= found.first_live_at <= out + timedelta(minutes=1)
    assert (found.published_at_by_publisher, found.publisher_source) == (out, Source.SCHEDULED_TIME_AND_DELAY)
    live = Observation.objects.to_judge(release).filter(result="live").first()
    assert [url for url, _ in live.hops] == [site.url(api_path(ANNOUNCED_AT)), site.url(api_path(PATH))]
    assert said(release) == [PublisherState.ANNOUNCED, PublisherState.PUBLISHED]

    account = versions.content_of(Report.objects.get()).circumstances
    assert "automatic check found only its announcement." in account
    assert "about 8 minutes late" in account


def test_a_page_updated_in_place_is_told_by_its_dates_where_its_title_never_changes(watched, morning_from):
    """An earlier edition's scheduled time is copied forward, and ignored (V11)."""
    out = after(seconds=270)
    old = {"first_published_at": LONG_AGO, "scheduled_at": LAST_EDITION.replace(second=0), "delay_seconds": 36}
    history = [(LAST_EDITION, "Added May."), (LONG_AGO, "First published.")]
    before = govuk_pages.publication(
        PATH, SERIES, published_at=LAST_EDITION, changes=history, body="<p>Up to May 2026.</p>", **old
    )
    now = govuk_pages.publication(
        PATH, SERIES, published_at=out, changes=[(out, "Added June."), *history], body="<p>Up to June 2026.</p>", **old
    )
    watched(PATH, marker=SERIES, scenes={PATH: [document_scene(before), document_scene(now, starts=out)]})
    morning_from(after(minutes=-1)).play(after(minutes=6))

    found = verification()
    assert found.outcome == Outcome.LATE
    assert found.delay_from < 270 <= found.delay_to
    assert (found.published_at_by_publisher, found.publisher_source) == (out, Source.CHANGE_HISTORY)
    assert "found an earlier edition" in versions.content_of(Report.objects.get()).circumstances


def test_a_publication_withdrawn_after_it_was_out_stays_on_time(watched, morning_from):
    """(V12)"""
    out, withdrawn_at = after(seconds=36), after(minutes=3)
    fields = {"published_at": out, "scheduled_at": DUE, "delay_seconds": 36}
    statistics = govuk_pages.publication(PATH, TITLE, **fields)
    withdrawn = govuk_pages.publication(PATH, TITLE, **fields, withdrawn=(withdrawn_at, "An error was found."))
    release = watched(
        PATH,
        scenes={
            PATH: [
                document_scene(govuk_pages.announcement(PATH, TITLE, due_at=DUE)),
                document_scene(statistics, starts=out),
                document_scene(withdrawn, starts=withdrawn_at),
            ]
        },
    )
    morning_from(after(minutes=-1)).play(after(minutes=5))

    found = verification()
    assert found.outcome == Outcome.ON_TIME
    assert out <= found.first_live_at <= out + timedelta(seconds=6)
    assert found.published_at_by_publisher == out
    assert not Report.objects.exists()
    assert said(release) == [PublisherState.ANNOUNCED, PublisherState.PUBLISHED, PublisherState.WITHDRAWN]
    assert statements.find_open_questions([release]) == []


def test_an_announcement_moved_on_the_morning_is_not_seen_and_the_account_says_why(watched, morning_from):
    moved = govuk_pages.announcement(PATH, TITLE, due_at=after(hours=2), latest_change_note="Checks are not complete.")
    release = watched(
        PATH,
        scenes={
            PATH: [
                document_scene(govuk_pages.announcement(PATH, TITLE, due_at=DUE)),
                document_scene(moved, starts=after(seconds=-20)),
            ]
        },
    )
    morning_from(after(minutes=-1)).play(after(seconds=135))

    assert verification().outcome == Outcome.NOT_SEEN
    assert "moved" in verification().reasons
    assert "found an announcement with another time" in versions.content_of(Report.objects.get()).circumstances
    last = Observation.objects.to_judge(release).last()
    assert finding.publisher_from_json(last.publisher_says) == PublisherSays(
        PublisherState.MOVED,
        announced_for=after(hours=2),
        announced_text="30 June 2026 11:30am",
        change_note="Checks are not complete.",
    )


def test_a_content_api_in_trouble_accuses_no_one(watched, morning_from):
    """(V4)"""
    script = [document_scene(ANNOUNCEMENT)]
    for minute, status in ((-0.5, 503), (0.5, 403), (1.5, 500)):
        script.append(document_scene(ANNOUNCEMENT, starts=after(minutes=minute)) | {"status": status})
    watched(ANNOUNCED_AT, scenes={ANNOUNCED_AT: script})
    morning_from(after(minutes=-1)).play(after(seconds=135))

    assert verification().outcome == Outcome.CANNOT_TELL
    assert not Report.objects.exists()
