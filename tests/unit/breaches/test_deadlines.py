"""Until when a report is due, and when people are reminded of it: in working days of the producer's nation."""

from datetime import date

import pytest

from breaches.rules import lifecycle
from releases.rules.calendar import Nation, working_days_away

# Good Friday was 10 April 2020, and Easter Monday no bank holiday in Scotland.
THURSDAY = date(2020, 4, 9)


@pytest.mark.parametrize(
    ("days", "nation", "day"),
    [
        (0, Nation.ENGLAND, THURSDAY),
        (1, Nation.ENGLAND, date(2020, 4, 14)),
        (1, Nation.SCOTLAND, date(2020, 4, 13)),
        (-1, Nation.ENGLAND, date(2020, 4, 8)),
        (5, Nation.ENGLAND, date(2020, 4, 20)),
        (-4, Nation.ENGLAND, date(2020, 4, 3)),
    ],
)
def test_working_days_are_counted_without_weekends_and_the_nations_bank_holidays(days, nation, day):
    assert working_days_away(THURSDAY, days, nation=nation) == day


def test_a_report_is_due_so_many_working_days_after_it_was_drafted():
    assert lifecycle.due_on(THURSDAY, working_days=5, nation=Nation.ENGLAND) == date(2020, 4, 20)


def test_reminders_come_in_order_each_once_and_none_on_the_day_of_the_draft_or_before():
    found = lifecycle.reminders(
        date(2020, 4, 14), days_after=[1, -1, -2, 0, 1], drafted_on=THURSDAY, nation=Nation.ENGLAND
    )
    assert found == ((0, date(2020, 4, 14)), (1, date(2020, 4, 15)))
