"""What is seen by a clock that is known to be wrong is kept, and neither accuses nor clears anybody."""

from contextlib import suppress
from datetime import timedelta

import pytest

from releases.core.looks.clock_error import ClockError, Voucher
from releases.models import Observation
from releases.watching import watch
from tests.factories import SEED_DUE, a_confirmed_release
from tests.releases.scripted import JumpingClock, MorningOver, ScriptedPublisher

OFF = ClockError(Voucher.NOBODY, bound=None, stepped_by=timedelta(seconds=30))
CONTROLS = ("https://one.example.org/", "https://two.example.net/")

pytestmark = [pytest.mark.usefixtures("calendar_at_rest"), pytest.mark.django_db]


class ClockOfThisMachine(JumpingClock):
    """A jumping clock with an error of its own, that notes whose time it was told."""

    def __init__(self, *, error: ClockError, start=SEED_DUE - timedelta(seconds=20), until=timedelta(minutes=1)):
        super().__init__(start, ends_at=SEED_DUE + until)
        self.known, self.heard = error, []

    def error(self):
        return self.known

    def hear(self, host, *, sent_at, completed_at, date):
        self.heard.append((host, date))


def play(clock, script=lambda url, at: (404, "", 0.1), **fields):
    a_confirmed_release()
    publisher = ScriptedPublisher(clock, script)
    with suppress(MorningOver):
        watch.sweep(clock=clock, look=publisher, watcher="wrong", **fields)
    return publisher


def test_looks_by_a_clock_that_was_set_by_half_a_minute_are_kept_as_seen_and_marked():
    play(ClockOfThisMachine(error=OFF))
    looks = Observation.objects.plain()
    assert looks.count() > 10
    assert {look.result for look in looks} == {"not_live"}
    assert all("clock_off" in look.reasons for look in looks)
    assert {look.clock_bound_seconds for look in looks} == {None}


def test_a_clock_off_by_less_than_the_operator_allows_marks_nothing_and_its_bound_is_kept():
    error = ClockError(Voucher.CHRONY, bound=timedelta(seconds=0.02), off_by=timedelta(seconds=1.5))
    play(ClockOfThisMachine(error=error), clock_largest_error=timedelta(seconds=2))
    looks = Observation.objects.plain()
    assert {look.clock_bound_seconds for look in looks} == {0.02}
    assert not any("clock_off" in look.reasons for look in looks)


def test_the_clock_is_compared_with_unrelated_hosts_once_before_it_is_needed():
    clock = ClockOfThisMachine(error=ClockError(Voucher.NOBODY, bound=None))
    publisher = play(clock, controls=CONTROLS)
    assert [errand.url for errand in publisher.asked if errand.url in CONTROLS] == list(CONTROLS)
    assert {host for host, _ in clock.heard} == {"one.example.org", "two.example.net"}


def test_a_clock_compared_just_now_is_not_compared_again():
    error = ClockError(Voucher.KERNEL, bound=timedelta(0), compared_at=SEED_DUE - timedelta(minutes=1))
    publisher = play(ClockOfThisMachine(error=error), controls=CONTROLS)
    assert not [errand for errand in publisher.asked if errand.url in CONTROLS]
