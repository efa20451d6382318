"""The sweep on a played morning, over real HTTP (V1 to V5, V7 to V9, V14)."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from breaches.models import Report, Suspicion
from releases.calendar import scheduling
from releases.calendar.moving import BeingJudged
from releases.core.judging.verdict import Outcome
from releases.core.roles import Role
from releases.core.status import Status
from releases.models import Coverage, Observation, Release, Verification
from releases.models.append_only import ChainHead, first_broken
from releases.watching import watch
from statsoffice.rehearsal_site import pages
from statsoffice.rehearsal_site.scenes import scene
from tests.factories import a_confirmed_release, london_slot, member
from tests.morning import MorningOver

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
SERIES = "State-funded schools inspections and outcomes"
TITLE = f"{SERIES} as at 31 March 2020"
LAST_EDITION = pages.release_page(f"{SERIES} as at 31 December 2019", published="1 April 2020")
PATH = "/statistics/schools"

pytestmark = pytest.mark.django_db(transaction=True)


def after(**delta) -> datetime:
    return DUE + timedelta(**delta)


def release_page() -> str:
    return pages.release_page(TITLE, published="30 June 2020")


@pytest.fixture
def watched(site):
    def record(path=PATH, **fields):
        reference = path.strip("/").replace("/", "-")
        return a_confirmed_release(url=site.url(path), reference=reference, title=TITLE, due_at=DUE, **fields)

    return record


# The verdict falls once the looks at the limit, two minutes after due, are answered.
JUDGED = after(seconds=135)


def verdict(release) -> Verification:
    return Verification.objects.get(release=release)


@pytest.fixture
def morning(morning_from):
    return morning_from(after(minutes=-1))


def test_a_release_live_at_its_due_time_is_on_time_with_its_seconds_and_becomes_published(watched, morning):
    release = watched()
    morning.publish(PATH, [scene(status=404), scene(release_page(), starts=after(seconds=7))])
    morning.play(JUDGED)
    found = verdict(release)
    assert found.outcome == Outcome.ON_TIME
    assert found.delay_from <= 7 <= found.delay_to
    release.refresh_from_db()
    assert (release.status, release.published_at) == (Status.PUBLISHED, found.first_live_at)
    assert not Suspicion.objects.exists()


def test_a_release_not_live_at_the_limit_is_suspected_drafted_and_followed_until_it_is_live(watched, morning):
    release = watched()
    morning.publish(PATH, [scene(status=404), scene(release_page(), starts=after(minutes=4, seconds=3))])
    morning.play(after(minutes=2, seconds=10))
    assert verdict(release).outcome == Outcome.NOT_SEEN
    assert Report.objects.count() == 1
    assert Suspicion.objects.get().raised_at <= after(minutes=2, seconds=10)
    morning.play(after(minutes=5))
    found = verdict(release)
    assert (found.outcome, found.occurred_at) == (Outcome.LATE, DUE)
    assert found.delay_from <= 243 <= found.delay_to
    assert found.delay_to - found.delay_from <= 11
    release.refresh_from_db()
    assert (release.status, release.published_at) == (Status.PUBLISHED, found.first_live_at)
    assert Suspicion.objects.count() == Report.objects.count() == 1


def test_a_release_seen_live_twice_before_it_is_due_is_early(watched, morning):
    release = watched()
    morning.publish(PATH, [scene(status=404), scene(release_page(), starts=after(seconds=-40))])
    morning.play(JUDGED)
    found = verdict(release)
    assert found.outcome == Outcome.EARLY
    assert found.delay_from <= -40 <= found.delay_to
    assert Suspicion.objects.get().kind == "early"


def test_a_marker_that_matched_from_the_first_look_proves_nothing(watched, morning):
    release = watched()
    morning.publish(PATH, [scene(release_page())])
    morning.play(JUDGED)
    assert verdict(release).outcome == Outcome.CANNOT_TELL
    assert not Suspicion.objects.exists()


# How each of these pages is read is asserted in tests/corpus; the verdict follows from the reading.
@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(scene(pages.error_page(), status=500), id="server error"),
        pytest.param(scene("Too many requests", status=429), id="too many requests", marks=pytest.mark.full),
        pytest.param(scene(pages.bot_challenge_page()), id="bot challenge", marks=pytest.mark.full),
        pytest.param(scene(pages.release_page("Something renamed", published="30 June 2020")), id="renamed"),
    ],
)
def test_what_cannot_be_read_is_never_late(watched, morning, trouble):
    release = watched()
    morning.publish(PATH, [scene(status=404), trouble | {"from": after(seconds=-30).isoformat()}])
    morning.play(JUDGED)
    assert verdict(release).outcome == Outcome.CANNOT_TELL
    assert not Suspicion.objects.exists()


def test_a_publisher_that_nobody_can_reach_is_never_late(watched, morning_from, settings):
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
        pytest.param(scene(pages.not_found_page()), id="soft not found"),
        pytest.param(
            scene(pages.coming_soon_page(TITLE, expected="30 June 2020 9:30am")),
            id="coming soon",
            marks=pytest.mark.full,
        ),
        pytest.param(scene(pages.log_in_page()), id="log-in", marks=pytest.mark.full),
        pytest.param(scene(LAST_EDITION), id="last edition"),
        pytest.param(scene(status=302, headers={"Location": "/"}), id="redirect to the home page"),
    ],
)
def test_what_is_certainly_not_the_release_is_not_live_and_so_not_seen(watched, morning, standing_there):
    release = watched()
    morning.publish(PATH, [standing_there])
    morning.publish("/", [scene("<title>Home</title><h1>Welcome</h1>")])
    morning.play(JUDGED)
    assert verdict(release).outcome == Outcome.NOT_SEEN
    assert verdict(release).reasons


def test_a_missing_attachment_makes_a_live_release_partial_with_its_own_delay(watched, morning, site):
    attachment = site.url("/statistics/schools/tables.csv")
    release = watched(attachments=(attachment,))
    table = scene("a,b\n1,2\n", starts=after(minutes=4), content_type="text/csv")
    morning.publish(PATH, [scene(status=404), scene(release_page(), starts=after(seconds=3))])
    morning.publish("/statistics/schools/tables.csv", [scene(status=404), table])
    morning.play(after(minutes=5))
    found = verdict(release)
    assert found.outcome == Outcome.PARTIAL
    assert found.delay_from <= 240 <= found.delay_to
    by_role = {kept["role"]: kept["outcome"] for kept in found.addresses}
    assert by_role == {"page": Outcome.ON_TIME, "attachment": Outcome.LATE}


def test_a_fault_of_our_own_on_one_release_stops_no_other_and_counts_for_nothing(watched, morning_from):
    morning = morning_from(after(minutes=-6))
    sound = watched()
    broken = watched("/statistics/broken")
    broken.addresses.update(adapter="no-such-adapter")
    morning.publish(PATH, [scene(status=404), scene(release_page(), starts=after(seconds=2))])
    failed = []
    while morning.clock.now() < JUDGED:
        try:
            morning.play(JUDGED)
        except ExceptionGroup as fault:
            failed.append(fault)
            morning.clock.sleep_until(morning.clock.now() + timedelta(seconds=1))
    assert failed
    assert verdict(sound).outcome == Outcome.ON_TIME
    assert not Verification.objects.filter(release=broken, outcome=Outcome.ON_TIME).exists()


def test_a_release_moved_before_its_time_is_not_judged_at_the_old_time(watched, morning):
    release = watched()
    head = member(Role.HEAD_OF_PROFESSION, release.series.producer)
    morning.publish(PATH, [scene(status=404)])
    morning.play(after(seconds=-30))
    moved_to = london_slot((DUE + timedelta(days=1)).date())
    scheduling.change_date(release, to=moved_to, reason="Late data", by=head, at=morning.clock.now())
    morning.play(JUDGED)
    assert not Suspicion.objects.exists()
    assert not Verification.objects.exclude(outcome=Outcome.PENDING).exists()


def test_a_change_agreed_after_the_due_time_never_alters_the_verdict(watched, morning):
    release = watched()
    head = member(Role.HEAD_OF_PROFESSION, release.series.producer)
    morning.publish(PATH, [scene(status=404)])
    morning.play(after(seconds=155))
    moved_to = london_slot((DUE + timedelta(days=1)).date())
    scheduling.change_date(release, to=moved_to, reason="Late data", by=head, at=morning.clock.now())
    morning.play(after(minutes=3))
    assert Verification.objects.get(schedule_version=1).outcome == Outcome.NOT_SEEN
    assert Suspicion.objects.count() == 1


def test_a_watch_that_comes_back_a_day_late_looks_and_says_what_was_not_observed(watched, morning_from):
    release = watched()
    morning_from(after(minutes=-30)).play(after(minutes=-10))
    later = morning_from(after(hours=25))
    later.publish(PATH, [scene(release_page())])
    later.play(after(hours=25, seconds=30))
    assert verdict(release).outcome == Outcome.UNCERTAIN
    assert not Suspicion.objects.exists()
    stretches = list(Coverage.objects.values_list("began_at", "ended_at"))
    assert stretches[0][1] <= after(minutes=-9)
    assert stretches[1][0] >= after(hours=25)


def test_looks_fall_at_the_due_instant_and_at_the_limit_exactly(watched, morning):
    watched()
    morning.publish(PATH, [scene(status=404)])
    morning.play(JUDGED)
    planned = set(Observation.objects.values_list("planned_at", flat=True))
    assert {after(seconds=-5), DUE, after(seconds=120)} <= planned


def test_two_watchers_and_a_tick_delivered_twice_make_one_verdict_and_one_draft(watched, morning):
    watched()
    morning.publish(PATH, [scene(status=404)])
    for instant in (after(seconds=-20), after(minutes=1), JUDGED):
        morning.play(instant, watcher="first")
        morning.play(instant + timedelta(seconds=10), watcher="second")
    assert Verification.objects.count() == Suspicion.objects.count() == Report.objects.count() == 1
    looks = list(Observation.objects.plain().values_list("planned_at", flat=True))
    assert len(looks) == len(set(looks))


def test_the_evidence_chain_holds_and_names_the_row_that_was_tampered_with(watched, morning):
    watched()
    morning.publish(PATH, [scene(status=404)])
    morning.play(after(seconds=10))
    rows = list(Observation.objects.order_by("position").select_related("release"))
    head = ChainHead.objects.get(chain=Observation.CHAIN)
    assert first_broken(rows, head) is None
    rows[3].result = "live"
    assert first_broken(rows, head)[0] == rows[3].position


def test_a_release_already_past_when_it_was_confirmed_is_not_watched_unless_it_is_a_rehearsal(watched, morning_from):
    watched("/statistics/past", recorded_at=after(minutes=5))
    watched("/statistics/replayed", recorded_at=after(minutes=5), rehearsal=True)
    morning = morning_from(after(minutes=10))
    morning.play(after(minutes=11))
    assert set(Observation.objects.values_list("release__reference", flat=True)) == {"statistics-replayed"}
    assert Release.objects.official().count() == 1


def test_a_replayed_sweep_looks_at_rehearsals_alone_marks_its_looks_and_claims_no_coverage(watched, morning):
    watched("/statistics/real")
    watched("/statistics/replayed", rehearsal=True)
    with suppress(MorningOver):
        morning.clock.ends_at = after(seconds=10)
        watch.sweep(clock=morning.clock, look=morning.probe, watcher="replay", replayed=True)
    assert set(Observation.objects.values_list("release__reference", "replayed")) == {("statistics-replayed", True)}
    assert not Coverage.objects.exists()


@pytest.mark.parametrize("move", ["change_date", "cancel"])
def test_nobody_moves_a_release_away_while_its_verdict_falls(watched, morning, move):
    release = watched()
    head = member(Role.HEAD_OF_PROFESSION, release.series.producer)
    morning.publish(PATH, [scene(status=404)])
    morning.play(after(seconds=20))

    def try_to_move():
        if move == "cancel":
            return scheduling.cancel(release, reason="Late data", by=head, at=morning.clock.now())
        to = london_slot((DUE + timedelta(days=1)).date())
        return scheduling.change_date(release, to=to, reason="Late data", by=head, at=morning.clock.now())

    with pytest.raises(BeingJudged, match=r"can be moved or cancelled from 9\.32\.30am on"):
        try_to_move()
    morning.play(after(minutes=2, seconds=30))
    assert verdict(release).outcome == Outcome.NOT_SEEN
    try_to_move()
    assert Verification.objects.get(schedule_version=1).outcome == Outcome.NOT_SEEN
    assert Suspicion.objects.count() == 1


def test_an_address_that_is_none_keeps_no_other_release_from_being_looked_at(watched, morning):
    sound, broken = watched(), watched("/statistics/broken")
    broken.addresses.update(url="http://[broken")
    morning.publish(PATH, [scene(status=404), scene(release_page(), starts=after(seconds=2))])
    while morning.clock.now() < after(seconds=30):
        with suppress(ExceptionGroup):
            morning.play(after(seconds=30))
        with suppress(MorningOver):
            morning.clock.sleep_until(morning.clock.now() + timedelta(seconds=1))
    assert verdict(sound).outcome == Outcome.ON_TIME
