"""An announcement's words are compared with the day and time that are planned (V17)."""

from datetime import UTC, datetime

import pytest

from releases.detection.preflight import names_day, names_time, speaks_of_calling_off

DUE = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
NOON = datetime(2026, 12, 9, 12, 0, tzinfo=UTC)
SEVEN = datetime(2026, 12, 9, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Release date: 1 July 2026 9:30am", "Wednesday 1st July", "the 1st of July 2026", "July 1, 2026", "01/07/2026",
        "1.7.26", "2026-07-01", "1\u00a0Jul 2026", "01-Jul-2026", "on 1 July at half past nine", "1 JULY 2026",
        "1 Gorffennaf 2026 9:30am",
    ],
)  # fmt: skip
def test_the_planned_day_is_found_however_it_is_written(text):
    assert names_day(text, DUE)


@pytest.mark.parametrize(
    "text",
    [
        "2 July 2026", "1 July 2025", "1 July, 2027", "11 July 2026", "21 July 2026", "July 2026", "July 10, 2026",
        "July 1 2025", "2026-07-11", "01/07/2025", "7/1/2026", "31 July 2026", "1 julyish", "1 Mehefin 2026", "",
    ],
)  # fmt: skip
def test_another_day_is_not_taken_for_the_planned_one(text):
    assert not names_day(text, DUE)


@pytest.mark.parametrize(
    "text",
    [
        "9:30am", "9.30 am", "9:30 a.m.", "09:30", "0930", "at 9.30.", "9:30:00am", "9:30AM", "9:30yb", "am 9.30 y.b.",
        "9:30 y bore",
    ],
)  # fmt: skip
def test_the_planned_time_is_found_however_it_is_written(text):
    assert names_time(text, DUE)


@pytest.mark.parametrize(
    "text",
    [
        "9:30pm", "19:30", "9:31am", "10:30am", "9am", "8:30am", "09:305", "1:09:30", "2109301", "9:30yp", "9.30 y.h.",
        "9:30 yr hwyr", "10:30yb",
    ],
)  # fmt: skip
def test_another_time_is_not_taken_for_the_planned_one(text):
    assert not names_time(text, DUE)


@pytest.mark.parametrize(
    ("text", "due_at"),
    [
        ("12 noon", NOON), ("midday", NOON), ("12pm", NOON), ("12yp", NOON), ("7am", SEVEN), ("7yb", SEVEN),
        ("7 y bore", SEVEN),
    ],
)  # fmt: skip
def test_a_full_hour_may_be_written_short(text, due_at):
    assert names_time(text, due_at)
    assert not names_time(text, DUE)


def test_what_is_called_off_is_noticed():
    assert speaks_of_calling_off("This release has been CANCELLED.")
    assert speaks_of_calling_off("Postponed until August")
    assert not speaks_of_calling_off("School inspections and outcomes, July 2026")


def test_a_time_in_the_afternoon_may_be_in_welsh():
    half_past_two = datetime(2026, 12, 9, 14, 30, tzinfo=UTC)
    assert all(names_time(text, half_past_two) for text in ("2:30yp", "2.30 y.p.", "2:30 y prynhawn"))
    assert not names_time("2:30yb", half_past_two)
