"""Verdicts by a clock that may be off: what accuses holds even if it was off by the whole bound."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from releases.verdict.address import SUSPICIOUS, BeforeDue, Interval, Outcome, settles_at
from tests.support.checks import ABSENT, LIVE, UNREACHABLE, at, judged, make_check


def test_the_delay_is_as_wide_as_the_clock_may_be_off_on_either_side():
    verdict = judged(
        make_check(ABSENT, 130, bound=0.2),
        make_check(LIVE, 140, completed=140.5, bound=0.3),
        make_check(ABSENT, 122, bound=0.2),
    )
    assert verdict.outcome is Outcome.LATE
    assert (verdict.delay.from_seconds, verdict.delay.to_seconds) == pytest.approx((129.8, 140.8))
    assert verdict.clock_bound == timedelta(seconds=0.3)


def test_the_instants_described_are_those_of_the_clock_itself():
    verdict = judged(make_check(ABSENT, 130, bound=2), make_check(LIVE, 140, completed=140.5, bound=2))
    assert (verdict.last_not_live_at, verdict.first_live_at) == (at(130), at(140.5))


def test_a_delay_that_still_grows_begins_as_much_earlier_as_the_clock_may_be_off():
    assert judged(make_check(ABSENT, 125, bound=1)).delay == Interval(124, None)


@pytest.mark.parametrize(
    ("sent", "bound", "outcome"),
    [
        pytest.param(120, 0, Outcome.NOT_SEEN, id="exact"),
        pytest.param(120, 0.01, Outcome.CANNOT_TELL, id="may-have-been-before-the-limit"),
        pytest.param(121, 1, Outcome.NOT_SEEN, id="surely-at-the-limit"),
        pytest.param(121, 1.01, Outcome.CANNOT_TELL, id="again-not-surely"),
    ],
)
def test_an_absent_page_accuses_only_if_it_was_absent_at_the_limit_by_any_clock_within_the_bound(sent, bound, outcome):
    assert judged(make_check(ABSENT, sent, bound=bound)).outcome is outcome


@pytest.mark.parametrize(
    ("sent", "bound", "outcome"),
    [
        pytest.param(120.4, 0.1, Outcome.ON_TIME, id="half-a-second-in-all"),
        pytest.param(120, 0.5, Outcome.ON_TIME, id="the-clock-alone-half-a-second"),
        pytest.param(120.4, 0.11, Outcome.UNCERTAIN, id="more-than-half-a-second-in-all"),
        pytest.param(120, 0.51, Outcome.UNCERTAIN, id="the-clock-alone-more-than-that"),
    ],
)
def test_the_half_second_that_is_excused_at_the_limit_holds_delay_and_clock_together(sent, bound, outcome):
    assert (
        judged(make_check(ABSENT, 115, bound=bound), make_check(LIVE, 120, sent=sent, bound=bound)).outcome is outcome
    )


def test_a_page_found_live_so_long_before_the_limit_that_the_clock_does_not_matter_is_on_time():
    assert judged(make_check(ABSENT, -15, bound=3), make_check(LIVE, 5, bound=3)).outcome is Outcome.ON_TIME
    assert judged(make_check(ABSENT, 110, bound=3), make_check(LIVE, 118, bound=3)).outcome is Outcome.UNCERTAIN


@pytest.mark.parametrize(
    ("completed", "bound", "before"),
    [
        pytest.param(-4.9, 4.8, BeforeDue.EARLY, id="surely-before"),
        pytest.param(-4.9, 4.9, BeforeDue.SEEN_ONCE, id="perhaps-at-due"),
        pytest.param(-0.2, 0.1, BeforeDue.EARLY, id="slow-but-surely-before"),
        pytest.param(-0.1, 0.2, BeforeDue.SEEN_ONCE, id="slow-and-perhaps-after"),
    ],
)
def test_a_check_is_early_only_if_it_was_answered_before_due_by_any_clock_within_the_bound(completed, bound, before):
    second = make_check(LIVE, -5, completed=completed, bound=bound)
    assert judged(make_check(ABSENT, -60), make_check(LIVE, -30), second).before is before


def test_a_check_at_due_that_a_wrong_clock_sent_a_moment_early_is_no_evidence_of_early():
    early = make_check(LIVE, 0, sent=-0.4, completed=-0.3, bound=0.2)
    assert judged(make_check(ABSENT, -10), make_check(LIVE, -7), early).before is BeforeDue.SEEN_ONCE


def test_a_page_that_by_the_clock_of_another_process_may_have_been_live_in_time_is_not_called_late():
    # The second monitoring process's clock may be ahead by five seconds; by the first one's the page was missing later.
    looks = [
        make_check(ABSENT, -5),
        make_check(ABSENT, 121, bound=0.5),
        make_check(LIVE, 122, bound=5),
        make_check(LIVE, 140),
    ]
    assert judged(*looks).outcome is Outcome.UNCERTAIN
    assert judged(*looks[:2]).outcome is Outcome.NOT_SEEN


def test_a_check_that_was_perhaps_made_before_due_makes_nothing_on_time_and_nothing_late():
    about_due = [make_check(ABSENT, -30), make_check(LIVE, -5, bound=8)]
    assert judged(*about_due).outcome is Outcome.UNCERTAIN
    assert judged(*about_due, make_check(ABSENT, 130, bound=8)).outcome is Outcome.UNCERTAIN
    assert judged(*about_due, make_check(LIVE, 8, bound=8)).outcome is Outcome.ON_TIME


def test_a_check_shortly_after_due_by_a_clock_that_may_be_ahead_is_no_proof_of_on_time():
    assert judged(make_check(ABSENT, -60), make_check(LIVE, 2, bound=5)).outcome is Outcome.UNCERTAIN
    assert judged(make_check(ABSENT, -60), make_check(LIVE, 2, completed=6, bound=5)).outcome is Outcome.ON_TIME
    assert judged(make_check(ABSENT, -60), make_check(LIVE, 2)).outcome is Outcome.ON_TIME


def test_a_check_made_at_due_by_a_good_clock_is_on_time_at_once():
    assert (
        judged(make_check(ABSENT, -5, bound=0.4), make_check(LIVE, 0, sent=0.1, bound=0.4)).outcome is Outcome.ON_TIME
    )


# --- when an address is settled


@pytest.mark.parametrize(
    ("bound", "settled"),
    [
        pytest.param(0, 120, id="exact-clock"),
        pytest.param(0.02, 121, id="good-clock"),
        pytest.param(1, 121, id="poor-clock"),
        pytest.param(4, 139, id="bad-clock"),
    ],
)
def test_an_address_is_settled_once_a_check_was_due_that_is_surely_at_the_limit(bound, settled):
    looks = [make_check(ABSENT, -5, bound=9), make_check(ABSENT, 120, bound=bound)]
    assert settles_at(looks, limit_at=at(120)) == at(settled)
    assert settles_at(looks[::-1], limit_at=at(120)) == at(settled)


def test_a_check_by_an_unconfirmed_clock_does_not_say_how_good_the_clock_is():
    unconfirmed = replace(make_check(UNREACHABLE, 120), clock_confirmed=False)
    assert settles_at([make_check(ABSENT, 119, bound=4), unconfirmed], limit_at=at(120)) == at(139)


def test_an_address_that_was_never_checked_at_is_settled_at_the_limit():
    assert settles_at([], limit_at=at(120)) == at(120)


# --- every short sequence, by every clock

PLACES = (-60, -5, 0, 60, 120, 121, 135)
BOUNDS = (0.3, 3, 8)


def test_in_every_short_sequence_a_bound_takes_accusations_away_and_never_adds_or_changes_one():
    for results in itertools.product((None, ABSENT, LIVE), repeat=len(PLACES)):
        places = [(place, result) for place, result in zip(PLACES, results, strict=True) if result]
        exact = judged(*(make_check(result, place) for place, result in places))
        for bound in BOUNDS:
            unsure = judged(*(make_check(result, place, bound=bound) for place, result in places))
            if unsure.outcome in SUSPICIOUS:
                assert unsure.outcome is exact.outcome, (places, bound)
            if unsure.outcome is Outcome.ON_TIME and exact.outcome is not Outcome.EARLY:
                assert exact.outcome in {Outcome.ON_TIME, Outcome.UNCERTAIN}, (places, bound)


def test_in_every_short_sequence_what_is_said_of_one_clock_holds_for_every_clock_within_its_bound():
    """Shift all checks together by a clock's error: what accuses must be found by the true clock as well."""
    for results in itertools.product((None, ABSENT, LIVE), repeat=len(PLACES)):
        places = [(place, result) for place, result in zip(PLACES, results, strict=True) if result]
        for bound, part in itertools.product(BOUNDS, (-1, -0.5, 0.5, 1)):
            shown = judged(*(make_check(result, place, bound=bound) for place, result in places))
            if shown.outcome not in SUSPICIOUS:
                continue
            true = judged(*(make_check(result, place - part * bound) for place, result in places))
            assert true.outcome in {shown.outcome, Outcome.EARLY}, (places, bound, part)
            assert shown.delay.from_seconds <= true.delay.from_seconds or true.outcome is not shown.outcome


# --- by a clock that nothing confirmed


def test_in_every_short_sequence_an_unconfirmed_clock_accuses_and_clears_no_one():
    for results in itertools.product((None, ABSENT, LIVE), repeat=len(PLACES)):
        looks = [
            replace(make_check(result, place), clock_confirmed=False)
            for place, result in zip(PLACES, results, strict=True)
            if result
        ]
        verdict = judged(*looks)
        since_due = LIVE in results[PLACES.index(0) :]
        assert verdict.outcome is (Outcome.UNCERTAIN if since_due else Outcome.CANNOT_TELL), results
        assert (verdict.before is BeforeDue.SEEN_ONCE) is (LIVE in results[: PLACES.index(0)]), results
        assert not verdict.is_live_at_last, results


def test_what_an_unconfirmed_clock_saw_first_leaves_it_uncertain_and_what_it_saw_later_changes_nothing():
    late = [*(make_check(ABSENT, place) for place in (-5, 0, 60, 121)), make_check(LIVE, 130)]
    assert judged(*late).outcome is Outcome.LATE
    assert judged(*late, replace(make_check(LIVE, 30), clock_confirmed=False)).outcome is Outcome.UNCERTAIN
    assert judged(*late, replace(make_check(LIVE, 3_600), clock_confirmed=False)) == judged(*late)
    assert judged(*late, replace(make_check(ABSENT, 30), clock_confirmed=False)) == judged(*late)


def test_what_an_unconfirmed_clock_saw_before_due_makes_what_was_on_time_uncertain():
    on_time = [make_check(ABSENT, -60), make_check(LIVE, 0)]
    seen = [replace(make_check(LIVE, place), clock_confirmed=False) for place in (-40, -30)]
    assert judged(*on_time).outcome is Outcome.ON_TIME
    assert judged(*on_time, *seen).outcome is Outcome.UNCERTAIN


@pytest.mark.parametrize("confirmed", [True, False])
def test_what_was_seen_once_before_due_is_no_part_of_an_outcome_that_the_checks_since_then_do_not_tell(confirmed):
    """The outcome is the same for everyone, also for those who may not know of findings from before the due time."""
    seen = replace(make_check(LIVE, -1800), clock_confirmed=confirmed)
    verdict = judged(make_check(ABSENT, -3000), seen, make_check(UNREACHABLE, 0), make_check(UNREACHABLE, 120))
    assert (verdict.outcome, verdict.before) == (Outcome.CANNOT_TELL, BeforeDue.SEEN_ONCE)
    assert verdict.outcome_without_early is verdict.outcome


def test_a_check_of_an_unconfirmed_clock_since_due_makes_it_uncertain_also_without_what_was_seen_before():
    seen = [replace(make_check(LIVE, place), clock_confirmed=False) for place in (-1800, 60)]
    verdict = judged(make_check(ABSENT, -3000), *seen, make_check(UNREACHABLE, 120))
    assert (verdict.outcome, verdict.before) == (Outcome.UNCERTAIN, BeforeDue.SEEN_ONCE)
    assert verdict.outcome_without_early is Outcome.UNCERTAIN


@pytest.mark.parametrize("confirmed", [(), (-1800,), (-1800, -1785)], ids=["none", "once", "twice"])
def test_a_page_that_was_live_only_before_due_is_not_live_at_last_whatever_the_clock(confirmed):
    seen = [make_check(ABSENT, -3000), *(make_check(LIVE, place) for place in confirmed)]
    undated = replace(make_check(LIVE, -1780), clock_confirmed=False)
    gone = [make_check(ABSENT, place) for place in (-1700, 0, 60, 121)]
    verdict = judged(*seen, undated, *gone)
    assert verdict.from_due is Outcome.CANNOT_TELL
    assert verdict.live_since(at(0)) is None
