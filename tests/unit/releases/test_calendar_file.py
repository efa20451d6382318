"""Announced releases as iCalendar, read by a library other than the one that writes it (C4, C15)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import vobject

from releases.public.feeds import calendar_file
from releases.rules.calendar import Precision, Slot
from tests.unit.releases.rules.test_announced import (
    ANNOUNCED_AT,
    CANCELLED,
    CONFIRMED,
    DAY,
    MOVED,
    PROVISIONAL,
    PUBLISHED,
)

TITLED = {
    "name": "Releases: Office, of numbers; and more",
    "description": "Releases of the last year",
    "page": "https://stats.example.gov.uk/",
}
RELEASES_AT = "https://stats.example.gov.uk/releases/"


def written(*releases):
    return calendar_file(releases, **TITLED, release_pages_address=RELEASES_AT)


def parsed(*releases):
    return vobject.readOne(written(*releases).decode())


def event(release):
    return parsed(release).vevent


def on(day, at=time(9, 30), release=CONFIRMED):
    slot = Slot(day, at)
    return replace(release, slot=slot, due_at=slot.due_at)


def test_no_releases_make_a_well_formed_empty_calendar():
    calendar = parsed()
    assert list(calendar.getChildren())
    assert "vevent" not in calendar.contents
    assert (calendar.version.value, calendar.x_wr_calname.value) == ("2.0", TITLED["name"])
    (again,) = calendar.contents["refresh-interval"]
    assert (again.value, again.params) == ("PT1H", {"VALUE": ["DURATION"]})


@pytest.mark.parametrize(
    ("day", "hour_in_utc"),
    [
        (date(2026, 3, 27), 9),
        (date(2026, 3, 30), 8),
        (date(2026, 10, 23), 8),
        (date(2026, 10, 26), 9),
    ],
    ids=["before spring", "after spring", "before autumn", "after autumn"],
)
def test_half_past_nine_in_london_is_right_on_both_sides_of_both_clock_changes(day, hour_in_utc):
    start = event(on(day)).dtstart.value
    assert start == datetime(day.year, day.month, day.day, hour_in_utc, 30, tzinfo=UTC)
    assert start.astimezone(ZoneInfo("Europe/London")).time() == time(9, 30)


def test_a_release_is_shown_for_half_an_hour_and_takes_up_no_time():
    found = event(CONFIRMED)
    assert found.dtend.value - found.dtstart.value == timedelta(minutes=30)
    assert found.transp.value == "TRANSPARENT"


@pytest.mark.parametrize(
    ("slot", "first", "day_after"),
    [
        (Slot(date(2026, 7, 20), None, Precision.MONTH), date(2026, 7, 1), date(2026, 7, 2)),
        (Slot(date(2026, 12, 1), None, Precision.TWO_MONTHS), date(2026, 12, 1), date(2026, 12, 2)),
    ],
    ids=["one month", "two months across New Year"],
)
def test_a_vague_date_is_shown_on_the_first_day_of_its_months(slot, first, day_after):
    found = event(replace(PROVISIONAL, slot=slot, due_at=None))
    assert (found.dtstart.value, found.dtend.value) == (first, day_after)
    assert str(slot) in found.description.value
    assert found.status.value == "TENTATIVE"


@pytest.mark.parametrize(
    ("release", "status"),
    [
        (PROVISIONAL, "TENTATIVE"),
        (CONFIRMED, "CONFIRMED"),
        (MOVED, "CONFIRMED"),
        (PUBLISHED, "CONFIRMED"),
        (CANCELLED, "CANCELLED"),
    ],
    ids=["provisional", "confirmed", "postponed", "published", "cancelled"],
)
def test_each_status_has_its_code(release, status):
    assert event(release).status.value == status


def test_one_release_keeps_its_identifier_while_its_sequence_and_its_date_of_change_grow():
    found = [event(release) for release in (PROVISIONAL, CONFIRMED, MOVED, PUBLISHED)]
    assert {each.uid.value for each in found} == {str(PROVISIONAL.public_id)}
    assert [each.sequence.value for each in found] == ["0", "1", "2", "3"]
    stamps = [each.last_modified.value for each in found]
    assert stamps == sorted(set(stamps))
    assert [each.dtstamp.value for each in found] == stamps
    assert int(event(CANCELLED).sequence.value) > int(event(MOVED).sequence.value)


def test_a_cancelled_release_says_so_and_why():
    found = event(CANCELLED)
    assert found.summary.value == "Cancelled: Prices, May 2026"
    assert "The survey ended." in found.description.value


def test_a_change_of_date_is_described_with_its_reason():
    assert "Date changed from 2 June 2026 9:30am to 9 June 2026 9:30am. Late figures." in event(MOVED).description.value


def test_a_release_leads_to_its_page_and_names_its_producer_and_series():
    found = event(CONFIRMED)
    assert found.url.value == "https://stats.example.gov.uk/releases/prices-may-2026/"
    for words in ("Office for Invented Numbers", "Prices", "Official statistics"):
        assert words in found.description.value


def test_whatever_people_typed_stays_text():
    typed = "Prices, rents; wages\\fares\r\nEND:VEVENT\nBEGIN:VEVENT\x00\x07 " + "größer " * 30
    release = replace(CONFIRMED, title=typed)
    lines = written(release).split(b"\r\n")
    assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == 1
    assert max(map(len, lines)) <= 75
    found = event(release)
    assert found.summary.value == typed.replace("\r\n", "\n").replace("\x00", " ").replace("\x07", " ")


def test_the_same_facts_are_the_same_bytes_at_any_time(time_machine):
    releases = (CONFIRMED, MOVED, CANCELLED)
    time_machine.move_to(datetime(2026, 5, 1, tzinfo=UTC))
    first = written(*releases)
    time_machine.move_to(datetime(2027, 5, 1, tzinfo=UTC))
    assert written(*map(replace, releases)) == first


def test_a_release_that_changed_is_written_again():
    assert event(replace(CONFIRMED, title="Another title")).summary.value == "Another title"
    assert event(CONFIRMED).summary.value == CONFIRMED.title


def test_releases_stand_in_the_order_in_which_they_are_given():
    many = [replace(CONFIRMED, public_id=UUID(int=days), announced_at=ANNOUNCED_AT - days * DAY) for days in (3, 1)]
    found = parsed(*many).vevent_list
    assert [each.uid.value for each in found] == [str(UUID(int=3)), str(UUID(int=1))]
    assert [each.created.value for each in found] == [ANNOUNCED_AT - 3 * DAY, ANNOUNCED_AT - DAY]
