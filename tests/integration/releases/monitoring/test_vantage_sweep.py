"""The sweep of a further vantage point: it adds checks of its own and leaves everything else to the main one."""

import contextlib
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from releases import verdict_queue
from releases.evidence import repository
from releases.models import CheckSchedule, Coverage, HostLease, Observation, ReleaseEvent, StoredBody, Verification
from releases.models.observation import Purpose
from releases.monitoring.sweep import Sweep
from statsoffice import jobs
from statsoffice.fake_publisher import pages
from statsoffice.self_monitoring import status
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.observations import create_observation
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

pytestmark = pytest.mark.django_db

BEGINS, ENDS = SEED_DUE - timedelta(minutes=1), SEED_DUE + timedelta(minutes=4)
HOST = "www.example.gov.uk"


def script(*, live_after):
    live = pages.release_page("State-funded schools inspections and outcomes as at 31 March 2020", published="today")
    soon = SEED_DUE if live_after is None else SEED_DUE + timedelta(seconds=live_after)
    return lambda url, at: (200, live, 0.1) if live_after is not None and at >= soon else (404, "", 0.1)


def sweep_a_morning(*, live_after, ends_at=ENDS, **ways):
    return play(JumpingClock(BEGINS, ends_at=ends_at), live_after=live_after, **ways)


def play(clock, *, live_after, vantage_point="", **ways):
    publisher, name = ScriptedPublisher(clock, script(live_after=live_after)), f"sweep of {vantage_point}"
    with contextlib.suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name=name, vantage_point=vantage_point, **ways).run()
    return publisher


def test_it_stores_checks_from_just_before_the_due_time_and_nothing_else():
    release = ReleaseFactory(confirmed=True)
    publisher = sweep_a_morning(vantage_point="London", live_after=2)
    checks = list(Observation.objects.order_by("sent_at"))
    assert {check.purpose for check in checks} == {"vantage"}
    assert checks[0].planned_at == SEED_DUE - timedelta(seconds=5)
    assert SEED_DUE in {check.planned_at for check in checks}
    assert {check.result for check in checks} == {"not_live", "live"}
    assert len(publisher.asked) >= len(checks) > 2
    for model in (CheckSchedule, Coverage, StoredBody, Verification):
        assert not model.objects.exists(), model
    release.refresh_from_db()
    assert release.status == "confirmed"


def test_the_main_sweep_judges_its_checks_with_those_of_the_other():
    ReleaseFactory(confirmed=True)
    sweep_a_morning(vantage_point="London", live_after=2)
    sweep_a_morning(live_after=None)
    verdict = Verification.objects.get()
    assert verdict.outcome == "uncertain"
    assert verdict.results[0].vantage.live_only == ("",)  # the scripted publisher has no name for its network


def test_a_release_that_the_other_found_in_time_is_judged_again_when_its_checks_are_stored_later():
    ReleaseFactory(confirmed=True)
    sweep_a_morning(live_after=None)
    assert Verification.objects.get().outcome == "not_seen"
    sweep_a_morning(vantage_point="London", live_after=2)
    assert Verification.objects.get().outcome == "uncertain"


@pytest.mark.parametrize(("seconds", "outcome"), [(14, "pending"), (30, "not_seen")])
def test_the_main_sweep_waits_up_to_15_seconds_for_the_check_of_the_other_at_the_limit(seconds, outcome):
    release = ReleaseFactory(confirmed=True)
    sweep_a_morning(vantage_point="London", live_after=None, ends_at=release.limit_at - timedelta(seconds=5))
    sweep_a_morning(live_after=None, ends_at=release.limit_at + timedelta(seconds=seconds))
    assert Verification.objects.get().outcome == outcome


def test_each_vantage_point_has_a_lease_of_its_own():
    ReleaseFactory(confirmed=True)
    clock = JumpingClock(BEGINS, ends_at=ENDS)
    publisher = ScriptedPublisher(clock, script(live_after=2))
    main, first, second = (
        Sweep(clock=clock, probe=publisher, name=name, vantage_point=point)
        for name, point in (("main", ""), ("first", "London"), ("second", "London"))
    )
    for sweep in (main, first, second):
        sweep.claim()
    assert [len(sweep.targets) for sweep in (main, first, second)] == [1, 1, 0]
    holders = dict(HostLease.objects.values_list("host", "holder"))
    assert holders[HOST] == "main"
    assert holders[f"vantage London {HOST}"] == "first"


def test_its_sweep_is_no_sign_that_monitoring_works(settings):
    settings.VANTAGE_POINT = "London"
    jobs.sweep()
    assert status.find_heartbeat(status.SWEEP).finished_at is None
    settings.VANTAGE_POINT = ""
    jobs.sweep()
    assert status.find_heartbeat(status.SWEEP).finished_at is not None


def judge_requests(clock):
    verdict_queue.judge_requests(process="judge", most=9, now=clock.now, stop=lambda: False)


def create_seldom_checked():
    """A release whose page is checked by the main sweep 5 s after its limit, and not again for 15 s."""
    series = SeriesFactory(tolerance_seconds=179)
    return ReleaseFactory(confirmed=True, series=series, url=f"https://{HOST}/statistics/page-9")


@pytest.mark.parametrize("judges", [True, False], ids=["judged by the sweep", "judged by the queue"])
@pytest.mark.parametrize(("result", "outcome"), [("not_live", "not_seen"), ("live", "uncertain")])
def test_a_late_check_of_the_other_is_judged_before_the_next_own_check(judges, result, outcome):
    release = create_seldom_checked()
    sweep_a_morning(vantage_point="London", live_after=None, ends_at=release.limit_at - timedelta(seconds=5))
    stored_at, clock = release.limit_at + timedelta(seconds=6), JumpingClock(BEGINS, ends_at=ENDS)
    planned_at = SEED_DUE + timedelta(seconds=2) if result == "live" else release.limit_at
    found = []

    def note_outcome():
        found.append(Verification.objects.get().outcome)

    def store_late_check():
        note_outcome()
        (page,) = release.addresses.all()
        create_observation(page, result, at=planned_at, purpose=Purpose.VANTAGE)

    clock.act(stored_at, store_late_check)
    clock.act(stored_at + timedelta(seconds=5), note_outcome)
    for seconds in range(int(SEED_DUE.timestamp()), int(ENDS.timestamp())) if not judges else ():
        clock.act(datetime.fromtimestamp(seconds, UTC), partial(judge_requests, clock))
    publisher = play(clock, live_after=None, judges=judges)
    assert found == ["pending", outcome]
    assert not any(timedelta(0) <= one.planned_at - stored_at < timedelta(seconds=5) for one in publisher.asked)
    assert ReleaseEvent.objects.filter(kind="judged").count() == 1


def test_the_main_sweep_judges_when_it_no_longer_waits_for_the_other():
    release = create_seldom_checked()
    sweep_a_morning(vantage_point="London", live_after=None, ends_at=release.limit_at - timedelta(seconds=5))
    publisher = sweep_a_morning(live_after=None, ends_at=release.limit_at + timedelta(seconds=19))
    assert Verification.objects.get().outcome == "not_seen"
    assert max(one.planned_at for one in publisher.asked) < release.limit_at + timedelta(seconds=6)


def test_without_a_further_vantage_point_no_checks_of_one_are_counted(monkeypatch):
    ReleaseFactory(confirmed=True)
    monkeypatch.setattr(repository, "count_vantage_checks", lambda _releases: pytest.fail("There are none."))
    sweep_a_morning(live_after=None)
    assert Verification.objects.get().outcome == "not_seen"
