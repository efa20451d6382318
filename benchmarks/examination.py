"""How the cost of examining a page grows with its size, for each of the kinds in `page_kinds.py`.

A figure is an exponent. It is 1 if a page of twice the size takes twice the processor time, and 2 if it takes four
times as much. It is computed from a page and a page of an eighth of its size. Each is examined in its own process, and
the shortest of several times counts. The floor is 1, the exponent of any program that reads the whole page. A page that
is refused because it exceeds a limit has a lower exponent. Seven milliseconds are added to each time, because shorter
times are not reliable on a busy machine.

A process that needs more than a minute or 4 GB is ended. The exponent of its kind is then infinite.
"""

import json
import math
import os
import resource
import sys
import time
from collections.abc import Callable

from benchmarks.page_kinds import KINDS, Kind
from benchmarks.row import Limit, Row

LIMIT = Limit(1.3)
TIMES_SMALLER = 8
TOO_SHORT_SECONDS = 0.007
MOST_SECONDS = 60
MOST_BYTES = 4 * 1024**3


def measure(size: int, *, rounds: int) -> list[Row]:
    """Examine a page of every kind in two sizes."""
    rows = []
    heaviest = (0.0, "")
    for kind in KINDS:
        small = cost(kind, max(1, size // TIMES_SMALLER), rounds=rounds)
        large = cost(kind, size, rounds=rounds)
        rows.append(Row(kind.name, exponent(small, large), "exponent", 1.0, "linear", limit=LIMIT))
        if large:
            heaviest = max(heaviest, (large[1], kind.name))
    rows.append(Row(f"most memory above rest: {heaviest[1]}, {size / 1e6:g} MB", heaviest[0], "MB"))
    return rows


def exponent(small: tuple[float, float] | None, large: tuple[float, float] | None) -> float:
    """Return the exponent by which the time grows with the size of a page."""
    if small is None or large is None:
        return math.inf
    return math.log((large[0] + TOO_SHORT_SECONDS) / (small[0] + TOO_SHORT_SECONDS), TIMES_SMALLER)


def cost(kind: Kind, size: int, *, rounds: int) -> tuple[float, float] | None:
    """Return the seconds of processor time and the additional megabytes for one page; None if it was ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        _measure_in_child(lambda: _cost(kind, size, rounds=rounds), writer)
    os.close(writer)
    with os.fdopen(reader) as told:
        answer = told.read()
    os.waitpid(child, 0)
    return tuple(json.loads(answer)) if answer else None


def _measure_in_child(measured: Callable[[], tuple[float, float]], writer: int) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        os.write(writer, json.dumps(measured()).encode())
    except BaseException as fault:  # noqa: BLE001  # the child must never go on as its parent
        print(f"the examination ended: {fault!r}", file=sys.stderr)
    finally:
        os._exit(0)


def _cost(kind: Kind, size: int, *, rounds: int) -> tuple[float, float]:
    body, took = kind.body(size), []
    rest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(rounds):
        began = time.process_time()
        kind.examine_body(body)
        took.append(time.process_time() - began)
    return min(took), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - rest) * 1024 / 1e6
