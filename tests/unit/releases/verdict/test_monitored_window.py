"""Between the due instant and the limit, a stretch that no one checked accuses no one."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.verdict.address import Gap, Interval, Outcome
from tests.support.checks import ABSENT, DUE, LIVE, UNREACHABLE, UNRECOGNISED, at, judged, make_check

ACCUSES_OF_LATENESS = {Outcome.LATE, Outcome.NOT_SEEN}


def absent_at(*seconds):
    return [make_check(ABSENT, second) for second in seconds]


def every(step, *, until=120):
    return absent_at(*range(0, until + 1, step))


def test_a_page_that_was_live_while_its_host_asked_us_to_wait_is_not_late():
    checks = [make_check(ABSENT, -5), *absent_at(30.7, 35, 40), make_check(LIVE, 45)]
    verdict = judged(*checks, limit=35, gap=10)
    assert verdict.outcome is Outcome.UNCERTAIN
    assert verdict.gaps == (Gap(DUE, at(30.7)),)
    assert verdict.delay == Interval(0, 45)


def test_three_checks_far_apart_make_no_late_release():
    verdict = judged(*absent_at(-3600, 600), make_check(LIVE, 900), gap=10)
    assert verdict.outcome is Outcome.UNCERTAIN
    assert verdict.gaps == (Gap(DUE, at(600)),)


def test_a_page_that_is_not_there_after_a_gap_is_a_question_with_the_gap():
    verdict = judged(*absent_at(-5, 600), gap=10)
    assert verdict.outcome is Outcome.CANNOT_TELL
    assert verdict.gaps == (Gap(DUE, at(600)),)
    assert verdict.last_not_live_at == at(600)


@pytest.mark.parametrize(
    ("step", "outcome"),
    [pytest.param(10, Outcome.NOT_SEEN, id="as-long-as-it-may"), pytest.param(12, Outcome.CANNOT_TELL, id="longer")],
)
def test_a_gap_may_be_as_long_as_the_longest_and_no_longer(step, outcome):
    assert judged(*every(step), gap=10).outcome is outcome


def test_only_a_check_that_found_the_release_missing_closes_a_gap():
    checks = [check for check in every(10) if check.sent_at != at(60)]
    for result in (UNREACHABLE, UNRECOGNISED):
        verdict = judged(*checks, make_check(result, 60), gap=10)
        assert verdict.outcome is Outcome.CANNOT_TELL
        assert verdict.gaps == (Gap(at(50), at(70)),)


def test_after_the_first_check_from_the_limit_on_a_gap_does_not_matter():
    verdict = judged(*every(10), make_check(ABSENT, 600), make_check(LIVE, 700), gap=10)
    assert (verdict.outcome, verdict.delay) == (Outcome.LATE, Interval(600, 700))
    assert verdict.gaps == ()


def test_no_answer_from_shortly_before_the_limit_on_is_a_gap_up_to_the_limit():
    assert judged(*every(10, until=80), gap=10).gaps == (Gap(at(80), at(120)),)


def test_the_time_up_to_the_limit_may_be_as_long_as_the_longest_gap_and_no_longer():
    absent = [check for check in every(10, until=110) if check.sent_at < at(110)]
    assert judged(*absent, make_check(ABSENT, 110), gap=10).gaps == ()
    assert judged(*absent, make_check(ABSENT, 109.9), gap=10).gaps == (Gap(at(109.9), at(120)),)


def test_what_is_on_time_or_pending_has_no_gaps():
    assert judged(make_check(ABSENT, -5), make_check(LIVE, 100), gap=10).gaps == ()
    assert judged(make_check(ABSENT, -5), make_check(ABSENT, 60), settled=False, gap=10).gaps == ()


def test_a_clock_that_may_be_off_makes_a_gap_longer_by_what_it_may_be_off_on_either_side():
    steps = range(0, 131, 5)
    assert judged(*(make_check(ABSENT, at_, bound=2.5) for at_ in steps), gap=10).outcome is Outcome.NOT_SEEN
    assert judged(*(make_check(ABSENT, at_, bound=2.6) for at_ in steps), gap=10).outcome is Outcome.CANNOT_TELL


SECONDS = st.integers(-200, 2500).map(lambda tenths: tenths / 10)


@given(
    st.lists(SECONDS, min_size=1, max_size=60, unique=True),
    st.integers(0, 1100).map(lambda tenths: tenths / 10),
    st.integers(0, 600).map(lambda tenths: tenths / 10),
    st.none() | SECONDS,
)
def test_a_page_that_was_live_in_time_for_as_long_as_a_gap_may_be_is_never_late(
    checked_at, live_at, longer, live_again
):
    """A page that goes live once in time, goes away, and perhaps comes back; checks of any instants."""
    gone_at = live_at + 10 + longer

    def is_live(second):
        return live_at <= second < gone_at or (live_again is not None and second >= max(live_again, gone_at))

    checks = [make_check(LIVE if is_live(second) else ABSENT, second) for second in checked_at]
    verdict = judged(make_check(ABSENT, -600), *checks, gap=9.9)
    assert verdict.from_due not in ACCUSES_OF_LATENESS


@given(st.integers(1, 10), st.integers(121, 2000), st.lists(st.sampled_from((UNREACHABLE, UNRECOGNISED)), max_size=3))
def test_a_page_that_is_checked_closely_and_comes_late_is_late(step, live_at, faults):
    checks = [make_check(LIVE if second >= live_at else ABSENT, second) for second in range(0, live_at + 20, step)]
    also = [make_check(result, 60 + number, completed=75 + number) for number, result in enumerate(faults)]
    verdict = judged(*checks, make_check(ABSENT, 120), *also, gap=10)
    assert verdict.outcome is Outcome.LATE
    assert verdict.delay.from_seconds >= 120
    assert timedelta(0) <= verdict.first_live_at - at(live_at) <= timedelta(seconds=step)
