"""Who requests and agrees to which change, and which changes of date the register marks (C12)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from releases.rules.calendar import Precision, Slot
from releases.rules.date_change import REQUEST, Mark, RequestState, date_change_marks, is_requested_close
from releases.rules.lifecycle import Role, WrongState

WAS, TO = Slot(date(2020, 6, 30), time(9, 30)), Slot(date(2020, 7, 14), time(9, 30))
DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
LONG_BEFORE = DUE - timedelta(days=10)
VAGUE = Slot(date(2020, 6, 30), None, Precision.MONTH)


@pytest.mark.parametrize("state", [state for state in RequestState if state is not RequestState.WAITING])
@pytest.mark.parametrize("move", REQUEST.move_names)
def test_nothing_happens_to_a_request_that_was_decided(state, move):
    with pytest.raises(WrongState, match=f"this request is {state}"):
        REQUEST.check(move, source=state, roles=frozenset(Role), given={"reason"})


def test_who_asks_is_not_who_agrees():
    for role in (Role.CALENDAR_MANAGER, Role.STATISTICIAN):
        assert REQUEST.available(source=RequestState.WAITING, roles={role}) == ("withdraw",)


@pytest.mark.parametrize("role", [Role.PUBLISHING_TEAM, Role.AUDITOR])
def test_others_have_no_part_in_it(role):
    assert REQUEST.available(source=RequestState.WAITING, roles={role}) == ()


@pytest.mark.parametrize(
    ("made_at", "expected"),
    [
        pytest.param(datetime(2020, 6, 29, 22, 59, tzinfo=UTC), set(), id="the-evening-before-in-london"),
        pytest.param(datetime(2020, 6, 29, 23, 0, tzinfo=UTC), {Mark.ON_THE_DAY}, id="after-midnight-in-london"),
        pytest.param(DUE - timedelta(seconds=1), {Mark.ON_THE_DAY}, id="a-second-before-it-was-due"),
        pytest.param(DUE, {Mark.ON_THE_DAY, Mark.AFTER_DUE}, id="as-it-was-due"),
        pytest.param(datetime(2020, 7, 13, 23, 0, tzinfo=UTC), {Mark.ON_THE_DAY, Mark.AFTER_DUE}, id="on-the-new-day"),
        pytest.param(datetime(2020, 7, 1, 12, 0, tzinfo=UTC), {Mark.AFTER_DUE}, id="between-the-two-days"),
    ],
)
def test_a_change_made_on_the_day_of_release_by_londons_calendar_is_marked(made_at, expected):
    assert set(date_change_marks(WAS, TO, requested_at=LONG_BEFORE, made_at=made_at)) == expected


def test_a_date_known_to_the_month_has_no_day_of_release():
    assert (
        date_change_marks(VAGUE, VAGUE, requested_at=LONG_BEFORE, made_at=datetime(2020, 6, 30, 9, 0, tzinfo=UTC)) == ()
    )


@pytest.mark.parametrize(
    ("was", "to", "requested_at", "close"),
    [
        pytest.param(WAS, TO, DUE - timedelta(days=1, seconds=1), False, id="more-than-a-day-before"),
        pytest.param(WAS, TO, DUE - timedelta(days=1), True, id="a-day-before"),
        pytest.param(WAS, TO, DUE + timedelta(days=3), True, id="after"),
        pytest.param(TO, WAS, DUE - timedelta(hours=3), True, id="brought-forward-to-the-same-day"),
        pytest.param(VAGUE, VAGUE, DUE, False, id="vague"),
    ],
)
def test_a_change_asked_for_within_a_day_of_release_is_marked(was, to, requested_at, close):
    assert is_requested_close(was, to, requested_at=requested_at) is close
    found = date_change_marks(was, to, requested_at=requested_at, made_at=requested_at)
    assert (Mark.ASKED_CLOSE_TO_RELEASE in found) is close
