"""The admin site's first page: what needs attention, and links that lead to exactly these releases (C14)."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases.rules.lifecycle import Role
from tests.support.admin_site import signed_in
from tests.support.factories import (
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    london_slot,
)

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)
TODAY = date(2026, 6, 30)
INDEX = "/admin/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def series():
    return SeriesFactory()


@pytest.fixture
def client(series):
    return signed_in(create_member(Role.CALENDAR_MANAGER, series.producer, is_staff=True))


def warnings(client):
    """Return the address of each link, by its text, in the part of the index that needs attention."""
    text = client.get(INDEX).text
    part = text[text.index('class="office-attention"') : text.index('class="app-list"')]
    return {words: unescape(address) for address, words in re.findall(r'<a href="([^"]*)">([^<]*)</a>', part)}


def test_each_warning_counts_exactly_the_releases_to_which_it_leads(series, client):
    tomorrow = london_slot(TODAY + timedelta(days=1))
    for reference in ("one", "two"):
        ReleaseFactory(announced=True, series=series, reference=reference, slot=tomorrow).addresses.all().delete()
    ReleaseFactory(series=series, reference="past", slot=london_slot(TODAY - timedelta(days=1)))
    ReleaseFactory(announced=True, reference="foreign", slot=tomorrow).addresses.all().delete()
    found = {}
    for words, address in warnings(client).items():
        found[words] = {release.reference for release in client.get(address).context["cl"].result_list}
    assert found == {
        "2 releases due in the next 2 weeks have no web page to check": {"one", "two"},
        "1 release is still provisional after its planned date": {"past"},
        "2 releases are due tomorrow": {"one", "two"},
    }


def test_where_nothing_needs_attention_the_page_says_so(client):
    assert warnings(client) == {}
    assert "Nothing needs your attention." in client.get(INDEX).text


def test_without_a_role_there_is_nothing_to_attend_to(series):
    ReleaseFactory(announced=True, series=series, slot=london_slot(TODAY + timedelta(days=1)))
    text = signed_in(UserFactory(is_staff=True, is_superuser=True)).get(INDEX).text
    assert "office-attention" not in text


def test_the_page_asks_no_more_for_more_releases(series, client, django_assert_num_queries):
    slot = london_slot(TODAY + timedelta(days=1))
    ReleaseFactory(series=series, reference="first", slot=slot)
    client.get(INDEX)
    with CaptureQueriesContext(connection) as for_one:
        client.get(INDEX)
    for number in range(5):
        ReleaseFactory(series=series, reference=f"more-{number}", slot=slot)
    with django_assert_num_queries(len(for_one)):
        client.get(INDEX)


def test_the_calendar_stands_before_the_record(client):
    text = client.get(INDEX).text
    places = [text.index(f'id="releases-{model}"') for model in ("release", "series", "contact", "observation")]
    assert places == sorted(places)


def test_django_finds_no_fault_in_the_pages_of_the_admin_site(client):
    # The pages are imported with the addresses, so `manage.py check` may run before they are.
    assert client.get(INDEX).status_code == 200
    assert run_checks(tags=[Tags.admin]) == []
