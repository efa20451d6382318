"""People who ask at their own pace, whether or not the server keeps up: each is a thread with a clock."""

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
class Asked:
    """One request: the name under which it is counted, the path, the headers, and which answers are right."""

    what: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    expected: frozenset[int] = frozenset({200})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: status, headers and body as text."""

    status: int
    headers: Mapping[str, str]
    text: str


type Asking = Generator[Asked, Answer, None]


@dataclass(frozen=True, slots=True)
class Habit:
    """So many people who each ask once in so many seconds; person N asks what `asks(N)` returns, in turn."""

    people: int
    every_seconds: float
    asks: Callable[[int], Asking]


@dataclass(slots=True)
class Kept:
    """How long right answers to one kind of request took, in milliseconds since it was due, and how many failed."""

    took: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def p95(self) -> float:
        """The 95th percentile; infinite where nothing was answered."""
        return slowest_but_five_percent(self.took) if self.took else math.inf


def kept(
    port: int, habits: Sequence[Habit], *, headers: Mapping[str, str], seconds: float
) -> tuple[dict[str, Kept], float]:
    """Let all ask at the same time for so many seconds; return the answers and the seconds until the last one.

    A request counts from when it was due: one that waits for the answer to the one before is the slower for it.
    """
    found: dict[str, Kept] = defaultdict(Kept)
    lock, begins = threading.Lock(), time.monotonic() + 0.5

    def live(habit: Habit, number: int) -> None:
        asking, came = habit.asks(number), None
        due = begins + habit.every_seconds * number / habit.people
        while due <= begins + seconds:
            asked = asking.send(came) if came else next(asking)
            time.sleep(max(0.0, due - time.monotonic()))
            came = answer(port, asked.path, headers={**headers, **asked.headers})
            took = (time.monotonic() - due) * 1000
            right = came is not None and came.status in asked.expected
            with lock:
                if right:
                    found[asked.what].took.append(took)
                else:
                    found[asked.what].failed += 1
            if not right:
                # Nothing to go on from: the person begins again.
                asking, came = habit.asks(number), None
            due += habit.every_seconds

    people = [threading.Thread(target=live, args=(one, number)) for one in habits for number in range(one.people)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return dict(found), time.monotonic() - begins


def answer(port: int, path: str, *, headers: Mapping[str, str]) -> Answer | None:
    """Ask for one page on its own connection, and return None if no answer came."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE_SECONDS)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path, headers=dict(headers))
        came = connection.getresponse()
        return Answer(came.status, dict(came.getheaders()), came.read().decode())
    return None
