"""Addresses as a pattern: filled in for each release, and refused where they name what there is not."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.rules.calendar import Precision
from releases.rules.web_address import NAMES, BadPattern, Facts, Fault, fill_pattern, pattern_names

FACTS = Facts(
    on=date(2027, 1, 5), precision=Precision.EXACT, slug="labour-market", reference="labour-2027-01", title="Labour"
)
BASE = "https://www.example.gov.uk/"


@pytest.mark.parametrize(
    ("pattern", "filled"),
    [
        ("{slug}-{month_name}-{year}", "labour-market-january-2027"),
        ("{year}/{month}/{day}", "2027/01/05"),
        ("{last_month_name}-{last_month_year}/{last_month}", "december-2026/12"),
        ("{reference}", "labour-2027-01"),
        ("current", "current"),
        ("{{slug}}", "{slug}"),
    ],
    ids=["slug-and-month", "date", "the-month-before-across-new-year", "reference", "no-name", "braces-of-its-own"],
)
def test_an_address_is_filled_in_from_what_is_known_of_the_release(pattern, filled):
    assert fill_pattern(BASE + pattern, FACTS, is_address=True) == BASE + filled


def test_words_have_the_names_of_months_as_they_are_written():
    assert (
        fill_pattern("{title}: {last_month_name} {last_month_year}", FACTS, is_address=False) == "Labour: December 2026"
    )


@pytest.mark.parametrize(
    ("pattern", "fault", "name"),
    [
        ("{slug", Fault.BRACES, ""),
        ("slug}", Fault.BRACES, ""),
        ("{}", Fault.UNKNOWN_NAME, ""),
        ("{0}", Fault.UNKNOWN_NAME, "0"),
        ("{quarter}", Fault.UNKNOWN_NAME, "quarter"),
        ("{slug.__class__}", Fault.UNKNOWN_NAME, "slug.__class__"),
        ("{slug[0]}", Fault.UNKNOWN_NAME, "slug[0]"),
        ("{slug!r}", Fault.MORE_THAN_A_NAME, "slug"),
        ("{slug:>900000000}", Fault.MORE_THAN_A_NAME, "slug"),
        ("{ slug }", Fault.UNKNOWN_NAME, " slug "),
    ],
)
def test_a_bad_pattern_is_refused_with_what_is_wrong_and_where(pattern, fault, name):
    for use in (
        pattern_names,
        lambda text: fill_pattern(text, FACTS, is_address=True),
        lambda text: fill_pattern(text, FACTS, is_address=False),
    ):
        with pytest.raises(BadPattern) as caught:
            use(pattern)
        assert (caught.value.fault, caught.value.name) == (fault, name)


@pytest.mark.parametrize(
    ("precision", "pattern", "fault"),
    [
        (Precision.MONTH, "{month}", None),
        (Precision.MONTH, "{day}", Fault.DAY_NOT_KNOWN),
        (Precision.TWO_MONTHS, "{year}", Fault.MONTH_NOT_KNOWN),
        (Precision.TWO_MONTHS, "{last_month_name}", Fault.MONTH_NOT_KNOWN),
        (Precision.TWO_MONTHS, "{slug}", None),
    ],
)
def test_a_vague_date_fills_in_no_more_than_is_known_of_it(precision, pattern, fault):
    facts = Facts(on=date(2027, 1, 1), precision=precision, slug="labour", reference="labour-2027")
    if fault is None:
        assert fill_pattern(pattern, facts, is_address=True)
    else:
        with pytest.raises(BadPattern) as caught:
            fill_pattern(pattern, facts, is_address=True)
        assert caught.value.fault is fault


@given(st.text(alphabet="{}!:.[]slugyear0 ", max_size=12))
def test_whatever_is_typed_is_filled_in_or_refused_and_nothing_else(pattern):
    with suppress(BadPattern):
        filled = fill_pattern(pattern, FACTS, is_address=True)
        assert set(pattern_names(pattern)) <= set(NAMES)
        assert len(filled) <= len(pattern) + 200
