"""Who is called about a release, by its time and its day, and who is left once contacts did not answer."""

from datetime import date, time

import pytest

from releases.rules.calendar import STANDARD_RELEASE_TIME, Nation
from releases.rules.rota import (
    NO_ANSWER,
    NO_ANSWER_UNDONE,
    RotaDays,
    RotaPlace,
    find_call_list,
    find_contacts_without_answer,
)

ANN, BOB, CAT, DAN, EVE = range(1, 6)
SEVEN = time(7)
WEEKDAY, SATURDAY, CHRISTMAS = date(2026, 6, 30), date(2026, 6, 27), date(2026, 12, 25)
# 2 January is a bank holiday in Scotland alone.
SECOND_OF_JANUARY = date(2026, 1, 2)
CLOSED = RotaDays.CLOSED_DAYS
ROTA = (
    RotaPlace(BOB, 2),
    RotaPlace(ANN, 1),
    RotaPlace(CAT, 1, SEVEN),
    RotaPlace(ANN, 2, SEVEN),
    RotaPlace(DAN, 1, days=CLOSED),
    RotaPlace(EVE, 1, SEVEN, CLOSED),
    RotaPlace(DAN, 2, SEVEN, CLOSED),
)


def call_list(rota=ROTA, *, at=STANDARD_RELEASE_TIME, on=WEEKDAY, nation=Nation.ENGLAND, closed=frozenset()):
    return find_call_list(rota, at=at, on=on, nation=nation, closed=closed)


def test_contacts_are_called_in_phone_order_whatever_the_order_of_the_rows():
    assert call_list() == (ANN, BOB)


def test_a_release_time_with_a_list_of_its_own_uses_only_that():
    assert call_list(at=SEVEN) == (CAT, ANN)
    assert call_list(at=time(12)) == (ANN, BOB)


@pytest.mark.parametrize("on", [SATURDAY, CHRISTMAS], ids=["weekend", "bank holiday"])
def test_on_a_closed_day_the_lists_for_closed_days_come_first(on):
    assert call_list(on=on) == (DAN,)
    assert call_list(on=on, at=SEVEN) == (EVE, DAN)


def test_a_list_for_closed_days_and_all_times_comes_before_one_for_the_time():
    assert call_list([RotaPlace(CAT, 1, SEVEN), RotaPlace(DAN, 1, days=CLOSED)], at=SEVEN, on=SATURDAY) == (DAN,)


def test_the_holidays_are_those_of_the_nation_and_the_closed_days_those_of_the_office():
    assert call_list(on=SECOND_OF_JANUARY) == (ANN, BOB)
    assert call_list(on=SECOND_OF_JANUARY, nation=Nation.SCOTLAND) == (DAN,)
    assert call_list(closed=frozenset({WEEKDAY})) == (DAN,)


def test_without_a_list_for_closed_days_the_usual_contacts_are_called():
    usual = [place for place in ROTA if place.days == RotaDays.EVERY_DAY]
    assert call_list(usual, on=SATURDAY) == (ANN, BOB)
    assert call_list(usual, on=SATURDAY, at=SEVEN) == (CAT, ANN)


def test_a_contact_is_called_once_and_a_rota_for_other_times_has_no_one():
    assert call_list([RotaPlace(ANN, 1), RotaPlace(ANN, 2), RotaPlace(BOB, 3)]) == (ANN, BOB)
    assert call_list([RotaPlace(CAT, 1, SEVEN)]) == ()
    assert call_list([]) == ()


def test_the_first_record_of_no_answer_counts_until_it_is_undone():
    events = [(NO_ANSWER, ANN, "9:32"), (NO_ANSWER, ANN, "9:33"), (NO_ANSWER, BOB, "9:34")]
    assert find_contacts_without_answer(events) == {ANN: "9:32", BOB: "9:34"}
    events.append((NO_ANSWER_UNDONE, ANN, "9:35"))
    assert find_contacts_without_answer(events) == {BOB: "9:34"}
    assert find_contacts_without_answer([*events, (NO_ANSWER, ANN, "9:36")]) == {BOB: "9:34", ANN: "9:36"}
