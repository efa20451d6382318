"""A reader who requests public pages too often gets the time to retry; others notice nothing."""

from datetime import UTC, datetime

import pytest
from django.core.cache import caches
from django.test import Client

from tests.support.factories import ReleaseFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 30, 8, 30, 15, tzinfo=UTC)
PAGES, PROGRAMS = 5, 3
FIRST, SECOND = "198.51.100.7", "198.51.100.8"


@pytest.fixture(autouse=True)
def limits(settings, time_machine):
    """Few requests a minute, and a quarter of this minute over."""
    settings.RATES = {"person": PAGES, "program": PROGRAMS}
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    caches["rates"].clear()
    time_machine.move_to(AT, tick=False)
    yield
    caches["rates"].clear()


def ask(address, times=1, *, client=FIRST, **headers):
    """Ask so often, and return the answers."""
    return [Client().get(address, REMOTE_ADDR=client, headers=headers) for _ in range(times)]


def statuses(*asked, **told):
    return [answer.status_code for answer in ask(*asked, **told)]


@pytest.mark.parametrize(
    ("address", "most"),
    [
        pytest.param("/", PAGES, id="calendar"),
        pytest.param("/nowhere/", PAGES, id="page that there is not"),
        pytest.param("/changes.atom", PROGRAMS, id="feed"),
        pytest.param("/calendar.ics", PROGRAMS, id="calendar to subscribe to"),
        pytest.param("/api/v1/releases", PROGRAMS, id="API"),
    ],
)
def test_one_more_than_the_limit_is_turned_away_until_the_minute_is_over(address, most, time_machine):
    answers = ask(address, most + 1)
    assert 429 not in [answer.status_code for answer in answers[:-1]]
    assert answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"] == "45"
    assert answers[-1].headers["Cache-Control"] == "no-store"
    assert "Try again in 45 seconds." in answers[-1].text
    time_machine.shift(44)
    assert statuses(address) == [429]
    time_machine.shift(1)
    assert 429 not in statuses(address)


def test_a_program_is_told_in_json_and_a_person_on_a_page():
    program, person = ask("/api/v1/releases", PROGRAMS + 1)[-1], ask("/", PAGES + 1)[-1]
    assert "Try again" in program.json()["error"]
    assert "<h1" in person.text
    assert "Content-Security-Policy" in person.headers


def test_another_reader_is_not_turned_away_with_them():
    ask("/", PAGES + 1)
    assert statuses("/", client=SECOND) == [200]


def test_the_addresses_of_one_ipv6_network_are_one_reader():
    for last in range(PAGES):
        ask("/", client=f"2001:db8:0:1::{last:x}")
    assert statuses("/", client="2001:db8:0:1:ffff::1") == [429]
    assert statuses("/", client="2001:db8:0:2::1") == [200]


def test_what_a_client_writes_of_itself_is_not_believed():
    for number in range(PAGES):
        ask("/", x_forwarded_for=f"203.0.113.{number}")
    assert statuses("/", x_forwarded_for="203.0.113.99") == [429]


def test_behind_a_proxy_of_ours_readers_are_distinguished_by_what_it_wrote(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(PAGES):
        # The first entries are the client's own invention.
        ask("/", client="10.0.0.1", x_forwarded_for=f"203.0.113.{number}, {FIRST}")
    assert statuses("/", client="10.0.0.1", x_forwarded_for=f"203.0.113.99, {FIRST}") == [429]
    assert statuses("/", client="10.0.0.1", x_forwarded_for=SECOND) == [200]


def test_two_proxies_of_ours_and_a_header_that_holds_one_fail_no_request(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    assert statuses("/", x_forwarded_for=FIRST) == [200]
    assert statuses("/", x_forwarded_for="nonsense, nonsense") == [200]


@pytest.mark.parametrize(
    "address",
    [
        *("/health/live", "/accounts/login/", "/desk/", "/reports/", "/admin/", "/audit/", "/guides/"),
        *("/imports/", "/set-up/", "/your-releases/", "/planner/", "/changes/", "/releases/nowhere/confirm/"),
    ],
)
def test_monitors_and_staff_are_not_counted(address):
    assert 429 not in statuses(address, PAGES + 2)


def test_no_limit_is_a_limit_that_can_be_set(settings):
    settings.RATES = {"person": 0, "program": 0}
    assert set(statuses("/", 20)) == {200}


def test_readers_who_reload_at_half_past_nine_stay_within_the_limits_that_are_set_by_default():
    from statsoffice.settings import RATES

    ReleaseFactory(announced=True)
    # A department of 100 people behind one address, of whom each reloads every five seconds.
    assert RATES["person"] >= 100 * 60 / 5
