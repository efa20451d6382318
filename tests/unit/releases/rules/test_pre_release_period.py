"""How long before a release it may be seen, and when that begins."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.rules import calendar
from releases.rules.calendar import Nation, no_release_day
from releases.rules.pre_release import (
    A_DAY,
    Ground,
    Longer,
    Oddity,
    Period,
    StatisticsKind,
    Unit,
    find_oddities,
    find_opening_on_rest_day,
    find_terms,
    is_longer,
    needs_agreement_for,
)

DUE = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "nation", "due", "begins"),
    [
        (Period(24), Nation.ENGLAND, "2026-07-01 09:30", "9:30am on 30 June 2026"),
        (Period(1), Nation.ENGLAND, "2026-07-01 09:30", "8:30am on 1 July 2026"),
        (Period(24), Nation.ENGLAND, "2026-03-30 09:30", "9:30am on 29 March 2026"),
        (Period(48), Nation.ENGLAND, "2026-03-30 09:30", "8:30am on 28 March 2026"),
        (Period(48), Nation.ENGLAND, "2026-10-26 09:30", "10:30am on 24 October 2026"),
        (Period(1, Unit.WORKING_DAYS), Nation.SCOTLAND, "2026-07-06 09:30", "9:30am on 3 July 2026"),
        (Period(5, Unit.WORKING_DAYS), Nation.SCOTLAND, "2026-03-30 09:30", "9:30am on 23 March 2026"),
        (Period(2, Unit.WORKING_DAYS), Nation.SCOTLAND, "2026-12-02 09:30", "9:30am on 27 November 2026"),
        (Period(2, Unit.WORKING_DAYS), Nation.ENGLAND, "2026-12-02 09:30", "9:30am on 30 November 2026"),
    ],
    ids=[
        "a day",
        "an hour",
        "the day after the clocks went forward",
        "hours over the clocks going forward",
        "hours over the clocks going back",
        "a working day over a weekend",
        "a week over the clocks going forward",
        "over Saint Andrew’s Day in Scotland",
        "over the same days in England",
    ],
)
def test_a_period_begins_so_many_hours_or_working_days_before_the_release(period, nation, due, begins):
    assert calendar.format_moment(period.begins(calendar.parse_london(due), nation=nation)) == begins


@given(st.integers(1, 240), st.dates(date(2020, 1, 1), date(2028, 12, 1)))
def test_hours_are_the_hours_that_go_by_whatever_the_clocks_do(hours, on):
    due_at = calendar.parse_london(f"{on} 09:30")
    assert due_at - Period(hours).begins(due_at, nation=Nation.WALES) == timedelta(hours=hours)


@given(st.integers(1, 10), st.dates(date(2021, 1, 1), date(2028, 11, 1)))
def test_a_working_day_keeps_the_time_of_day_and_is_one(days, on):
    due_at = calendar.parse_london(f"{on} 09:30")
    begins = calendar.in_london(Period(days, Unit.WORKING_DAYS).begins(due_at, nation=Nation.SCOTLAND))
    assert (begins.hour, begins.minute) == (9, 30)
    assert no_release_day(begins.date(), nation=Nation.SCOTLAND) is None
    assert begins < due_at


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (Period(24), "24 hours"),
        (Period(1), "1 hour"),
        (Period(5, Unit.WORKING_DAYS), "5 working days"),
        (Period(1, Unit.WORKING_DAYS), "1 working day"),
    ],
    ids=str,
)
def test_a_period_is_written_as_published_lists_write_it(period, words):
    assert str(period) == words


WORKING_DAY = Period(1, Unit.WORKING_DAYS)
FIVE_WORKING_DAYS = Period(5, Unit.WORKING_DAYS)


@pytest.mark.parametrize(
    ("nation", "kind", "market_sensitive", "limit", "longer"),
    [
        (Nation.UNITED_KINGDOM, "general", False, A_DAY, Longer.REFUSED),
        (Nation.ENGLAND, "economic", True, A_DAY, Longer.REFUSED),
        (Nation.NORTHERN_IRELAND, "general", False, A_DAY, Longer.JUDGEMENT),
        (Nation.WALES, "general", False, None, Longer.REASON),
        (Nation.SCOTLAND, "general", False, FIVE_WORKING_DAYS, Longer.REFUSED),
        (Nation.SCOTLAND, "general", True, A_DAY, Longer.REFUSED),
        (Nation.SCOTLAND, "economic", False, WORKING_DAY, Longer.REFUSED),
        (Nation.SCOTLAND, "economic", True, A_DAY, Longer.REFUSED),
    ],
)
def test_each_nations_order_has_its_own_limit(nation, kind, market_sensitive, limit, longer):
    terms = find_terms(nation, kind=StatisticsKind(kind), market_sensitive=market_sensitive)
    assert (terms.usual, terms.limit, terms.longer) == (A_DAY, limit, longer)


@pytest.mark.parametrize("market_sensitive", [False, True])
@pytest.mark.parametrize("own", [None, FIVE_WORKING_DAYS])
def test_scotland_allows_no_access_to_gdp_and_retail_sales(market_sensitive, own):
    kind = StatisticsKind.GDP_OR_RETAIL_SALES
    assert find_terms(Nation.SCOTLAND, kind=kind, market_sensitive=market_sensitive, own=own).usual is None


def test_the_limit_for_wales_is_not_confirmed_until_an_administrator_sets_a_period():
    assert find_terms(Nation.WALES).ground is Ground.NOT_CONFIRMED
    assert find_terms(Nation.WALES, own=Period(12)).usual == Period(12)


@pytest.mark.parametrize(
    ("nation", "kind", "own", "usual", "limit"),
    [
        (Nation.ENGLAND, "general", Period(3), Period(3), Period(3)),
        (Nation.ENGLAND, "general", Period(48), Period(48), Period(48)),
        (Nation.SCOTLAND, "general", FIVE_WORKING_DAYS, FIVE_WORKING_DAYS, FIVE_WORKING_DAYS),
        (Nation.SCOTLAND, "general", Period(9, Unit.WORKING_DAYS), FIVE_WORKING_DAYS, FIVE_WORKING_DAYS),
        (Nation.SCOTLAND, "economic", FIVE_WORKING_DAYS, WORKING_DAY, WORKING_DAY),
        (Nation.NORTHERN_IRELAND, "general", Period(48), A_DAY, A_DAY),
    ],
)
def test_a_producers_own_period_replaces_only_a_limit_with_special_provisions(nation, kind, own, usual, limit):
    terms = find_terms(nation, kind=StatisticsKind(kind), own=own)
    expected_limit = A_DAY if own == Period(3) else limit
    assert (terms.usual, terms.limit) == (usual, expected_limit)
    assert terms.replaces_order is (own == Period(48) and nation is Nation.ENGLAND)


@pytest.mark.parametrize(
    ("period", "limit", "due", "longer"),
    [
        (Period(25), A_DAY, DUE, True),
        (A_DAY, A_DAY, DUE, False),
        (WORKING_DAY, A_DAY, "2026-07-01 09:30", False),
        (WORKING_DAY, A_DAY, "2026-07-06 09:30", True),
        (Period(48), WORKING_DAY, "2026-07-06 09:30", False),
        (Period(48), WORKING_DAY, "2026-07-01 09:30", True),
        (WORKING_DAY, A_DAY, None, False),
        (Period(48), WORKING_DAY, None, True),
    ],
)
def test_hours_and_working_days_are_compared_by_when_they_begin(period, limit, due, longer):
    due_at = calendar.parse_london(due) if isinstance(due, str) else due
    assert is_longer(period, limit, due_at=due_at, nation=Nation.SCOTLAND) is longer


@pytest.mark.parametrize(
    ("due", "period", "nation", "opens"),
    [
        ("2026-11-30 09:30", A_DAY, Nation.ENGLAND, "9:30am on 29 November 2026"),
        ("2026-12-01 09:30", A_DAY, Nation.ENGLAND, None),
        ("2026-12-01 09:30", A_DAY, Nation.SCOTLAND, "9:30am on 30 November 2026"),
        ("2026-11-30 09:30", WORKING_DAY, Nation.ENGLAND, None),
        ("2026-11-30 09:30", None, Nation.SCOTLAND, None),
        (None, A_DAY, Nation.ENGLAND, None),
    ],
    ids=["Monday", "Tuesday", "after Saint Andrew’s Day", "working days", "no access", "a vague date"],
)
def test_a_window_that_opens_on_a_rest_day_is_found(due, period, nation, opens):
    due_at = calendar.parse_london(due) if due else None
    begins = find_opening_on_rest_day(due_at, period=period, nation=nation)
    assert (calendar.format_moment(begins) if begins else None) == opens


@pytest.mark.parametrize(
    ("due", "before", "needed"),
    [
        (DUE, timedelta(hours=24, seconds=1), False),
        (DUE, timedelta(hours=24), True),
        (DUE, timedelta(seconds=1), True),
        (DUE, -timedelta(days=3), True),
        (None, timedelta(0), False),
    ],
    ids=["more than a day", "a day", "a second", "afterwards", "a vague date"],
)
def test_a_change_within_a_day_before_the_release_and_from_then_on_is_for_the_head_to_agree(due, before, needed):
    assert needs_agreement_for(due, at=DUE - before) is needed


GRANTED, BEGINS = DUE - timedelta(days=7), DUE - timedelta(hours=24)


@pytest.mark.parametrize(
    ("began_at", "begins_at", "odd"),
    [
        (None, BEGINS, ()),
        (BEGINS, BEGINS, ()),
        (BEGINS - timedelta(seconds=1), BEGINS, (Oddity.BEFORE_PERIOD,)),
        (GRANTED - timedelta(seconds=1), BEGINS, (Oddity.BEFORE_GRANT, Oddity.BEFORE_PERIOD)),
        (GRANTED, None, ()),
    ],
    ids=["not begun", "in its period", "before it", "before it was granted", "a vague release"],
)
def test_access_outside_what_was_granted_is_distinguished(began_at, begins_at, odd):
    assert find_oddities(began_at=began_at, begins_at=begins_at, granted_at=GRANTED) == odd
