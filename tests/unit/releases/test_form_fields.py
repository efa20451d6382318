"""Dates in three boxes, and long texts."""

from datetime import date

import pytest
from django import forms
from django.core.exceptions import ValidationError

from releases.forms import GovukDateField, LongTextField


class Form(forms.Form):
    on = GovukDateField(label="Date of breach report", required=False)


def typed(day: str, month: str, year: str) -> Form:
    return Form({"on-day": day, "on-month": month, "on-year": year})


@pytest.mark.parametrize(
    "boxes",
    [
        pytest.param(("30", "6", "2020"), id="numbers"),
        pytest.param((" 30 ", "06", "2020"), id="spaces and a leading zero"),
        pytest.param(("30", "June", "2020"), id="the month's name"),
        pytest.param(("30", "jun", "2020"), id="a shortened name"),
    ],
)
def test_three_boxes_make_a_date(boxes: tuple[str, str, str]) -> None:
    form = typed(*boxes)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["on"] == date(2020, 6, 30)


@pytest.mark.parametrize(
    ("boxes", "message", "wrong"),
    [
        pytest.param(("", "6", "2020"), "Date of breach report must include a day", ("day",), id="no day"),
        pytest.param(
            ("", "", "2020"), "Date of breach report must include a day and month", ("day", "month"), id="a year alone"
        ),
        pytest.param(("30", "6", ""), "Date of breach report must include a year", ("year",), id="no year"),
        pytest.param(("30", "6", "20"), "Year must include 4 numbers", ("year",), id="a short year"),
        pytest.param(("31", "6", "2020"), "Date of breach report must be a real date", ("day",), id="31 June"),
        pytest.param(("29", "2", "2021"), "Date of breach report must be a real date", ("day",), id="no leap year"),
        pytest.param(("0", "6", "2020"), "Date of breach report must be a real date", ("day",), id="day nought"),
        pytest.param(("30", "13", "2020"), "Date of breach report must be a real date", ("month",), id="month 13"),
        pytest.param(("30", "6", "0000"), "Date of breach report must be a real date", ("year",), id="year nought"),
        pytest.param(("x", "ju", "2020"), "Date of breach report must be a real date", ("day", "month"), id="letters"),
        pytest.param(("-1", "6", "2020"), "Date of breach report must be a real date", ("day",), id="a minus"),
        pytest.param(("30", "6", "20200"), "Date of breach report must be a real date", ("year",), id="a long year"),
    ],
)
def test_what_is_no_date_is_refused_and_the_wrong_boxes_are_named(
    boxes: tuple[str, str, str], message: str, wrong: tuple[str, ...]
) -> None:
    form = typed(*boxes)
    assert form.errors["on"] == [message]
    assert (form.errors.as_data()["on"][0].params or {})["parts"] == wrong
    assert [form["on"].value()[index] for index in range(3)] == list(boxes), "what was typed stays in its boxes"


def test_a_date_that_is_not_required_may_stay_empty() -> None:
    form = typed("", " ", "")
    assert form.is_valid()
    assert form.cleaned_data["on"] is None


def test_a_date_that_is_required_says_so_in_its_own_words() -> None:
    with pytest.raises(ValidationError, match="Enter the date of breach report"):
        GovukDateField(label="Date of breach report").clean(["", "", ""])


def test_a_date_may_be_called_otherwise_in_its_errors_than_in_its_label() -> None:
    with pytest.raises(ValidationError, match="100% certain date must include a day"):
        GovukDateField(label="When?", subject="100% certain date").clean(["", "6", "2020"])


def test_the_stored_date_is_in_the_boxes_and_is_no_change_when_sent_back() -> None:
    form = Form(initial={"on": date(2020, 6, 30)})
    assert form["on"].field.widget.get_context("on", form["on"].value(), {})["widget"]["subwidgets"][1]["value"] == "6"
    sent_back = Form({"on-day": "30", "on-month": "6", "on-year": "2020"}, initial={"on": date(2020, 6, 30)})
    assert not sent_back.has_changed()
    assert Form({"on-day": "29", "on-month": "6", "on-year": "2020"}, initial={"on": date(2020, 6, 30)}).has_changed()
    assert not typed("", "", "").has_changed()


def test_a_line_end_in_a_long_text_counts_as_one_character() -> None:
    assert LongTextField(max_length=5).clean("ab\r\ncd") == "ab\ncd"
    with pytest.raises(ValidationError):
        LongTextField(max_length=5).clean("ab\r\ncde")
