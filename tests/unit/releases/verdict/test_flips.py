"""A page that goes away after it was seen live: reported as observed, and never a finding against anyone."""

from releases.verdict.address import Flip, Outcome
from tests.support.checks import ABSENT, FAULT, LIVE, UNREACHABLE, UNRECOGNISED, at, judged, look

ON_TIME = (look(ABSENT, -5), look(LIVE, 0, completed=0.2))


def flips(*looks):
    verdict = judged(*ON_TIME, *looks)
    assert (verdict.outcome, verdict.first_live_at) == (Outcome.ON_TIME, at(0.2)), "a flip changes no verdict"
    assert verdict.gone_again_at == (verdict.flips[0].gone_at if verdict.flips else None)
    return verdict.flips


def test_a_page_that_stays_has_no_flip():
    assert flips(look(LIVE, 60), look(LIVE, 120), look(LIVE, 3600)) == ()


def test_a_page_missing_at_one_look_is_told_with_the_look_at_which_it_was_back():
    assert flips(look(ABSENT, 5400), look(LIVE, 5460, completed=5461)) == (Flip(at(5400), at(5461)),)


def test_a_page_gone_for_good_is_told_with_when_it_was_first_missing():
    assert flips(*(look(ABSENT, 600 + 300 * step) for step in range(5))) == (Flip(at(600), None),)


def test_a_page_that_goes_away_twice_has_two_flips():
    seen = flips(look(ABSENT, 60), look(LIVE, 120), look(LIVE, 180), look(ABSENT, 240), look(ABSENT, 300))
    assert seen == (Flip(at(60), at(120)), Flip(at(240), None))


def test_faults_and_unknown_pages_between_are_neither_away_nor_back():
    assert flips(look(UNREACHABLE, 60), look(FAULT, 120), look(UNRECOGNISED, 180)) == ()
    between = (look(ABSENT, 60), look(UNRECOGNISED, 120), look(FAULT, 180), look(LIVE, 240))
    assert flips(*between) == (Flip(at(60), at(240)),)


def test_an_absent_look_under_way_while_another_showed_the_page_proves_no_flip():
    assert flips(look(ABSENT, 0.1, completed=8)) == ()
    assert flips(look(LIVE, 60, completed=70), look(ABSENT, 65, completed=66)) == ()


def test_a_flip_that_may_be_the_difference_of_two_clocks_is_none():
    assert flips(look(ABSENT, 3, bound=3)) == ()
    assert len(flips(look(ABSENT, 4, bound=3))) == 1


def test_a_live_look_under_way_while_another_missed_the_page_does_not_bring_it_back():
    away = look(ABSENT, 60, completed=70)
    assert flips(away, look(LIVE, 65)) == (Flip(at(60), None),)
    assert flips(away, look(LIVE, 65), look(LIVE, 75)) == (Flip(at(60), at(75)),)


def test_a_page_republished_at_eleven_after_going_live_in_time_stays_on_time():
    assert flips(look(ABSENT, 5300), look(LIVE, 5400)) == (Flip(at(5300), at(5400)),)


def test_a_page_seen_early_and_taken_down_until_due_is_early_and_has_flipped():
    early = judged(look(ABSENT, -60), look(LIVE, -45), look(LIVE, -30), look(ABSENT, -15), look(LIVE, 0))
    assert (early.outcome, early.flips) == (Outcome.EARLY, (Flip(at(-15), at(0)),))


def test_where_nothing_was_ever_seen_live_nothing_can_have_gone_away():
    assert judged(look(ABSENT, 0), look(ABSENT, 120)).flips == ()
