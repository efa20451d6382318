"""Exceptions for one release: what its date and time need, and what is refused."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from releases.rules.calendar import Nation, Precision, Slot, slot_at
from releases.rules.departure import (
    NO_GROUNDS,
    Grounds,
    SlotRefused,
    check_agreement,
    check_at_once,
    check_holiday_reason,
    find_departures,
)
from releases.rules.lifecycle import FieldRefused, MissingFields

HALF_PAST_NINE = time(9, 30)
TODAY = date(2026, 6, 1)
AGREED = Grounds(osr_reference="OSR 12", osr_agreed_on=TODAY)


def departures(on, at=HALF_PAST_NINE, *, nation=Nation.ENGLAND, series_time=HALF_PAST_NINE):
    return find_departures(Slot(on, at), series_time=series_time, nation=nation)


MONDAY, SATURDAY, HOLIDAY = date(2026, 6, 29), date(2026, 7, 4), date(2026, 8, 31)


@pytest.mark.parametrize(
    ("on", "at", "nation", "found"),
    [
        (MONDAY, HALF_PAST_NINE, Nation.ENGLAND, (None, False, "")),
        (MONDAY, time(7), Nation.ENGLAND, (HALF_PAST_NINE, False, "")),
        (SATURDAY, HALF_PAST_NINE, Nation.ENGLAND, (None, True, "")),
        (HOLIDAY, HALF_PAST_NINE, Nation.WALES, (None, False, "Summer bank holiday")),
        (HOLIDAY, HALF_PAST_NINE, Nation.SCOTLAND, (None, False, "")),
        (date(2026, 11, 30), HALF_PAST_NINE, Nation.SCOTLAND, (None, False, "St Andrew’s Day")),
    ],
)
def test_a_slot_is_compared_with_the_series_and_the_days_of_its_nation(on, at, nation, found):
    compared = departures(on, at, nation=nation)
    assert (compared.series_time, compared.is_weekend, compared.holiday) == found


def test_a_vague_date_departs_from_nothing():
    slot = Slot(SATURDAY, None, Precision.MONTH)
    assert not find_departures(slot, series_time=time(7), nation=Nation.ENGLAND).needs_agreement


@pytest.mark.parametrize(
    ("on", "at", "grounds", "required", "field"),
    [
        (SATURDAY, HALF_PAST_NINE, NO_GROUNDS, True, "planned_on"),
        (MONDAY, time(7), NO_GROUNDS, True, "planned_at"),
        (SATURDAY, HALF_PAST_NINE, NO_GROUNDS, False, None),
        (SATURDAY, time(7), AGREED, True, None),
        (SATURDAY, HALF_PAST_NINE, AGREED, False, None),
        (SATURDAY, HALF_PAST_NINE, Grounds(osr_agreed_on=TODAY), False, "osr_reference"),
        (SATURDAY, HALF_PAST_NINE, Grounds(osr_reference="OSR 12"), True, "osr_agreed_on"),
        (SATURDAY, HALF_PAST_NINE, Grounds("OSR 12", TODAY + timedelta(days=1)), True, "osr_agreed_on"),
        (MONDAY, HALF_PAST_NINE, AGREED, False, "osr_reference"),
        (HOLIDAY, HALF_PAST_NINE, AGREED, False, "osr_reference"),
    ],
)
def test_another_time_or_a_weekend_needs_osrs_agreement_with_reference_and_date(on, at, grounds, required, field):
    compared = departures(on, at)
    if field is None:
        check_agreement(compared, grounds, required=required, today=TODAY)
        return
    with pytest.raises(FieldRefused) as refused:
        check_agreement(compared, grounds, required=required, today=TODAY)
    assert refused.value.field == field


def test_the_series_approved_time_is_its_rule_and_half_past_nine_then_departs_from_it():
    assert not departures(MONDAY, time(7), series_time=time(7)).needs_agreement
    assert departures(MONDAY, series_time=time(7)).needs_agreement


@pytest.mark.parametrize(
    ("on", "reason", "required", "is_lead", "field"),
    [
        (HOLIDAY, "", True, True, "planned_on"),
        (HOLIDAY, "", True, False, "planned_on"),
        (HOLIDAY, "Other countries publish.", True, False, "bank_holiday_reason"),
        (HOLIDAY, "Other countries publish.", True, True, None),
        (HOLIDAY, "", False, True, None),
        (MONDAY, "Other countries publish.", False, True, "bank_holiday_reason"),
        (MONDAY, "", True, True, None),
    ],
)
def test_a_bank_holiday_needs_the_reason_of_a_lead(on, reason, required, is_lead, field):
    grounds = Grounds(bank_holiday_reason=reason)
    if field is None:
        check_holiday_reason(departures(on), grounds, required=required, is_lead=is_lead)
        return
    with pytest.raises(FieldRefused) as refused:
        check_holiday_reason(departures(on), grounds, required=required, is_lead=is_lead)
    assert refused.value.field == field


def test_the_refusal_of_a_bank_holiday_names_it():
    with pytest.raises(SlotRefused, match=r"Monday 31 August 2026 is a bank holiday \(Summer bank holiday\)\."):
        check_holiday_reason(departures(HOLIDAY), NO_GROUNDS, required=True, is_lead=True)


NOW = datetime(2026, 6, 29, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due_at", "reason", "told_at", "field"),
    [
        (NOW + timedelta(minutes=5), "It was quoted on the radio.", NOW, None),
        (NOW, "It was quoted on the radio.", NOW, "planned_at"),
        (NOW + timedelta(hours=25), "It was quoted on the radio.", NOW, "planned_at"),
        (NOW + timedelta(minutes=5), " ", NOW, "reason"),
        (NOW + timedelta(minutes=5), "It was quoted on the radio.", NOW + timedelta(minutes=1), "osr_told_at"),
    ],
)
def test_a_release_at_once_needs_a_time_to_come_a_reason_and_that_osr_was_told(due_at, reason, told_at, field):
    slot, grounds = slot_at(due_at), Grounds(osr_told_at=told_at)
    if field is None:
        check_at_once(slot.due_at, grounds, was_due_at=None, reason=reason, at=NOW)
        return
    with pytest.raises((FieldRefused, MissingFields)) as refused:
        check_at_once(slot.due_at, grounds, was_due_at=None, reason=reason, at=NOW)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("minutes", "is_refused"),
    [(29, False), (30, True), (31, True)],
    ids=["earlier", "the same time", "later"],
)
def test_a_release_at_once_is_earlier_than_the_time_that_is_still_to_come(minutes, is_refused):
    due_at, grounds = NOW + timedelta(minutes=minutes), Grounds(osr_told_at=NOW)
    was_due_at = NOW + timedelta(minutes=30)
    if not is_refused:
        check_at_once(due_at, grounds, was_due_at=was_due_at, reason="It was quoted on the radio.", at=NOW)
        return
    with pytest.raises(FieldRefused, match=r"The release is already due .*2:30pm.*Enter an earlier time\."):
        check_at_once(due_at, grounds, was_due_at=was_due_at, reason="It was quoted on the radio.", at=NOW)


def test_a_release_at_once_may_follow_a_time_that_has_passed():
    due_at, was_due_at = NOW + timedelta(minutes=5), NOW - timedelta(hours=4)
    grounds = Grounds(osr_told_at=NOW)
    check_at_once(due_at, grounds, was_due_at=was_due_at, reason="It was quoted on the radio.", at=NOW)
