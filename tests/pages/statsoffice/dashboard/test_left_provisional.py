"""Provisional releases whose date is past come to the dashboard of those who keep the calendar."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from releases import scheduling
from releases.rules.lifecycle import Role
from tests.support.date_requests import create_head
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member, london_slot
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

DESK = reverse("desk")
HEADING = "Provisional dates in the past"


@pytest.fixture(autouse=True)
def _the_day_after(clock):
    clock(datetime(2020, 7, 1, 9, 0, tzinfo=UTC))


@shared_fixture
def series():
    return SeriesFactory()


def planned(series, reference, on, *, announced=False, **fields):
    return ReleaseFactory(
        announced=announced,
        series=series,
        reference=reference,
        title=f"Title {reference}",
        slot=london_slot(on),
        **fields,
    )


def test_those_who_keep_the_calendar_are_led_to_exactly_those_releases(client, series, subtests):
    past = planned(series, "past", date(2020, 6, 30))
    planned(series, "today", date(2020, 7, 1))
    planned(series, "confirmed", date(2020, 6, 29), confirmed=True)
    planned(series, "rehearsed", date(2020, 6, 29), rehearsal=True)
    planned(SeriesFactory(), "theirs", date(2020, 6, 29))
    for role in Role:
        with subtests.test(role):
            client.force_login(create_member(role, series.producer))
            text = client.get(DESK).text.partition(HEADING)[2]
            if role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.CALENDAR_MANAGER}:
                assert f'href="{reverse("releases:release", args=["past"])}"' in text
                assert text.count("Title ") == 1
                assert "30 June 2020 9:30am" in text
            else:
                assert text == ""
    # The last person of the table, who reads the release and does not keep the calendar.
    page = client.get(reverse("releases:release", args=[past.reference])).text
    assert "The date has passed and the release is still provisional" in page


def test_what_was_given_another_date_or_cancelled_waits_no_more(client, series):
    moved, stopped = (planned(series, name, date(2020, 6, 30)) for name in ("moved", "stopped"))
    head = create_head(moved)
    client.force_login(head)
    assert HEADING in client.get(DESK).text
    now = datetime(2020, 7, 1, 9, 0, tzinfo=UTC)
    scheduling.change_date(moved, to=london_slot(date(2020, 7, 14)), by=head, at=now)
    scheduling.cancel_release(stopped, reason="Not needed", by=head, at=now)
    assert HEADING not in client.get(DESK).text
