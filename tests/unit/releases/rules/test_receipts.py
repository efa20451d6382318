"""When recipients of pre-release access are asked, and what the producer's page says about each of them."""

from datetime import datetime, timedelta
from itertools import chain, combinations

import pytest

from releases.rules.calendar import Nation, format_moment, from_london
from releases.rules.lifecycle import Status
from releases.rules.pre_release import A_DAY, AccessStatus, Period, Unit
from releases.rules.receipts import (
    AFTER_DUE,
    UNCONFIRMED,
    Answer,
    Purpose,
    ReceiptStatus,
    Term,
    Window,
    find_receipt_status,
    list_asked_at,
    terms_asked_at,
    terms_for,
)

ENGLAND, SCOTLAND, NORTHERN_IRELAND = Nation.ENGLAND, Nation.SCOTLAND, Nation.NORTHERN_IRELAND
SECOND = timedelta(seconds=1)
# The statistics may be sent only to recipients with one of these statuses.
MAY_BE_SENT = {ReceiptStatus.CONFIRMED, ReceiptStatus.CONFIRMED_BY_PHONE, ReceiptStatus.ACKNOWLEDGED}


def london(*parts):
    return from_london(datetime(*parts))  # noqa: DTZ001  # London's wall clock


def window(due_at, *, period=A_DAY, nation=ENGLAND):
    return Window(period.begins(due_at, nation=nation), due_at, nation)


@pytest.mark.parametrize(
    ("begins_at", "nation", "asked_at"),
    [
        pytest.param(london(2026, 6, 18, 9, 30), ENGLAND, "9am on 11 June 2026", id="a-thursday"),
        pytest.param(london(2026, 6, 21, 9, 30), ENGLAND, "9am on 15 June 2026", id="a-sunday-before-a-monday-release"),
        pytest.param(london(2026, 6, 15, 9, 30), ENGLAND, "9am on 8 June 2026", id="a-monday"),
        pytest.param(london(2026, 4, 8, 9, 30), ENGLAND, "9am on 30 March 2026", id="good-friday-and-easter-monday"),
        pytest.param(london(2026, 4, 8, 9, 30), SCOTLAND, "9am on 31 March 2026", id="easter-monday-is-not-scotlands"),
        pytest.param(london(2026, 7, 16, 9, 30), NORTHERN_IRELAND, "9am on 8 July 2026", id="the-twelfth-on-a-monday"),
        pytest.param(london(2026, 7, 16, 9, 30), ENGLAND, "9am on 9 July 2026", id="no-holiday-in-england"),
        pytest.param(london(2026, 3, 31, 9, 30), ENGLAND, "9am on 24 March 2026", id="the-clocks-go-forward"),
        pytest.param(london(2026, 10, 27, 9, 30), ENGLAND, "9am on 20 October 2026", id="the-clocks-go-back"),
    ],
)
def test_recipients_are_asked_five_working_days_of_the_nation_before_the_window_opens(begins_at, nation, asked_at):
    assert format_moment(terms_asked_at(begins_at, nation=nation)) == asked_at


@pytest.mark.parametrize(
    ("due_at", "nation", "asked_at"),
    [
        (london(2026, 6, 30, 9, 30), ENGLAND, "9am on 16 June 2026"),
        (london(2026, 1, 8, 9, 30), ENGLAND, "9am on 22 December 2025"),
        (london(2026, 1, 8, 9, 30), SCOTLAND, "9am on 19 December 2025"),
        (london(2026, 11, 2, 9, 30), ENGLAND, "9am on 19 October 2026"),
    ],
)
def test_the_owner_of_a_list_is_asked_ten_working_days_of_the_nation_before_the_release(due_at, nation, asked_at):
    assert format_moment(list_asked_at(due_at, nation=nation)) == asked_at


@pytest.mark.parametrize(
    ("due_at", "begins_at"),
    [
        pytest.param(london(2026, 3, 29, 9, 30), "8:30am on 28 March 2026", id="23-hours-of-wall-clock"),
        pytest.param(london(2026, 10, 25, 9, 30), "10:30am on 24 October 2026", id="25-hours-of-wall-clock"),
    ],
)
def test_a_window_of_24_hours_over_a_change_of_the_clocks_lasts_24_real_hours(due_at, begins_at):
    access = window(due_at)
    assert format_moment(access.begins_at) == begins_at
    assert access.due_purpose(now=access.begins_at - SECOND) is Purpose.TERMS
    assert access.due_purpose(now=access.begins_at) is Purpose.HANDLING


def test_no_link_is_due_before_its_instant_and_none_once_the_release_is_due():
    access = window(london(2026, 6, 30, 9, 30))
    begins = london(2026, 6, 29, 9, 30)
    found = [
        (at, access.due_purpose(now=at))
        for edge in (access.asked_at, begins, access.due_at)
        for at in (edge - SECOND, edge)
    ]
    assert [purpose for _, purpose in found] == [
        None,
        Purpose.TERMS,
        Purpose.TERMS,
        Purpose.HANDLING,
        Purpose.HANDLING,
        None,
    ]


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_works_from_its_own_time_until_the_release_is_live_or_a_day_after_it_was_due(purpose):
    access = window(london(2026, 6, 30, 9, 30))
    starts_at = access.asked_at if purpose is Purpose.TERMS else access.begins_at

    def is_open(now, *, status=Status.CONFIRMED, entry=AccessStatus.GRANTED):
        return access.is_link_open(purpose, status=status, access=entry, now=now)

    assert not is_open(starts_at - SECOND)
    assert is_open(starts_at)
    assert is_open(access.due_at + SECOND), "it is late, so the terms still hold"
    assert not is_open(access.due_at + AFTER_DUE)
    for status in (Status.PUBLISHED, Status.CANCELLED, Status.PROVISIONAL):
        assert not is_open(starts_at, status=status)
    assert not is_open(starts_at, entry=AccessStatus.WITHDRAWN)


def test_a_window_of_working_days_opens_at_the_same_time_of_day_on_a_working_day_of_the_nation():
    due_at = london(2026, 4, 8, 9, 30)
    five = Period(5, Unit.WORKING_DAYS)
    assert format_moment(window(due_at, period=five, nation=SCOTLAND).begins_at) == "9:30am on 31 March 2026"
    assert format_moment(window(due_at, period=five, nation=ENGLAND).begins_at) == "9:30am on 30 March 2026"


def test_the_statistics_may_be_sent_to_no_one_who_has_not_confirmed_the_terms():
    every = list(Answer)
    for answers in chain.from_iterable(combinations(every, number) for number in range(len(every) + 1)):
        for has_address in (True, False):
            for asked in (True, False):
                for by_phone in (True, False):
                    found = find_receipt_status(
                        has_address=has_address, asked=asked, answers=answers, by_phone=by_phone
                    )
                    may = (by_phone or Answer.CONFIRMED in answers) and Answer.NOT_NEEDED not in answers
                    assert (found in MAY_BE_SENT) == may, answers
                    assert not (found in MAY_BE_SENT and found in UNCONFIRMED)


def test_a_confirmation_by_phone_is_never_shown_as_the_recipients_own():
    given = {"has_address": True, "asked": True}
    assert find_receipt_status(**given, answers=[], by_phone=True) is ReceiptStatus.CONFIRMED_BY_PHONE
    assert find_receipt_status(**given, answers=[Answer.SILENT], by_phone=True) is ReceiptStatus.CONFIRMED_BY_PHONE
    assert find_receipt_status(**given, answers=[Answer.CONFIRMED], by_phone=True) is ReceiptStatus.CONFIRMED
    assert (
        find_receipt_status(has_address=False, asked=False, answers=[], by_phone=True)
        is ReceiptStatus.CONFIRMED_BY_PHONE
    )


def test_recipients_are_called_from_the_working_day_before_their_access_until_the_release_is_due():
    access = window(london(2026, 6, 30, 9, 30))
    assert format_moment(access.begins_at) == "9:30am on 29 June 2026"
    calls_at = london(2026, 6, 26, 9)
    assert [access.are_calls_due(now=at) for at in (calls_at - SECOND, calls_at)] == [False, True]
    assert [access.are_calls_due(now=at) for at in (access.due_at - SECOND, access.due_at)] == [True, False]


def test_silence_and_a_reported_disclosure_change_no_status():
    for answers in ([], [Answer.CONFIRMED], [Answer.CONFIRMED, Answer.ACKNOWLEDGED]):
        plain = find_receipt_status(has_address=True, asked=True, answers=answers)
        for more in (Answer.SILENT, Answer.DISCLOSURE):
            assert find_receipt_status(has_address=True, asked=True, answers=[*answers, more]) is plain
    assert (
        find_receipt_status(has_address=True, asked=True, answers=[Answer.ACKNOWLEDGED]) is ReceiptStatus.NOT_CONFIRMED
    )


def test_only_the_terms_for_scotland_name_a_duty_of_the_law():
    for nation in Nation:
        assert (Term.REPORT_BY_LAW in terms_for(nation)) == (nation is Nation.SCOTLAND)
        assert (Term.REPORT_AT_ONCE in terms_for(nation)) == (nation is not Nation.SCOTLAND)
        assert {Term.PERIOD, Term.NO_SHARING, Term.NO_INDICATION} <= {*terms_for(nation)}
