"""The rhythm of a series: inferred from its past, with its missing dates."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.rules.calendar import MONTHS, Gap, Pace, Precision, gaps, months_after, pace_of, representative_day

START = date(2024, 1, 16)


def beats(pace, count, *, start=START, without=()):
    return [months_after(start, MONTHS[pace] * number) for number in range(count) if number not in without]


@pytest.mark.parametrize("pace", list(Pace))
@pytest.mark.parametrize("count", [3, 13, 30])
def test_a_regular_series_has_its_pace(pace, count):
    assert pace_of(beats(pace, count)) is pace


@pytest.mark.parametrize(
    ("days", "pace"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param(beats(Pace.MONTHLY, 2), None, id="two-releases-are-no-rhythm"),
        pytest.param([START, *[START + timedelta(days=days) for days in (7, 14, 21, 28)]], None, id="weekly"),
        pytest.param([START + timedelta(days=days) for days in (0, 30, 400, 520)], None, id="irregular"),
        pytest.param(beats(Pace.MONTHLY, 13, without=(4, 9)), Pace.MONTHLY, id="monthly-with-two-left-out"),
        pytest.param([START, date(2024, 2, 1), date(2024, 2, 29), date(2024, 4, 2)], Pace.MONTHLY, id="drifting"),
        pytest.param(
            [day + timedelta(days=extra) for day in beats(Pace.QUARTERLY, 4) for extra in (0, 2)],
            Pace.QUARTERLY,
            id="in-two-parts",
        ),
        pytest.param(
            [*beats(Pace.QUARTERLY, 8, start=date(2020, 1, 16)), *beats(Pace.MONTHLY, 14)],
            Pace.MONTHLY,
            id="quicker-now",
        ),
    ],
)
def test_the_pace_is_what_most_of_the_latest_intervals_say_and_otherwise_none(days, pace):
    assert pace_of(reversed(days)) is pace


def found(days, pace, start=date(2024, 1, 1), end=date(2024, 12, 31)):
    return gaps(days, pace, start=start, end=end)


@pytest.mark.parametrize(
    ("pace", "count", "without", "expected"),
    [
        pytest.param(Pace.MONTHLY, 12, (), [], id="complete"),
        pytest.param(Pace.MONTHLY, 12, (4,), [Gap(date(2024, 5, 1), date(2024, 5, 1), 1)], id="one-month"),
        pytest.param(
            Pace.MONTHLY,
            12,
            (4, 5, 8),
            [Gap(date(2024, 5, 1), date(2024, 6, 1), 2), Gap(date(2024, 9, 1), date(2024, 9, 1), 1)],
            id="two-in-a-row-and-one",
        ),
        pytest.param(Pace.MONTHLY, 10, (), [Gap(date(2024, 11, 1), date(2024, 12, 1), 2)], id="the-end-of-the-year"),
        pytest.param(Pace.QUARTERLY, 4, (2,), [Gap(date(2024, 7, 1), date(2024, 7, 1), 1)], id="a-quarter"),
        pytest.param(Pace.YEARLY, 1, (), [], id="a-year-to-come"),
    ],
)
def test_expected_periods_without_a_release_are_named(pace, count, without, expected):
    assert found(beats(pace, count, without=without), pace) == expected


def test_a_yearly_series_is_missing_the_year_in_which_nothing_is_planned():
    days = [date(2021, 6, 10), date(2022, 6, 9), date(2023, 6, 8)]
    assert found(days, Pace.YEARLY) == [Gap(date(2024, 6, 1), date(2024, 6, 1), 1)]
    # What comes two months later than usual is this year's.
    assert found([*days, date(2024, 8, 8)], Pace.YEARLY) == []


def test_a_release_early_in_the_next_year_fills_the_last_period_of_this_one():
    days = [*beats(Pace.MONTHLY, 11, start=date(2024, 1, 26)), date(2025, 1, 3)]
    assert found(days, Pace.MONTHLY) == []


def test_only_gaps_between_the_days_asked_about_are_described():
    days = beats(Pace.MONTHLY, 24, without=(1, 13))
    assert found(days, Pace.MONTHLY, date(2025, 1, 1), date(2025, 12, 31)) == [
        Gap(date(2025, 2, 1), date(2025, 2, 1), 1)
    ]
    assert found([], Pace.MONTHLY) == []


@pytest.mark.parametrize(
    ("precision", "expected"),
    [
        (Precision.EXACT, date(2026, 12, 3)),
        (Precision.MONTH, date(2026, 12, 16)),
        (Precision.TWO_MONTHS, date(2027, 1, 1)),
    ],
)
def test_a_vague_release_is_in_the_middle_of_its_months(precision, expected):
    assert representative_day(date(2026, 12, 3), precision=precision) == expected


@given(
    st.sampled_from(Pace),
    st.integers(4, 20),
    st.data(),
)
def test_of_a_series_that_wavers_by_days_exactly_what_was_left_out_is_found(pace, count, data):
    jitter = st.integers(-4, 4)
    days = [day + timedelta(days=data.draw(jitter)) for day in beats(pace, count)]
    left_out = data.draw(st.integers(1, count - 2))
    without = [day for number, day in enumerate(days) if number != left_out]
    end = days[-1]
    assert gaps(days, pace, start=START - timedelta(days=5), end=end) == []
    (gap,) = gaps(without, pace, start=START - timedelta(days=5), end=end)
    assert gap.periods == 1
    assert abs((gap.first + timedelta(days=15) - days[left_out]).days) <= 31
