"""When the next check at a release falls."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.rules.cadence import FIRST_CHECK, GIVE_UP, longest_gap_until, next_check_at
from tests.support.checks import DUE, at

KEYS = st.text(min_size=1, max_size=12)
LIMITS = st.one_of(
    st.sampled_from([0, 0.5, 5, 7, 60, 119.5, 120, 120.4, 179, 900]),
    st.floats(0, 179).map(lambda value: round(value, 3)),
)


def following(after: datetime | None, now: datetime, *, limit: float = 120, key: str = "road-fuel") -> datetime | None:
    return next_check_at(due_at=DUE, limit_at=at(limit), after=after, now=now, key=key)


def whole_plan(key: str = "road-fuel", limit: float = 120) -> list[datetime]:
    """Walk the plan as a monitoring process does that is never late."""
    planned: list[datetime] = []
    instant = following(None, DUE - timedelta(days=3), limit=limit, key=key)
    while instant is not None:
        planned.append(instant)
        instant = following(instant, instant, limit=limit, key=key)
    return planned


PLANS = {(key, limit): whole_plan(key, limit) for key in ("a", "b", "c", "road-fuel") for limit in (0, 5, 7, 120, 179)}


@given(key=KEYS, limit=LIMITS)
def test_a_plan_grows_strictly_and_holds_the_due_instant_the_limit_and_the_last_check_before(key, limit):
    around = [at(-300)]
    while around[-1] < at(1200) and (instant := following(around[-1], around[-1], limit=limit, key=key)):
        around.append(instant)
    assert around[-1] >= at(1200)
    assert all(earlier < later for earlier, later in pairwise(around))
    assert {at(-5), DUE, at(limit), at(limit + 1)} <= set(around)


@pytest.mark.parametrize(("key", "limit"), PLANS)
def test_a_whole_plan_runs_from_a_day_before_until_a_week_after(key, limit):
    plan = PLANS[key, limit]
    assert all(earlier < later for earlier, later in pairwise(plan))
    assert timedelta(0) <= plan[0] - (DUE - FIRST_CHECK) <= timedelta(minutes=7.5)
    assert timedelta(0) <= (DUE + GIVE_UP) - plan[-1] <= timedelta(minutes=15)
    assert 1_050 <= len(plan) <= 1_250


PERIODS = [
    pytest.param(-86_400, -3_600, 900, id="the-day-before"),
    pytest.param(-3_600, -600, 60, id="the-last-hour"),
    pytest.param(-600, -60, 15, id="the-last-ten-minutes"),
    pytest.param(-60, 0, 5, id="the-last-minute"),
    pytest.param(130, 600, 10, id="to-ten-minutes"),
    pytest.param(600, 3_600, 30, id="to-an-hour"),
    pytest.param(3_600, 21_600, 120, id="to-six-hours"),
    pytest.param(21_600, 604_800, 900, id="to-a-week"),
]


@pytest.mark.parametrize(("start", "end", "step"), PERIODS)
def test_each_period_has_its_own_density(start, end, step):
    for (_, limit), plan in PLANS.items():
        if limit > 120:
            continue
        inside = [instant for instant in plan if at(start) <= instant < at(end)]
        expected = (end - start) / step
        assert expected - 2 <= len(inside) <= expected + 2
        assert all(later - earlier <= timedelta(seconds=step * 1.5) for earlier, later in pairwise(inside))
        shifted = [instant for instant in inside if instant not in (at(-5), DUE, at(limit), at(limit + 1))]
        assert all(later - earlier >= timedelta(seconds=step) for earlier, later in pairwise(shifted))


def test_nothing_is_checked_at_between_five_seconds_before_due_and_due():
    for plan in PLANS.values():
        assert plan[plan.index(at(-5)) + 1] == DUE


def longest_gap(plan, start, end):
    """Return the seconds of the longest gap between two checks, of which the second is at `start` or later."""
    inside = [instant for instant in plan if at(start - 30) <= instant <= at(end)]
    return max((later - earlier).total_seconds() for earlier, later in pairwise(inside) if later > at(start))


@pytest.mark.parametrize("limit", [0, 0.5, 1, 7, 60, 64.5, 66, 119.5, 120, 179])
def test_checks_are_a_second_apart_in_the_first_minute_and_around_the_limit_and_five_seconds_between(limit):
    for key in ("a", "b", "c", "d", "e", "f"):
        plan = [at(-5)]
        while plan[-1] < at(600):
            plan.append(following(plan[-1], plan[-1], limit=limit, key=key))
        assert longest_gap(plan, 0, 60) <= 1
        assert longest_gap(plan, max(limit - 4, 0), limit + 5) <= 1
        assert longest_gap(plan, 0, max(limit, 120)) <= 5.001
        assert longest_gap(plan, 0, 600) <= 20


@pytest.mark.parametrize("closest", [3, 7.5, 12.5])
def test_checks_are_as_far_apart_as_the_budget_of_a_crowded_host_asks_for(closest):
    plan, instant = [], at(-30)
    while instant <= at(200):
        plan.append(instant)
        instant = next_check_at(
            due_at=DUE, limit_at=at(120), after=instant, now=instant, key="a", closest=timedelta(seconds=closest)
        )
    assert longest_gap(plan, 0, 120) <= max(5, closest)
    shifted = [each for each in plan if at(0) < each < at(60)]
    assert all(later - earlier >= timedelta(seconds=closest) for earlier, later in pairwise(shifted))
    assert {DUE, at(120), at(121)} <= set(plan)


def test_the_shift_is_the_same_each_time_and_another_for_another_release():
    assert whole_plan("a") == PLANS["a", 120]
    assert set(PLANS["a", 120]) & set(PLANS["b", 120]) == {at(-5), DUE, at(120), at(121)}


def test_the_shifts_of_many_releases_spread_over_half_a_step():
    looks = [following(at(130), at(130), key=f"release-{number}") for number in range(400)]
    shifts = [(instant - at(130)).total_seconds() for instant in looks if instant]
    assert all(0 <= shift <= 10 for shift in shifts)
    assert len({round(shift % 10 / 0.5) for shift in shifts}) == 11


@given(key=KEYS, start=st.integers(-90_000, 604_800))
def test_planning_ahead_gives_the_same_instants_as_planning_when_due(key, start):
    ahead = following(at(start), DUE - timedelta(days=3), key=key)
    assert ahead == following(at(start), at(start), key=key)


# --- beginning late, and holes


def test_a_watch_that_begins_before_the_first_check_waits_for_it():
    first = following(None, DUE - timedelta(days=30))
    assert first == PLANS["road-fuel", 120][0]


@pytest.mark.parametrize("seconds", [-40_000, -3, 100, 4_000, 500_000])
def test_a_watch_that_begins_late_checks_at_once_and_then_follows_the_plan(seconds):
    now = at(seconds)
    assert following(None, now) == now
    assert following(now, now) == next(instant for instant in PLANS["road-fuel", 120] if instant > now)


@pytest.mark.parametrize("fixed", [-5, 0, 120], ids=["last-before-due", "due", "limit"])
def test_a_watch_that_begins_within_a_second_after_a_fixed_check_makes_it_under_its_own_instant(fixed):
    assert following(None, at(fixed + 0.99)) == at(fixed)
    assert following(None, at(fixed + 1)) not in {None, at(fixed)}


def test_a_check_overdue_by_less_than_a_second_keeps_its_planned_instant():
    before_due = at(-5)
    assert following(before_due, at(0.999)) == DUE
    assert DUE < following(before_due, at(1)) <= at(1)


def test_after_a_hole_one_check_is_made_at_once_and_not_one_for_each_that_was_missed():
    now = at(7_000.123)
    assert following(at(-5), now) == now
    assert following(now, now) == next(instant for instant in PLANS["road-fuel", 120] if instant > now)


def test_a_hole_that_ends_just_after_the_limit_still_has_the_check_at_the_limit():
    assert following(at(-5), at(120.4)) == at(120)


def test_a_release_is_given_up_after_a_week():
    last = PLANS["road-fuel", 120][-1]
    assert following(last, last) is None
    assert following(None, DUE + GIVE_UP) == DUE + GIVE_UP
    assert following(None, DUE + GIVE_UP + timedelta(seconds=1)) is None
    assert following(at(0), DUE + timedelta(days=30)) is None


@given(
    key=KEYS,
    limit=LIMITS,
    after=st.one_of(st.none(), st.floats(-90_000, 604_800)),
    later=st.floats(-90_000, 700_000),
)
def test_a_next_check_is_later_than_the_last_and_never_overdue_by_a_second(key, limit, after, later):
    last = None if after is None else at(after)
    now = at(later)
    instant = following(last, now, limit=limit, key=key)
    if instant is not None:
        assert last is None or instant > last
        assert instant > now - timedelta(seconds=1)
        assert instant <= DUE + GIVE_UP


def test_a_limit_before_the_due_instant_is_refused():
    with pytest.raises(ValueError, match="before the due instant"):
        following(None, DUE, limit=-1)


# --- after the release was seen live


def once_live(seconds: float, *, limit: float = 120, key: str = "road-fuel", is_judged: bool = True) -> list[float]:
    """Walk the plan from the first check that showed the release; return seconds after due."""
    planned: list[float] = []
    instant: datetime | None = at(seconds)
    while (
        instant := next_check_at(
            due_at=DUE,
            limit_at=at(limit),
            after=instant,
            now=instant,
            key=key,
            live_since=at(seconds),
            is_judged=is_judged,
        )
    ) is not None:
        planned.append((instant - DUE).total_seconds())
    return planned


@pytest.mark.parametrize("key", ["a", "b", "c", "road-fuel"])
@pytest.mark.parametrize(
    ("live", "counted_from"),
    [
        pytest.param(0.2, 120, id="in-time"),
        pytest.param(3_480, 3_480, id="an-hour-late"),
        pytest.param(200_000, 200_000, id="days-late"),
    ],
)
def test_a_release_that_is_live_is_checked_at_every_minute_then_every_five_then_every_thirty(live, counted_from, key):
    after = [seconds - counted_from for seconds in once_live(live, key=key)]
    gaps = {"minute": [], "five": [], "thirty": []}
    for earlier, later in pairwise(after):
        gaps["minute" if later <= 600 else "five" if later <= 3_600 else "thirty"].append(later - earlier)
    assert all(30 <= gap <= 90 for gap in gaps["minute"])
    assert all(gap <= 450 for gap in gaps["five"])
    assert all(gap <= 2_700 for gap in gaps["thirty"])
    assert 9 <= len(gaps["five"]) <= 11
    assert 9 <= len(gaps["thirty"]) <= 11
    assert 5 * 3_600 + 1_800 <= after[-1] <= 6 * 3_600


def test_a_release_that_is_live_leaves_the_second_of_the_limit_to_those_that_are_not():
    for key in ("a", "b", "c", "d", "e", "f"):
        assert not [seconds for seconds in once_live(0.2, key=key) if 119 < seconds < 122]
        assert once_live(0.2, key=key)[0] >= 30


def test_a_release_that_was_found_live_and_is_not_judged_is_also_checked_at_the_limit_and_a_second_later():
    for key in ("a", "b", "c", "d", "e", "f"):
        expected = sorted({*once_live(0.2, key=key), 120, 121})
        assert once_live(0.2, key=key, is_judged=False) == expected


def test_a_monitoring_process_that_restarts_after_the_release_went_live_plans_the_same_checks():
    planned = once_live(0.2)
    again = next_check_at(due_at=DUE, limit_at=at(120), after=at(700), now=at(700), key="road-fuel", live_since=at(0.2))
    assert again == at(next(seconds for seconds in planned if seconds > 700))
    missed = next_check_at(due_at=DUE, limit_at=at(120), after=None, now=at(9_000), key="road-fuel", live_since=at(0.2))
    assert missed == at(9_000), "one look for all that were missed"


def test_the_watch_of_a_live_release_ends_six_hours_after_and_never_beyond_the_week():
    ended = {"due_at": DUE, "limit_at": at(120), "key": "a", "live_since": at(1)}
    assert next_check_at(after=at(21_720), now=at(21_721), **ended) is None
    assert next_check_at(after=at(300), now=at(21_721), **ended) is None
    late = GIVE_UP.total_seconds() - 3_600
    assert late < once_live(late)[-1] <= GIVE_UP.total_seconds()


def test_found_live_costs_a_small_part_of_the_checks_that_waiting_costs():
    assert len(once_live(0.2)) <= 35


# --- after one check before due that showed it


def find_second_check(early: float, *, key: str = "road-fuel") -> float:
    instant = next_check_at(due_at=DUE, limit_at=at(120), after=at(early), now=at(early), key=key, live_early=at(early))
    assert instant is not None
    return (instant - DUE).total_seconds()


@pytest.mark.parametrize("early", [-80_000, -30_000, -3_000])
def test_a_check_before_due_that_showed_the_release_is_confirmed_five_seconds_later(early):
    assert find_second_check(early) == early + 5


def test_a_confirming_check_that_brought_nothing_is_repeated_twice_and_then_the_plan_goes_on():
    early, instants = at(-30_000), [at(-30_000)]
    for _ in range(4):
        instants.append(
            next_check_at(due_at=DUE, limit_at=at(120), after=instants[-1], now=instants[-1], key="a", live_early=early)
        )
    assert [(instant - early).total_seconds() for instant in instants[1:4]] == [5, 15, 60]
    assert instants[4] == following(instants[3], instants[3], key="a")


def test_close_to_due_the_planned_checks_confirm_automatically():
    for early in range(-400, 0):
        assert find_second_check(early) <= early + 5
        assert not -5 < find_second_check(early) < 0


def plan_of_part(may_follow: timedelta, *, until: float, key: str = "road-fuel") -> list[datetime]:
    planned = [at(-10)]
    while planned[-1] < at(until):
        planned.append(
            next_check_at(
                due_at=DUE, limit_at=at(120), after=planned[-1], now=planned[-1], key=key, may_follow=may_follow
            )
        )
    return planned


@given(key=KEYS, minutes=st.sampled_from([1, 3, 15, 60, 400, 1440]))
def test_a_part_that_may_follow_is_checked_exactly_at_its_own_limit_and_often_around_it(key, minutes):
    follows = timedelta(minutes=minutes)
    limit = 120 + follows.total_seconds()
    plan = plan_of_part(follows, until=limit + 200, key=key)
    assert all(earlier < later for earlier, later in pairwise(plan))
    assert {DUE, at(120), at(121), at(limit), at(limit + 1)} <= set(plan)
    near = [instant for instant in plan if at(limit - 5) <= instant <= at(limit + 60)]
    assert all(later - earlier <= timedelta(seconds=7.5) for earlier, later in pairwise(near))
    since_due = [instant for instant in plan if DUE <= instant <= at(limit)]
    assert max(later - earlier for earlier, later in pairwise(since_due)) <= longest_gap_until(timedelta(seconds=limit))


def test_a_part_that_may_follow_by_a_day_is_not_checked_every_second():
    assert len(plan_of_part(timedelta(days=1), until=86_400)) < 600


def test_an_address_that_may_not_follow_has_the_plan_of_the_release():
    plan = plan_of_part(timedelta(0), until=4_000)
    assert plan[1:] == [instant for instant in PLANS["road-fuel", 120] if at(-10) < instant <= plan[-1]]
