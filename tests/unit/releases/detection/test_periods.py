"""Periods in the many ways in which editions are named after them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.detection.characters import words
from releases.detection.names import periods, spell

SAME = {
    "a month": (
        "June 2026", "JUNE, 2026", "June of 2026", "Jun 2026", "Jun. 2026", "June\u00a02026", "Mehefin 2026",
        "1 to 30 June 2026", "2026-06",
    ),
    "a day": (
        "30 June 2026", "30th June 2026", "Tuesday 30 June 2026", "Tuesday, 30th of June 2026", "June 30, 2026",
        "30/06/2026", "30.6.2026", "2026-06-30", "30 Mehefin 2026",
    ),
    "a quarter": (
        "Q3 2026", "2026 Q3", "Q3, 2026", "third quarter of 2026", "3rd quarter 2026", "Quarter 3 2026",
        "July to September 2026", "July–September 2026", "Jul-Sep 2026", "Quarter 3 (July to September) 2026",
        "July to September (Q3) 2026", "quarter ending September 2026", "three months to September 2026",
        "Gorffennaf i Fedi 2026",
    ),
    "twelve months": (
        "year ending March 2026", "year ending 31 March 2026", "12 months to March 2026", "April 2025 to March 2026",
        "1 April 2025 to 31 March 2026",
    ),
    "a financial year": ("2025/26", "2025-26", "2025–26", "2025 to 2026", "2025/2026"),
    "a quarter of a financial year": ("Q3 2025/26", "Q3 2025 to 2026", "2025-26 Q3", "third quarter of 2025/26"),
    "half a year": ("January to June 2026", "H1 2026", "first half of 2026", "six months to June 2026"),
    "months across the new year": ("November 2025 to January 2026", "November to January 2026"),
    "a publisher's own quarter": (
        "October to December 2025", "Q3 2026 (October to December 2025)", "October to December 2025 (Q3 2026)",
    ),
}  # fmt: skip


def only(text):
    """Read the one period that a text is."""
    (period,) = periods(words(text))
    assert spell(words(text)).strip() == period.sign, f"{text} is more than its period"
    return period


@pytest.mark.parametrize("spellings", SAME.values(), ids=SAME)
def test_the_spellings_of_a_period_are_one(spellings):
    assert len({only(text) for text in spellings}) == 1


def test_no_two_of_these_periods_are_the_same():
    assert len({only(spellings[0]) for spellings in SAME.values()}) == len(SAME)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("June 2026", date(2026, 6, 1), date(2026, 6, 30)),
        ("February 2028", date(2028, 2, 1), date(2028, 2, 29)),
        ("29 June to 5 July 2026", date(2026, 6, 29), date(2026, 7, 5)),
        ("29 December to 4 January 2026", date(2025, 12, 29), date(2026, 1, 4)),
        ("Q4 2025", date(2025, 10, 1), date(2025, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_runs_from_its_first_day_to_its_last(text, first, last):
    assert (only(text).first, only(text).last) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["June", "the year", "31 June 2026", "Table 12", "May and June", "2026 to 2019", "1,402.5", "15:30", "January to"],
)
def test_what_is_no_whole_period_is_read_as_none_of_its_own_length(text):
    assert [period for period in periods(words(text)) if not period.is_bare_year] == []


def test_a_part_of_a_period_is_not_found_next_to_it():
    assert [period.sign for period in periods(words("Published 9 June 2026, for May 2026"))] == [
        only("9 June 2026").sign,
        only("May 2026").sign,
    ]


@given(st.text("JuneMayQ123460-–/.,() tohfird2026", max_size=60))
def test_any_text_is_spelled_without_an_error_and_once_for_all(text):
    once = spell(words(text))
    assert spell(once) == once
