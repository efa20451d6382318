"""No socket is opened to an address that is not public, however the URL writes it, unless it was opened."""

import socket
import threading

import pytest

from releases.rules.response import Failure
from tests.support.fetching import fetch
from tests.support.publishers import always, path_of, publisher, response

PAGE = response(200, b"inside")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.0.0.2",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[2002:7f00:1::]",
        "[64:ff9b::127.0.0.1]",
        "127.0.0.1.",
        "0x7f.0.0.1",
        "0x7f.1",
        "017700000001",
        "１２７.０.０.１",
        "①②⑦.0.0.1",
        "ｌｏｃａｌｈｏｓｔ",
        "127。0。0。1",
        "LOCALHOST.",
        "0.0.0.0",  # noqa: S104 (a host to be refused, not to listen on)
    ],
)
def test_the_guard_sees_the_address_behind_every_way_to_write_it(host):
    with publisher(always(PAGE)) as site:
        url = site.url(host=host)
        answer = fetch(url, opened=[], allowed=[f"{host}:{site.port}"])
    assert answer.failure is Failure.ADDRESS_REFUSED
    assert site.connections == 0
    assert " is a" in answer.failure_detail


def test_a_name_that_an_entry_opens_is_fetched_by_that_name():
    with publisher(always(PAGE)) as site:
        entry = f"localhost:{site.port}"
        answer = fetch(site.url(host="LOCALHOST."), opened=[entry])
    assert (answer.failure, answer.body, answer.peer_address) == (None, b"inside", "127.0.0.1")
    assert f"Host: {entry}\r\n" in site.requests[0]


def test_an_entry_for_the_address_does_not_open_it_under_a_name():
    with publisher(always(PAGE)) as site:
        answer = fetch(site.url(host="localhost"), opened=[site.entry], allowed=[f"localhost:{site.port}"])
    assert answer.failure is Failure.ADDRESS_REFUSED
    assert site.connections == 0


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://elsewhere.example/", "is not one that may be fetched"),
        ("ftp://127.0.0.1/", "does not start with http"),
        ("http://user:password@127.0.0.1/", "has a user name"),
        ("http://www.gov.uk@127.0.0.1/", "has a user name"),
        ("http://www.gov.uk:80@127.0.0.1:80/", "has a user name"),
        ("http://www.gov.uk%40127.0.0.1/", "is not a host"),
        ("http://127.0.0.1%00.gov.uk/", "is not a host"),
        ("http://[fe80::1%25eth0]/", "has a zone identifier (after %)"),
        ("http://127.0.0.1\\@www.gov.uk/", "has a user name"),
        ("gopher://127.0.0.1/", "does not start with http"),
        ("file:///etc/passwd", "does not start with http"),
        ("nonsense", "does not start with http"),
    ],
)
def test_an_errand_to_where_it_may_not_go_is_answered_without_a_request(url, reason):
    answer = fetch(url, opened=[], allowed=["127.0.0.1"])
    assert answer.failure is Failure.ADDRESS_REFUSED
    assert reason in answer.failure_detail
    assert answer.sent_at == answer.completed_at


def test_an_errand_whose_allowed_hosts_are_nonsense_is_answered_and_does_not_raise():
    answer = fetch("http://127.0.0.1/", opened=[], allowed=["http://127.0.0.1/"])
    assert answer.failure is Failure.ADDRESS_REFUSED


class TestProxy:
    """An office may let everything out through one proxy; the addresses it connects to are its own affair."""

    def test_requests_go_to_the_proxy_with_the_whole_address(self):
        with publisher(always(response(200, b"by proxy"))) as proxy:
            answer = fetch(
                "http://www.example.gov.uk/a", opened=[], allowed=["www.example.gov.uk"], proxy=f"http://{proxy.entry}"
            )
        assert (answer.failure, answer.body) == (None, b"by proxy")
        assert path_of(proxy.requests[0]) == "http://www.example.gov.uk/a"

    def test_each_check_says_from_where_it_was_made_and_a_proxys_password_is_no_part_of_that(self):
        with publisher(always(response(200, b"by proxy"))) as proxy, publisher(always(PAGE)) as site:
            options = {"proxy": f"http://office:secret@{proxy.entry}", "vantage": "watcher.example.gov.uk"}
            by_proxy = fetch("http://www.example.gov.uk/a", opened=[], allowed=["www.example.gov.uk"], **options)
            directly = fetch(site.url(), opened=[site.entry], **options)
        assert by_proxy.body == b"by proxy"
        assert "Proxy-Authorization: Basic" in proxy.requests[0]
        assert by_proxy.vantage == f"watcher.example.gov.uk through proxy {proxy.entry}"
        assert directly.vantage == "watcher.example.gov.uk"

    @pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "10.0.0.1", "[::1]", "localhost", "a.localhost"])
    def test_what_a_url_says_openly_is_refused_before_the_proxy_is_asked(self, host):
        with publisher(always(PAGE)) as proxy:
            answer = fetch(f"http://{host}/", opened=[], allowed=[host], proxy=f"http://{proxy.entry}")
        assert answer.failure is Failure.ADDRESS_REFUSED
        assert proxy.requests == []

    def test_what_an_entry_opens_is_asked_directly(self):
        with publisher(always(response(500))) as proxy, publisher(always(PAGE)) as site:
            answer = fetch(site.url(), opened=[site.entry], proxy=f"http://{proxy.entry}")
        assert (answer.failure, answer.body) == (None, b"inside")
        assert proxy.requests == []

    def test_a_proxy_that_refuses_a_tunnel_is_no_answer_of_the_site(self):
        with publisher(always(response(403, X_Proxy="no"))) as proxy:
            answer = fetch(
                "https://www.example.gov.uk/", opened=[], allowed=["www.example.gov.uk"], proxy=f"http://{proxy.entry}"
            )
        assert answer.failure is not None
        assert (answer.status, answer.headers, answer.hops) == (None, (), ())
        assert proxy.requests[0].startswith("CONNECT www.example.gov.uk:443 ")

    def test_a_proxy_of_the_environment_is_not_used(self, monkeypatch):
        with publisher(always(response(500))) as proxy, publisher(always(PAGE)) as site:
            for name in ("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, f"http://{proxy.entry}")
            answer = fetch(site.url(), opened=[site.entry])
        assert (answer.body, proxy.requests) == (b"inside", [])


def test_no_socket_stays_open_behind_a_fetcher():
    def open_sockets():
        return sum(1 for fd in range(3, 2000) if _is_socket(fd))

    with publisher(always(PAGE)) as site:
        before = open_sockets()
        for _ in range(20):
            fetch(site.url(), opened=[site.entry])
            fetch(site.url(host="localhost"), opened=[], allowed=[f"localhost:{site.port}"])
    assert threading.active_count() < 50
    assert open_sockets() <= before


def _is_socket(fd):
    try:
        with socket.socket(fileno=fd) as found:
            found.getsockname()
            found.detach()
    except OSError:
        return False
    return True
