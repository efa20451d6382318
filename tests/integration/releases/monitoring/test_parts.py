"""A morning with an English page, a Welsh page that may follow, and tables, over real HTTP (issue L, item 3)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from breaches.models import Suspicion
from releases import judge
from releases.minute_briefs import make_due_briefs
from releases.models import MinuteBrief, Observation, Release, Verification
from releases.rules.lifecycle import Status
from releases.scheduling import PlannedAddress, add_address
from releases.verdict.address import Outcome
from releases.verdict.parts import measure_spread
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.morning import Morning, calendar_at_rest
from tests.support.shared_rows import shared_fixture

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
TITLE = "State-funded schools inspections and outcomes as at 31 March 2020"
WELSH_SERIES = "Arolygiadau ysgolion"
WELSH_TITLE = f"{WELSH_SERIES}, 31 Mawrth 2020"
TOLERANCE, FOLLOWS = 30, 2
WELSH_AT = {"followed": 100, "too-late": 170}

pytestmark = pytest.mark.django_db


def after(seconds: float) -> datetime:
    return DUE + timedelta(seconds=seconds)


def record(site) -> None:
    site.publish_all({}, replace=True)
    site.publish("/", [scene("<title>Home</title><h1>Welcome</h1>")])
    for name, welsh_at in WELSH_AT.items():
        english = pages.release_page(TITLE, published="30 June 2020")
        welsh = pages.release_page(WELSH_TITLE, published="30 Mehefin 2020")
        url = site.publish(f"/statistics/{name}", [scene(status=404), scene(english, starts=after(2))])
        welsh_url = site.publish(f"/cy/{name}", [scene(status=404), scene(welsh, starts=after(welsh_at))])
        release = ReleaseFactory(
            confirmed=True,
            series=SeriesFactory(tolerance_seconds=TOLERANCE, welsh_title=WELSH_SERIES),
            url=url,
            reference=name,
            title=TITLE,
            welsh_title=WELSH_TITLE,
            due_at=DUE,
        )
        planned = PlannedAddress(welsh_url, marker="31 Mawrth 2020", part="welsh_page", may_follow_minutes=FOLLOWS)
        add_address(release, planned, at=release.recorded_at)


def play(site, start: datetime, until: datetime) -> None:
    opened = frozenset({site.base_url.removeprefix("http://")})
    with override_settings(PROBE_ALLOW_PRIVATE=opened, REHEARSAL_SITE=site.base_url), calendar_at_rest():
        morning = Morning(site, start)
        try:
            morning.play(until)
        finally:
            morning.probe.close()


@shared_fixture
def at_the_limit(running_rehearsal_site):
    """Play until the limit of the releases is over, and the Welsh pages may still follow."""
    record(running_rehearsal_site)
    play(running_rehearsal_site, after(-50), after(60))
    return running_rehearsal_site


@shared_fixture
def after_all(at_the_limit):
    play(at_the_limit, after(60), after(200))


def verdicts() -> dict[str, Verification]:
    return {row.release.reference: row for row in Verification.objects.select_related("release")}


def welsh(row: Verification):
    return next(result for result in row.results if result.part)


@pytest.mark.usefixtures("at_the_limit")
def test_at_its_limit_a_release_is_on_time_and_published_while_the_welsh_page_may_follow():
    for name, row in verdicts().items():
        assert row.outcome == Outcome.ON_TIME, name
        assert row.delay_to < TOLERANCE
        assert welsh(row).verdict.outcome is Outcome.PENDING
        assert row.release.status == Status.PUBLISHED
    assert not Suspicion.objects.exists()
    assert make_due_briefs(now=after(60)) == []


@pytest.mark.usefixtures("after_all")
def test_the_welsh_page_is_judged_by_its_own_limit_at_which_it_is_checked_exactly():
    found = verdicts()
    assert {name: (row.outcome, welsh(row).verdict.outcome) for name, row in found.items()} == {
        "followed": (Outcome.ON_TIME, Outcome.ON_TIME),
        "too-late": (Outcome.PARTIAL, Outcome.LATE),
    }
    assert {row.limit_at for row in found.values()} == {after(TOLERANCE)}
    planned = Observation.objects.filter(address=welsh(found["too-late"]).address)
    assert {DUE, after(TOLERANCE), after(TOLERANCE + 60 * FOLLOWS)} <= set(planned.values_list("planned_at", flat=True))
    assert list(Suspicion.objects.values_list("release__reference", "kind")) == [("too-late", "partial")]


@pytest.mark.usefixtures("after_all")
def test_the_spread_is_between_two_checks(subtests):
    for name, row in verdicts().items():
        with subtests.test(name):
            spread = measure_spread(row.results)
            lag = next(one.lag for one in spread.others)
            assert lag.from_seconds <= WELSH_AT[name] - 2 <= lag.to_seconds
            assert lag.to_seconds - lag.from_seconds < 20


@pytest.mark.usefixtures("after_all")
def test_the_verdicts_follow_from_the_checks_again():
    assert judge.check_verdicts(now=after(400)) is None


@pytest.mark.usefixtures("after_all")
@pytest.mark.parametrize("has_earlier_brief", [False, True])
def test_the_brief_about_a_part_is_made_after_the_limit_of_the_part(has_earlier_brief):
    limit = TOLERANCE + 60 * FOLLOWS
    producer = Release.objects.get(reference="too-late").series.producer
    if has_earlier_brief:
        times = {"limit_at": after(TOLERANCE), "ready_at": after(TOLERANCE + 5), "made_at": after(TOLERANCE + 5)}
        MinuteBrief.objects.create(producer=producer, due_at=DUE, **times)
    assert make_due_briefs(now=after(limit + 4)) == []
    (brief,) = make_due_briefs(now=after(limit + 5))
    assert (brief.limit_at, brief.producer) == (after(limit), producer)
    assert make_due_briefs(now=after(limit + 6)) == []
    assert MinuteBrief.objects.count() == 1
