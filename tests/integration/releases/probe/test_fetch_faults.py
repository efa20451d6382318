"""Whatever a server does, an check_request ends in time, in little memory, and with a failure that names it."""

import gzip
import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest

from releases.probe import client
from releases.probe.connection import Limits
from releases.rules.host_budget import Budget
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


def fetch_in_one_batch(busy_response):
    """Fetch a page of each of two hosts, and poll for the first answers when both servers have responded.

    The first host sends `busy_response`, and its page is then fetched again. Each host has a budget of one connection.

    :return: the first answer of the first host, the answer of the second host, and the second answer of the first host.
    """
    may_respond, responded = threading.Event(), threading.Semaphore(0)

    def respond_when_allowed(raw):
        def respond(connection, head):
            may_respond.wait(5)
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_RDWR)
            responded.release()

        return respond

    budget = Budget(connections=1, per_second=1000)
    with (
        publisher(respond_when_allowed(busy_response)) as busy,
        publisher(respond_when_allowed(response(200, b"page"))) as other,
        make_fetcher(busy.entry, other.entry, limits=Limits(), default_budget=budget) as fetcher,
    ):
        fetcher.start(check_request(busy.url(), busy.entry, key="busy"))
        fetcher.start(check_request(other.url(), other.entry, key="other"))
        until = time.monotonic() + 5
        while not (busy.requests and other.requests):
            assert fetcher.poll(0.01) == []
            assert time.monotonic() < until
        may_respond.set()
        assert all(responded.acquire(timeout=5) for _ in range(2))
        got = {done.key: answer for done, answer in fetcher.poll(5)}
        assert got.keys() == {"busy", "other"}
        assert fetcher.in_flight == 0
        fetcher.start(check_request(busy.url(), busy.entry))
        ((_, again),) = answers(fetcher)
        assert len(busy.requests) == 2
    return got["busy"], got["other"], again


def test_a_retry_after_with_a_number_too_large_affects_no_other_response():
    hostile = response(429, b"later", Retry_After="Tue, 30 Jun 2026 09:30:00 +9999999999999")
    busy, other, again = fetch_in_one_batch(hostile)
    assert (busy.failure, busy.status, busy.body) == (None, 429, b"later")
    assert (other.failure, other.status, other.body) == (None, 200, b"page")
    assert (again.failure, again.status) == (None, 429)


@pytest.mark.parametrize(
    ("busy_response", "failure"),
    [
        pytest.param(response(429, b"later"), Failure.UNDECODABLE, id="whole"),
        pytest.param(b"HTTP/1.1 429 Busy\r\nContent-Length: 100\r\n\r\nlater", Failure.BROKEN, id="cut-short"),
    ],
)
def test_an_error_of_our_own_code_on_one_response_fails_only_its_own_check(busy_response, failure, monkeypatch, caplog):
    def fail_on_busy(status, headers):
        if status == 429:
            raise OverflowError("the number is too large")
        return timedelta(0)

    monkeypatch.setattr(client, "requested_pause", fail_on_busy)
    busy, other, again = fetch_in_one_batch(busy_response)
    assert (other.failure, other.status, other.body) == (None, 200, b"page")
    for answer in (busy, again):
        assert (answer.failure, answer.failure_detail) == (failure, "an error in our own program (OverflowError)")
        assert (answer.status, answer.headers, answer.body, answer.hops) == (None, (), b"", ())
        assert answer.sent_at <= answer.completed_at
        assert answer.seconds["monotonic"] <= answer.seconds["monotonic_done"]
    assert [(record.levelname, record.exc_info[0]) for record in caplog.records] == [("ERROR", OverflowError)] * 2
