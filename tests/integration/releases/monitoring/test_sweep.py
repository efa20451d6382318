"""The sweep on a played morning, over real HTTP, where something is wrong (V1 to V5, V7 to V9, V14)."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from breaches.models import Report, Suspicion
from releases.evidence import repository
from releases.models import Coverage, Observation, Release, Verification
from releases.monitoring.sweep import Sweep
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.support import practice_pages
from tests.support.factories import ReleaseFactory
from tests.support.morning import MorningOver

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
SERIES = "State-funded schools inspections and outcomes"
TITLE = f"{SERIES} as at 31 March 2020"
LAST_EDITION = pages.release_page(f"{SERIES} as at 31 December 2019", published="1 April 2020")
PATH = "/statistics/schools"

pytestmark = pytest.mark.django_db


def after(**delta) -> datetime:
    return DUE + timedelta(**delta)


def release_page() -> str:
    return pages.release_page(TITLE, published="30 June 2020")


@pytest.fixture
def watched(site):
    def record(path=PATH, **fields):
        reference = path.strip("/").replace("/", "-")
        return ReleaseFactory(
            confirmed=True, url=site.url(path), reference=reference, title=TITLE, due_at=DUE, **fields
        )

    return record


# The verdict falls once the checks at the limit, two minutes after due, are answered.
JUDGED = after(seconds=135)


def verdict(release) -> Verification:
    return Verification.objects.get(release=release)


@pytest.fixture
def morning(morning_from):
    return morning_from(after(minutes=-1))


# More pages like those of test_watch_one_morning.py; how each is read is asserted in tests/corpus.
@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(scene("Too many requests", status=429), id="too many requests"),
        pytest.param(scene(practice_pages.bot_challenge_page()), id="bot challenge"),
    ],
)
@pytest.mark.full
def test_what_cannot_be_read_is_never_late(watched, morning, trouble):
    release = watched()
    morning.publish(PATH, [scene(status=404), trouble | {"from": after(seconds=-30).isoformat()}])
    morning.play(JUDGED)
    assert verdict(release).outcome == Outcome.CANNOT_TELL
    assert not Suspicion.objects.exists()


def test_the_checks_of_a_release_that_is_not_live_when_due_are_counted_before_its_limit(watched, morning, monkeypatch):
    late, on_time = watched(), watched("/statistics/prisons")
    morning.publish(PATH, [scene(status=404)])
    morning.publish("/statistics/prisons", [scene(status=404), scene(release_page()) | {"from": DUE.isoformat()}])
    counted = []
    count_checks = repository.count_checks

    def count(releases):
        counted.append((releases, Verification.objects.filter(release=late).exists()))
        count_checks(releases)

    monkeypatch.setattr(repository, "count_checks", count)
    morning.play(JUDGED)
    assert (verdict(late).outcome, verdict(on_time).outcome) == (Outcome.NOT_SEEN, Outcome.ON_TIME)
    assert counted == [([late.pk], False)]


def test_a_publisher_that_no_one_can_reach_is_never_late(watched, morning_from, settings):
    release = watched()
    morning = morning_from(after(seconds=-30))
    settings.PROBE_ALLOW_PRIVATE = frozenset()
    unreachable = morning_from(after(seconds=-30))
    unreachable.play(JUDGED)
    assert verdict(release).outcome == Outcome.CANNOT_TELL
    assert set(Observation.objects.values_list("result", flat=True)) == {"unreachable"}
    assert morning.probe is not unreachable.probe


@pytest.mark.parametrize(
    "standing_there",
    [
        pytest.param(scene(pages.coming_soon_page(TITLE, expected="30 June 2020 9:30am")), id="coming soon"),
        pytest.param(scene(practice_pages.log_in_page()), id="log-in"),
    ],
)
@pytest.mark.full
def test_what_is_certainly_not_the_release_is_not_live_and_so_not_seen(watched, morning, standing_there):
    release = watched()
    morning.publish(PATH, [standing_there])
    morning.play(JUDGED)
    assert verdict(release).outcome == Outcome.NOT_SEEN
    assert verdict(release).reasons


def test_a_fault_of_our_own_on_one_release_stops_no_other_and_counts_for_nothing(watched, morning_from, caplog):
    morning = morning_from(after(minutes=-3))
    sound = watched()
    broken = watched("/statistics/broken")
    broken.addresses.update(adapter="no-such-adapter")
    morning.publish(PATH, [scene(status=404), scene(release_page(), starts=after(seconds=2))])
    while morning.clock.now() < JUDGED:
        # A sweep raises what failed at its end, which may come only after this part of the morning.
        with suppress(ExceptionGroup):
            morning.play(JUDGED)
        with suppress(MorningOver):
            morning.clock.sleep_until(morning.clock.now() + timedelta(seconds=1))
    assert "cannot check an address of statistics-broken" in caplog.text
    assert verdict(sound).outcome == Outcome.ON_TIME
    assert not Verification.objects.filter(release=broken, outcome=Outcome.ON_TIME).exists()


def test_a_watch_that_comes_back_a_day_late_checks_and_says_what_was_not_observed(watched, morning_from):
    release = watched()
    morning_from(after(minutes=-12)).play(after(minutes=-10))
    later = morning_from(after(hours=25))
    later.publish(PATH, [scene(release_page())])
    later.play(after(hours=25, seconds=30))
    assert verdict(release).outcome == Outcome.UNCERTAIN
    assert not Suspicion.objects.exists()
    stretches = list(Coverage.objects.values_list("began_at", "ended_at"))
    assert stretches[0][1] <= after(minutes=-9)
    assert stretches[1][0] >= after(hours=25)


@pytest.mark.usefixtures("calendar_at_rest")
def test_two_monitoring_processes_and_a_tick_delivered_twice_make_one_verdict_and_one_draft(watched, morning):
    watched()
    morning.publish(PATH, [scene(status=404)])
    for instant in (after(seconds=-20), after(minutes=1), JUDGED):
        morning.play(instant, watcher="first")
        morning.play(instant + timedelta(seconds=10), watcher="second")
    assert Verification.objects.count() == Suspicion.objects.count() == Report.objects.count() == 1
    looks = list(Observation.objects.plain().values_list("planned_at", flat=True))
    assert len(looks) == len(set(looks))


def test_a_release_already_past_when_it_was_confirmed_is_not_watched_unless_it_is_a_rehearsal(watched, morning_from):
    watched("/statistics/past", recorded_at=after(minutes=5))
    watched("/statistics/replayed", recorded_at=after(minutes=5), rehearsal=True)
    morning = morning_from(after(minutes=10))
    morning.play(after(minutes=11))
    assert set(Observation.objects.values_list("release__reference", flat=True)) == {"statistics-replayed"}
    assert Release.objects.official().count() == 1


def test_a_replayed_sweep_checks_at_rehearsals_alone_marks_its_checks_and_claims_no_coverage(watched, morning):
    watched("/statistics/real")
    watched("/statistics/replayed", rehearsal=True)
    with suppress(MorningOver):
        morning.clock.ends_at = after(seconds=10)
        Sweep(clock=morning.clock, probe=morning.probe, name="replay", replayed=True).run()
    assert set(Observation.objects.values_list("release__reference", "replayed")) == {("statistics-replayed", True)}
    assert not Coverage.objects.exists()


def test_an_address_that_is_none_keeps_no_other_release_from_being_checked_at(watched, morning):
    sound, broken = watched(), watched("/statistics/broken")
    broken.addresses.update(url="http://[broken")
    morning.publish(PATH, [scene(status=404), scene(release_page(), starts=after(seconds=2))])
    while morning.clock.now() < after(seconds=30):
        with suppress(ExceptionGroup):
            morning.play(after(seconds=30))
        with suppress(MorningOver):
            morning.clock.sleep_until(morning.clock.now() + timedelta(seconds=1))
    assert verdict(sound).outcome == Outcome.ON_TIME
