"""Dates on pages have months and weekdays in the language of the page; in English they are as in the record."""

from datetime import date, time

import pytest
from django.utils import translation

from releases.rules.calendar import Precision, Slot
from releases.text import dates

SLOTS = [
    Slot(date(2026, 6, 30), time(9, 30)),
    Slot(date(2026, 6, 1), None, Precision.MONTH),
    Slot(date(2026, 3, 1), None, Precision.TWO_MONTHS),
    Slot(date(2026, 12, 1), None, Precision.TWO_MONTHS),
    Slot(date(2026, 2, 1), None, Precision.TWO_MONTHS),
]


@pytest.mark.parametrize("slot", SLOTS, ids=str)
def test_in_english_a_date_is_written_as_in_the_record(slot):
    assert dates.write_slot(slot) == str(slot)


IN_WELSH = [
    "30 Mehefin 2026 9:30am",
    "Mehefin 2026",
    "Mawrth i Ebrill 2026",
    "Rhagfyr 2026 i Ionawr 2027",
    "Chwefror i Fawrth 2026",
]


@pytest.mark.parametrize(("number", "written"), list(enumerate(IN_WELSH)))
def test_in_welsh_the_months_are_welsh(number, written):
    with translation.override("cy"):
        assert dates.write_slot(SLOTS[number]) == written
        assert dates.write_weekday(date(2026, 6, 30)) == "Dydd Mawrth 30 Mehefin 2026"
