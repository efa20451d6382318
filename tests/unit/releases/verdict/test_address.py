"""One address, judged from its checks: each row of the table, and each of its boundaries."""

from dataclasses import replace
from datetime import timedelta

import pytest

from releases.verdict.address import (
    NEEDS_CHECKING,
    SUSPICIOUS,
    BeforeDue,
    Interval,
    Outcome,
    Sighting,
    judge_address,
)
from releases.verdict.release import ReleaseVerdict
from tests.support.checks import ABSENT, DUE, FAULT, LIVE, UNREACHABLE, UNRECOGNISED, at, judged, make_check


def test_an_address_that_is_live_at_the_due_instant_is_on_time_with_the_seconds():
    verdict = judged(make_check(ABSENT, -5, completed=-4.9), make_check(LIVE, 0, sent=0.1, completed=0.3))
    assert verdict.outcome is Outcome.ON_TIME
    assert (verdict.last_not_live_at, verdict.first_live_at) == (at(-5), at(0.3))
    assert verdict.delay == Interval(-5, 0.3)


def test_an_address_first_live_exactly_at_the_limit_is_on_time():
    assert judged(make_check(ABSENT, 115), make_check(LIVE, 120)).outcome is Outcome.ON_TIME


def test_an_address_first_live_after_the_limit_and_absent_exactly_at_it_is_late():
    verdict = judged(make_check(ABSENT, -5), make_check(ABSENT, 120), make_check(LIVE, 125, completed=125.2))
    assert verdict.outcome is Outcome.LATE
    assert verdict.delay == Interval(120, 125.2)


def test_an_address_last_absent_just_before_the_limit_and_live_just_after_it_is_uncertain():
    verdict = judged(make_check(ABSENT, 119.9), make_check(LIVE, 120.1))
    assert verdict.outcome is Outcome.UNCERTAIN
    assert verdict.delay == Interval(119.9, 120.1)


def test_an_address_that_was_never_live_and_is_absent_at_the_limit_is_not_seen():
    verdict = judged(make_check(ABSENT, -5), make_check(ABSENT, 120))
    assert verdict.outcome is Outcome.NOT_SEEN
    assert verdict.first_live_at is None
    assert verdict.delay == Interval(120, None)


def test_an_address_absent_before_the_limit_but_not_answering_from_it_on_cannot_be_judged():
    verdict = judged(
        make_check(ABSENT, -5), make_check(ABSENT, 115), make_check(UNREACHABLE, 120), make_check(FAULT, 125)
    )
    assert (verdict.outcome, verdict.delay) == (Outcome.CANNOT_TELL, None)
    assert verdict.last_not_live_at == at(115)


def test_an_address_without_any_check_cannot_be_judged_once_settled():
    assert judged().outcome is Outcome.CANNOT_TELL


def test_an_address_that_becomes_live_after_not_seen_becomes_late():
    seen = [make_check(ABSENT, 120), make_check(ABSENT, 3415)]
    assert judged(*seen).outcome is Outcome.NOT_SEEN
    late = judged(*seen, make_check(LIVE, 3420))
    assert (late.outcome, late.delay) == (Outcome.LATE, Interval(3415, 3420))


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([make_check(ABSENT, 120)], id="absent-at-the-limit"),
        pytest.param([make_check(ABSENT, 120), make_check(LIVE, 125)], id="live-after-the-limit"),
        pytest.param([make_check(ABSENT, -5), make_check(LIVE, 125)], id="nothing-at-the-limit"),
        pytest.param([make_check(ABSENT, -10), make_check(LIVE, -5), make_check(LIVE, 0)], id="seen-once-before"),
        pytest.param([], id="nothing"),
    ],
)
def test_an_address_stays_pending_until_every_look_up_to_the_limit_is_in(looks):
    assert judged(*looks, settled=False).outcome is Outcome.PENDING
    assert judged(*looks, settled=True).outcome is not Outcome.PENDING


def test_on_time_and_early_do_not_wait_for_the_limit():
    assert judged(make_check(ABSENT, -5), make_check(LIVE, 0), settled=False).outcome is Outcome.ON_TIME
    early = judged(make_check(ABSENT, -15), make_check(LIVE, -10), make_check(LIVE, -5), settled=False)
    assert (early.outcome, early.from_due) == (Outcome.EARLY, Outcome.PENDING)


# --- before due


def test_an_address_found_live_twice_before_due_is_early():
    verdict = judged(
        make_check(ABSENT, -60), make_check(LIVE, -30, completed=-29), make_check(LIVE, -15), make_check(LIVE, 0)
    )
    assert (verdict.outcome, verdict.before, verdict.from_due) == (Outcome.EARLY, BeforeDue.EARLY, Outcome.ON_TIME)
    assert (verdict.last_not_live_at, verdict.first_live_at) == (at(-60), at(-29))
    assert verdict.delay == Interval(-60, -29)


def test_an_address_found_live_once_before_due_and_on_time_after_it_is_uncertain():
    verdict = judged(make_check(ABSENT, -60), make_check(LIVE, -30), make_check(LIVE, 0))
    assert (verdict.outcome, verdict.before, verdict.from_due) == (
        Outcome.UNCERTAIN,
        BeforeDue.SEEN_ONCE,
        Outcome.ON_TIME,
    )
    assert verdict.first_live_at == at(-30)


def test_an_address_can_be_early_and_then_late():
    verdict = judged(
        make_check(ABSENT, -60),
        make_check(LIVE, -30),
        make_check(LIVE, -15),
        make_check(ABSENT, 0),
        make_check(ABSENT, 120),
        make_check(LIVE, 600),
    )
    assert (verdict.outcome, verdict.from_due) == (Outcome.EARLY, Outcome.LATE)
    assert verdict.first_live_at == at(-30)


def test_an_address_seen_once_before_due_and_then_late_keeps_both_and_measures_the_late_side():
    verdict = judged(make_check(ABSENT, -60), make_check(LIVE, -30), make_check(ABSENT, 120), make_check(LIVE, 600))
    assert (verdict.outcome, verdict.before) == (Outcome.LATE, BeforeDue.SEEN_ONCE)
    assert verdict.delay == Interval(120, 600)
    assert verdict.live_before_due_at == at(-30)


def test_an_address_seen_once_before_due_and_not_since_has_an_open_delay():
    verdict = judged(make_check(ABSENT, -60), make_check(LIVE, -30), make_check(ABSENT, 120))
    assert (verdict.outcome, verdict.delay) == (Outcome.NOT_SEEN, Interval(120, None))
    assert (verdict.first_live_at, verdict.live_before_due_at) == (None, at(-30))


def test_a_check_that_was_completed_exactly_at_the_due_instant_is_not_before_it():
    looks = [make_check(ABSENT, -60), make_check(LIVE, -30), make_check(LIVE, -5, completed=0)]
    assert judged(*looks).before is BeforeDue.SEEN_ONCE
    just_before = [*looks[:2], make_check(LIVE, -5, completed=-0.001)]
    assert judged(*just_before).before is BeforeDue.EARLY


def test_a_live_answer_to_a_check_under_way_at_the_due_instant_counts_as_on_time_and_is_not_lost():
    verdict = judged(make_check(ABSENT, -10), make_check(LIVE, -1, completed=2), make_check(ABSENT, 120))
    assert (verdict.outcome, verdict.before) == (Outcome.ON_TIME, BeforeDue.NOTHING)
    assert verdict.first_live_at == at(2)


def test_a_check_planned_for_the_due_instant_but_sent_a_moment_early_is_never_evidence_of_early():
    verdict = judged(make_check(ABSENT, -10), make_check(LIVE, -7), make_check(LIVE, 0, sent=-0.4, completed=-0.1))
    assert verdict.before is BeforeDue.SEEN_ONCE
    assert verdict.from_due is Outcome.ON_TIME


# --- the instant that counts


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        pytest.param(120.5, Outcome.ON_TIME, id="half-a-second-after"),
        pytest.param(120.501, Outcome.UNCERTAIN, id="more-than-half-a-second-after"),
    ],
)
def test_a_live_check_planned_at_the_limit_counts_there_if_sent_within_half_a_second(sent, outcome):
    assert judged(make_check(ABSENT, 115), make_check(LIVE, 120, sent=sent)).outcome is outcome


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        pytest.param(120, Outcome.NOT_SEEN, id="at-the-limit"),
        pytest.param(119.999, Outcome.CANNOT_TELL, id="a-moment-before-it"),
    ],
)
def test_an_absent_check_planned_at_the_limit_accuses_only_if_it_was_not_sent_before_it(sent, outcome):
    verdict = judged(make_check(ABSENT, 120, sent=sent))
    assert verdict.outcome is outcome
    assert verdict.last_not_live_at == at(sent), "the interval keeps the real instant"


def test_a_check_has_the_planned_instant_when_sent_close_to_it_and_else_the_sent_one():
    assert make_check(LIVE, 0, sent=0.5).instant == DUE
    assert make_check(LIVE, 0, sent=-0.5).instant == DUE
    assert make_check(LIVE, 0, sent=0.6).instant == at(0.6)
    assert make_check(LIVE, 0, sent=-0.6).instant == at(-0.6)


# --- checks that are under way at once


def test_the_first_live_instant_is_that_of_the_first_answer_and_a_slower_one_does_not_overwrite_it():
    quick = [make_check(ABSENT, -5), make_check(LIVE, 5, completed=5.2)]
    slow = make_check(LIVE, 0, completed=9)
    assert judged(*quick).first_live_at == judged(*quick, slow).first_live_at == at(5.2)


def test_an_absent_check_still_under_way_when_the_page_was_seen_may_have_seen_it_go_away():
    # Monitoring came back at 125 s; it never saw the page before, which may have been live since the due time.
    seen = [make_check(ABSENT, -60), make_check(ABSENT, 125, completed=140), make_check(LIVE, 126, completed=126.2)]
    verdict = judged(*seen)
    assert (verdict.outcome, verdict.last_not_live_at) == (Outcome.UNCERTAIN, at(-60))
    gone = judged(*seen, make_check(ABSENT, 190))
    assert (gone.outcome, gone.last_not_live_at) == (Outcome.UNCERTAIN, at(-60))


def test_a_slow_absent_check_counts_as_earlier_once_the_next_check_shows_that_the_page_stayed():
    seen = [make_check(ABSENT, -60), make_check(ABSENT, 125, completed=140), make_check(LIVE, 126, completed=126.2)]
    stayed = judged(*seen, make_check(UNREACHABLE, 150), make_check(LIVE, 190))
    assert (stayed.outcome, stayed.delay) == (Outcome.LATE, Interval(125, 126.2))


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(make_check(LIVE, 135), id="live-before-it-is-over"),
        pytest.param(make_check(UNREACHABLE, 150), id="no-answer-after-it-is-over"),
        pytest.param(make_check(UNRECOGNISED, 150), id="not-recognised-after-it-is-over"),
    ],
)
def test_a_slow_absent_check_does_not_count_as_earlier_before_a_check_after_it_finds_the_page(after):
    seen = [make_check(ABSENT, -60), make_check(ABSENT, 125, completed=140), make_check(LIVE, 126, completed=126.2)]
    verdict = judged(*seen, after)
    assert (verdict.outcome, verdict.last_not_live_at) == (Outcome.UNCERTAIN, at(-60))


# --- what goes on afterwards


def test_a_tolerance_of_nothing_is_judged_by_the_check_at_the_due_instant():
    assert judged(make_check(ABSENT, -5), make_check(LIVE, 0), limit=0).outcome is Outcome.ON_TIME
    assert judged(make_check(ABSENT, -5), make_check(ABSENT, 0), limit=0).outcome is Outcome.NOT_SEEN


def test_a_limit_before_the_due_instant_is_refused():
    with pytest.raises(ValueError, match="before the due instant"):
        judge_address(
            [],
            due_at=DUE,
            limit_at=DUE - timedelta(seconds=1),
            longest_gap=timedelta(seconds=10),
            settled=True,
        )


def test_the_same_check_delivered_twice_counts_once():
    once = make_check(LIVE, -30)
    assert judged(
        make_check(ABSENT, -60), once, Sighting(*(getattr(once, name) for name in once.__slots__))
    ).before is (BeforeDue.SEEN_ONCE)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.EARLY, at(-30)),
        (Outcome.LATE, DUE),
        (Outcome.NOT_SEEN, DUE),
        (Outcome.PARTIAL, DUE),
        (Outcome.ON_TIME, None),
        (Outcome.UNCERTAIN, None),
        (Outcome.CANNOT_TELL, None),
        (Outcome.PENDING, None),
    ],
)
def test_a_breach_occurred_when_due_unless_it_was_early(outcome, expected):
    deciding = replace(judged(make_check(ABSENT, -5)), first_live_at=at(-30))
    assert ReleaseVerdict(DUE, outcome, deciding, (), None, None, ()).occurred_at == expected


def test_no_outcome_both_accuses_and_asks():
    assert not SUSPICIOUS & NEEDS_CHECKING
    assert set(Outcome) == SUSPICIOUS | NEEDS_CHECKING | {Outcome.PENDING, Outcome.ON_TIME}
