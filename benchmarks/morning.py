"""How long readers and the office wait at 9:30am with a full calendar, through the web server of an office.

The server is gunicorn as in deploy/, in production mode and requested over loopback. The clients share the machine with
the server and the database.

First a crowd requests the public calendar as fast as the server responds. It has one connection for each thread of the
server. The requests are first ones, and then have If-None-Match, as when browsers refresh.

Then people send requests at a fixed rate. First fifty who are signed in have the dashboard open. At last there are also
forty readers who refresh the calendar, ten who search it, and ten people who read the register. A request counts from
its due time, so the figures show if the server cannot keep up.

The floor is the log-in page, which needs the same server and framework and has no list. The crowd requests it too, and
four more people open it at the same time as the others. `rounds` is the duration of each part in seconds. Queries are
counted inside this process, with a hundredth of the releases and with all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import office, simulated_people, staff, visits, web
from benchmarks.crowd import Served, served
from benchmarks.growth import THIS_MORNING, TIMES_SMALLER, this_morning, without_draft
from benchmarks.reader import Reader
from benchmarks.row import Limit, Row
from benchmarks.simulated_people import Group
from benchmarks.visits import (
    CALENDAR,
    DESK,
    DESK_PART,
    FLOOR,
    LOG_IN,
    OPENED,
    READ,
    REFRESHED,
    REGISTER,
    SEARCHED,
    STANDS,
)
from breaches.models import Report
from releases.models import Release

CROWD = 24
SIGNED_IN, REFRESHING, FEW = 50, 40, 10
# The first requests fill the caches of the server's processes, for example of templates.
WARMING_SECONDS = 4
EVERY_TIME = Limit(100.0)

type Queries = Mapping[str, tuple[int, int]]


def measure(size: int, *, rounds: int) -> list[Row]:
    """Fill the calendar, and send the requests of each part for `rounds` seconds."""
    now = datetime.now(UTC)
    full = office.found()
    people = staff.recruited(full)
    queries = _fill(full, releases=size, now=now)
    # A trial with few releases also has few readers.
    sessions = staff.signed_in(people[: min(SIGNED_IN, size)], key=web.KEY)
    desks, register = visits.desks(sessions), visits.reading(sessions[:FEW])
    others = visits.refreshing(min(REFRESHING, size)), visits.searching(min(FEW, size)), register
    with web.serving() as port:
        simulated_people.run(port, [desks, *others], headers=web.HEADERS, seconds=WARMING_SECONDS)
        rows = [
            *_of_a_crowd(port, seconds=rounds, queries=queries),
            *_of_people(port, [desks], "alone", seconds=rounds, queries=queries),
            *_of_people(port, [desks, *others], "all at once", seconds=rounds, queries=queries),
        ]
    holding = f"{Release.objects.count():,} releases, {Report.objects.count():,} reports"
    return [replace(row, what=f"{row.what}, {holding}") for row in rows]


def _fill(full: office.Office, *, releases: int, now: datetime) -> Queries:
    """Fill the calendar; return the number of queries of each page with a hundredth of the releases and with all."""
    few = max(1, releases // TIMES_SMALLER)
    office.fill(full, releases=few, late=few // 10, now=now)
    this_morning(full, now=now, number=min(THIS_MORNING, releases))
    fewer = _queries(full)
    office.fill(full, releases=releases - few, late=(releases - few) // 10, now=now)
    # `fill` also drafts the reports that were still missing.
    without_draft(full, now=now, number=min(THIS_MORNING, releases) // 10)
    more = _queries(full)
    return {what: (fewer[what], more[what]) for what in fewer}


def _queries(full: office.Office) -> dict[str, int]:
    nobody, person = Reader(None), Reader(full.head)
    pages = {
        FLOOR: (nobody, LOG_IN),
        REFRESHED: (nobody, CALENDAR),
        SEARCHED: (nobody, "/calendar/?show=all&words=absence"),
        OPENED: (person, DESK),
        STANDS: (person, DESK_PART),
        READ: (person, REGISTER),
    }
    return {what: _asked(reader, address) for what, (reader, address) in pages.items()}


def _asked(reader: Reader, address: str) -> int:
    reader.open(address)
    with CaptureQueriesContext(connection) as asked:
        reader.open(address)
    return len(asked)


def _of_a_crowd(port: int, *, seconds: int, queries: Queries) -> list[Row]:
    place = f"http://{web.LOOPBACK}:{port}"
    ask = partial(served, readers=CROWD, headers=web.HEADERS)
    ask(place + CALENDAR, seconds=WARMING_SECONDS)
    has = simulated_people.send_request(port, CALENDAR, headers=web.HEADERS)
    assert has, "the server did not answer"
    floor = ask(place + LOG_IN, seconds=seconds)
    rows = []
    for what, crowd in (
        ("the calendar to a crowd", ask(place + CALENDAR, seconds=seconds)),
        (
            "the calendar to a crowd that has it",
            ask(place + CALENDAR, seconds=seconds, expected=304, tag=has.headers["ETag"]),
        ),
    ):
        rows += _rows_of_a_crowd(what, crowd, floor=floor, queries=queries[REFRESHED])
    return rows


def _rows_of_a_crowd(what: str, crowd: Served, *, floor: Served, queries: tuple[int, int]) -> list[Row]:
    return [
        Row(f"{what}, 95th percentile", crowd.p95, "ms", floor.p95, FLOOR, queries=queries),
        Row(f"{what}, answers", crowd.a_second, "requests/s", floor.a_second, FLOOR),
        Row(f"{what}, right answers of all", crowd.rightly, "%", limit=EVERY_TIME),
    ]


def _of_people(port: int, everybody: Sequence[Group], when: str, *, seconds: int, queries: Queries) -> list[Row]:
    measured, lasted = simulated_people.run(
        port, [*everybody, visits.logging_in()], headers=web.HEADERS, seconds=seconds
    )
    right, failed = sum(len(one.took) for one in measured.values()), sum(one.failed for one in measured.values())
    floor = measured[FLOOR].p95
    return [
        *(
            Row(f"{what}, {when}, 95th percentile", one.p95, "ms", floor, FLOOR, queries=queries[what])
            for what, one in sorted(measured.items())
            if what != FLOOR
        ),
        Row(
            f"everybody, {when}, answers",
            right / max(lasted, seconds),
            "requests/s",
            (right + failed) / seconds,
            "asked for",
        ),
        Row(f"everybody, {when}, right answers of all", 100 * right / (right + failed), "%", limit=EVERY_TIME),
    ]
