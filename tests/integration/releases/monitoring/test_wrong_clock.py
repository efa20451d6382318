"""A check by a clock that is known to be wrong is stored, and neither accuses nor clears anyone."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from releases.models import Observation, Verification
from releases.monitoring.sweep import Sweep
from releases.rules.cadence import CONFIRMING
from releases.rules.clock_error import PEER_TIME_VALID_FOR, ClockError, Voucher
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

OFF = ClockError(Voucher.NOBODY, bound=None, stepped_by=timedelta(seconds=30))
CONTROLS = ("https://one.example.org/", "https://two.example.net/")

pytestmark = [pytest.mark.usefixtures("calendar_at_rest"), pytest.mark.django_db]


class ClockOfThisMachine(JumpingClock):
    """A jumping clock with its own error, that notes from whom it got the time."""

    def __init__(self, *, error: ClockError, start=SEED_DUE - timedelta(seconds=20), until=timedelta(minutes=1)):
        super().__init__(start, ends_at=SEED_DUE + until)
        self.known, self.heard = error, []

    def error(self):
        return self.known

    def compare_with_host(self, host, *, sent_at, completed_at, date):
        self.heard.append((host, date))


def play(clock, script=lambda url, at: (404, "", 0.1), **fields):
    ReleaseFactory(confirmed=True)
    publisher = ScriptedPublisher(clock, script)
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="wrong", **fields).run()
    return publisher


def test_checks_by_a_clock_that_was_set_by_half_a_minute_are_kept_as_seen_and_marked():
    play(ClockOfThisMachine(error=OFF))
    looks = Observation.objects.plain()
    assert looks.count() > 10
    assert {look.result for look in looks} == {"not_live"}
    assert all("clock_off" in look.reasons for look in looks)
    assert {look.clock_bound_seconds for look in looks} == {2.1}  # by the time that the responses state


def test_a_clock_off_by_less_than_the_operator_allows_marks_nothing_and_its_bound_is_kept():
    error = ClockError(Voucher.CHRONY, bound=timedelta(seconds=0.02), off_by=timedelta(seconds=1.5))
    play(ClockOfThisMachine(error=error), clock_largest_error=timedelta(seconds=2))
    looks = Observation.objects.plain()
    assert {look.clock_bound_seconds for look in looks} == {0.02}
    assert not any("clock_off" in look.reasons for look in looks)


def test_the_clock_is_compared_with_unrelated_hosts_once_before_it_is_needed():
    clock = ClockOfThisMachine(error=ClockError(Voucher.NOBODY, bound=None))
    publisher = play(clock, controls=CONTROLS)
    assert [check_request.url for check_request in publisher.asked if check_request.url in CONTROLS] == list(CONTROLS)
    assert {host for host, _ in clock.heard} == {"one.example.org", "two.example.net"}


def test_a_long_sweep_compares_the_clock_again_before_the_last_comparison_is_too_old():
    error = ClockError(Voucher.NOBODY, bound=None)
    publisher = play(ClockOfThisMachine(error=error, start=SEED_DUE - timedelta(minutes=30)), controls=CONTROLS)
    asked = [request.planned_at for request in publisher.asked if request.url == CONTROLS[0]]
    assert asked[-1] > SEED_DUE - timedelta(minutes=15)
    assert all(later - earlier >= timedelta(minutes=5) for earlier, later in pairwise(asked))
    assert all(later - earlier < PEER_TIME_VALID_FOR for earlier, later in pairwise([*asked, SEED_DUE]))


def test_a_clock_that_was_set_back_is_compared_again_at_once():
    ReleaseFactory(confirmed=True)
    clock = ClockOfThisMachine(error=ClockError(Voucher.NOBODY, bound=None))
    publisher = ScriptedPublisher(clock, lambda url, at: (404, "", 0.1))
    sweep = Sweep(clock=clock, probe=publisher, name="set back", controls=CONTROLS)
    sweep.claim()
    clock._now -= timedelta(hours=1)
    sweep.claim()
    assert [request.url for request in publisher.asked if request.url in CONTROLS] == [*CONTROLS, *CONTROLS]


def test_a_clock_compared_just_now_is_not_compared_again():
    error = ClockError(Voucher.KERNEL, bound=timedelta(0), compared_at=SEED_DUE - timedelta(minutes=1))
    publisher = play(ClockOfThisMachine(error=error), controls=CONTROLS)
    assert not [check_request for check_request in publisher.asked if check_request.url in CONTROLS]


@pytest.mark.parametrize(("after_limit", "outcomes"), [(0.5, []), (2, [Outcome.NOT_SEEN])])
def test_a_release_is_judged_only_once_the_check_after_the_limit_has_confirmed_the_one_at_it(after_limit, outcomes):
    error = ClockError(Voucher.CHRONY, bound=timedelta(seconds=0.02))
    play(ClockOfThisMachine(error=error, until=timedelta(minutes=2, seconds=after_limit)))
    assert Observation.objects.filter(planned_at=SEED_DUE + timedelta(minutes=2)).exists()
    assert list(Verification.objects.values_list("outcome", flat=True)) == outcomes


def test_a_check_that_is_stored_exactly_when_the_verdict_settles_is_judged_at_once():
    error = ClockError(Voucher.CHRONY, bound=timedelta(seconds=0.02))
    # Each check takes no time, so the check one second after the limit is stored at the very instant.
    play(ClockOfThisMachine(error=error, until=timedelta(minutes=2, seconds=5)), lambda url, at: (404, "", 0.0))
    assert Verification.objects.get().decided_at == SEED_DUE + timedelta(minutes=2) + CONFIRMING


# --- N7: a clock that is 20 seconds ahead, and a page that is live to the second

AHEAD = timedelta(seconds=20)
CONFIRMED = ClockError(Voucher.KERNEL, bound=timedelta(seconds=0.1))


class PublisherWithTheRightTime(ScriptedPublisher):
    """A publisher whose responses state the true time, or none, to a monitoring process whose clock is ahead."""

    def __init__(self, clock, script, *, tells):
        super().__init__(clock, script)
        self.tells = tells

    def brought(self, check_request, answer):
        told = (("date", format_datetime(answer.sent_at - AHEAD, usegmt=True)),) if self.tells else ()
        return replace(answer, headers=(answer.headers[0], *told))


def play_to_the_limit(error, *, tells, live_at=SEED_DUE + AHEAD, tolerance=timedelta(seconds=5)):
    """Play a morning on which the page goes live at an instant of monitoring's clock, and return the outcome."""
    release = ReleaseFactory(confirmed=True)
    type(release.series).objects.filter(pk=release.series_id).update(tolerance_seconds=tolerance.seconds)
    clock = ClockOfThisMachine(error=error, until=timedelta(minutes=2))
    page = (
        "<title>Schools, March 2020</title><h1>State-funded schools inspections and outcomes as at 31 March 2020</h1>"
    )
    publisher = PublisherWithTheRightTime(
        clock, lambda url, at: (200, page, 0.1) if at >= live_at else (404, "", 0.1), tells=tells
    )
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="ahead").run()
    return Verification.objects.get(release=release).outcome


@pytest.mark.parametrize("tells", [True, False], ids=["another time", "no time"])
def test_an_unconfirmed_clock_that_every_response_contradicts_accuses_no_one(tells):
    assert play_to_the_limit(ClockError(Voucher.NOBODY, bound=None), tells=tells) == Outcome.UNCERTAIN


def test_a_publisher_that_tells_another_time_is_late_by_a_confirmed_clock():
    assert play_to_the_limit(CONFIRMED, tells=True) == Outcome.LATE
