"""How the cost of monitoring and judging grows with the number of pages that are due at 9:30am, on PostgreSQL.

A hundredth, a tenth and all of the pages are due at one instant, a hundred at each host. Other sweeps run, so that the
share of one sweep stays the same: as many pages as the smallest size has. The work of each step is therefore the same
at each size. The rows are written by SQL, as copies of a release, a page, a plan and two checks that the product wrote.

A cost is the processor time of this process and of its connection to the database. Its floor is the same step with the
fewest pages. The slope is the exponent with which it grows from the smallest to the largest size: 0 is constant, and 1
is in proportion. A table that is read as a whole is one of the due releases, by EXPLAIN of the queries. The share of
the database is the part that further machines cannot take over.

Every page waits in the queue of verdicts while requests are claimed and judged. The last row is the storage for each
page at the largest size, with two checks and without page bodies.
"""

import math
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import process_time
from uuid import uuid4

from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from benchmarks import office
from benchmarks.growth import undone
from benchmarks.row import Limit, Row
from releases import host_budgets, judge, verdict_queue
from releases.models import Address, ChainHead, CheckSchedule, HostLease, Observation, Release, VerdictRequest
from releases.monitoring.clock import StoppedClock
from releases.monitoring.sweep import Sweep
from releases.monitoring.targets import enrol_addresses, monitored_addresses
from releases.probe.client import Fetcher
from releases.probe.probe import Probe
from releases.rules.response import CheckRequest

STEPS_IN_SIZE = (100, 10, 1)
AT_HOST = 100
JUDGED, STORED = 200, 500
DUE_IN = timedelta(hours=2)
NAME = "benchmark"
# A page with this number has the key of the first copy plus the number.
FIRST_KEY = 1_000_000
# Nearly constant: a hundred times as many pages cost at most 2.5 times as much.
LIMIT = Limit(0.2)
# A sweep reads its pages 500 at a time, and has a few more or fewer pages at each size.
STATEMENTS = Limit(1.2, of="ratio")
# One process of all does these for all pages, so they grow with their number.
NEW_PAGES, UNCHECKED = "search for new pages", "search for releases without a check"
OF_ALL = {NEW_PAGES, UNCHECKED}
LARGE_TABLES = (Release, Address, CheckSchedule, Observation, VerdictRequest)


class SilentProbe(Probe):
    """A probe that sends nothing. A claim gives it the requests for pages that cannot exist."""

    def start(self, request: CheckRequest) -> None:
        pass


@dataclass(slots=True)
class Cost:
    """The milliseconds of processor time, those of the database, the queries and the scanned tables of one step."""

    milliseconds: float
    of_database: float
    queries: int
    scans: frozenset[str] = field(default_factory=frozenset)


def measure(size: int, *, rounds: int) -> list[Row]:
    """Measure each step at a hundredth of the size, at a tenth, and at all of it."""
    sizes = sorted({max(1, size // part) for part in STEPS_IN_SIZE})
    due_at = datetime.now(UTC).replace(microsecond=0) + DUE_IN
    _write_originals(due_at)
    costs: dict[int, Mapping[str, Cost]] = {}
    for before, number in zip([0, *sizes], sizes, strict=False):
        _copy_originals(before, number, due_at=due_at)
        costs[number] = _measure_steps(number, share=sizes[0], due_at=due_at, rounds=rounds)
    stored = sum(map(_count_bytes, LARGE_TABLES)) / sizes[-1]
    storage = Row(f"storage for each page with two checks, {sizes[-1]:,} due", stored, "bytes")
    return [*(row for what in costs[sizes[0]] for row in _rows(what, costs)), storage]


def _count_bytes(model: type[models.Model]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [model._meta.db_table])
        (size,) = cursor.fetchone()
    return int(size)


def _rows(what: str, costs: Mapping[int, Mapping[str, Cost]]) -> list[Row]:
    smallest, *_, largest = costs
    small, large = costs[smallest][what], costs[largest][what]
    rows = [
        Row(f"{what}, {number:,} due", cost[what].milliseconds, "ms", small.milliseconds, f"{smallest:,} due")
        for number, cost in costs.items()
    ]
    slope = (
        math.log(large.milliseconds / small.milliseconds) / math.log(largest / smallest) if largest > smallest else 0
    )
    rows.append(Row(f"{what}: slope", max(slope, 0.0), "", limit=None if what in OF_ALL else LIMIT))
    share = f"{what}: share of the database, {largest:,} due"
    rows.append(Row(share, large.of_database, "ms", small.of_database, f"{smallest:,} due"))
    limit = None if what in OF_ALL else STATEMENTS
    rows.append(Row(f"{what}: statements", large.queries, "", small.queries, f"{smallest:,} due", limit=limit))
    scans = f" ({', '.join(sorted(large.scans))})" if large.scans else ""
    # The first claim reads a hundredth of all rows, for which PostgreSQL may choose to read a table.
    limit = None if what in OF_ALL or what.startswith("first") else Limit(0)
    return [*rows, Row(f"{what}: tables read as a whole{scans}", len(large.scans), "", limit=limit)]


def _write_originals(due_at: datetime) -> None:
    """Record one release with its page, its plan and its checks, by the functions of the product."""
    (page,) = office.announce(office.found(producers=1, series=1), [due_at])
    CheckSchedule.objects.create(address=page, schedule_version=1, next_check_at=due_at)
    Observation.append(list(office.build_checks(page, timedelta(seconds=1))))
    VerdictRequest.objects.create(
        address=page,
        release=page.release,
        schedule_version=1,
        answered_until=due_at + timedelta(minutes=3),
        requested_at=due_at,
        version=uuid4(),
    )


def _copy_originals(begin: int, end: int, *, due_at: datetime) -> None:
    """Add the copies with the numbers from `begin` up to, not including, `end`."""
    key = f"{FIRST_KEY} + n"
    host = f"'www' || n / {AT_HOST} || '.example.gov.uk'"
    url = f"'https://' || {host} || '/statistics/' || n"
    _copy(
        Release,
        {"id": key, "public_id": "gen_random_uuid()", "reference": "'copy-' || n", "title": "'Copy ' || n"},
        begin,
        end,
    )
    _copy(Address, {"id": key, "release_id": key, "url": url}, begin, end)
    plan = {"id": key, "address_id": key}
    if any(one.name == "host" for one in CheckSchedule._meta.fields):
        plan["host"] = host
    _copy(CheckSchedule, plan, begin, end)
    request = {"address_id": key, "release_id": key, "version": "gen_random_uuid()"}
    _copy(VerdictRequest, request, begin, end)
    originals = Observation.objects.filter(pk__lt=FIRST_KEY).count()
    for number, original in enumerate(Observation.objects.filter(pk__lt=FIRST_KEY).order_by("pk")):
        of_check = f"{FIRST_KEY} + n * {originals} + {number}"
        columns = {"id": of_check, "position": of_check, "release_id": key, "address_id": key, "url": url}
        _copy(Observation, columns, begin, end, original=original.pk)
    ChainHead.objects.filter(chain=Observation.CHAIN).update(position=FIRST_KEY + end * originals)
    office.tidy_tables()


def _copy(
    model: type[models.Model], columns: Mapping[str, str], begin: int, end: int, *, original: int | None = None
) -> None:
    """Copy a row once for each number n, with some columns computed from n by SQL."""
    names = [str(column.column) for column in model._meta.concrete_fields]
    values = [columns.get(name, f"original.{name}") for name in names]
    table = model._meta.db_table
    key = original or model._base_manager.order_by("pk").values_list("pk", flat=True)[0]
    primary_key = model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} "
            f"FROM {table} AS original, generate_series(%s, %s) AS n WHERE original.{primary_key} = %s",
            [begin, end - 1, key],
        )


def _measure_steps(number: int, *, share: int, due_at: datetime, rounds: int) -> dict[str, Cost]:
    now = due_at - timedelta(minutes=1)
    with SilentProbe(Fetcher(now=lambda: now, user_agent="benchmarks")) as probe:
        sweep = Sweep(clock=StoppedClock(now), probe=probe, name=NAME)
        _begin_other_sweeps(number // share - 1, now=now)
        with connection.cursor() as cursor:
            cursor.execute("SET max_parallel_workers_per_gather = 0")  # their processor time would be missing

        def claim_first() -> None:
            sweep.targets.clear()
            sweep.claim()

        first = _cost(claim_first, rounds=1)
        again = _cost(sweep.claim, rounds=rounds)
        pages = list(Address.objects.filter(pk__gte=FIRST_KEY).select_related("release__series")[:STORED])
        releases = list(Release.objects.filter(pk__gte=FIRST_KEY).select_related("series__producer")[:JUDGED])
        host_budgets.release_hosts(NAME, now=now)
    later = due_at + timedelta(minutes=2)
    return {
        f"first claim of {share:,} pages": first,
        f"next claim of {share:,} pages": again,
        f"storing {STORED} checks": _cost(partial(_store_checks, pages), rounds=rounds),
        f"judging {JUDGED} releases": _cost(partial(judge.judge_all, releases, now=later), rounds=rounds),
        f"claiming and judging {JUDGED} requests": _cost(partial(_judge_requests, later), rounds=rounds),
        NEW_PAGES: _cost(partial(enrol_addresses, monitored_addresses(now=now), now=now), rounds=rounds),
        UNCHECKED: _cost(partial(judge.judge_without_checks, now=later), rounds=rounds),
    }


def _store_checks(pages: Sequence[Address]) -> None:
    Observation.append([next(office.build_checks(page, timedelta(seconds=1))) for page in pages])


def _judge_requests(now: datetime) -> None:
    """Judge as many requests as a process claims at a time."""
    has_begun = iter([False])
    verdict_queue.judge_requests(process=f"{NAME}:1", most=1, now=lambda: now, stop=lambda: next(has_begun, True))


def _begin_other_sweeps(number: int, *, now: datetime) -> None:
    """Write the leases by which other sweeps seem to run until long after the measurement."""
    HostLease.objects.bulk_create(
        [
            HostLease(host=f"sweep {name}", holder=name, until=now + timedelta(seconds=10))
            for name in (f"other {one}" for one in range(number))
        ],
        ignore_conflicts=True,
    )


def _cost(step: Callable[[], object], *, rounds: int) -> Cost:
    """Run a step some times, each rolled back in the database, and return its median cost."""
    took: list[float] = []
    of_database: list[float] = []
    for _ in range(rounds):
        with undone():
            began, began_in_database = process_time(), _server_seconds()
            step()
            of_database.append((_server_seconds() - began_in_database) * 1000)
            took.append((process_time() - began) * 1000 + of_database[-1])
    with undone(), CaptureQueriesContext(connection) as queries:
        step()
    with undone():
        scans = _find_scans([one["sql"] for one in queries.captured_queries])
    return Cost(max(statistics.median(took), 0.1), max(statistics.median(of_database), 0.1), len(queries), scans)


def _server_seconds() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_name[11:13])) / os.sysconf("SC_CLK_TCK")


def _find_scans(queries: Sequence[str]) -> frozenset[str]:
    """Return the large tables that the plans of some queries read as a whole."""
    found: set[str] = set()
    with connection.cursor() as cursor:
        for sql in queries:
            if sql.startswith(("SELECT", "UPDATE", "DELETE")):
                cursor.execute(f"EXPLAIN {sql}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
                found |= {
                    model._meta.db_table for model in LARGE_TABLES if f"Seq Scan on {model._meta.db_table}" in plan
                }
    return frozenset(found)
