"""A page that goes away after it was seen live: reported as observed, and never a finding against anyone."""

from releases.verdict.address import Flip, Outcome
from tests.support.checks import ABSENT, FAULT, LIVE, UNREACHABLE, UNRECOGNISED, at, judged, make_check

ON_TIME = (make_check(ABSENT, -5), make_check(LIVE, 0, completed=0.2))


def flips(*looks):
    verdict = judged(*ON_TIME, *looks)
    assert (verdict.outcome, verdict.first_live_at) == (Outcome.ON_TIME, at(0.2)), "a flip changes no verdict"
    assert verdict.gone_again_at == (verdict.flips[0].gone_at if verdict.flips else None)
    return verdict.flips


def test_a_page_that_stays_has_no_flip():
    assert flips(make_check(LIVE, 60), make_check(LIVE, 120), make_check(LIVE, 3600)) == ()


def test_a_page_missing_at_one_check_is_described_with_the_check_at_which_it_was_back():
    assert flips(make_check(ABSENT, 5400), make_check(LIVE, 5460, completed=5461)) == (Flip(at(5400), at(5461)),)


def test_a_page_gone_for_good_is_described_with_when_it_was_first_missing():
    assert flips(*(make_check(ABSENT, 600 + 300 * step) for step in range(5))) == (Flip(at(600), None),)


def test_a_page_that_goes_away_twice_has_two_flips():
    seen = flips(
        make_check(ABSENT, 60),
        make_check(LIVE, 120),
        make_check(LIVE, 180),
        make_check(ABSENT, 240),
        make_check(ABSENT, 300),
    )
    assert seen == (Flip(at(60), at(120)), Flip(at(240), None))


def test_faults_and_unknown_pages_between_are_neither_away_nor_back():
    assert flips(make_check(UNREACHABLE, 60), make_check(FAULT, 120), make_check(UNRECOGNISED, 180)) == ()
    between = (make_check(ABSENT, 60), make_check(UNRECOGNISED, 120), make_check(FAULT, 180), make_check(LIVE, 240))
    assert flips(*between) == (Flip(at(60), at(240)),)


def test_an_absent_check_under_way_while_another_showed_the_page_proves_no_flip():
    assert flips(make_check(ABSENT, 0.1, completed=8)) == ()
    assert flips(make_check(LIVE, 60, completed=70), make_check(ABSENT, 65, completed=66)) == ()


def test_a_flip_that_may_be_the_difference_of_two_clocks_is_none():
    assert flips(make_check(ABSENT, 3, bound=3)) == ()
    assert len(flips(make_check(ABSENT, 4, bound=3))) == 1


def test_a_live_check_under_way_while_another_missed_the_page_does_not_bring_it_back():
    away = make_check(ABSENT, 60, completed=70)
    assert flips(away, make_check(LIVE, 65)) == (Flip(at(60), None),)
    assert flips(away, make_check(LIVE, 65), make_check(LIVE, 75)) == (Flip(at(60), at(75)),)


def test_a_page_republished_at_eleven_after_going_live_in_time_stays_on_time():
    assert flips(make_check(ABSENT, 5300), make_check(LIVE, 5400)) == (Flip(at(5300), at(5400)),)


def test_a_page_seen_early_and_taken_down_until_due_is_early_and_has_flipped():
    early = judged(
        make_check(ABSENT, -60),
        make_check(LIVE, -45),
        make_check(LIVE, -30),
        make_check(ABSENT, -15),
        make_check(LIVE, 0),
    )
    assert (early.outcome, early.flips) == (Outcome.EARLY, (Flip(at(-15), at(0)),))


def test_where_nothing_was_ever_found_live_nothing_can_have_gone_away():
    assert judged(make_check(ABSENT, 0), make_check(ABSENT, 120)).flips == ()
