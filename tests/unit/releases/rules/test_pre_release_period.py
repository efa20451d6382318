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
    Oddity,
    Period,
    Unit,
    find_oddities,
    needs_agreement_for,
    usual_period,
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


@pytest.mark.parametrize("nation", [nation for nation in Nation if nation is not Nation.SCOTLAND])
def test_the_usual_period_is_24_hours(nation):
    assert usual_period(nation, own=None).period == A_DAY
    assert usual_period(nation, own=None).ground is Ground.ORDER


def test_scotlands_figure_is_not_confirmed_and_says_so():
    assert usual_period(Nation.SCOTLAND, own=None).ground is Ground.NOT_CONFIRMED


def test_what_an_administrator_has_set_goes_before_the_nations_figure():
    own = Period(5, Unit.WORKING_DAYS)
    assert (usual_period(Nation.SCOTLAND, own=own).period, usual_period(Nation.SCOTLAND, own=own).ground) == (
        own,
        Ground.ITS_OWN,
    )


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
