"""Why the body of a check is stored, decided from instants and results alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from releases.detection.finding import AddressRole, CheckOutcome
from releases.verdict.release import LAST, Place, Why, find_filled_places
from tests.support.checks import ABSENT, DUE, LIVE, UNREACHABLE, UNRECOGNISED, at, make_check

PAGE, ATTACHMENT, ANNOUNCEMENT = AddressRole.PAGE, AddressRole.ATTACHMENT, AddressRole.ANNOUNCEMENT
AS_PAGE = {"role": PAGE, "required": True, "fresh": False}


def make_body_check(result, seconds, *, role=PAGE, required=True, fresh=False, sent=None, completed=None):
    """A check that brought a body, planned so many seconds after due."""
    return make_check(result, seconds, sent=sent, completed=completed), {
        "role": role,
        "required": required,
        "fresh": fresh,
    }


def morning(*looks, page_live=None, due_at=DUE):
    """Play checks in order, and return for each place filled the number of the check that fills it in the end."""
    held, filled = {}, {}
    for number, (check, facts) in enumerate(looks):
        page_live_at = at(page_live) if page_live is not None else None
        for place in find_filled_places(check, **facts, due_at=due_at, held=held, page_live_at=page_live_at):
            held[place], filled[place] = check.sent_at, number
    return filled


def before(why):
    return Place(why, since_due=False)


def since(why):
    return Place(why, since_due=True)


def test_an_ordinary_morning_keeps_the_first_check_the_last_before_due_and_the_first_live():
    looks = [
        make_body_check(ABSENT, -600),
        make_body_check(ABSENT, -60),
        make_body_check(ABSENT, -5),
        make_body_check(LIVE, 0),
        make_body_check(LIVE, 5),
    ]
    assert morning(*looks) == {
        before(Why.FIRST_SEEN): 0,
        before(Why.LAST_BEFORE_DUE): 2,
        before(Why.LAST_NOT_LIVE): 2,
        since(Why.FIRST_LIVE): 3,
    }


def test_a_late_release_keeps_the_last_not_live_check_since_it_was_due_as_well():
    filled = morning(
        make_body_check(ABSENT, -5),
        make_body_check(ABSENT, 0),
        make_body_check(ABSENT, 120),
        make_body_check(LIVE, 125),
        make_body_check(LIVE, 130),
    )
    assert filled[before(Why.LAST_NOT_LIVE)] == 0
    assert filled[since(Why.LAST_NOT_LIVE)] == 2
    assert filled[since(Why.FIRST_LIVE)] == 3


def test_an_early_exposure_keeps_its_proof_next_to_that_of_the_publication():
    filled = morning(
        make_body_check(ABSENT, -900),
        make_body_check(LIVE, -600),
        make_body_check(LIVE, -585),
        make_body_check(ABSENT, -570),
        make_body_check(ABSENT, 0),
        make_body_check(LIVE, 5),
    )
    assert filled == {
        before(Why.FIRST_SEEN): 0,
        before(Why.LAST_NOT_LIVE): 0,
        before(Why.FIRST_LIVE): 1,
        before(Why.LAST_BEFORE_DUE): 3,
        since(Why.LAST_NOT_LIVE): 4,
        since(Why.FIRST_LIVE): 5,
    }


def test_a_page_that_goes_away_again_leaves_the_proof_of_its_publication_as_it_is():
    filled = morning(
        make_body_check(ABSENT, -5),
        make_body_check(LIVE, 0),
        make_body_check(ABSENT, 5400),
        make_body_check(LIVE, 5460),
    )
    assert filled[since(Why.FIRST_LIVE)] == 1
    assert since(Why.LAST_NOT_LIVE) not in filled


@pytest.mark.parametrize("result", [UNRECOGNISED, UNREACHABLE, CheckOutcome.OBSERVER_FAULT])
def test_what_cannot_be_determined_is_stored_as_first_seen_and_last_before_due_alone(result):
    assert morning(make_body_check(result, -60), make_body_check(result, -5), make_body_check(result, 5)) == {
        before(Why.FIRST_SEEN): 0,
        before(Why.LAST_BEFORE_DUE): 1,
    }


def test_a_check_that_was_under_way_at_the_due_instant_counts_since_due_as_in_judging():
    filled = morning(make_body_check(ABSENT, -5), make_body_check(LIVE, -2, completed=1))
    assert filled[since(Why.FIRST_LIVE)] == 1
    assert filled[before(Why.LAST_BEFORE_DUE)] == 0


def test_a_check_that_a_slow_clock_may_have_made_after_the_due_instant_counts_since_due_as_in_judging():
    early = replace(make_check(LIVE, -2, completed=-1), clock_bound=timedelta(seconds=1))
    assert since(Why.FIRST_LIVE) in morning((early, AS_PAGE))
    surely = replace(early, clock_bound=timedelta(seconds=0.5))
    assert before(Why.FIRST_LIVE) in morning((surely, AS_PAGE))


def test_checks_that_arrive_in_another_order_fill_the_same_places():
    looks = [
        make_body_check(ABSENT, -60),
        make_body_check(ABSENT, -5),
        make_body_check(ABSENT, 0),
        make_body_check(LIVE, 5),
        make_body_check(LIVE, 10),
    ]
    ordered = {place: looks[number][0] for place, number in morning(*looks).items()}
    turned = looks[::-1]
    assert {place: turned[number][0] for place, number in morning(*turned).items()} == ordered


def test_a_missing_attachment_is_stored_as_partial_once_its_page_is_live():
    looks = [make_body_check(ABSENT, seconds, role=ATTACHMENT) for seconds in (-5, 0, 5, 10)]
    assert since(Why.FIRST_PARTIAL) not in morning(*looks)
    assert morning(*looks, page_live=3)[since(Why.FIRST_PARTIAL)] == 2


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"role": PAGE}, id="the-page-itself"),
        pytest.param({"role": ATTACHMENT, "required": False}, id="an-attachment-that-is-not-required"),
    ],
)
def test_nothing_else_is_stored_as_partial(other):
    assert since(Why.FIRST_PARTIAL) not in morning(make_body_check(ABSENT, 5, **other), page_live=3)


def test_of_checks_past_the_caches_the_first_live_one_is_stored_and_fills_no_other_place():
    fresh = [
        make_body_check(ABSENT, 5, fresh=True),
        make_body_check(LIVE, 10, fresh=True),
        make_body_check(LIVE, 15, fresh=True),
    ]
    assert morning(*fresh) == {since(Why.FIRST_LIVE_FRESH): 1}


def test_of_an_announcement_the_first_and_the_last_before_due_are_stored_and_none_after():
    looks = [
        make_body_check(result, -days * 86400, role=ANNOUNCEMENT)
        for days, result in ((30, LIVE), (2, ABSENT), (1, LIVE))
    ]
    assert morning(*looks, make_body_check(LIVE, 60, role=ANNOUNCEMENT)) == {
        before(Why.FIRST_SEEN): 0,
        before(Why.ANNOUNCEMENT): 2,
    }


def test_an_announcement_is_stored_while_the_release_has_no_exact_time():
    assert morning(make_body_check(LIVE, 0, role=ANNOUNCEMENT), due_at=None) == {
        before(Why.FIRST_SEEN): 0,
        before(Why.ANNOUNCEMENT): 0,
    }


def test_each_reason_is_of_the_first_or_of_the_last_check_of_its_kind():
    assert {why for why in Why if why.startswith("last_")} <= LAST
    assert {why for why in Why if why.startswith("first_")} & LAST == set()
