"""The order of work in a sweep that has more work than time."""

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest

from releases import judge
from releases.models import Verification
from releases.monitoring import sweep
from releases.monitoring.sweep import CLAIM_AT_LEAST_EVERY, CLAIM_EVERY, Sweep, SweepFaults
from releases.monitoring.targets import Target
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

pytestmark = pytest.mark.django_db

PAGE = "<title>Inspections as at 31 March 2020</title><h1>Inspections as at 31 March 2020</h1>"
EXAMINED_AFTER = timedelta(seconds=20)


class SlowExaminers(ScriptedPublisher):
    """Each response has its result only `EXAMINED_AFTER` the due instant."""

    def __init__(self, clock):
        super().__init__(clock, lambda url, at: (404, "", 0.01))
        self._clock, self._begun = clock, []

    def begin_examination(self, key, adapter, answer, expectation):
        self._begun.append((key, self.examine(adapter, answer, expectation)))

    def examined(self, timeout_seconds):
        self._clock.sleep_until(self._clock.now() + timedelta(seconds=timeout_seconds or 0.02))
        if self._clock.now() < SEED_DUE + EXAMINED_AFTER:
            return []
        results, self._begun = self._begun, []
        return results


def test_all_checks_of_an_instant_are_sent_before_the_next_ones_are_planned(monkeypatch):
    for number in range(3):
        ReleaseFactory(confirmed=True, reference=f"part-{number}", url=f"https://www.example.gov.uk/part-{number}")
    done, plan_next = [], Target.plan_next
    clock = JumpingClock(SEED_DUE - timedelta(seconds=1), ends_at=SEED_DUE + timedelta(seconds=0.5))
    publisher = ScriptedPublisher(clock, lambda url, at: (404, "", 0.01))
    start = publisher.start

    def record_start(request):
        if request.planned_at == SEED_DUE:
            done.append("sent")
        start(request)

    def record_plan(target, *, now):
        if now >= SEED_DUE:
            done.append("planned")
        plan_next(target, now=now)

    monkeypatch.setattr(publisher, "start", record_start)
    monkeypatch.setattr(Target, "plan_next", record_plan)
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="many").run()
    sent = done.count("sent")
    assert sent >= 3
    assert done[:sent] == ["sent"] * sent
    assert done.count("planned") >= 3


@pytest.mark.parametrize(
    ("most_unexamined", "every"),
    [pytest.param(0, CLAIM_AT_LEAST_EVERY, id="backlog"), pytest.param(500, CLAIM_EVERY, id="no backlog")],
)
def test_the_plan_is_compared_with_the_database_less_often_in_a_backlog(monkeypatch, most_unexamined, every):
    monkeypatch.setattr(sweep, "MOST_UNEXAMINED", most_unexamined)
    ReleaseFactory(confirmed=True)
    clock = JumpingClock(SEED_DUE - timedelta(seconds=1), ends_at=SEED_DUE + EXAMINED_AFTER + timedelta(minutes=3))
    monitoring = Sweep(clock=clock, probe=SlowExaminers(clock), name="slow")
    claims, claim = [], monitoring.claim

    def record_claim():
        claims.append(clock.now())
        claim()

    monkeypatch.setattr(monitoring, "claim", record_claim)
    with suppress(MorningOver):
        monitoring.run()
    # The check at the due instant has a quiet time of two seconds, in which no claim can begin.
    during = [at for at in claims if SEED_DUE + timedelta(seconds=4) <= at <= SEED_DUE + EXAMINED_AFTER]
    waits = {later - at for at, later in pairwise(during)}
    assert waits
    assert all(every <= wait < every + timedelta(seconds=1) for wait in waits)


def sweep_live_page(*, since, until, live_at, judges):
    """Monitor a page between two instants, and return the times for which plain checks were planned."""
    clock = JumpingClock(since, ends_at=until)
    publisher = ScriptedPublisher(clock, lambda url, at: (200, PAGE, 0.01) if at >= live_at else (404, "", 0.01))
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="first" if judges else "waiting", judges=judges).run()
    return [request.planned_at for request in publisher.asked if not request.fresh]


@pytest.mark.parametrize(("found_live_after", "number"), [(0, 1), (10, 12)])
def test_a_page_that_was_found_live_is_checked_less_often_before_it_is_judged(found_live_after, number):
    ReleaseFactory(confirmed=True)
    live_at = SEED_DUE + timedelta(seconds=found_live_after)
    until = SEED_DUE + timedelta(seconds=50)
    checks = sweep_live_page(since=SEED_DUE - timedelta(minutes=1), until=until, live_at=live_at, judges=False)
    assert len([at for at in checks if at >= SEED_DUE]) == number


def test_a_page_that_was_found_live_is_checked_at_the_limit_and_a_second_later_while_it_is_not_judged():
    limit_at = ReleaseFactory(confirmed=True).limit_at
    until = limit_at + timedelta(seconds=5)
    checks = sweep_live_page(since=SEED_DUE - timedelta(minutes=1), until=until, live_at=SEED_DUE, judges=False)
    assert [at for at in checks if at >= limit_at] == [limit_at, limit_at + timedelta(seconds=1)]


def test_a_live_page_whose_release_could_not_be_judged_is_checked_and_judged_again_soon(monkeypatch):
    ReleaseFactory(confirmed=True)
    judge_all, tried_at = judge.judge_all, []

    def fail_at_first(releases, *, now, answered_until):
        tried_at.append(now)
        if len(tried_at) == 1:
            return [], [(release, RuntimeError("our own fault")) for release in releases]
        return judge_all(releases, now=now, answered_until=answered_until)

    monkeypatch.setattr(judge, "judge_all", fail_at_first)
    since, until = SEED_DUE - timedelta(minutes=1), SEED_DUE + timedelta(seconds=20)
    with suppress(SweepFaults):
        sweep_live_page(since=since, until=until, live_at=SEED_DUE, judges=True)
    assert tried_at[1] - tried_at[0] < timedelta(seconds=3)
    assert Verification.objects.get().outcome == Outcome.ON_TIME


def test_the_next_process_checks_a_live_page_at_once_if_the_first_one_ended_before_judging():
    ReleaseFactory(confirmed=True)
    ended_at = SEED_DUE + timedelta(seconds=5)
    sweep_live_page(since=SEED_DUE - timedelta(minutes=1), until=ended_at, live_at=SEED_DUE, judges=False)
    assert not Verification.objects.exists()
    sweep_live_page(since=ended_at, until=ended_at + timedelta(seconds=10), live_at=SEED_DUE, judges=True)
    verdict = Verification.objects.get()
    assert verdict.outcome == Outcome.ON_TIME
    assert verdict.decided_at <= ended_at + timedelta(seconds=1)
