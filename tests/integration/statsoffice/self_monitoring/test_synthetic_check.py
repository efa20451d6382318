"""Rehearsals over real HTTP, through the same functions as every check: each right verdict, and how it goes wrong."""

from datetime import timedelta

import pytest

from releases.models import Coverage, Observation, Release, Verification
from releases.monitoring.clock import ScriptedClock
from releases.probe.examiner import ExaminationError
from releases.probe.examiner_pool import Examiners
from releases.rules.clock_error import ClockError, Voucher
from releases.verdict.address import Outcome
from statsoffice.self_monitoring import page, synthetic_check
from statsoffice.self_monitoring.models import SyntheticCheck
from statsoffice.self_monitoring.page import EXPECTED_IN_TURN
from statsoffice.self_monitoring.synthetic_check import Stopped, make_private_probe
from tests.integration.statsoffice.self_monitoring.self_test import MORNING, TravellingClock, at_once, stale_cache
from tests.servers.ports import free_port

pytestmark = pytest.mark.django_db


def test_every_verdict_in_turn_comes_out_right_with_the_true_instant_in_its_interval(rehearse):
    played = [rehearse() for _ in EXPECTED_IN_TURN]
    assert [one.found for one in played] == list(EXPECTED_IN_TURN)
    assert all(one.right for one in played), [(one.found, one.reasons) for one in played if not one.right]
    for one in played:
        assert one.live_at is None or one.last_not_live_at < one.live_at <= one.first_live_at


def test_neighbouring_rehearsals_expect_different_verdicts():
    following = [*EXPECTED_IN_TURN[1:], EXPECTED_IN_TURN[0]]
    assert all(one is not other for one, other in zip(EXPECTED_IN_TURN, following, strict=True))


def test_nothing_of_a_rehearsal_is_put_on_record(rehearse):
    rehearse()
    for table in (Observation, Verification, Release, Coverage):
        assert not table.objects.exists()


def test_only_the_last_hour_is_kept(rehearse, clock):
    for number in range(1, synthetic_check.STORED_RESULTS + 5):
        SyntheticCheck.objects.create(
            number=number, expected=Outcome.LATE, begins_at=clock.now(), finished_at=clock.now(), right=True
        )
    rehearse()
    assert SyntheticCheck.objects.count() == synthetic_check.STORED_RESULTS
    assert SyntheticCheck.objects.first().number == synthetic_check.STORED_RESULTS + 5


def test_a_page_that_does_not_answer_is_wrong_and_names_the_reason(rehearse, settings):
    settings.ADDRESS = f"http://127.0.0.1:{free_port()}"
    result = rehearse()
    assert (result.right, result.found, result.reasons) == (False, "cannot_tell", ["connect"])


def test_a_cache_that_serves_an_old_copy_is_noticed(rehearse, own_page, settings):
    with stale_cache(own_page) as settings.ADDRESS:
        result = rehearse()
    assert (result.right, result.expected, result.found) == (False, "on_time", "not_seen")


def test_a_clock_that_runs_ahead_of_the_page_is_noticed(rehearse, clock):
    result = rehearse(by=clock.ahead_by(30))
    assert result.right is False


class VouchedClock(TravellingClock):
    """A clock that may be almost a second off, as someone vouches."""

    def error(self):
        return ClockError(voucher=Voucher.KERNEL, bound=timedelta(seconds=0.9))


def test_a_clock_that_may_be_almost_a_second_off_still_comes_to_every_right_verdict(rehearse, time_machine):
    by = VouchedClock(time_machine)
    assert [rehearse(by=by).right for _ in EXPECTED_IN_TURN] == [True] * len(EXPECTED_IN_TURN)


class SetClock(TravellingClock):
    """A clock that knows that it was set by a minute."""

    def error(self):
        return ClockError(voucher=Voucher.NOBODY, bound=None, stepped_by=timedelta(minutes=1))


def test_a_clock_that_is_known_to_be_wrong_is_told_and_nothing_is_found_by_it(rehearse, time_machine):
    result = rehearse(by=SetClock(time_machine))
    assert (result.right, result.found, result.clock_off) == (False, "cannot_tell", True)
    assert "clock_off" in result.reasons


def test_a_chain_that_finds_everything_on_time_is_not_right_twice_in_a_row(rehearse, monkeypatch):
    on_time = Outcome.ON_TIME, None
    monkeypatch.setattr("statsoffice.self_monitoring.synthetic_check.combine_addresses", lambda addresses: on_time)
    assert [rehearse().right for _ in EXPECTED_IN_TURN[:4]] == [True, False, True, False]


def page_that_is_late_by(seconds):
    """Return the page as it was some seconds before."""
    page_state = page.page_state
    return lambda token, *, at: page_state(token, at=at - timedelta(seconds=seconds))


def test_the_right_verdict_with_an_interval_that_does_not_hold_the_true_instant_is_wrong(rehearse, monkeypatch):
    # Live just before the limit and not two seconds after the release was due: on time, and not then.
    monkeypatch.setattr(page, "page_state", page_that_is_late_by(7.2))
    result = rehearse()
    assert (result.found, result.right) == ("on_time", False)
    assert result.last_not_live_at > result.live_at


def test_a_fault_of_our_own_is_kept_as_wrong_and_surfaces(rehearse, monkeypatch):
    monkeypatch.setattr(Examiners, "examine", lambda self, request: ExaminationError("our own code"))
    with pytest.raises(ExaminationError, match="our own code"):
        rehearse()
    assert (SyntheticCheck.objects.get().right, SyntheticCheck.objects.get().found) == (False, "")


def test_a_rehearsal_that_is_told_to_stop_says_nothing(clock, own_page):
    def look(url):
        return make_private_probe(url, now=clock.now)

    assert synthetic_check.perform_next(clock=clock, open_probe=look, stop=lambda: True) is None
    assert SyntheticCheck.objects.get().finished_at is None


def test_a_second_tick_within_the_minute_plays_nothing(rehearse, clock):
    rehearse()
    assert synthetic_check.perform_next(clock=clock, open_probe=None) is None


@pytest.mark.django_db(transaction=True)
def test_of_several_ticks_at_once_one_plays_the_rehearsal():
    class Standing(ScriptedClock):
        def now(self):
            return MORNING

    begun = []

    def look(url):
        begun.append(url)
        raise Stopped

    at_once(*[lambda: synthetic_check.perform_next(clock=Standing(), open_probe=look)] * 4)
    assert len(begun) == 1
    assert SyntheticCheck.objects.count() == 1


def test_a_clock_that_was_set_back_does_not_silence_the_self_test(rehearse, clock, time_machine):
    first = rehearse()
    time_machine.move_to(first.begins_at - timedelta(hours=1))
    assert rehearse().number == first.number + 1


def test_a_self_test_that_is_switched_off_plays_nothing(rehearse, settings):
    settings.CANARY = False
    assert rehearse() is None
