"""A publisher's calendar is read as it is: vague dates stay vague, and nothing that it does not say is added."""

import json
from datetime import UTC, date, datetime

import pytest

from releases.detection.govuk import AnnouncementState
from releases.detection.publisher_calendar import (
    CalendarProblem,
    CalendarUnreadableError,
    read_govuk_page,
    read_ons_page,
    remove_period,
)
from releases.rules.calendar import Precision
from releases.rules.response import Answer, Failure
from statsoffice.fake_publisher.calendars import announcement_result, ons_result

AT = datetime(2098, 7, 1, 8, 30, tzinfo=UTC)
PROVISIONAL, CONFIRMED, CANCELLED = AnnouncementState


def answer(said: object = None, **more) -> Answer:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Answer("https://www.gov.uk/x", AT, AT, AT, **{"status": 200, "body": body} | more)


def one_of_govuk(**said):
    result = announcement_result("rain", "Rain", at=AT) | said
    (listed,) = read_govuk_page(answer({"total": 1, "results": [result]})).releases
    return listed


def one_of_ons(*names, **said):
    page = {"breakdown": {"total": 1}, "releases": [ons_result("rain", "Rain", **said)]}
    (listed,) = read_ons_page(answer(page)).releases
    return listed


class TestGovuk:
    def test_a_confirmed_release_has_its_instant(self):
        listed = one_of_govuk()
        assert (listed.path, listed.title) == ("/government/statistics/announcements/rain", "Rain")
        assert (listed.announced.state, listed.announced.slot.due_at) == (CONFIRMED, AT)

    @pytest.mark.parametrize(
        ("shown", "precision", "on"),
        [
            ("July 2098", Precision.MONTH, date(2098, 7, 1)),
            ("December 2098 to January 2099", Precision.TWO_MONTHS, date(2098, 12, 1)),
            ("2 July 2098 9:30am", Precision.EXACT, date(2098, 7, 2)),
        ],
    )
    def test_the_displayed_date_of_a_provisional_release_counts_and_not_its_time_stamp(self, shown, precision, on):
        slot = one_of_govuk(statistics_announcement_state="provisional", display_date=shown).announced.slot
        assert (slot.precision, slot.on) == (precision, on)

    def test_a_date_that_cannot_be_read_is_no_date(self):
        listed = one_of_govuk(statistics_announcement_state="provisional", display_date="Autumn 2098")
        assert (listed.announced.slot, listed.announced.displayed) == (None, "Autumn 2098")

    def test_a_cancelled_release_has_its_reason(self):
        result = announcement_result("rain", "Rain", at=AT, state="cancelled", cancellation_reason="No <b>data</b>.")
        listed = read_govuk_page(answer({"total": 1, "results": [result]})).releases[0]
        assert (listed.announced.state, listed.announced.note) == (CANCELLED, "No data .")

    def test_an_address_of_another_site_and_an_unknown_state_are_none(self):
        assert one_of_govuk(link="https://evil.example.com/x").path == ""
        assert one_of_govuk(link="//evil.example.com/x").path == ""
        assert one_of_govuk(statistics_announcement_state="soon").announced is None
        assert one_of_govuk(statistics_announcement_state=["confirmed"]).announced is None


class TestOns:
    def test_a_finalised_release_is_confirmed_and_others_are_provisional(self):
        assert one_of_ons(at=AT).announced.state is CONFIRMED
        assert one_of_ons(at=AT).announced.slot.due_at == AT
        assert one_of_ons(at=AT, finalised=False).announced.state is PROVISIONAL

    def test_a_release_with_a_vague_date_is_provisional_even_if_it_is_called_finalised(self):
        listed = one_of_ons(vague="July 2098 to August 2098")
        assert listed.announced.state is PROVISIONAL
        assert str(listed.announced.slot) == "July to August 2098"

    def test_cancelled_counts_before_published(self):
        assert one_of_ons(cancelled=True, published=True).announced.state is CANCELLED
        assert one_of_ons(published=True).is_published

    def test_the_last_notice_of_a_changed_date_is_its_reason(self):
        changes = [
            {"previous_date": "2098-05-01T08:30:00Z", "change_notice": "First."},
            {"previous_date": "2098-06-01T08:30:00Z", "change_notice": "Second."},
        ]
        assert one_of_ons(changes=changes).announced.note == "Second."

    def test_no_results_are_no_error(self):
        assert read_ons_page(answer({"breakdown": {"total": 0}, "releases": None})).releases == ()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"failure": Failure.TIMEOUT}, CalendarProblem.UNREACHABLE),
        ({"failure": Failure.ASKED_TO_WAIT}, CalendarProblem.ASKED_TO_WAIT),
        ({"status": 503}, CalendarProblem.UNREACHABLE),
        ({"status": 429}, CalendarProblem.ASKED_TO_WAIT),
        ({"left_allowed_hosts": True}, CalendarProblem.LED_ELSEWHERE),
        ({"body": b"<html>"}, CalendarProblem.UNKNOWN_SHAPE),
        ({"body": b"[" * 100_000}, CalendarProblem.UNKNOWN_SHAPE),
        ({"body": b"[]"}, CalendarProblem.UNKNOWN_SHAPE),
        ({"body": b'{"total": true, "results": []}'}, CalendarProblem.UNKNOWN_SHAPE),
        ({"body": b'{"total": 3, "results": null}'}, CalendarProblem.UNKNOWN_SHAPE),
    ],
)
def test_an_answer_that_is_no_calendar_is_a_problem_and_not_an_empty_calendar(given, problem):
    with pytest.raises(CalendarUnreadableError) as refused:
        read_govuk_page(answer({}, **given))
    assert refused.value.problem is problem


@pytest.mark.parametrize(
    ("title", "series"),
    [
        ("Monthly rain: June 2098", "Monthly rain"),
        ("Rain in Wales: April to June 2098", "Rain in Wales"),
        ("Farm incomes, year ending March 2098", "Farm incomes"),
        ("Rain 2098 to 2099", "Rain"),
        ("Rain 2098-99", "Rain"),
        ("GDP Q3 2098", "GDP"),
        ("Public finances (September 2098)", "Public finances"),
        ("Weekly deaths, week ending 12 June 2098", "Weekly deaths"),
        ("Overseas trade: non-EU February 2098", "Overseas trade: non-EU"),
        ("Population estimates: mid-2098", "Population estimates"),
        ("June 2098", "June 2098"),
        ("2098", "2098"),
        ("Youth in May", "Youth in May"),
        ("Census of sheep", "Census of sheep"),
    ],
)
def test_the_period_at_the_end_of_a_title_is_removed_and_nothing_else(title, series):
    assert remove_period(title) == series
