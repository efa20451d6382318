"""The list of releases: its columns, filters, search and days."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases.calendar import Precision, Slot
from releases.models import Verification
from releases.roles import Role
from tests.factories import SeriesFactory, a_confirmed_release, a_release, london_slot, member
from tests.releases.admin.site import page, signed_in

# Half past midnight in London: the day before in UTC.
NOW = datetime(2026, 6, 29, 23, 30, tzinfo=UTC)
TODAY = date(2026, 6, 30)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    """The calendar manager of one producer with releases from yesterday to next month."""
    series = SeriesFactory(title="Schools inspections")
    for name, days in {"yesterday": -1, "today": 0, "tomorrow": 1, "in-six-days": 6, "in-a-week": 7}.items():
        slot = london_slot(TODAY + timedelta(days=days))
        a_release(
            series=series, reference=name, title=f"Schools {name}", slot=slot, url=f"https://a.example.gov.uk/{name}"
        )
    vague = Slot(on=date(2026, 7, 1), at=None, precision=Precision.MONTH)
    a_release(series=series, reference="vague", slot=vague, url="https://a.example.gov.uk/vague")
    user = member(Role.CALENDAR_MANAGER, series.producer, is_staff=True)
    with time_machine.travel(NOW, tick=False):
        yield signed_in(user)


def listed(client, **query):
    response = client.get(page("release"), query)
    assert response.status_code == 200
    return {release.reference for release in response.context["cl"].result_list}


EVERYTHING = {"yesterday", "today", "tomorrow", "in-six-days", "in-a-week", "vague"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({}, EVERYTHING, id="all"),
        pytest.param({"day": "today"}, {"today"}, id="today"),
        pytest.param({"day": "yesterday"}, {"yesterday"}, id="yesterday"),
        pytest.param({"day": "tomorrow"}, {"tomorrow"}, id="tomorrow"),
        pytest.param({"day": "next-week"}, {"today", "tomorrow", "in-six-days"}, id="next-seven-days"),
        pytest.param({"day": "past-week"}, {"yesterday"}, id="past-seven-days"),
        pytest.param({"day": "nonsense"}, EVERYTHING, id="a-day-that-there-is-not"),
        pytest.param({"status__exact": "provisional"}, EVERYTHING, id="status"),
        pytest.param({"status__exact": "cancelled"}, set(), id="another-status"),
        pytest.param({"q": "in-six"}, {"in-six-days"}, id="search-by-reference"),
        pytest.param({"q": "schools inspections"}, EVERYTHING, id="search-by-series"),
        pytest.param({"q": "vague month"}, set(), id="search-in-vain"),
        pytest.param(
            {"planned_on__year": "2026", "planned_on__month": "7"},
            {"tomorrow", "in-six-days", "in-a-week", "vague"},
            id="by-month",
        ),
    ],
)
def test_the_list_is_narrowed_by_day_status_and_words(client, query, found):
    assert listed(client, **query) == found


def test_the_list_is_narrowed_by_the_verdict_on_the_present_schedule():
    series = SeriesFactory()
    client = signed_in(member(Role.AUDITOR, series.producer, is_staff=True))
    late = a_confirmed_release(series=series, reference="late")
    a_confirmed_release(series=series, reference="unseen", url="https://a.example.gov.uk/b")
    for version, outcome in ((1, "late"), (2, "early")):
        Verification.objects.create(
            release=late, schedule_version=version, due_at=NOW, tolerance_seconds=120, outcome=outcome
        )
    assert listed(client, verdict="late") == {"late"}
    assert listed(client, verdict="early") == set()
    assert listed(client, verdict="none") == {"unseen"}
    assert "Late" in client.get(page("release")).content.decode()


def test_the_list_asks_the_database_no_more_for_more_releases(client, django_assert_num_queries):
    with CaptureQueriesContext(connection) as for_one:
        assert len(listed(client, q="tomorrow")) == 1
    with django_assert_num_queries(len(for_one)):
        assert len(listed(client, q="schools")) == 6
    assert len(for_one) <= 17


def test_the_columns_say_date_status_and_verdict_in_words(client):
    text = client.get(page("release")).content.decode()
    assert "30 June 2026 9:30am" in text
    assert "July 2026" in text
    assert "Release calendar administration" in text
