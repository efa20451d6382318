"""When the next look at a release falls."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.cadence import FIRST_LOOK, GIVE_UP, next_look
from tests.releases.looks import DUE, at

KEYS = st.text(min_size=1, max_size=12)
LIMITS = st.one_of(
    st.sampled_from([0, 0.5, 5, 7, 60, 119.5, 120, 120.4, 179, 900]),
    st.floats(0, 179).map(lambda value: round(value, 3)),
)


def following(after: datetime | None, now: datetime, *, limit: float = 120, key: str = "road-fuel") -> datetime | None:
    return next_look(due_at=DUE, limit_at=at(limit), after=after, now=now, key=key)


def whole_plan(key: str = "road-fuel", limit: float = 120) -> list[datetime]:
    """Walk the plan as a watcher does that is never late."""
    planned: list[datetime] = []
    instant = following(None, DUE - timedelta(days=3), limit=limit, key=key)
    while instant is not None:
        planned.append(instant)
        instant = following(instant, instant, limit=limit, key=key)
    return planned


PLANS = {(key, limit): whole_plan(key, limit) for key in ("a", "b", "c", "road-fuel") for limit in (0, 5, 7, 120, 179)}


@given(key=KEYS, limit=LIMITS)
def test_a_plan_grows_strictly_and_holds_the_due_instant_the_limit_and_the_last_look_before(key, limit):
    around = [at(-300)]
    while around[-1] < at(1200) and (instant := following(around[-1], around[-1], limit=limit, key=key)):
        around.append(instant)
    assert around[-1] >= at(1200)
    assert all(earlier < later for earlier, later in pairwise(around))
    assert {at(-5), DUE, at(limit)} <= set(around)


@pytest.mark.parametrize(("key", "limit"), PLANS)
def test_a_whole_plan_runs_from_a_day_before_until_a_week_after(key, limit):
    plan = PLANS[key, limit]
    assert all(earlier < later for earlier, later in pairwise(plan))
    assert timedelta(0) <= plan[0] - (DUE - FIRST_LOOK) <= timedelta(minutes=7.5)
    assert timedelta(0) <= (DUE + GIVE_UP) - plan[-1] <= timedelta(minutes=15)
    assert 1_050 <= len(plan) <= 1_250


PERIODS = [
    pytest.param(-86_400, -3_600, 900, id="the-day-before"),
    pytest.param(-3_600, -600, 60, id="the-last-hour"),
    pytest.param(-600, -60, 15, id="the-last-ten-minutes"),
    pytest.param(-60, 0, 5, id="the-last-minute"),
    pytest.param(0, 120, 5, id="two-minutes-after"),
    pytest.param(120, 600, 10, id="to-ten-minutes"),
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
        shifted = [instant for instant in inside if instant not in (at(-5), DUE, at(limit))]
        assert all(later - earlier >= timedelta(seconds=step) for earlier, later in pairwise(shifted))


def test_nothing_is_looked_at_between_five_seconds_before_due_and_due():
    for plan in PLANS.values():
        assert plan[plan.index(at(-5)) + 1] == DUE


def test_the_dense_looks_go_on_to_a_limit_later_than_two_minutes():
    plan = PLANS["a", 179]
    dense = [instant for instant in plan if DUE <= instant <= at(179)]
    assert all(later - earlier <= timedelta(seconds=7.5) for earlier, later in pairwise(dense))
    assert dense[-1] == at(179)
    assert plan[plan.index(at(179)) + 1] <= at(179 + 15)


@pytest.mark.parametrize("limit", [0, 0.5, 1, 7, 119.5, 120, 179])
def test_the_look_at_the_limit_has_a_second_to_itself(limit):
    for key in ("a", "b", "c", "d", "e", "f"):
        instants = [instant for instant in whole_plan(key, limit) if instant not in (DUE, at(limit))]
        assert all(abs(instant - at(limit)) >= timedelta(seconds=1) for instant in instants)


def test_the_shift_is_the_same_each_time_and_another_for_another_release():
    assert whole_plan("a") == PLANS["a", 120]
    assert set(PLANS["a", 120]) & set(PLANS["b", 120]) == {at(-5), DUE, at(120)}


def test_the_shifts_of_many_releases_spread_over_half_a_step():
    looks = [following(at(5), at(5), key=f"release-{number}") for number in range(400)]
    shifts = [(instant - at(5)).total_seconds() for instant in looks if instant]
    assert all(0 <= shift <= 5 for shift in shifts)
    assert len({round(shift % 5 / 0.25) for shift in shifts}) == 11


@given(key=KEYS, start=st.integers(-90_000, 604_800))
def test_planning_ahead_gives_the_same_instants_as_planning_when_due(key, start):
    ahead = following(at(start), DUE - timedelta(days=3), key=key)
    assert ahead == following(at(start), at(start), key=key)


# --- beginning late, and holes


def test_a_watch_that_begins_before_the_first_look_waits_for_it():
    first = following(None, DUE - timedelta(days=30))
    assert first == PLANS["road-fuel", 120][0]


@pytest.mark.parametrize("seconds", [-40_000, -3, 34, 4_000, 500_000])
def test_a_watch_that_begins_late_looks_at_once_and_then_follows_the_plan(seconds):
    now = at(seconds)
    assert following(None, now) == now
    assert following(now, now) == next(instant for instant in PLANS["road-fuel", 120] if instant > now)


@pytest.mark.parametrize("fixed", [-5, 0, 120], ids=["last-before-due", "due", "limit"])
def test_a_watch_that_begins_within_a_second_after_a_fixed_look_makes_it_under_its_own_instant(fixed):
    assert following(None, at(fixed + 0.99)) == at(fixed)
    assert following(None, at(fixed + 1)) == at(fixed + 1)


def test_a_look_overdue_by_less_than_a_second_keeps_its_planned_instant():
    before_due = at(-5)
    assert following(before_due, at(0.999)) == DUE
    assert following(before_due, at(1)) == at(1)


def test_after_a_hole_one_look_is_made_at_once_and_not_one_for_each_that_was_missed():
    now = at(7_000.123)
    assert following(at(-5), now) == now
    assert following(now, now) == next(instant for instant in PLANS["road-fuel", 120] if instant > now)


def test_a_hole_that_ends_just_after_the_limit_still_has_the_look_at_the_limit():
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
def test_a_next_look_is_later_than_the_last_and_never_overdue_by_a_second(key, limit, after, later):
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
