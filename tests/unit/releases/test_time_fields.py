"""A time of day as people type it."""

from datetime import time

import pytest
from django.core.exceptions import ValidationError

from releases.forms import ClockTimeField


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9:30am", time(9, 30)),
        ("9.30 AM", time(9, 30)),
        (" 09:30 ", time(9, 30)),
        ("09:30am", time(9, 30)),
        ("9am", time(9, 0)),
        ("12am", time(0, 0)),
        ("12:15pm", time(12, 15)),
        ("2:05pm", time(14, 5)),
        ("14:05", time(14, 5)),
        ("10:27:15", time(10, 27, 15)),
        ("Midday", time(12)),
        ("noon", time(12)),
        ("midnight", time(0)),
    ],
)
def test_a_time_is_understood_as_it_is_meant(typed, meant):
    assert ClockTimeField().clean(typed) == meant


@pytest.mark.parametrize(
    "typed", ["lunchtime", "9", "25:00", "9:60", "13pm", "0am", "9:30:61", "9:30am tomorrow", "٩:٣٠x"]
)
def test_what_is_no_time_is_refused_with_an_example(typed):
    with pytest.raises(ValidationError, match="such as 9:30am"):
        ClockTimeField().clean(typed)


def test_a_time_that_stood_there_is_shown_as_calendars_write_it():
    assert ClockTimeField().prepare_value(time(9, 30)) == "9:30am"
    assert ClockTimeField().prepare_value(time(7)) == "7am"
    assert ClockTimeField().prepare_value(time(12)) == "midday"
    assert ClockTimeField().prepare_value(time(7)) == "7am"
    assert ClockTimeField().prepare_value(time(12)) == "midday"
    assert ClockTimeField().prepare_value(time(14, 5, 9)) == "2:05:09pm"
    assert ClockTimeField().prepare_value("half nine") == "half nine"
