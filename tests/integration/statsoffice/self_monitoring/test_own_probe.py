"""The self-test's probe reaches this service on a private network, and nothing else there; monitoring's does not."""

from datetime import UTC, datetime

import pytest

from releases.probe.probe import probe_from_settings
from releases.rules.response import CheckRequest, Failure
from releases.rules.web_address import place_of
from statsoffice.self_monitoring.synthetic_check import make_private_probe, ping
from tests.integration.statsoffice.self_monitoring.switch import dead_mans_switch
from tests.servers.ports import free_port


def now():
    return datetime.now(UTC)


@pytest.fixture
def address(settings):
    """Run something on loopback that the settings do not open."""
    settings.PROBE_ALLOW_PRIVATE = frozenset()
    with dead_mans_switch() as switch:
        yield switch.url


def fetched(probe, url):
    """Fetch one address, and return the answer."""
    with probe:
        probe.start(CheckRequest(key=url, url=url, allowed_hosts=frozenset({place_of(url)}), planned_at=now()))
        ((_, answer),) = probe.poll(10)
    return answer


def test_our_own_address_is_reached_where_it_is_private(address):
    assert fetched(make_private_probe(address, now=now), address).status == 200


def test_the_probe_of_monitoring_stays_shut_to_it(address):
    assert fetched(probe_from_settings(now=now), address).failure is Failure.ADDRESS_REFUSED


def test_no_other_private_address_is_opened_with_it(address):
    other = f"http://127.0.0.1:{free_port()}/"
    assert fetched(make_private_probe(other, now=now), address).failure is Failure.ADDRESS_REFUSED


def test_behind_a_proxy_it_goes_through_the_proxy_as_every_check_does(address, settings):
    settings.PROBE_PROXY = f"http://127.0.0.1:{free_port()}"
    answer = fetched(make_private_probe(address, now=now), address)
    assert answer.status is None
    assert answer.failure is not None


def test_a_ping_under_way_does_not_hold_up_who_wants_to_end(address):
    with dead_mans_switch(answers_after_seconds=5) as slow, make_private_probe(slow.url, now=now) as look:
        began = now()
        assert ping(slow.url, probe=look, now=now, stop=lambda: True) is False
        assert (now() - began).total_seconds() < 2
