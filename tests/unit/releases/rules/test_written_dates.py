"""A date of numbers is read with the day first, unless the file's own dates or a person say that the month is."""

import pytest

from releases.rules.written_dates import DateOrder, OpenDateOrder, describe_date, find_date_order, rewrite_date

DAY, MONTH = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("15/04/2027 09:30", "2027-04-15 09:30"),
        ("15/4/2027 9.30am", "2027-04-15 09:30"),
        ("15/04/2027 at 2pm", "2027-04-15 14:00"),
        ("15/04/2027, 12:05am", "2027-04-15 00:05"),
        ("15/04/2027 09:30:00", "2027-04-15 09:30"),
        ("15.04.2027", "2027-04-15"),
        ("15-04-2027", "2027-04-15"),
        ("2027-04-15 09:30", "2027-04-15 09:30"),
        ("April 2027", "April 2027"),
        ("15/04-2027", "15/04-2027"),
    ],
)
def test_a_uk_date_is_rewritten_and_any_other_text_stays(written, iso):
    assert rewrite_date(written, DAY) == iso


@pytest.mark.parametrize("written", ["15/04/27", "15/04/27 09:30", "03/04/27"])
def test_a_year_of_two_digits_is_refused_and_no_century_is_invented(written):
    with pytest.raises(ValueError, match=r"has a year of 2 digits\. Write the year in full"):
        rewrite_date(written, DAY)


def test_a_date_that_does_not_exist_is_refused():
    for written in ("31/02/2027", "32/13/2027 09:30", "00/01/2027"):
        with pytest.raises(ValueError, match="is not a real date"):
            rewrite_date(written, DAY)


def test_a_date_in_the_other_order_is_refused_and_not_turned_round():
    with pytest.raises(ValueError, match='with the day first, but "04/15/2027" is not a date in this order'):
        rewrite_date("04/15/2027", DAY)
    assert rewrite_date("04/15/2027", MONTH) == "2027-04-15"


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["15/04/2027", "03/04/2027"], DAY),
        (["04/15/2027", "03/04/2027"], MONTH),
        (["04/04/2027"], DAY),
        (["2027-04-03", "soon", "03/04/27", "31/02/2027"], DAY),
        ([], DAY),
    ],
)
def test_a_date_with_one_reading_proves_the_order_of_the_others(dates, order):
    assert find_date_order(dates) is order


@pytest.mark.parametrize(
    ("dates", "examples"),
    [
        (["04/04/2027", "03/04/2027 09:30"], ("03/04/2027 09:30", "03/04/2027 09:30")),
        (["15/04/2027", "04/16/2027", "03/04/2027"], ("03/04/2027", "03/04/2027")),
        (["15/04/2027", "04/16/2027"], ("15/04/2027", "04/16/2027")),
    ],
)
def test_the_order_is_open_if_nothing_proves_it_or_two_dates_contradict_each_other(dates, examples):
    with pytest.raises(OpenDateOrder) as question:
        find_date_order(dates)
    assert (question.value.day_first, question.value.month_first) == examples


def test_both_readings_of_a_date_are_described():
    assert [describe_date("03/04/2027 09:30", order) for order in DateOrder] == ["3 April 2027", "4 March 2027"]
