"""A fresh check bypasses the caches on the way, and changes nothing else about the request."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from releases.probe.connection import PARAMETER, as_meant
from releases.rules.response import CheckRequest, Hop
from tests.support.fetching import PLANNED, answers, check_request, make_fetcher
from tests.support.publishers import always, path_of, publisher, response


def fresh_errand(url: str, *allowed: str, fresh: bool = True) -> CheckRequest:
    return CheckRequest(key="key", url=url, allowed_hosts=frozenset(allowed), planned_at=PLANNED, fresh=fresh)


def asked(path: str, *, times: int = 1):
    """Ask a site for a path past its caches; return the paths that it was asked for, and the last answer."""
    with publisher(always(response(200, b"page"))) as site, make_fetcher(site.entry) as fetcher:
        for _ in range(times):
            fetcher.start(fresh_errand(site.url(path), site.entry))
            ((_, answer),) = answers(fetcher)
        return [path_of(head) for head in site.requests], answer, site


def test_a_fresh_check_asks_caches_to_fetch_again_with_a_query_that_is_never_the_same():
    paths, answer, site = asked("/a", times=3)
    assert all(path.startswith(f"/a?{PARAMETER}=") for path in paths)
    assert len(set(paths)) == 3
    for head in site.requests:
        assert "Cache-Control: no-cache\r\n" in head
        assert "Pragma: no-cache\r\n" in head
        assert head.count("Accept-Encoding:") == 1
    assert answer.hops == (Hop(url=site.url(paths[-1]), status=200),)
    assert answer.requested_url == answer.final_url == site.url("/a")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/a?b=c", id="one name"),
        pytest.param("/a?b=%2Fc%3D&b=+d&e=", id="escapes and repeated names"),
        pytest.param("/find?q=a%26b;c", id="an escaped ampersand"),
    ],
)
def test_what_is_in_a_query_stays_as_it_is_to_the_byte(path):
    (got,), _, _ = asked(path)
    assert got.startswith(f"{path}&{PARAMETER}=")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/f.pdf?X-Amz-Date=20261124&X-Amz-Signature=abc", id="signed for Amazon"),
        pytest.param("/f.pdf?sv=2024&sig=abc%3D", id="signed for Azure"),
        pytest.param("/f.pdf?GoogleAccessId=a&Expires=1&Signature=abc", id="signed for Google"),
        pytest.param("/page?2026-11-statistics", id="one word without a name"),
    ],
)
def test_a_query_that_an_addition_would_break_is_asked_with_the_header_alone(path):
    (got,), _, site = asked(path)
    assert got == path
    assert "Cache-Control: no-cache\r\n" in site.requests[0]


def test_a_redirect_is_followed_past_the_caches_too_and_ends_where_it_would_have_ended():
    def answer(connection, head):
        moved = response(302, Location="/b?" + path_of(head).partition("?")[2])
        connection.sendall(moved if path_of(head).startswith("/a") else response(200, b"page"))

    with publisher(answer) as site, make_fetcher(site.entry) as fetcher:
        fetcher.start(fresh_errand(site.url("/a"), site.entry))
        ((_, got),) = answers(fetcher)
    assert got.final_url == site.url("/b")
    assert all("Cache-Control: no-cache" in head for head in site.requests)


@pytest.mark.parametrize(
    ("asked_for", "meant"),
    [("/a?{}", "/a"), ("/a?b=c&{}", "/a?b=c"), ("/a?{}&b=c", "/a?b=c"), ("/a?b=c&{}&d=e", "/a?b=c&d=e"), ("/a", "/a")],
    ids=["alone", "last", "first", "in the middle", "not there"],
)
def test_the_addition_is_taken_out_again_wherever_a_redirect_has_put_it(asked_for, meant):
    assert as_meant(asked_for.format(f"{PARAMETER}=0a1b")) == meant


def test_a_plain_check_after_a_fresh_one_asks_as_any_reader_does():
    with publisher(always(response(200, b"page"))) as site, make_fetcher(site.entry) as fetcher:
        for fresh in (True, False):
            fetcher.start(fresh_errand(site.url("/a"), site.entry, fresh=fresh))
            answers(fetcher)
    assert "no-cache" not in site.requests[1]
    assert path_of(site.requests[1]) == "/a"
    assert site.connections == 1


def test_the_monotonic_instant_of_sending_is_kept_with_every_check():
    def slowly(connection, head):
        time.sleep(0.1)
        connection.sendall(response(200, b"page"))

    with publisher(slowly) as site, make_fetcher(site.entry) as fetcher:
        before = time.monotonic()
        fetcher.start(check_request(site.url("/a"), site.entry))
        ((_, answer),) = answers(fetcher)
        after = time.monotonic()
    assert before <= answer.seconds["monotonic"] <= after - 0.1


def test_when_the_answer_began_and_was_complete_is_kept_on_the_clock_that_is_never_set():
    def in_two_parts(connection, head):
        if path_of(head) == "/old":
            time.sleep(0.1)
            connection.sendall(response(302, Location="/new"))
            return
        page = response(200, b"page")
        time.sleep(0.1)
        connection.sendall(page[:-2])
        time.sleep(0.15)  # the first part may be noticed some milliseconds late
        connection.sendall(page[-2:])

    steps = iter([timedelta(0), timedelta(0)])

    def wall_set_back():
        return datetime.now(UTC) - next(steps, timedelta(hours=1))

    with publisher(in_two_parts) as site, make_fetcher(site.entry, now=wall_set_back) as fetcher:
        fetcher.start(check_request(site.url("/old"), site.entry))
        ((_, answer),) = answers(fetcher)
    assert answer.completed_at == answer.sent_at
    sent, began, done = (answer.seconds[f"monotonic{name}"] for name in ("", "_first_byte", "_done"))
    assert 0.2 <= began - sent < 0.4
    assert 0.1 <= done - began < 0.3


def test_a_check_without_an_answer_has_no_first_byte():
    with make_fetcher("127.0.0.1:1") as fetcher:
        fetcher.start(check_request("http://127.0.0.1:1/", "127.0.0.1:1"))
        ((_, answer),) = answers(fetcher)
    assert answer.failure is not None
    assert "monotonic_first_byte" not in answer.seconds
    assert answer.seconds["monotonic_done"] >= answer.seconds["monotonic"]


def test_a_check_that_was_never_sent_keeps_the_monotonic_instant_at_which_it_was_begun():
    with make_fetcher("127.0.0.1:1") as fetcher:
        before = time.monotonic()
        fetcher.start(check_request("http://127.0.0.1:1/", "127.0.0.1:1"))
        ((_, answer),) = answers(fetcher)
    assert answer.failure is not None
    assert before <= answer.seconds["monotonic"] <= time.monotonic()


def test_a_conditional_request_sends_its_conditions_once_and_gets_304_without_a_body():
    with publisher(always(response(304))) as site, make_fetcher(site.entry) as fetcher:
        for conditions in (('If-None-Match: "a1"',), ()):
            errand = CheckRequest("key", site.url(), frozenset({site.entry}), PLANNED, conditions=conditions)
            fetcher.start(errand)
            ((_, answer),) = answers(fetcher)
        assert [head.count('If-None-Match: "a1"\r\n') for head in site.requests] == [1, 0]
    assert (answer.status, answer.failure, answer.body) == (304, None, b"")
