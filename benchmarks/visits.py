"""The requests of people on a morning: readers of the public pages, and people who are signed in."""

import re
from collections.abc import Callable, Sequence
from html import unescape
from itertools import count

from benchmarks.simulated_people import Group, Request, Requests
from benchmarks.web import SESSION_COOKIE

CALENDAR, DESK, DESK_PART, LOG_IN, REGISTER = "/", "/desk/", "/desk/today/", "/accounts/login/", "/reports/register/"
REFRESHED, SEARCHED = "the calendar refreshed", "a search of the calendar"
OPENED, STANDS, READ, FLOOR = "the desk opened", "the desk refreshed", "the register", "the log-in page"
PART = re.compile(rf'data-hx-get="({DESK_PART}[^"]*)"')
WORDS = ("school", "absence", "edition+9", "edition+42", "part+7")
LISTS = ("", "?page=2", "?decision=reported", "?producer=office-3", "?kind=late&page=3")


def desks(sessions: Sequence[str]) -> Group:
    """People who are signed in have the dashboard open. Its script requests changes every two seconds."""
    return Group(len(sessions), 2, lambda number: _desk(sessions[number]))


def refreshing(readers: int) -> Group:
    """Readers refresh the calendar of the month every two seconds, with a cached copy, as browsers do."""
    return Group(readers, 2, lambda _: _calendar())


def searching(readers: int) -> Group:
    """Readers search all months for words, each once in two seconds."""
    addresses = [f"/calendar/?show=all&words={words}" for words in WORDS]
    return Group(readers, 2, _each(SEARCHED, addresses, {}))


def reading(sessions: Sequence[str]) -> Group:
    """People who are signed in read pages of the register of breach reports, each one page in two seconds."""
    addresses = [REGISTER + question for question in LISTS]
    return Group(len(sessions), 2, lambda number: _each(READ, addresses, _cookie(sessions[number]))(number))


def logging_in() -> Group:
    """Four readers open the log-in page, each once in two seconds."""
    return Group(4, 2, _each(FLOOR, [LOG_IN], {}))


def _desk(session: str) -> Requests:
    cookie = _cookie(session)
    answer = yield Request(OPENED, DESK, cookie)
    part = DESK_PART
    while True:
        # The response for an unchanged page is empty, so the same address is requested again.
        if fresh := PART.search(answer.text):
            part = unescape(fresh[1])
        answer = yield Request(STANDS, part, {**cookie, "HX-Request": "true"}, frozenset({200, 204}))


def _calendar() -> Requests:
    tag = ""
    while True:
        has = {"If-None-Match": tag} if tag else {}
        answer = yield Request(REFRESHED, CALENDAR, has, frozenset({200, 304}))
        tag = answer.headers.get("ETag", tag)


def _each(what: str, addresses: Sequence[str], headers: dict[str, str]) -> Callable[[int], Requests]:
    """Return a function that yields requests for the addresses in turn; each person begins with another one."""

    def requests(first: int) -> Requests:
        for number in count(first):
            yield Request(what, addresses[number % len(addresses)], headers)

    return requests


def _cookie(session: str) -> dict[str, str]:
    return {"Cookie": f"{SESSION_COOKIE}={session}"}
