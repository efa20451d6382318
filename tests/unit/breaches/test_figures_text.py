"""Rates, quarters, delays and days of the figures, in words that hold."""

from fractions import Fraction

import pytest

from breaches import text
from breaches.rules.statistics import Quarter


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (None, "[z]"),
        (Fraction(1), "100.0%"),
        (Fraction(99_999, 100_000), "99.9%"),
        (Fraction(35, 47), "74.5%"),
        (Fraction(1, 3), "33.3%"),
        (Fraction(1, 2000), "0.1%"),
        (Fraction(1, 100_000), "0.1%"),
        (Fraction(0), "0.0%"),
    ],
    ids=["nothing", "all", "nearly all", "up", "down", "half", "nearly none", "none"],
)
def test_a_rate_is_rounded_and_all_is_said_only_of_all_and_none_only_of_none(share, said):
    assert text.describe_rate(share) == said


def test_quarters_delays_and_days_are_said_in_words():
    assert text.quarter_name(Quarter(2020, 4)) == "October to December 2020"
    assert text.describe_delay(65_700.2) == "18 hours 15 minutes"
    assert [text.describe_days(number) for number in (0, 1, 1.5, 2, None)] == [
        "0 days",
        "1 day",
        "1.5 days",
        "2 days",
        "[z]",
    ]
