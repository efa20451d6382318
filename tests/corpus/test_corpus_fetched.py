"""The corpus once more, over real connections: a real server sends the answers, and the real fetcher receives them."""

import gzip
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from releases.probe.client import Fetcher
from releases.probe.connection import Limits
from releases.rules.response import Answer
from tests.corpus.case import DUE, Case, Look, Reply
from tests.corpus.examination import CASES, examined
from tests.support.fetching import answers, check_request, make_fetcher
from tests.support.publishers import Handler, always, closed_port, path_of, publisher, response

LIMITS = Limits(connect_seconds=0.5, total_seconds=1.5, body_bytes=5_000_000, header_bytes=20_000, redirects=5)
_WHOLE = gzip.compress(b"<p>Road fuel prices, June 2026</p>" * 1000)
_BOMB = gzip.compress(bytes(20_000_000))


def drip(connection: socket.socket, head: str) -> None:
    """Answer so slowly that no one waits for the end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    with suppress(OSError):
        for _ in range(40):
            connection.sendall(b".")
            time.sleep(0.1)


def pour(connection: socket.socket, head: str) -> None:
    """Answer without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    with suppress(OSError):
        while True:
            connection.sendall(b"<p>June 2026</p>" * 4096)


def break_off(connection: socket.socket, head: str) -> None:
    """Hang up in the middle of the body."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<h1>Road")
    connection.shutdown(socket.SHUT_RDWR)


def lead_in_circles(connection: socket.socket, head: str) -> None:
    """Lead every address to itself."""
    connection.sendall(response(302, Location=path_of(head)))


WIRES: dict[str, Handler] = {
    "slow": drip,
    "endless": pour,
    "bomb": always(response(200, _BOMB, Content_Type="text/html", Content_Encoding="gzip")),
    "half": always(response(200, _WHOLE[:-20], Content_Type="text/html", Content_Encoding="gzip")),
    "broken": break_off,
    "loop": lead_in_circles,
}


@dataclass
class Stage:
    """A publisher's site that plays one check at a time, at its instant; `script` holds the raw answer of each path."""

    entry: str = ""
    closed: str = field(default_factory=lambda: f"127.0.0.1:{closed_port()}")
    script: dict[str, bytes] = field(default_factory=dict)
    wire: str = ""
    at: datetime = DUE

    def play(self, case: Case, look: Look) -> str:
        """Set the site up for a check, and return the address that is to be checked."""
        self.wire, self.at = look.reply.wire, look.at
        self.script = {}
        path = case.path
        for status, target in look.reply.by_way_of:
            self.script[path] = response(status, Location=target)
            path = target.partition("#")[0]
        self.script.setdefault(path, whole(look.reply))
        return f"http://{self.closed if self.wire == 'closed' else self.entry}{case.path}"

    def answer(self, connection: socket.socket, head: str) -> None:
        """Answer one request as the script says, or as a broken or hostile server does."""
        if misbehave := WIRES.get(self.wire):
            misbehave(connection, head)
        else:
            connection.sendall(self.script[path_of(head)])


def whole(reply: Reply) -> bytes:
    """Write an answer as it goes over the wire."""
    headers = {name.replace("-", "_"): value for name, value in reply.headers}
    if reply.content_type:
        headers["Content_Type"] = reply.content_type
    return response(reply.status, reply.body, **headers)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    playing = Stage()
    with publisher(playing.answer) as site:
        playing.entry = site.entry
        yield playing


@pytest.fixture
def fetcher(stage: Stage) -> Iterator[Fetcher]:
    with make_fetcher(stage.entry, stage.closed, limits=LIMITS, now=lambda: stage.at) as fetching:
        yield fetching


def _ways(case: Case) -> set[object]:
    """Say how the answers of a case come over the wire, apart from what their pages say."""
    return {
        (
            look.reply.wire,
            look.reply.status,
            tuple(status for status, _ in look.reply.by_way_of),
            look.reply.content_type,
            tuple(name for name, _ in look.reply.headers),
        )
        for look in case.looks
    }


def _cases() -> Iterator[object]:
    """Mark the cases of which every answer comes in a way that an earlier case has: those run in ./test --all only."""
    known: set[object] = set()
    for case in CASES:
        yield pytest.param(case, id=case.name, marks=pytest.mark.full if _ways(case) <= known else ())
        known |= _ways(case)


@pytest.mark.parametrize("case", list(_cases()))
def test_a_case_that_comes_over_a_real_connection_gets_the_same_answer(case, stage, fetcher):
    def fetch(case: Case, look: Look) -> Answer:
        fetcher.start(check_request(stage.play(case, look), stage.entry, stage.closed))
        (_, answer) = answers(fetcher)[0]
        return answer

    for found in examined(case, fetch=fetch):
        failure = found.look.reply.failure
        assert found.answer is found.look.right, (case.why, found.finding)
        assert failure is None or found.finding.reasons == (failure.value,)
