"""One address from several vantage points: who observed what alone, and that no failure makes a release late."""

from dataclasses import replace
from itertools import product

import pytest

from releases.verdict.address import SUSPICIOUS, BeforeDue, Outcome
from releases.verdict.vantage import NO_FINDINGS, VantageFindings, combine_vantage_points
from tests.support.checks import ABSENT, DUE, FAULT, LIVE, UNREACHABLE, at, judged, make_check

BEFORE = make_check(ABSENT, -5)
IN_TIME = judged(BEFORE, make_check(LIVE, 1))
LATE = judged(BEFORE, make_check(ABSENT, 0), *(make_check(ABSENT, s) for s in range(5, 121, 5)), make_check(LIVE, 125))
NOT_SEEN = judged(BEFORE, make_check(ABSENT, 0), *(make_check(ABSENT, s) for s in range(5, 126, 5)))
NO_ANSWER = judged(BEFORE, make_check(UNREACHABLE, 0), make_check(UNREACHABLE, 120))
ALL_FAILED = judged(make_check(FAULT, -5), make_check(FAULT, 0), make_check(FAULT, 120))
EARLY = judged(make_check(ABSENT, -600), make_check(LIVE, -60), make_check(LIVE, -45), make_check(LIVE, 0))
PENDING = judged(BEFORE, settled=False)
EACH = [IN_TIME, LATE, NOT_SEEN, NO_ANSWER, ALL_FAILED, EARLY, PENDING]


def combined(main, **others):
    return combine_vantage_points(main, others, due_at=DUE)


@pytest.mark.parametrize("main", EACH)
def test_without_further_vantage_points_the_verdict_is_that_of_the_main_one(main):
    assert combined(main) == (main, NO_FINDINGS)


@pytest.mark.parametrize("main", [LATE, NOT_SEEN])
def test_a_release_that_only_another_vantage_point_found_in_time_is_for_a_person_to_decide(main):
    verdict, findings = combined(main, London=IN_TIME, Cardiff=NO_ANSWER)
    assert verdict.outcome is Outcome.UNCERTAIN
    assert verdict.delay is None
    assert findings == VantageFindings(live_only=("London",))


@pytest.mark.parametrize("main", [NO_ANSWER, ALL_FAILED])
def test_where_the_main_vantage_point_failed_another_shows_that_it_was_on_time(main):
    verdict, findings = combined(main, London=IN_TIME)
    assert verdict.outcome is Outcome.ON_TIME
    assert verdict.first_live_at == at(1)
    assert findings == VantageFindings(live_only=("London",))


def test_what_the_main_vantage_point_saw_before_due_makes_what_another_found_on_time_uncertain():
    seen = replace(make_check(LIVE, -1800), clock_confirmed=False)
    main = judged(make_check(ABSENT, -3000), seen, make_check(UNREACHABLE, 0), make_check(UNREACHABLE, 120))
    verdict, findings = combined(main, London=IN_TIME)
    assert (verdict.outcome, verdict.before, verdict.from_due) == (
        Outcome.UNCERTAIN,
        BeforeDue.SEEN_ONCE,
        Outcome.ON_TIME,
    )
    assert findings == VantageFindings(live_only=("London",))


def test_a_release_that_was_not_live_elsewhere_stays_on_time_and_says_so():
    assert combined(IN_TIME, London=LATE, Cardiff=NOT_SEEN) == (
        IN_TIME,
        VantageFindings(not_live=("Cardiff", "London")),
    )


def test_a_release_that_both_found_late_is_late():
    assert combined(LATE, London=LATE) == (LATE, NO_FINDINGS)


def test_an_early_release_stays_early():
    assert combined(EARLY, London=LATE)[0].outcome is Outcome.EARLY


@pytest.mark.parametrize(("main", "other"), list(product(EACH, EACH)))
def test_no_further_vantage_point_makes_a_verdict_suspicious(main, other):
    verdict, _ = combined(main, London=other)
    assert verdict.outcome not in SUSPICIOUS or verdict.outcome is main.outcome


@pytest.mark.parametrize(("main", "other"), list(product(EACH, [NO_ANSWER, ALL_FAILED, PENDING])))
def test_a_vantage_point_that_fails_changes_nothing(main, other):
    assert combined(main, London=other) == (main, NO_FINDINGS)
