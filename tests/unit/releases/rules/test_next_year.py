"""The same release a year later: its day by one of two rules, never on a day without releases, and its new names."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.rules.calendar import Nation, Precision, Rule, Slot, no_release_day, place_later
from releases.rules.edition import Shift, advance_edition, advance_reference

AT = time(9, 30)


def placed(on, rule, nation=Nation.ENGLAND):
    found = place_later(Slot(on=on, at=AT), months=12, rule=rule, nation=nation)
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
    found = place_later(
        Slot(on=date(2026, 8, 1), at=None, precision=precision), months=12, rule=Rule.SAME_WEEKDAY, nation=Nation.WALES
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


A_YEAR = Shift(was=date(2026, 7, 14), to=date(2027, 7, 13), months=12)
A_QUARTER = Shift(was=date(2026, 10, 14), to=date(2027, 1, 13), months=3)
A_MONTH = Shift(was=date(2026, 11, 27), to=date(2026, 12, 24), months=1)


@pytest.mark.parametrize(
    ("this", "following"),
    [
        ("Rain in 2026", "Rain in 2027"),
        ("Rain: April to June 2026", "Rain: April to June 2027"),
        ("Rain: 14 July 2026", "Rain: 13 July 2027"),
        ("Schools, 2025 to 2026", "Schools, 2026 to 2027"),
        ("Schools 2025/26", "Schools 2026/27"),
        ("Schools 2025–26", "Schools 2026–27"),
        ("Schools 1999-00", "Schools 2000-01"),
        ("Schools 2011-12", "Schools 2012-13"),
        ("Rain, Q3 2026", "Rain, Q3 2027"),
        ("Rain", "Rain"),
        ("Plan 20260 of 12026", "Plan 20260 of 12026"),
    ],
)
def test_a_title_names_the_same_period_a_year_later(this, following):
    assert advance_edition(this, A_YEAR) == following


@pytest.mark.parametrize(
    ("this", "following", "shift"),
    [
        ("Rain: October 2026", "Rain: November 2026", A_MONTH),
        ("Rain, Dec 2026", "Rain, Jan 2027", A_MONTH),
        ("https://www.example.gov.uk/rain-october-2026", "https://www.example.gov.uk/rain-november-2026", A_MONTH),
        ("Rain: August to October 2026", "Rain: September to November 2026", A_MONTH),
        ("Rain: October to December 2026", "Rain: November 2026 to January 2027", A_MONTH),
        ("Rain: December to February 2026", "Rain: January to March 2026", A_MONTH),
        ("Rain, week ending 20 November 2026", "Rain, week ending 17 December 2026", A_MONTH),
        ("rain_20261127", "rain_20261224", A_MONTH),
        ("Rain in 2026", "Rain in 2026", A_MONTH),
        ("May be: 31 June 2026", "May be: 31 June 2026", A_MONTH),
        ("Rain, Q4 2026", "Rain, Q1 2027", A_QUARTER),
        ("rain-2026-q4", "rain-2027-q1", A_QUARTER),
        ("Rain, Quarter 2 2026", "Rain, Quarter 3 2026", A_QUARTER),
        ("Rain: July to September 2026", "Rain: October to December 2026", A_QUARTER),
        ("Dismay 2026, maybe", "Dismay 2026, maybe", A_QUARTER),
    ],
)
def test_a_title_or_address_names_the_next_period(this, following, shift):
    assert advance_edition(this, shift) == following


@pytest.mark.parametrize(
    ("this", "following"),
    [
        ("rain-2026-07", "rain-2027-07"),
        ("rain-july-2026", "rain-july-2027"),
        ("schools-2025-26", "schools-2026-27"),
        # The day of release is that of the next one, and not the same day a year later.
        ("rain-2026-07-14", "rain-2027-07-13"),
        ("rain", "rain-2027"),
    ],
)
def test_a_reference_names_the_next_year(this, following):
    assert advance_reference(this, A_YEAR) == following


def test_a_reference_is_free_and_names_a_period():
    assert advance_reference("rain", A_MONTH) == "rain-2026-12"
    assert advance_reference("rain-2026", A_MONTH) == "rain-2026-12"
    assert advance_reference("rain-2026-10", A_MONTH, taken={"rain-2026-11"}) == "rain-2026-11-2026-12-24"
    taken = {"rain-2026-11", "rain-2026-11-2026-12-24", "rain-2026-11-2"}
    assert advance_reference("rain-2026-10", A_MONTH, taken=taken) == "rain-2026-11-3"
