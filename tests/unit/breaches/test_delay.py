"""Delays in words: every phrase is true of the whole interval that it describes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breaches.rules.facts import delay_in_figures, delay_in_words, describe_duration

MINUTE, HOUR, DAY = 60, 3600, 86400
UNITS = {"second": 1, "minute": MINUTE, "hour": HOUR, "day": DAY}


def test_the_seeds_delay_is_just_under_an_hour():
    assert delay_in_words(3415, 3420) == "just under an hour"
    assert delay_in_figures(3415, 3420) == "between 56 minutes 55 seconds and 57 minutes"


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [
        pytest.param(15, 20, "less than a minute", id="seconds"),
        pytest.param(55, 65, "about a minute", id="around-a-minute"),
        pytest.param(125, 130, "just over 2 minutes", id="just-over"),
        pytest.param(205, 210, "about 3 and a half minutes", id="half-a-minute"),
        pytest.param(290, 295, "just under 5 minutes", id="just-under"),
        pytest.param(898, 908, "about 15 minutes", id="about"),
        pytest.param(1220, 1250, "between 20 and 21 minutes", id="between"),
        pytest.param(1260, 1390, "between 20 and 25 minutes", id="by-fives"),
        pytest.param(3299, 3304, "between 54 minutes 59 seconds and 55 minutes 4 seconds", id="no-phrase-holds"),
        pytest.param(3300, 3305, "just under an hour", id="first-just-under-an-hour"),
        pytest.param(3590, 3599.9, "just under an hour", id="last-just-under-an-hour"),
        pytest.param(780, 810, "just over 13 minutes", id="just-over-may-reach-its-slack"),
        pytest.param(3595, 3600, "about an hour", id="an-hour-may-be-exactly-reached"),
        pytest.param(3600, 3605, "just over an hour", id="just-over-an-hour"),
        pytest.param(5300, 5420, "about an hour and a half", id="hour-and-a-half"),
        pytest.param(4000, 4120, "between 1 and 2 hours", id="between-hours"),
        pytest.param(18.25 * HOUR, 18.5 * HOUR, "between 18 and 19 hours", id="eighteen-hours"),
        pytest.param(DAY - HOUR, DAY - 60, "just under a day", id="just-under-a-day"),
        pytest.param(3 * DAY, 3 * DAY + 900, "just over 3 days", id="days"),
        pytest.param(100, 4000, "between 1 minute and 1 hour 7 minutes", id="wide"),
        pytest.param(50, 700, "between 50 seconds and 11 minutes 40 seconds", id="wide-from-seconds"),
        pytest.param(1323, DAY + HOUR + 67, "between 22 minutes and 1 day 2 hours", id="wide-by-a-day"),
        pytest.param(180, 180, "about 3 minutes", id="exactly-on-a-minute"),
        pytest.param(3480, 3480, "just under an hour", id="the-publishers-own-figure"),
        pytest.param(300, None, "more than 5 minutes", id="open"),
        pytest.param(3600, None, "more than an hour", id="open-from-an-hour"),
        pytest.param(2 * DAY + 5, None, "more than 2 days", id="open-for-days"),
        pytest.param(0, None, "a time that is not yet known", id="open-from-nothing"),
    ],
)
def test_a_delay_is_said_in_the_words_of_the_table(lower, upper, words):
    assert delay_in_words(lower, upper) == words


@pytest.mark.parametrize(
    ("lower", "upper", "figures"),
    [
        pytest.param(3415.9, 3420.1, "between 56 minutes 55 seconds and 57 minutes 1 second", id="rounded-outwards"),
        pytest.param(0, 12, "at most 12 seconds", id="from-nothing"),
        pytest.param(-0.3, 4, "at most 4 seconds", id="sent-a-moment-before-due"),
        pytest.param(3480, 3480, "exactly 58 minutes", id="exact"),
        pytest.param(125, None, "more than 2 minutes 5 seconds", id="open"),
    ],
)
def test_figures_are_rounded_so_that_the_truth_stays_between_them(lower, upper, figures):
    assert delay_in_figures(lower, upper) == figures


@pytest.mark.parametrize(("lower", "upper"), [pytest.param(10, 5, id="swapped"), pytest.param(-9, -5, id="early")])
def test_bounds_that_no_delay_can_have_are_refused(lower, upper):
    with pytest.raises(ValueError, match="cannot lie between"):
        delay_in_words(lower, upper)


def amount(text):
    """Read "an hour and a half", "18 and a half hours", "5 minutes", "56 minutes 55 seconds" as seconds."""
    number = r"(?P<count>\d+|an?)"
    if half := re.fullmatch(number + r" (?P<unit>[a-z]+?)s?( and a half)|(?P<n>\d+) and a half (?P<u>[a-z]+)s", text):
        count, unit = (half["n"], half["u"]) if half["n"] else (half["count"], half["unit"])
        return (float({"a": 1, "an": 1}.get(count, count)) + 0.5) * UNITS[unit]
    pairs = re.findall(r"(\d+|an?) (second|minute|hour|day)s?", text)
    assert pairs, text
    return sum((1 if count in {"a", "an"} else int(count)) * UNITS[unit] for count, unit in pairs)


def what_the_words_claim(words):
    """Return the bounds, inclusive, within which a reader of the words may expect the delay."""
    if found := re.fullmatch(r"between (\d+) and (\d+) (minute|hour|day)s", words):
        return int(found[1]) * UNITS[found[3]], int(found[2]) * UNITS[found[3]]
    if found := re.fullmatch(r"between (.+) and (.+)", words):
        return amount(found[1]), amount(found[2])
    found = re.fullmatch(r"(just under|just over|about|less than|at most|exactly) (.+)", words)
    assert found, words
    kind, said = found.groups()
    at = amount(said)
    tenth = max(15, at / 12)
    return {
        "just under": (at - tenth, at),
        "just over": (at, at + tenth),
        "about": (at - max(30, at / 8), at + max(30, at / 8)),
        "less than": (0, at),
        "at most": (0, at),
        "exactly": (at, at),
    }[kind]


BOUNDS = st.tuples(
    st.one_of(st.floats(0, 7200), st.floats(0, 8 * DAY), st.integers(0, 200).map(lambda n: n * 60)),
    st.one_of(st.just(5), st.just(0), st.floats(0, 120), st.floats(0, 2 * HOUR)),
).map(lambda pair: (float(pair[0]), float(pair[0]) + pair[1]))


@given(BOUNDS)
def test_the_words_are_true_of_both_ends_of_the_interval(bounds):
    lower, upper = bounds
    claimed_lower, claimed_upper = what_the_words_claim(delay_in_words(lower, upper))

    assert claimed_lower <= lower
    assert upper <= claimed_upper


@given(BOUNDS)
def test_just_under_is_never_said_of_a_delay_that_may_have_reached_it_nor_just_over_of_one_that_may_not(bounds):
    lower, upper = bounds
    words = delay_in_words(lower, upper)

    if words.startswith("just under"):
        assert upper < amount(words.removeprefix("just under "))
    if words.startswith("just over"):
        at = amount(words.removeprefix("just over "))
        assert lower > at or (lower == at and upper > lower)


@given(st.floats(1, 30 * DAY))
def test_an_open_delay_claims_no_more_than_its_lower_bound(lower):
    claimed = amount(delay_in_words(lower, None).removeprefix("more than "))

    assert claimed <= lower
    assert claimed > lower / 2 - 1


@given(st.integers(0, 40 * DAY))
def test_a_duration_adds_up_to_its_seconds(seconds):
    text = describe_duration(seconds)

    assert (0 if text == "0 seconds" else amount(text)) == seconds
