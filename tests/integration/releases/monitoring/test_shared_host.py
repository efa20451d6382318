"""Many releases at one host: each is judged correctly, and a slow database does not slow their checks."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from releases import judge
from releases.evidence import store
from releases.models import Observation, Verification
from releases.monitoring.sweep import Sweep
from releases.probe.rate_limit import Lanes
from releases.rules.host_budget import Budget, spread_seconds
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("calendar_at_rest")]

HOST = "www.gov.uk"
BUDGET, SMALL_BUDGET = (6, 8), (2, 2)
TAKES_SECONDS = 0.25
LATE_BY = timedelta(minutes=3)
OUT = "<title>Inspections as at 31 March 2020</title><h1>Inspections as at 31 March 2020</h1>"
MONOTONIC_ZERO = SEED_DUE - timedelta(days=1)
A_MOMENT = timedelta(microseconds=10)


class AtABudget(ScriptedPublisher):
    """Sends at one host what its budget allows, and decisive requests first, as the fetcher does."""

    def __init__(self, clock, script, *, budget=BUDGET):
        super().__init__(clock, script)
        self._lanes = Lanes({}, default=Budget(*budget).monitoring_share)
        self._turns = {}

    @property
    def in_flight(self):
        return super().in_flight + len(self._turns)

    def start(self, check_request):
        turn = self._turns[check_request.key] = [check_request]
        self._lanes.add(HOST, turn, first=check_request.decisive)

    def waits(self, key):
        return key in self._turns

    def hand_turn(self, key, check_request):
        turn = self._turns[check_request.key] = self._turns.pop(key)
        turn[:] = [check_request]

    def poll(self, timeout_seconds):
        until = self._clock.now() + timedelta(seconds=timeout_seconds)
        while True:
            while turn := self._lanes.next(self._seconds()):
                del self._turns[turn[0].key]
                super().start(turn[0])
            next_at = self._lanes.next_moment()
            wake_at = until if next_at is None else min(until, MONOTONIC_ZERO + timedelta(seconds=next_at) + A_MOMENT)
            if self._under_way and self._under_way[0][0] <= wake_at:
                answers = super().poll((wake_at - self._clock.now()).total_seconds())
                self._lanes.ended(HOST)
                return answers
            self._clock.sleep_until(wake_at)
            if wake_at >= until:
                return []

    def _seconds(self):
        return (self._clock.now() - MONOTONIC_ZERO).total_seconds()


@pytest.mark.full
def test_each_of_a_hundred_releases_at_one_host_is_told_on_time_from_late(settings):
    settings.PROBE_BUDGETS = {HOST: BUDGET}
    series = SeriesFactory()
    for number in range(100):
        kind = "late" if number % 2 else "on-time"
        ReleaseFactory(
            confirmed=True, series=series, reference=f"{kind}-{number}", url=f"https://{HOST}/{kind}/{number}"
        )

    def script(url, at):
        out_at = SEED_DUE + (LATE_BY if "/late/" in url else timedelta(0))
        return (200, OUT, TAKES_SECONDS) if at >= out_at else (404, "", TAKES_SECONDS)

    clock = JumpingClock(SEED_DUE - timedelta(seconds=40), ends_at=SEED_DUE + LATE_BY + timedelta(minutes=1))
    with suppress(MorningOver):
        Sweep(clock=clock, probe=AtABudget(clock, script), name="first").run()
    told = Verification.objects.values_list("release__reference", "outcome")
    found = Counter((reference.rpartition("-")[0], outcome) for reference, outcome in told)
    assert found == {("late", "late"): 50, ("on-time", "on_time"): 50}


def test_a_slow_database_does_not_slow_the_checks_that_wait_for_their_turn_at_a_host(settings, monkeypatch):
    """Two checks begin every second. Storing and judging take 0.9 seconds together, and checks begin in between."""
    settings.PROBE_BUDGETS = {HOST: SMALL_BUDGET}
    series = SeriesFactory()
    for number in range(12):
        ReleaseFactory(confirmed=True, series=series, reference=f"r-{number}", url=f"https://{HOST}/{number}")
    clock = JumpingClock(SEED_DUE - timedelta(seconds=20), ends_at=SEED_DUE + timedelta(seconds=30))

    def make_slow(module, name):
        work = getattr(module, name)

        def work_slowly(*args, **kwargs):
            clock.sleep_until(clock.now() + timedelta(seconds=0.45))
            return work(*args, **kwargs)

        monkeypatch.setattr(module, name, work_slowly)

    make_slow(store, "store_checks")
    make_slow(judge, "judge_all")

    def script(url, at):
        return (200, OUT, 0.1) if at >= SEED_DUE else (404, "", 0.1)

    with suppress(MorningOver):
        Sweep(clock=clock, probe=AtABudget(clock, script, budget=SMALL_BUDGET), name="slow").run()
    sent = sorted(Observation.objects.filter(planned_at=SEED_DUE).values_list("sent_at", flat=True))
    assert len(sent) == 12
    assert (sent[-1] - SEED_DUE).total_seconds() <= spread_seconds(12, Budget(*SMALL_BUDGET)) * 1.5
