"""Simulated people who send requests at a fixed rate, however slow the server is. Each is a thread with a clock."""

import contextlib
import http.client
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.reader import slowest_but_five_percent
from benchmarks.web import LOOPBACK

PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the name under which it is counted, its path and headers, and the statuses of right responses."""

    what: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    expected: frozenset[int] = frozenset({200})


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers and decoded body."""

    status: int
    headers: Mapping[str, str]
    text: str


type Requests = Generator[Request, Response, None]


@dataclass(frozen=True, slots=True)
class Group:
    """People who each send a request once in `every_seconds`. `requests(N)` yields the requests of person N."""

    people: int
    every_seconds: float
    requests: Callable[[int], Requests]


@dataclass(slots=True)
class ResponseTimes:
    """The milliseconds from due time to right response of one kind of request, and the number of failed requests."""

    took: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def p95(self) -> float:
        """The 95th percentile; infinite without any right response."""
        return slowest_but_five_percent(self.took) if self.took else math.inf


def run(
    port: int, groups: Sequence[Group], *, headers: Mapping[str, str], seconds: float
) -> tuple[dict[str, ResponseTimes], float]:
    """Send the requests of all groups for some seconds; return the response times and the seconds until the last one.

    A request counts from its due time, so a request that has to wait for the response to the previous one counts as
    slower.
    """
    found: dict[str, ResponseTimes] = defaultdict(ResponseTimes)
    lock, begins = threading.Lock(), time.monotonic() + 0.5

    def send_requests(group: Group, number: int) -> None:
        requests, response = group.requests(number), None
        due = begins + group.every_seconds * number / group.people
        while due <= begins + seconds:
            request = requests.send(response) if response else next(requests)
            time.sleep(max(0.0, due - time.monotonic()))
            response = send_request(port, request.path, headers={**headers, **request.headers})
            took = (time.monotonic() - due) * 1000
            right = response is not None and response.status in request.expected
            with lock:
                if right:
                    found[request.what].took.append(took)
                else:
                    found[request.what].failed += 1
            if not right:
                # There is no response to continue from, so the person begins again.
                requests, response = group.requests(number), None
            due += group.every_seconds

    people = [
        threading.Thread(target=send_requests, args=(one, number)) for one in groups for number in range(one.people)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return dict(found), time.monotonic() - begins


def send_request(port: int, path: str, *, headers: Mapping[str, str]) -> Response | None:
    """Request a page on a new connection; return None if there was no response."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE_SECONDS)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        return Response(response.status, dict(response.getheaders()), response.read().decode())
    return None
