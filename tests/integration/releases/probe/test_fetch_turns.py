"""What waits for a host's budget: it is known to wait, and its turn can be handed to another for the same address."""

from dataclasses import replace
from datetime import timedelta

import pytest

from releases.rules.host_budget import Budget
from tests.support.fetching import PLANNED, answers, check_request, make_fetcher
from tests.support.publishers import always, path_of, publisher, response

ONE_AT_A_TIME = Budget(connections=1, per_second=1000)


def test_an_errand_waits_until_it_is_begun_and_not_while_it_is_under_way():
    with (
        publisher(always(response(200, b"page"))) as site,
        make_fetcher(site.entry, default_budget=ONE_AT_A_TIME) as fetcher,
    ):
        for key in ("first", "second"):
            fetcher.start(check_request(site.url(), site.entry, key=key))
        assert (fetcher.waits("first"), fetcher.waits("second"), fetcher.waits("nobody")) == (False, True, False)
        assert len(answers(fetcher)) == 2
        assert not fetcher.waits("second")


def test_the_turn_of_one_that_waits_is_taken_and_nothing_else_changes():
    with (
        publisher(lambda c, head: c.sendall(response(200, path_of(head).encode()))) as site,
        make_fetcher(site.entry, default_budget=ONE_AT_A_TIME) as fetcher,
    ):
        for key in ("a", "b", "c"):
            fetcher.start(check_request(site.url(f"/{key}"), site.entry, key=key))
        later = replace(check_request(site.url("/b"), site.entry, key="new"), planned_at=PLANNED + timedelta(seconds=5))
        fetcher.hand_turn("b", later)
        assert (fetcher.waits("b"), fetcher.waits("new"), fetcher.in_flight) == (False, True, 3)
        got = [(done.key, answer.planned_at, answer.body) for done, answer in answers(fetcher)]
    assert got == [
        ("a", PLANNED, b"/a"),
        ("new", PLANNED + timedelta(seconds=5), b"/b"),
        ("c", PLANNED, b"/c"),
    ]


def test_the_turn_of_one_that_does_not_wait_or_asks_for_something_else_is_not_taken():
    with (
        publisher(always(response(200, b"page"))) as site,
        make_fetcher(site.entry, default_budget=ONE_AT_A_TIME) as fetcher,
    ):
        for key in ("first", "second"):
            fetcher.start(check_request(site.url(f"/{key}"), site.entry, key=key))
        with pytest.raises(KeyError):
            fetcher.hand_turn("first", check_request(site.url("/first"), site.entry, key="new"))
        with pytest.raises(ValueError, match="cannot replace the waiting request"):
            fetcher.hand_turn("second", check_request(site.url("/other"), site.entry, key="new"))
        assert sorted(done.key for done, _ in answers(fetcher)) == ["first", "second"]


def test_what_is_answered_because_its_site_wants_a_pause_waits_no_longer():
    with (
        publisher(always(response(503, Retry_After="60"))) as site,
        make_fetcher(site.entry, default_budget=ONE_AT_A_TIME) as fetcher,
    ):
        for key in ("first", "second"):
            fetcher.start(check_request(site.url(), site.entry, key=key))
        assert len(answers(fetcher)) == 2
        assert not fetcher.waits("second")
