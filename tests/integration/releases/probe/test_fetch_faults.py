"""Whatever a server does, an check_request ends in time, in little memory, and with a failure that names it."""

import gzip
import socket
import time
from contextlib import suppress

import pytest

from releases.probe.connection import Limits
from releases.rules.response import Failure
from tests.support.fetching import QUICK, answers, check_request, fetch, make_fetcher
from tests.support.publishers import always, closed_port, once, publisher, response

OK = b"HTTP/1.1 200 OK\r\n"


def drip(connection, head):
    connection.sendall(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b".")
        time.sleep(0.02)


def drip_headers(connection, head):
    connection.sendall(OK)
    while True:
        connection.sendall(b"X-A: b\r\n")
        time.sleep(0.02)


def silence(connection, head):
    time.sleep(1)


def endless(connection, head):
    connection.sendall(OK + b"\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def endless_empty_blocks(connection, head):
    """A gzip stream that never ends and decodes to nothing at all."""
    connection.sendall(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10])
    while True:
        connection.sendall(b"\0\0\0\xff\xff" * 1000)


FAULTS = {
    "silence": (silence, Failure.TIMEOUT),
    "slow-drip-of-body": (drip, Failure.TIMEOUT),
    "slow-drip-of-headers": (drip_headers, Failure.TIMEOUT),
    "endless-body": (endless, Failure.TOO_LARGE),
    "endless-compressed-nothing": (endless_empty_blocks, Failure.TOO_LARGE),
    "said-to-be-too-large": (once(OK + b"Content-Length: 100001\r\n\r\n"), Failure.TOO_LARGE),
    "gzip-bomb": (always(response(200, gzip.compress(b"\0" * 20_000_000), Content_Encoding="gzip")), Failure.TOO_LARGE),
    "ten-thousand-headers": (
        once(OK + b"".join(b"X-%d: a\r\n" % number for number in range(10_000)) + b"\r\n"),
        Failure.TOO_LARGE,
    ),
    "one-huge-header": (once(OK + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n"), Failure.TOO_LARGE),
    "unknown-coding": (always(response(200, b"abc", Content_Encoding="zstd")), Failure.UNDECODABLE),
    "not-the-coding-it-says": (always(response(200, b"abc", Content_Encoding="gzip")), Failure.UNDECODABLE),
    "gzip-cut-short": (
        once(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"abc" * 9999)[:-20]),
        Failure.UNDECODABLE,
    ),
    "body-cut-short": (once(OK + b"Content-Length: 100\r\n\r\nonly this"), Failure.BROKEN),
    "chunks-cut-short": (once(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n"), Failure.BROKEN),
    "headers-cut-short": (once(OK + b"Content-Le"), Failure.BROKEN),
    "nothing": (once(b""), Failure.BROKEN),
    "no-http": (once(b"220 mail.example.gov.uk ESMTP\r\n"), Failure.BROKEN),
    "two-lengths": (once(OK + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc"), Failure.BROKEN),
    "negative-length": (once(OK + b"Content-Length: -5\r\n\r\nabc"), Failure.BROKEN),
}


@pytest.mark.slow
@pytest.mark.parametrize(("handler", "failure"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_of_the_server_is_named_and_ends_in_time(handler, failure):
    with publisher(handler) as site:
        begun = time.monotonic()
        answer = fetch(site.url(), opened=[site.entry])
        assert time.monotonic() - begun < QUICK.total_seconds + 0.3
    assert answer.failure is failure
    assert answer.failure_detail
    assert answer.body == b""
    assert answer.sent_at <= answer.completed_at


def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not():
    for size, failure in ((QUICK.body_bytes, None), (QUICK.body_bytes + 1, Failure.TOO_LARGE)):
        with publisher(always(response(200, b"x" * size))) as site:
            answer = fetch(site.url(), opened=[site.entry])
        assert answer.failure is failure


def test_no_one_at_home_is_a_connection_failure():
    port = closed_port()
    answer = fetch(f"http://127.0.0.1:{port}/", opened=[f"127.0.0.1:{port}"])
    assert (answer.failure, answer.status, answer.hops) == (Failure.CONNECT, None, ())


def test_a_name_that_does_not_exist_is_a_dns_failure():
    # libcurl asks no network for a name of this kind (RFC 7686): a slow one would make it a time-out
    answer = fetch("http://no-such-host.onion/", opened=["no-such-host.onion:80"], limits=Limits())
    assert answer.failure is Failure.DNS


@pytest.mark.slow
def test_a_server_that_does_not_take_the_connection_is_given_up_after_the_connection_limit():
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        port = listener.getsockname()[1]
        begun = time.monotonic()
        answer = fetch(
            f"http://127.0.0.1:{port}/",
            opened=[f"127.0.0.1:{port}"],
            limits=Limits(connect_seconds=0.3, total_seconds=5),
        )
    assert answer.failure is Failure.TIMEOUT
    assert 0.25 < time.monotonic() - begun < 1.5


@pytest.mark.slow
def test_one_bad_server_neither_stops_nor_delays_the_others():
    with (
        publisher(silence) as bad,
        publisher(always(response(200, b"whole"))) as good,
        make_fetcher(bad.entry, good.entry) as fetcher,
    ):
        for number in range(20):
            site = bad if number % 2 else good
            fetcher.start(check_request(site.url(), site.entry, key=number))
        begun = time.monotonic()
        early = []
        while len(early) < 10:
            early += fetcher.poll(1)
        assert time.monotonic() - begun < 0.3
        late = answers(fetcher)
    assert {done.key % 2 for done, _ in early} == {0}
    assert {answer.failure for _, answer in late} == {Failure.TIMEOUT}


def test_a_handle_that_failed_starts_its_next_errand_clean():
    def first_bad(connection, head):
        connection.sendall(response(200, b"x" * 100_001, X_Bad="yes") if "/bad" in head else response(404, b"good"))

    with publisher(first_bad) as site, make_fetcher(site.entry) as fetcher:
        fetcher.start(check_request(site.url("/bad"), site.entry))
        ((_, bad),) = answers(fetcher)
        fetcher.start(check_request(site.url("/good"), site.entry))
        ((_, good),) = answers(fetcher)
    assert bad.failure is Failure.TOO_LARGE
    assert (good.failure, good.failure_detail, good.status, good.body) == (None, "", 404, b"good")
    assert good.header("x-bad") == ""
