"""Dates, times, precision and the days on which nothing is released (C4, C10, C11, C16)."""

from datetime import UTC, date, datetime, time

import pytest

from releases.rules import calendar
from releases.rules.calendar import Nation, Precision, Slot

OCTOBER, MARCH = date(2026, 10, 25), date(2026, 3, 29)


@pytest.mark.parametrize(
    ("slot", "words"),
    [
        pytest.param(Slot(date(2026, 11, 10), time(9, 30)), "10 November 2026 9:30am", id="exact"),
        pytest.param(Slot(date(2026, 11, 10), time(0, 0)), "10 November 2026 midnight", id="midnight"),
        pytest.param(Slot(date(2026, 11, 10), time(7, 0)), "10 November 2026 7am", id="on-the-hour"),
        pytest.param(Slot(date(2026, 11, 10), time(12, 0)), "10 November 2026 midday", id="midday"),
        pytest.param(Slot(date(2026, 11, 10), time(12, 5)), "10 November 2026 12:05pm", id="after-noon"),
        pytest.param(Slot(date(2026, 7, 1), None, Precision.MONTH), "July 2026", id="month"),
        pytest.param(Slot(date(2026, 7, 31), None, Precision.TWO_MONTHS), "July to August 2026", id="two-months"),
        pytest.param(
            Slot(date(2026, 12, 1), None, Precision.TWO_MONTHS),
            "December 2026 to January 2027",
            id="two-months-across-new-year",
        ),
        pytest.param(
            Slot(date(2026, 11, 30), None, Precision.TWO_MONTHS), "November to December 2026", id="last-two-of-a-year"
        ),
    ],
)
def test_a_date_is_written_as_exactly_as_it_is_known(slot, words):
    assert str(slot) == words


@pytest.mark.parametrize(
    ("precision", "day", "is_within"),
    [
        (Precision.MONTH, date(2026, 7, 1), True),
        (Precision.MONTH, date(2026, 7, 31), True),
        (Precision.MONTH, date(2026, 6, 30), False),
        (Precision.MONTH, date(2026, 8, 1), False),
        (Precision.TWO_MONTHS, date(2026, 8, 31), True),
        (Precision.TWO_MONTHS, date(2026, 9, 1), False),
        (Precision.EXACT, date(2026, 7, 15), False),
    ],
)
def test_an_exact_day_is_within_the_months_that_were_announced(precision, day, is_within):
    announced = Slot(date(2026, 7, 15), None, precision)
    assert Slot(day, time(9, 30)).is_day_within(announced) is is_within
    assert not announced.is_day_within(announced)


def test_a_vague_date_is_before_another_one_if_it_also_ends_before_it():
    january = Slot(date(2027, 1, 1), None, Precision.TWO_MONTHS)
    assert january.is_before(Slot(date(2027, 2, 1), None, Precision.TWO_MONTHS))
    assert january.is_before(Slot(date(2027, 3, 1), time(9, 30)))
    assert not january.is_before(Slot(date(2027, 1, 5), time(9, 30)))
    assert not january.is_before(january)


@pytest.mark.parametrize("precision", [Precision.MONTH, Precision.TWO_MONTHS])
def test_a_vague_date_is_due_at_no_instant(precision):
    assert Slot(date(2026, 7, 1), time(9, 30), precision).due_at is None


@pytest.mark.parametrize(
    ("on", "utc_hour"),
    [
        pytest.param(date(2026, 3, 27), 9, id="before-the-clocks-go-forward"),
        pytest.param(date(2026, 3, 29), 8, id="the-day-they-go-forward"),
        pytest.param(date(2026, 3, 30), 8, id="after"),
        pytest.param(date(2026, 10, 23), 8, id="before-the-clocks-go-back"),
        pytest.param(date(2026, 10, 25), 9, id="the-day-they-go-back"),
        pytest.param(date(2026, 10, 26), 9, id="after-they-went-back"),
    ],
)
def test_half_past_nine_stays_half_past_nine_in_london_through_both_clock_changes(on, utc_hour):
    assert Slot(on, time(9, 30)).due_at == datetime(on.year, on.month, on.day, utc_hour, 30, tzinfo=UTC)
    assert calendar.slot_at(Slot(on, time(9, 30)).due_at) == Slot(on, time(9, 30))


def test_a_time_that_the_clocks_leap_over_is_refused():
    with pytest.raises(ValueError, match=r"1:30am on 29 March 2026 does not exist"):
        _ = Slot(MARCH, time(1, 30)).due_at


def test_a_time_that_comes_twice_is_refused_unless_its_offset_is_written():
    with pytest.raises(ValueError, match=r"1:30am on 25 October 2026 happens twice"):
        _ = Slot(OCTOBER, time(1, 30)).due_at
    assert calendar.parse_london("2026-10-25 01:30+01:00") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert calendar.parse_london("2026-10-25T01:30Z") == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "next Tuesday",
        "30/06/2026 09:30",
        "2026-13-31 09:30",
        "2026-06-32 09:30",
        "0001-01-01 00:00+05:00",
        "0001-01-01T00:00+00:00",
        "",
    ],
)
def test_a_text_that_is_no_time_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"is not a time\. Write it as 2026-06-30 09:30"):
        calendar.parse_london(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-02-31 09:30", "31 February 2026"),
        ("2027-02-29T09:30", "29 February 2027"),
        ("2026-06-31", "31 June 2026"),
    ],
)
def test_a_day_that_its_month_does_not_have_is_named(text, day):
    with pytest.raises(ValueError, match=rf'^"{text}" is not a time, because {day} is not a date\.$'):
        calendar.parse_london(text)


def test_the_seconds_of_an_instant_are_not_part_of_its_slot():
    assert calendar.slot_at(datetime(2026, 6, 30, 8, 30, 59, tzinfo=UTC)).at == time(9, 30)
    assert calendar.drop_seconds(time(9, 30, 42, 7)) == time(9, 30)


@pytest.mark.parametrize(
    ("on", "nation", "holiday"),
    [
        pytest.param(date(2026, 12, 25), Nation.ENGLAND, "Christmas Day", id="everywhere"),
        pytest.param(date(2026, 3, 17), Nation.NORTHERN_IRELAND, "St Patrick", id="northern-ireland"),
        pytest.param(date(2026, 3, 17), Nation.ENGLAND, None, id="not-in-england"),
        pytest.param(date(2026, 11, 30), Nation.SCOTLAND, "St Andrew", id="scotland"),
        pytest.param(date(2026, 11, 30), Nation.WALES, None, id="not-in-wales"),
        pytest.param(date(2026, 4, 6), Nation.WALES, "Easter Monday", id="wales"),
        pytest.param(date(2026, 4, 6), Nation.SCOTLAND, None, id="not-in-scotland"),
        pytest.param(date(2026, 4, 6), Nation.UNITED_KINGDOM, "Easter Monday", id="united-kingdom-as-england"),
    ],
)
def test_each_nation_keeps_its_own_bank_holidays(on, nation, holiday):
    objection = calendar.no_release_day(on, nation=nation)
    if holiday is None:
        assert objection is None
    else:
        assert holiday in objection


@pytest.mark.parametrize("on", [date(2026, 6, 27), date(2026, 6, 28)], ids=["saturday", "sunday"])
def test_nothing_is_released_on_a_weekend(on):
    assert "is not a weekday" in calendar.no_release_day(on, nation=Nation.ENGLAND)


def test_every_nation_has_its_division_of_bank_holidays():
    assert set(calendar.DIVISIONS) == set(Nation)


@pytest.mark.parametrize(
    ("on", "nation", "before"),
    [
        pytest.param(date(2026, 11, 25), Nation.ENGLAND, date(2026, 11, 24), id="a Wednesday"),
        pytest.param(date(2026, 11, 23), Nation.ENGLAND, date(2026, 11, 20), id="a Monday"),
        pytest.param(date(2026, 12, 29), Nation.ENGLAND, date(2026, 12, 24), id="after Christmas"),
        pytest.param(date(2026, 12, 1), Nation.SCOTLAND, date(2026, 11, 27), id="after Saint Andrew's day"),
        pytest.param(date(2026, 12, 1), Nation.ENGLAND, date(2026, 11, 30), id="after Saint Andrew's day in England"),
        pytest.param(date(2026, 7, 14), Nation.NORTHERN_IRELAND, date(2026, 7, 10), id="after the twelfth"),
    ],
)
def test_the_working_day_before_is_the_nations_own(on, nation, before):
    assert calendar.working_day_before(on, nation=nation) == before
