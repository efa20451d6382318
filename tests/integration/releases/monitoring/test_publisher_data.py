"""Whole mornings at sites like those of the ONS and of the DfE: the page and the publisher's data, over real HTTP."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from breaches.models import Report
from releases.detection import finding
from releases.detection.finding import PublisherState, Source
from releases.models import Observation, Verification
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import ees as ees_pages
from statsoffice.fake_publisher import ons as ons_pages
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import ReleaseFactory, SeriesFactory

DUE = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
OUT = DUE + timedelta(seconds=480)
TITLE = "Road fuel prices: June 2026"
PATH, DATA = "/releases/roadfuelpricesjune2026", "/releases/roadfuelpricesjune2026/data"
EES_PATH = "/find-statistics/road-fuel-prices/2026-june"
FIGURES = "<p>Prices were higher in June 2026 than in May, at every kind of filling station.</p>" * 8
ANNOUNCED = ons_pages.page(TITLE, note="This release is not yet published")
PUBLISHED = ons_pages.page(TITLE, main=FIGURES)

pytestmark = [pytest.mark.usefixtures("calendar_at_rest"), pytest.mark.django_db]


def data(*, starts=None, **fields):
    body = json.dumps(ons_pages.data(PATH, TITLE, due_at=DUE, **fields))
    return scene(body, starts=starts, content_type=ons_pages.JSON)


@pytest.fixture
def monitored(site):
    """Record a release with an adapter, and what the site answers for each path."""

    def record(adapter, path, scripts):
        site.publish_all(scripts)
        release = ReleaseFactory(
            confirmed=True,
            due_at=DUE,
            series=SeriesFactory(title="Road fuel prices"),
            title=TITLE,
            url=site.url(path),
            marker="June 2026",
        )
        release.addresses.update(adapter=adapter)
        return release

    return record


def stated(release):
    """List the states that the publisher's data gave, without repetitions."""
    says = Observation.objects.to_judge(release).values_list("publisher_says", flat=True)
    states = [finding.publisher_from_json(each).state for each in says if each]
    return [state for place, state in enumerate(states) if place == 0 or states[place - 1] is not state]


def test_a_release_of_the_ons_published_8_minutes_late_is_late_and_has_no_time_of_the_publisher(
    monitored, morning_from
):
    release = monitored("ons", PATH, {DATA: [data(), data(published=True, starts=OUT)]})
    morning_from(DUE - timedelta(minutes=1)).play(DUE + timedelta(minutes=10))
    found = Verification.objects.get()
    assert found.outcome == Outcome.LATE
    assert found.last_not_live_at < OUT <= found.first_live_at
    assert found.published_at_by_publisher is None
    assert stated(release) == [PublisherState.ANNOUNCED, PublisherState.PUBLISHED]


def test_a_release_is_on_time_by_its_page_if_the_data_are_switched_off(monitored, morning_from):
    on_time = DUE + timedelta(seconds=7)
    off = scene("This endpoint is retired.", status=404, content_type=ons_pages.JSON)
    release = monitored("ons", PATH, {DATA: [off], PATH: [scene(ANNOUNCED), scene(PUBLISHED, starts=on_time)]})
    morning_from(DUE - timedelta(minutes=1)).play(DUE + timedelta(minutes=3))
    assert Verification.objects.get().outcome == Outcome.ON_TIME
    live = Observation.objects.to_judge(release).filter(result="live").first()
    assert [status for _, status in live.hops] == [404, 200]
    assert stated(release) == []


def test_data_that_are_switched_off_in_the_morning_make_no_release_late(monitored, morning_from):
    """The release is live on its page, and the data vanish at the due time."""
    off = scene("This endpoint is retired.", status=404, starts=DUE, content_type=ons_pages.JSON)
    monitored("ons", PATH, {DATA: [data(), off], PATH: [scene(ANNOUNCED), scene(PUBLISHED, starts=DUE)]})
    morning_from(DUE - timedelta(minutes=1)).play(DUE + timedelta(minutes=3))
    assert Verification.objects.get().outcome == Outcome.ON_TIME
    assert not Report.objects.exists()


def test_a_release_of_the_dfe_gives_both_clocks(monitored, morning_from):
    version = ees_pages.summary(("road-fuel-prices", "Road fuel prices"), ("2026-june", "June 2026"), published=OUT)
    missing = scene(ees_pages.page(None, heading="Page not found"), status=404)
    release = monitored(
        "ees", EES_PATH, {EES_PATH: [missing, scene(ees_pages.page(version, main=FIGURES), starts=OUT)]}
    )
    morning_from(DUE - timedelta(minutes=1)).play(DUE + timedelta(minutes=10))
    found = Verification.objects.get()
    assert found.outcome == Outcome.LATE
    assert (found.published_at_by_publisher, found.publisher_source) == (OUT, Source.CHANGE_HISTORY)
    assert stated(release) == [PublisherState.PUBLISHED]
