"""The same release a year later: its day by one of two rules, never on a day without releases, and its new names."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.rules import calendar
from releases.rules.calendar import Nation, Precision, Rule, Slot, no_release_day, place_next_year

AT = time(9, 30)


def placed(on, rule, nation=Nation.ENGLAND):
    found = place_next_year(Slot(on=on, at=AT), rule=rule, nation=nation)
    return found.slot.on, list(found.in_the_way)


@pytest.mark.parametrize(
    ("on", "rule", "expected", "in_the_way"),
    [
        pytest.param(date(2026, 7, 14), Rule.SAME_DATE, date(2027, 7, 14), [], id="same-date"),
        pytest.param(date(2026, 7, 14), Rule.SAME_WEEKDAY, date(2027, 7, 13), [], id="second-tuesday"),
        pytest.param(
            date(2026, 7, 17), Rule.SAME_DATE, date(2027, 7, 19), [date(2027, 7, 17), date(2027, 7, 18)], id="weekend"
        ),
        pytest.param(date(2026, 6, 30), Rule.SAME_WEEKDAY, date(2027, 6, 29), [], id="fifth-tuesday"),
        pytest.param(date(2026, 7, 31), Rule.SAME_WEEKDAY, date(2027, 7, 30), [], id="fifth-friday"),
        pytest.param(date(2026, 1, 29), Rule.SAME_WEEKDAY, date(2027, 1, 28), [], id="fifth-that-is-the-fourth"),
        pytest.param(date(2028, 2, 29), Rule.SAME_DATE, date(2029, 2, 28), [], id="leap-day"),
        pytest.param(
            date(2026, 12, 25),
            Rule.SAME_DATE,
            date(2027, 12, 29),
            [date(2027, 12, day) for day in (25, 26, 27, 28)],
            id="christmas-with-substitute-days",
        ),
        pytest.param(
            date(2026, 12, 31), Rule.SAME_DATE, date(2027, 12, 31), [], id="the-last-day-of-the-year"
        ),
    ],
)  # fmt: skip
def test_the_day_a_year_later_follows_from_the_rule_and_goes_on_to_a_working_day(on, rule, expected, in_the_way):
    assert placed(on, rule) == (expected, in_the_way)


def test_the_holidays_are_those_of_the_producers_nation():
    # Easter Monday is none in Scotland.
    assert placed(date(2026, 3, 29), Rule.SAME_DATE, Nation.WALES)[0] == date(2027, 3, 30)
    assert placed(date(2026, 3, 29), Rule.SAME_DATE, Nation.SCOTLAND)[0] == date(2027, 3, 29)
    # The second of January is a holiday in Scotland alone; in 2026 it is a Friday.
    assert placed(date(2025, 1, 2), Rule.SAME_DATE, Nation.ENGLAND)[0] == date(2026, 1, 2)
    assert placed(date(2025, 1, 2), Rule.SAME_DATE, Nation.SCOTLAND)[0] == date(2026, 1, 5)


@pytest.mark.parametrize("precision", [Precision.MONTH, Precision.TWO_MONTHS])
def test_a_vague_date_stays_as_vague_as_it_is(precision):
    found = place_next_year(
        Slot(on=date(2026, 8, 1), at=None, precision=precision), rule=Rule.SAME_WEEKDAY, nation=Nation.WALES
    )
    assert found.slot == Slot(on=date(2027, 8, 1), at=None, precision=precision)
    assert found.in_the_way == ()


@given(st.dates(date(2020, 1, 1), date(2027, 12, 31)), st.sampled_from(Rule), st.sampled_from(Nation))
def test_every_day_comes_to_lie_on_a_working_day_close_to_itself_a_year_later(on, rule, nation):
    expected, in_the_way = placed(on, rule, nation)
    assert no_release_day(expected, nation=nation) is None
    assert all(no_release_day(day, nation=nation) for day in in_the_way)
    assert 355 <= (expected - on).days <= 380
    if rule is Rule.SAME_WEEKDAY:
        wanted = in_the_way[0] if in_the_way else expected
        assert wanted.weekday() == on.weekday()
        assert (wanted.year, wanted.month) == (on.year + 1, on.month)


@pytest.mark.parametrize(
    ("this", "following"),
    [
        ("Rain in 2026", "Rain in 2027"),
        ("Rain: April to June 2026", "Rain: April to June 2027"),
        ("Schools, 2025 to 2026", "Schools, 2026 to 2027"),
        ("Schools 2025/26", "Schools 2026/27"),
        ("Schools 2025–26", "Schools 2026–27"),
        ("Schools 1999-00", "Schools 2000-01"),
        ("Rain", "Rain"),
        ("Plan 20260 of 12026", "Plan 20260 of 12026"),
    ],
)
def test_every_year_in_a_title_grows_by_one(this, following):
    assert calendar.title_next_year(this) == following


@pytest.mark.parametrize(
    ("this", "following"),
    [
        ("rain-2026-07", "rain-2027-07"),
        ("rain-july-2026", "rain-july-2027"),
        ("schools-2025-26", "schools-2026-27"),
        ("rain-2026-07-14", "rain-2027-07-14"),
        ("rain", "rain-2027"),
    ],
)
def test_a_reference_names_the_next_year(this, following):
    assert calendar.reference_next_year(this, year=2027) == following
