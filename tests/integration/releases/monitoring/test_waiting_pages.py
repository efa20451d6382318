"""Checks that wait for their turn at a busy host: one at an address, and the one that decides a verdict first."""

from contextlib import suppress
from datetime import timedelta

import pytest

from releases.models import Address, Observation
from releases.monitoring.sweep import Sweep
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

pytestmark = pytest.mark.django_db

URL = "https://www.example.gov.uk/statistics/schools-march-2020"


def seconds(count):
    return timedelta(seconds=count)


class Busy(ScriptedPublisher):
    """A host that is too busy to be asked for a while; then everything that waits is asked at once."""

    def __init__(self, clock, script, *, until):
        super().__init__(clock, script)
        self._clock, self._until, self._waiting = clock, until, {}

    @property
    def in_flight(self):
        return super().in_flight + len(self._waiting)

    def start(self, check_request):
        if self._clock.now() < self._until:
            assert check_request.key not in self._waiting
            self._waiting[check_request.key] = check_request
        else:
            super().start(check_request)

    def waits(self, key):
        return key in self._waiting

    def hand_turn(self, key, check_request):
        assert self._waiting.pop(key).url == check_request.url
        self._waiting[check_request.key] = check_request

    def poll(self, timeout_seconds):
        if self._waiting and self._clock.now() + seconds(timeout_seconds) >= self._until:
            self._clock.sleep_until(self._until)
            for check_request in self._waiting.values():
                super().start(check_request)
            self._waiting.clear()
            return []
        return super().poll(timeout_seconds)


def planned_and_sent(start, *, busy_until, end, acts=()):
    """Sweep past a time in which the host is busy; return when each check was planned and sent, counted from due."""
    ReleaseFactory(confirmed=True, url=URL)
    clock = JumpingClock(SEED_DUE + seconds(start), ends_at=SEED_DUE + seconds(end))
    for at, what in acts:
        clock.act(SEED_DUE + seconds(at), what)
    publisher = Busy(clock, lambda url, at: (404, "", 0.01), until=SEED_DUE + seconds(busy_until))
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="busy").run()
    looks = Observation.objects.filter(sent_at__lte=SEED_DUE + seconds(busy_until)).order_by("planned_at")
    return [((look.planned_at - SEED_DUE).total_seconds(), (look.sent_at - SEED_DUE).total_seconds()) for look in looks]


def test_a_check_that_waits_stands_for_those_that_fall_due_meanwhile():
    assert planned_and_sent(-40, busy_until=-7, end=-6) == [(-40, -7)]


@pytest.mark.parametrize("decides", [pytest.param(0, id="due"), pytest.param(120, id="limit")])
def test_the_check_that_decides_takes_the_turn_of_the_one_that_waits(decides):
    looks = planned_and_sent(decides - 22, busy_until=decides + 0.25, end=decides + 0.6)
    assert looks == [(decides, decides + 0.25)]


def test_no_later_check_takes_the_turn_of_the_one_that_decides():
    assert planned_and_sent(100, busy_until=150, end=151) == [(120, 150)]


def test_a_check_that_waits_for_something_else_by_now_does_not_stand_for_the_new_one():
    def corrected():
        Address.objects.update(marker="March 2020")

    looks = planned_and_sent(-40, busy_until=-7, end=-6, acts=[(-20, corrected)])
    assert [sent for _, sent in looks] == [-7, -7]
    assert looks[0][0] == -40
    assert looks[1][0] >= -20
