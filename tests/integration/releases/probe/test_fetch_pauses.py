"""A site that asks to be left alone is left alone for as long as it asks, up to a sensible end."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from releases.rules.host_budget import LONGEST_OF_ALL, Budget, page_name, requested_pause
from releases.rules.response import Failure
from tests.support.fetching import answers, check_request, make_fetcher
from tests.support.publishers import always, path_of, publisher, response

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DATE = ("date", "Tue, 24 Nov 2026 09:30:00 GMT")
# A number that neither a date nor a duration can hold.
TOO_LARGE = "9" * 20


class Wall:
    """A wall clock that a test sets."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        pytest.param(429, {"retry-after": "30"}, 30, id="too many requests, seconds"),
        pytest.param(503, {"retry-after": " 30 "}, 30, id="not available, seconds"),
        pytest.param(429, {"retry-after": "Tue, 24 Nov 2026 09:31:30 GMT"}, 90, id="a date"),
        pytest.param(429, {"retry-after": "Tue, 24 Nov 2026 09:29:00 GMT"}, 0, id="a date that is past"),
        pytest.param(429, {"retry-after": "Tue, 24 Nov 2026 09:31:30 -0000"}, 90, id="a date without a zone"),
        pytest.param(503, {"retry-after": "3600"}, 120, id="not available for an hour"),
        pytest.param(429, {"retry-after": "86400"}, 900, id="too many requests for today"),
        pytest.param(429, {"retry-after": "9" * 400}, 900, id="more digits than a number has"),
        pytest.param(429, {"retry-after": "Sat, 01 Jan 2050 00:00:00 GMT"}, 900, id="a date in another life"),
        pytest.param(429, {"retry-after": f"Tue, 24 Nov 2026 09:31:30 +{TOO_LARGE}"}, 0, id="an offset too large"),
        pytest.param(429, {"retry-after": f"Tue, 24 Nov 2026 09:31:30 -{TOO_LARGE}"}, 0, id="an offset too small"),
        pytest.param(429, {"retry-after": f"Tue, {TOO_LARGE} Nov 2026 09:31:30 GMT"}, 0, id="a day too large"),
        pytest.param(429, {"retry-after": f"Tue, 24 Nov {TOO_LARGE} 09:31:30 GMT"}, 0, id="a year too large"),
        pytest.param(503, {"retry-after": f"Tue, 24 Nov 2026 {TOO_LARGE}:31:30 GMT"}, 0, id="an hour too large"),
        pytest.param(503, {"retry-after": f"Tue, 24 Nov 2026 09:31:{TOO_LARGE} GMT"}, 0, id="a second too large"),
        pytest.param(
            429,
            {"retry-after": "Tue, 24 Nov 2026 09:31:30 GMT", "date": f"Tue, 24 Nov 2026 09:30:00 +{TOO_LARGE}"},
            0,
            id="a date of the response with an offset too large",
        ),
        pytest.param(429, {"retry-after": "Sat, 01 Jan 0101 00:00:00 +2359"}, 0, id="the first years"),
        pytest.param(429, {"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}, 900, id="the last instant"),
        pytest.param(429, {"retry-after": "0"}, 0, id="no wait"),
        pytest.param(429, {"retry-after": "soon"}, 0, id="words"),
        pytest.param(429, {"retry-after": "-5"}, 0, id="a negative number"),
        pytest.param(429, {"retry-after": "1.5"}, 0, id="a fraction"),
        pytest.param(429, {"retry-after": "²"}, 0, id="a digit of another kind"),
        pytest.param(429, {}, 0, id="too many requests, and no word of when"),
        pytest.param(301, {"retry-after": "30"}, 0, id="a redirect"),
        pytest.param(200, {"retry-after": "30"}, 0, id="a page"),
        pytest.param(None, {"retry-after": "30"}, 0, id="no answer"),
    ],
)
def test_how_long_a_site_asks_to_be_left_alone(status, headers, seconds):
    assert requested_pause(status, [DATE, *headers.items()]) == timedelta(seconds=seconds)


def test_a_date_counts_from_the_sites_own_clock_and_says_nothing_without_it():
    later = ("retry-after", "Tue, 24 Nov 2026 09:31:30 GMT")
    assert requested_pause(429, [("date", "Tue, 24 Nov 2026 09:31:00 GMT"), later]) == timedelta(seconds=30)
    assert requested_pause(429, [later]) == timedelta(0)


def test_checks_that_fall_due_in_a_pause_are_answered_without_a_request_and_say_so():
    wall = Wall()
    pages = {"/busy": response(429, Retry_After="30"), "/page": response(200, b"page")}

    def answer(connection, head):
        connection.sendall(pages[path_of(head)])

    with publisher(answer) as site, make_fetcher(site.entry, now=wall, vantage="office") as fetcher:

        def fetch(path):
            fetcher.start(check_request(site.url(path), site.entry))
            ((_, got),) = answers(fetcher)
            return got

        assert (fetch("/busy").failure, fetch("/page").failure) == (None, Failure.ASKED_TO_WAIT)
        until = NOW + timedelta(seconds=30)
        assert fetcher.pauses == {site.entry: until, page_name(site.url("/busy")): until}
        wall.now = NOW + timedelta(seconds=29.9)
        held_back = fetch("/page")
        assert len(site.requests) == 1
        assert held_back.failure_detail == f"{site.entry} asked not to be asked again before 09:30:30 UTC"
        assert (held_back.status, held_back.hops, held_back.vantage) == (None, (), "office")
        assert held_back.sent_at == held_back.completed_at == wall.now
        wall.now = NOW + timedelta(seconds=30)
        assert fetch("/page").body == b"page"
        assert fetcher.pauses == {}


def test_what_waits_for_its_turn_when_a_site_asks_for_a_pause_is_answered_at_once():
    with (
        publisher(always(response(503, Retry_After="60"))) as site,
        make_fetcher(site.entry, default_budget=Budget(connections=1, per_second=1)) as fetcher,
    ):
        for number in range(20):
            fetcher.start(check_request(site.url(), site.entry, key=number))
        begun = time.monotonic()
        got = dict.fromkeys(range(20)) | {done.key: answer.failure for done, answer in answers(fetcher)}
        assert time.monotonic() - begun < 0.9
        assert fetcher.in_flight == 0
    assert len(site.requests) == 1
    assert [got[number] for number in range(20)] == [None, *[Failure.ASKED_TO_WAIT] * 19]


def test_another_host_is_asked_meanwhile_and_a_redirect_to_the_one_that_pauses_is_not_followed():
    with (
        publisher(always(response(429, Retry_After="60"))) as busy,
        publisher(lambda c, head: c.sendall(response(302, Location=busy.url("/a")))) as other,
        make_fetcher(busy.entry, other.entry) as fetcher,
    ):
        fetcher.start(check_request(busy.url(), busy.entry))
        answers(fetcher)
        fetcher.start(check_request(other.url(), busy.entry, other.entry))
        ((_, got),) = answers(fetcher)
        assert (got.failure, [hop.status for hop in got.hops]) == (Failure.ASKED_TO_WAIT, [302])
        assert len(other.requests) == len(busy.requests) == 1


def test_a_pause_that_another_process_was_asked_for_holds_here_too():
    with publisher(always(response(200, b"page"))) as site, make_fetcher(site.entry) as fetcher:
        fetcher.pause(site.entry, until=datetime.now(UTC) + timedelta(seconds=30))
        fetcher.start(check_request(site.url(), site.entry))
        ((_, got),) = answers(fetcher)
    assert (got.failure, site.requests) == (Failure.ASKED_TO_WAIT, [])


def test_a_pause_of_a_clock_that_was_set_back_does_not_bind_for_ever():
    wall = Wall()
    with publisher(always(response(200, b"page"))) as site, make_fetcher(site.entry, now=wall) as fetcher:
        fetcher.pause(site.entry, until=NOW + timedelta(minutes=15))
        wall.now = NOW - timedelta(days=1)
        fetcher.start(check_request(site.url(), site.entry))
        ((_, got),) = answers(fetcher)
    assert got.body == b"page"


def test_the_longest_pauses_leave_no_one_unwatched_for_a_morning():
    assert timedelta(minutes=15) >= LONGEST_OF_ALL


def test_a_host_that_rests_for_a_second_is_asked_after_it():
    with publisher(always(response(200, b"page"))) as site, make_fetcher(site.entry) as fetcher:
        begun = time.monotonic()
        fetcher.rest(site.entry, seconds=0.3)
        fetcher.start(check_request(site.url(), site.entry))
        ((_, got),) = answers(fetcher)
    assert got.body == b"page"
    assert got.seconds["monotonic"] - begun >= 0.3


def test_the_page_waits_for_as_long_as_it_asked_and_its_host_for_a_minute():
    wall = Wall()
    with publisher(always(response(429, Retry_After="600"))) as site, make_fetcher(site.entry, now=wall) as fetcher:
        fetcher.start(check_request(site.url("/busy"), site.entry))
        answers(fetcher)
        assert fetcher.pauses == {
            site.entry: NOW + timedelta(seconds=60),
            page_name(site.url("/busy")): NOW + timedelta(seconds=600),
        }


def test_a_page_that_asks_for_a_wait_again_and_again_stops_only_itself():
    wall = Wall()

    def answer(connection, head):
        busy = path_of(head) == "/busy"
        connection.sendall(response(429, Retry_After="1") if busy else response(200, b"page"))

    with publisher(answer) as site, make_fetcher(site.entry, now=wall) as fetcher:
        failures = []
        for _ in range(5):
            for path in ("/busy", "/page"):
                fetcher.start(check_request(site.url(path), site.entry))
                ((_, got),) = answers(fetcher)
                failures.append((path, got.status, got.failure))
            wall.now += timedelta(seconds=2)
    assert failures[:2] == [("/busy", 429, None), ("/page", None, Failure.ASKED_TO_WAIT)]
    assert failures[2:] == [("/busy", 429, None), ("/page", 200, None)] * 4


def test_a_decisive_check_that_falls_into_a_wait_is_made_at_its_end_before_the_others():
    order = []

    def answer(connection, head):
        order.append(path_of(head))
        busy = order == ["/busy"]
        connection.sendall(response(429, Retry_After="1") if busy else response(200, b"page"))

    one_a_second = Budget(connections=1, per_second=1)
    with (
        publisher(answer) as site,
        make_fetcher(site.entry, now=lambda: datetime.now(UTC), default_budget=one_a_second) as fetcher,
    ):
        fetcher.start(check_request(site.url("/busy"), site.entry))
        answers(fetcher)
        asked_at = time.monotonic()
        fetcher.start(check_request(site.url("/other"), site.entry, key="other"))
        fetcher.start(check_request(site.url("/decisive"), site.entry, key="decisive", decisive=True))
        assert fetcher.waits("decisive")
        got = {done.key: answer for done, answer in answers(fetcher)}
        assert time.monotonic() - asked_at >= 0.9
    assert got["other"].failure is Failure.ASKED_TO_WAIT
    assert (got["decisive"].failure, got["decisive"].body) == (None, b"page")
    assert order == ["/busy", "/decisive"]


def test_decisive_checks_go_before_those_that_wait_for_the_budget():
    order = []

    def answer(connection, head):
        order.append(path_of(head))
        connection.sendall(response(200, b"page"))

    with (
        publisher(answer) as site,
        make_fetcher(site.entry, default_budget=Budget(connections=1, per_second=50)) as fetcher,
    ):
        for number in range(3):
            fetcher.start(check_request(site.url(f"/{number}"), site.entry, key=number))
        fetcher.start(check_request(site.url("/decisive"), site.entry, key="decisive", decisive=True))
        answers(fetcher)
    assert order.index("/decisive") == 1


def test_a_process_that_has_to_end_gives_up_the_checks_that_wait():
    with publisher(always(response(200, b"page"))) as site, make_fetcher(site.entry) as fetcher:
        fetcher.pause(site.entry, until=datetime.now(UTC) + timedelta(seconds=30))
        fetcher.start(check_request(site.url(), site.entry, decisive=True))
        assert fetcher.poll(0) == []
        fetcher.give_up_waits()
        ((_, got),) = answers(fetcher)
        assert fetcher.in_flight == 0
    assert (got.failure, site.requests) == (Failure.ASKED_TO_WAIT, [])
