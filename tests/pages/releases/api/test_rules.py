"""The API follows the rules of the calendar: dates, reasons and statuses (C1, C3, C4, C8, C12, C13, C16)."""

from datetime import date, timedelta

import pytest

from releases import corrections, date_changes, scheduling
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from tests.support.factories import (
    A_LONG_TIME_AGO,
    SEED_DUE,
    ReleaseFactory,
    create_member,
    london_slot,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("settled")]

BEFORE = SEED_DUE - timedelta(days=9)
HOUR = timedelta(hours=1)
LATER = london_slot(date(2020, 7, 14))


def told(client, release):
    response = client.get(f"/api/v1/releases/{release.reference}")
    assert response.status_code == 200
    return response.json()


def head_of(series):
    return create_member(Role.HEAD_OF_PROFESSION, series.producer)


def test_a_change_is_told_with_was_to_reason_and_time_and_nobodys_name(client, series):
    release, head = ReleaseFactory(announced=True, series=series), head_of(series)
    scheduling.change_date(release, to=LATER, reason="Late figures.", by=head, at=BEFORE)
    answer = told(client, release)
    (change,) = answer["date_changes"]
    assert (change["was"]["text"], change["to"]["text"]) == ("30 June 2020 9:30am", "14 July 2020 9:30am")
    assert change["reason"] == "Late figures."
    assert head.name not in str(answer)


def test_a_corrected_reason_replaces_the_first(client, series):
    release, head = ReleaseFactory(announced=True, series=series), head_of(series)
    scheduling.change_date(release, to=LATER, reason="Late figuers.", by=head, at=BEFORE)
    (first,) = told(client, release)["date_changes"]
    assert (first["reason"], first["first_reason"], first["corrected_at"]) == ("Late figuers.", None, None)
    for seen, (reason, at) in enumerate((("Late figures", HOUR), ("Late figures.", 2 * HOUR))):
        corrections.correct_public_reason(release.date_changes.get(), reason=reason, seen=seen, by=head, at=BEFORE + at)
    answer = told(client, release)
    (change,) = answer["date_changes"]
    assert (change["reason"], change["first_reason"]) == ("Late figures.", "Late figuers.")
    assert change["corrected_at"] == answer["changed_at"] == "2020-06-21T10:30:00Z"


def test_a_reason_for_a_provisional_change_is_not_told(client, series):
    release = scheduling.announce_release(ReleaseFactory(series=series), by=None, at=A_LONG_TIME_AGO)
    scheduling.change_date(release, to=LATER, reason="A private thought", by=head_of(series), at=BEFORE)
    answer = told(client, release)
    assert (answer["status"], answer["date"]["text"]) == ("provisional", "14 July 2020 9:30am")
    assert "private thought" not in str(answer)


def test_a_change_that_waits_for_agreement_is_not_told(client, series):
    release, head = ReleaseFactory(announced=True, series=series), head_of(series)
    before = told(client, release)
    asked = date_changes.request_date_change(release, to=LATER, reason="Late figures.", by=head, at=BEFORE)
    assert told(client, release) == before
    date_changes.agree_to_date_change(asked, by=head, at=BEFORE)
    assert told(client, release)["date"]["text"] == "14 July 2020 9:30am"


def test_cancelled_wins_over_postponed_and_nothing_leads_out_of_it(client, series):
    release, head = ReleaseFactory(announced=True, series=series), head_of(series)
    scheduling.change_date(release, to=LATER, reason="Late figures.", by=head, at=BEFORE)
    assert told(client, release)["status"] == "postponed"
    scheduling.cancel_release(type(release).objects.get(), reason="The survey was stopped.", by=head, at=BEFORE)
    answer = told(client, release)
    assert (answer["status"], answer["cancellation_reason"]) == ("cancelled", "The survey was stopped.")


@pytest.mark.parametrize(
    ("on", "due_at"),
    [
        pytest.param(date(2020, 3, 27), "2020-03-27T09:30:00Z", id="the-last-friday-of-winter"),
        pytest.param(date(2020, 3, 30), "2020-03-30T08:30:00Z", id="the-first-monday-of-summer"),
        pytest.param(date(2020, 10, 23), "2020-10-23T08:30:00Z", id="the-last-friday-of-summer"),
        pytest.param(date(2020, 10, 26), "2020-10-26T09:30:00Z", id="the-first-monday-of-winter"),
    ],
)
def test_half_past_nine_in_london_is_told_on_both_sides_of_both_clock_changes(client, series, on, due_at):
    answer = told(client, ReleaseFactory(announced=True, series=series, slot=london_slot(on)))
    assert (answer["due_at"], answer["date"]["time"], answer["date"]["zone"]) == (due_at, "09:30", "Europe/London")


@pytest.mark.parametrize(
    ("slot", "words"),
    [
        pytest.param(Slot(on=date(2020, 7, 1), at=None, precision=Precision.MONTH), "July 2020", id="month"),
        pytest.param(
            Slot(on=date(2020, 12, 1), at=None, precision=Precision.TWO_MONTHS),
            "December 2020 to January 2021",
            id="two-months-across-new-year",
        ),
    ],
)
def test_a_vague_date_is_told_as_calendars_write_it(client, series, slot, words):
    release = scheduling.announce_release(ReleaseFactory(series=series, slot=slot), by=None, at=A_LONG_TIME_AGO)
    answer = told(client, release)
    assert (answer["date"]["text"], answer["due_at"], answer["date"]["time"]) == (words, None, None)
