"""Redirects are followed hop by hop, to hosts that may be fetched and addresses that the guard lets through."""

import time

import pytest

from releases.probe.connection import Limits
from releases.rules.host_budget import Budget
from releases.rules.response import Failure, Hop
from tests.support.fetching import QUICK, answers, check_request, fetch, make_fetcher
from tests.support.publishers import path_of, publisher, response


def redirecting(routes, *, pause=0.0):
    """Redirect the paths of a table to where it says; answer all others."""

    def answer(connection, head):
        time.sleep(pause)
        path = path_of(head)
        if path in routes:
            connection.sendall(response(302, b"moved", Location=routes[path]))
        else:
            connection.sendall(response(200, f"at {path}".encode(), X_Path=path))

    return answer


def countdown(connection, head):
    """/3 redirects to /2, that to /1, that to /0, which answers."""
    steps = int(path_of(head)[1:])
    connection.sendall(response(301, Location=f"/{steps - 1}") if steps else response(200, b"arrived"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_is_followed_and_kept(status):
    def answer(connection, head):
        page = response(200, b"new") if "/new" in head else response(status, Location="/new")
        connection.sendall(page)

    with publisher(answer) as site:
        answer = fetch(site.url("/old"), opened=[site.entry])
    assert (answer.failure, answer.status, answer.body) == (None, 200, b"new")
    assert answer.hops == (Hop(site.url("/old"), status), Hop(site.url("/new"), 200))
    assert (answer.requested_url, answer.final_url) == (site.url("/old"), site.url("/new"))


def test_headers_and_body_are_those_of_the_final_response_alone():
    with publisher(redirecting({"/old": "/new"})) as site:
        answer = fetch(site.url("/old"), opened=[site.entry])
    assert (answer.body, answer.header("location"), answer.header("x-path")) == (b"at /new", "", "/new")


def test_a_fragment_that_a_redirect_names_is_kept_and_never_sent():
    routes = {"/old": "/#/release", "/twice": "/old", "/new": "/at", "/named": "/new#then", "/long": f"/#{'x' * 999}"}
    with publisher(redirecting(routes)) as site:
        for asked, reached in (("/old", "/#/release"), ("/twice", "/#/release"), ("/named", "/at#then")):
            answer = fetch(site.url(asked), opened=[site.entry])
            assert answer.final_url == site.url(reached)
            assert "#" not in answer.hops[-1].url
        assert len(fetch(site.url("/long"), opened=[site.entry]).final_url) < 300
    assert not any("#" in path_of(head) for head in site.requests)


def test_the_first_request_is_the_one_that_counts_as_sent():
    with publisher(redirecting({"/old": "/new"}, pause=0.1)) as site:
        answer = fetch(site.url("/old"), opened=[site.entry])
    assert (answer.completed_at - answer.sent_at).total_seconds() >= 0.2
    assert answer.seconds["total"] >= 0.2


@pytest.mark.parametrize(
    ("status", "location"), [(302, ""), (300, "/new"), (304, "/new"), (201, "/new"), (200, "/new")]
)
def test_a_response_that_sends_no_one_on_is_an_answer_automatically(status, location):
    raw = f"HTTP/1.1 {status} Said\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    with publisher(lambda connection, head: connection.sendall(raw)) as site:
        answer = fetch(site.url("/old"), opened=[site.entry])
    assert (answer.failure, answer.status, len(site.requests)) == (None, status, 1)


def test_five_redirects_are_followed_and_a_sixth_is_not():
    with publisher(countdown) as site:
        assert fetch(site.url("/5"), opened=[site.entry]).body == b"arrived"
        site.requests.clear()
        answer = fetch(site.url("/6"), opened=[site.entry])
    assert answer.failure is Failure.TOO_MANY_REDIRECTS
    assert [hop.status for hop in answer.hops] == [301] * 6
    assert len(site.requests) == 6


def test_a_loop_of_redirects_comes_to_an_end():
    with publisher(redirecting({"/a": "/b", "/b": "/a"})) as site:
        answer = fetch(site.url("/a"), opened=[site.entry])
    assert answer.failure is Failure.TOO_MANY_REDIRECTS
    assert len(site.requests) == 6


@pytest.mark.slow
def test_all_requests_of_an_errand_together_have_the_time_of_one():
    limits = Limits(connect_seconds=0.5, total_seconds=0.5)
    with publisher(redirecting({"/a": "/b", "/b": "/c", "/c": "/d"}, pause=0.2)) as site:
        begun = time.monotonic()
        answer = fetch(site.url("/a"), opened=[site.entry], limits=limits)
        assert time.monotonic() - begun < 0.8
    assert answer.failure is Failure.TIMEOUT
    assert [hop.status for hop in answer.hops] == [302, 302]


def test_a_redirect_to_a_host_that_may_not_be_fetched_is_told_and_not_requested():
    with publisher(redirecting({})) as other, publisher(redirecting({"/a": other.url("/b")})) as site:
        answer = fetch(site.url("/a"), opened=[site.entry, other.entry], allowed=[site.entry])
    assert (answer.failure, answer.status, answer.left_allowed_hosts) == (None, 302, True)
    assert answer.final_url == other.url("/b")
    assert answer.hops == (Hop(site.url("/a"), 302),)
    assert (other.connections, answer.body) == (0, b"")


def test_a_redirect_to_another_host_that_may_be_fetched_is_followed():
    with publisher(redirecting({})) as other, publisher(redirecting({"/a": other.url("/b")})) as site:
        answer = fetch(site.url("/a"), opened=[site.entry, other.entry])
    assert (answer.failure, answer.body, answer.left_allowed_hosts) == (None, b"at /b", False)


def test_a_redirect_to_a_private_address_is_refused_even_if_its_host_is_allowed():
    with publisher(redirecting({})) as inside, publisher(redirecting({"/a": inside.url("/b")})) as site:
        answer = fetch(site.url("/a"), opened=[site.entry], allowed=[site.entry, inside.entry])
    assert answer.failure is Failure.ADDRESS_REFUSED
    assert answer.failure_detail == "127.0.0.1 is a loopback address"
    assert answer.hops == (Hop(site.url("/a"), 302),)
    assert answer.final_url == inside.url("/b")
    assert inside.connections == 0


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "javascript:alert(1)", "ftp://127.0.0.1/", "http://user@127.0.0.1/", "http://[::1"],
)
def test_a_redirect_to_what_is_no_web_address_is_refused(location):
    with publisher(redirecting({"/a": location})) as site:
        answer = fetch(site.url("/a"), opened=[site.entry])
    assert answer.failure is Failure.ADDRESS_REFUSED
    assert len(site.requests) == 1


def test_a_redirected_request_goes_through_the_budget_of_its_host():
    budget = Budget(connections=1, per_second=2)
    with publisher(countdown) as site, make_fetcher(site.entry, limits=QUICK, default_budget=budget) as fetcher:
        fetcher.start(check_request(site.url("/3"), site.entry))
        begun = time.monotonic()
        ((_, answer),) = answers(fetcher)
    assert answer.body == b"arrived"
    assert time.monotonic() - begun >= 0.98
