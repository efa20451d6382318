"""A name that resolves to another address a moment later opens nothing: the connected address is tested."""

import pycurl
import pytest

from releases.probe import connection
from releases.rules.response import Failure
from tests.support.fetching import answers, check_request, fetch, make_fetcher
from tests.support.publishers import always, publisher, response

NAME = "statistics.example.gov.uk"
CLOUD = "169.254.169.254"
# Closed after each answer, so that each request has to connect anew.
PAGE = response(200, b"inside", Connection="close")


@pytest.fixture
def name_server(monkeypatch):
    """Decide what libcurl finds when it resolves the name, from one request to the next."""
    handles, told, make = [], [], connection._new_curl

    def made(*args):
        handles.append(make(*args))
        if told:
            handles[-1].setopt(pycurl.RESOLVE, told)
        return handles[-1]

    def tell(port, addresses):
        told[:] = [f"-{NAME}:{port}", f"{NAME}:{port}:{addresses}"]
        for curl in handles:
            curl.setopt(pycurl.RESOLVE, told)

    monkeypatch.setattr(connection, "_new_curl", made)
    return tell


def test_a_name_that_moves_to_another_network_between_two_checks_is_refused_at_the_second(name_server):
    with publisher(always(PAGE)) as site:
        entry = f"{NAME}:{site.port}"
        name_server(site.port, "127.0.0.1")
        with make_fetcher(entry) as fetcher:
            fetcher.start(check_request(site.url(host=NAME), entry))
            ((_, first),) = answers(fetcher)
            name_server(site.port, CLOUD)
            fetcher.start(check_request(site.url(host=NAME), entry))
            ((_, second),) = answers(fetcher)
        assert (first.failure, first.body) == (None, b"inside")
        assert second.failure is Failure.ADDRESS_REFUSED
        assert CLOUD in second.failure_detail
        assert site.connections == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", CLOUD, "[::1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]"])
def test_a_public_name_that_stands_for_an_address_inside_is_refused(name_server, address):
    with publisher(always(PAGE)) as site:
        name_server(site.port, address)
        answer = fetch(site.url(host=NAME), opened=[], allowed=[f"{NAME}:{site.port}"])
        assert answer.failure is Failure.ADDRESS_REFUSED
        assert site.connections == 0


def test_of_two_addresses_of_a_name_only_the_one_that_may_be_is_connected_to(name_server):
    with publisher(always(PAGE)) as site:
        name_server(site.port, f"{CLOUD},127.0.0.1")
        answer = fetch(site.url(host=NAME), opened=[f"{NAME}:{site.port}"])
        assert (answer.failure, answer.peer_address) == (None, "127.0.0.1")


def test_a_redirect_to_a_name_that_stands_for_an_address_inside_is_refused(name_server):
    with publisher(always(PAGE)) as inside:
        name_server(inside.port, "127.0.0.1")
        to = inside.url(host=NAME)
        with publisher(always(response(302, b"", Location=to))) as site:
            answer = fetch(site.url(), opened=[site.entry], allowed=[site.entry, f"{NAME}:{inside.port}"])
        assert answer.failure is Failure.ADDRESS_REFUSED
        assert inside.connections == 0
