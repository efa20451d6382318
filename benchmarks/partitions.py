"""What partitions of the table of checks by month would change, on PostgreSQL, in raw SQL.

Two tables have the columns, indexes and trigger of the checks: one is whole, and one has a partition for each of 24
months. Both have the same rows: copies of a check that the product wrote, forty for each release.

The figure is the partitioned table, and the floor is the whole one. A lookup “with its time” also names the time at
which a check was recorded, so that PostgreSQL reads one partition. The product does not do this today. Rows are never
removed (the trigger refuses it): the removal of a month is measured because it is the usual reason for partitions.
"""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from time import perf_counter
from typing import Any

from django.db import connection

from benchmarks import office
from benchmarks.growth import undone
from benchmarks.row import Row
from releases.models import Observation
from releases.rules.canonical import sha256_hex

MONTHS = 24
CHECKS_OF_A_RELEASE = 40
BATCH, JUDGED, IN_ORDER = 500, 200, 100_000
AT_A_TIME = 250_000
INSERTED_IN_TURNS = 10
WHOLE, PARTS = "checks_whole", "checks_parts"
TABLE = Observation._meta.db_table
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
INDEXES = (
    "CREATE INDEX ON {} (release_id, schedule_version, sent_at)",
    "CREATE INDEX ON {} (body_sha256) WHERE body_sha256 <> ''",
    "CREATE INDEX ON {} (release_id) WHERE purpose = 'vantage'",
    "CREATE INDEX ON {} (release_id)",
    "CREATE INDEX ON {} (address_id)",
)
# What differs from check to check, for the number n; the other columns are those of one check of the product.
VARIED = {
    "id": "n",
    "position": "n",
    "release_id": f"n / {CHECKS_OF_A_RELEASE}",
    "address_id": f"n / {CHECKS_OF_A_RELEASE}",
    "url": f"'https://www.example.gov.uk/statistics/' || n / {CHECKS_OF_A_RELEASE}",
    "planned_at": "{at}",
    "sent_at": "{at}",
    "completed_at": "{at}",
    "recorded_at": "{at}",
    "body_sha256": "encode(sha256(n::text::bytea), 'hex')",
    "previous_hash": "encode(sha256((n - 1)::text::bytea), 'hex')",
    "row_hash": "encode(sha256(n::text::bytea), 'hex')",
}


def measure(size: int, *, rounds: int) -> list[Row]:
    """Fill both tables, and measure what monitoring, judging, pages, verification and retention do with them."""
    (page,) = office.announce(office.found(producers=1, series=1), [datetime.now(UTC) + timedelta(hours=2)])
    Observation.append(list(office.build_checks(page, timedelta(seconds=1))))
    _create_tables()
    added = max(1, size // 1_000)
    for first in range(0, size, AT_A_TIME):
        _insert(WHOLE, first, min(first + AT_A_TIME, size), size=size)
    _run(f"INSERT INTO {PARTS} SELECT * FROM {WHOLE}")
    _create_indexes()
    rows = []
    for what, run in _Steps(size).all().items():
        took = {table: _median_ms(partial(run, table), rounds=rounds) for table in (PARTS, WHOLE)}
        rows.append(_row(what, took[PARTS], took[WHOLE]))
    slices: dict[str, list[float]] = {PARTS: [], WHOLE: []}
    for number in range(INSERTED_IN_TURNS):
        begin = size + number * added
        for table in (WHOLE, PARTS) if number % 2 else (PARTS, WHOLE):
            slices[table].append(_seconds(partial(_insert, table, begin, begin + added, size=size)))
    took = {table: statistics.median(seconds) for table, seconds in slices.items()}
    rows.append(_row(f"insert {added:,} checks in one statement", took[PARTS], took[WHOLE], unit="s"))
    rows.append(
        _row("table and indexes", _megabytes(PARTS, indexes=False), _megabytes(WHOLE, indexes=False), unit="MB")
    )
    rows.append(_row("indexes", _megabytes(PARTS), _megabytes(WHOLE), unit="MB"))
    _run(f"ALTER TABLE {WHOLE} DISABLE TRIGGER append_only")
    deleted = _seconds(lambda: _run(f"DELETE FROM {WHOLE} WHERE recorded_at < %s", [_begin_of(1)]))
    vacuumed = _seconds(lambda: _run(f"VACUUM {WHOLE}"))
    dropped = _seconds(lambda: _run(f"DROP TABLE {PARTS}_0"))
    rows.append(_row("remove the oldest month", dropped * 1000, (deleted + vacuumed) * 1000))
    return rows


def _row(what: str, parts: float, whole: float, *, unit: str = "ms") -> Row:
    return Row(f"{what}, {MONTHS} partitions", parts, unit, whole, "one table")


def _create_tables() -> None:
    _run(f"CREATE TABLE {WHOLE} (LIKE {TABLE} INCLUDING DEFAULTS)")
    _run(f"CREATE TABLE {PARTS} (LIKE {TABLE} INCLUDING DEFAULTS) PARTITION BY RANGE (recorded_at)")
    for month in range(MONTHS):
        # The first and the last one have no bound, so that each row has a partition.
        lower = f"'{_begin_of(month).isoformat()}'" if month else "MINVALUE"
        upper = f"'{_begin_of(month + 1).isoformat()}'" if month < MONTHS - 1 else "MAXVALUE"
        _run(f"CREATE TABLE {PARTS}_{month} PARTITION OF {PARTS} FOR VALUES FROM ({lower}) TO ({upper})")


def _create_indexes() -> None:
    """Create the indexes and triggers. Each unique key of the partitioned table contains the month."""
    for table, before in ((WHOLE, ""), (PARTS, "recorded_at, ")):
        _run(f"ALTER TABLE {table} ADD PRIMARY KEY ({before}id), ADD UNIQUE ({before}position)")
        for index in INDEXES:
            _run(index.format(table))
        if before:
            # The unique one begins with the time, and a check is searched by its position alone too.
            _run(f"CREATE INDEX ON {table} (position)")
        _run(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW "
            "EXECUTE FUNCTION refuse_change()"
        )
        _run(f"VACUUM ANALYZE {table}")


def _begin_of(month: int) -> datetime:
    return datetime(BEGIN.year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _insert(table: str, begin: int, end: int, *, size: int) -> None:
    """Insert the checks with the numbers from `begin` up to, not including, `end`, spread evenly over the months."""
    seconds = (_begin_of(MONTHS) - BEGIN).total_seconds() / max(size, 1)
    at = f"'{BEGIN.isoformat()}'::timestamptz + n * interval '{seconds:.9f} seconds'"
    names = [str(column.column) for column in Observation._meta.concrete_fields]
    values = [VARIED.get(name, f"original.{name}").format(at=at) for name in names]
    _run(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM generate_series(%s, %s) AS n, "
        f"(SELECT * FROM {TABLE} ORDER BY position LIMIT 1) AS original",
        [begin, end - 1],
    )


@dataclass(slots=True)
class _Steps:
    """What is measured, as functions of the table. Each call asks for another release."""

    size: int
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def all(self) -> dict[str, Callable[[str], object]]:
        counting = f"count the checks of {JUDGED} releases to judge"
        return {
            f"insert {BATCH} checks of a sweep": self.insert_batch,
            counting: self.count_for_judging,
            f"{counting}, with their time": partial(self.count_for_judging, with_time=True),
            "read the checks of one release": self.read_release,
            "read the checks of one release, with its time": partial(self.read_release, with_time=True),
            "find the checks with one body": self.find_body,
            "find a check by its position": self.find_position,
            f"read {IN_ORDER:,} checks in the order of the chain": self.read_in_order,
        }

    @property
    def _releases(self) -> int:
        return max(1, self.size // CHECKS_OF_A_RELEASE)

    def _next_release(self) -> int:
        return next(self._numbers) * 245_489 % self._releases  # a prime, so that they are spread over all months

    def insert_batch(self, table: str) -> None:
        with undone():
            _insert(table, self.size, self.size + BATCH, size=self.size)

    def count_for_judging(self, table: str, *, with_time: bool = False) -> None:
        _run(
            "SELECT release_id, schedule_version, address_id, COUNT(*) FILTER (WHERE purpose = 'plain'), MAX(sent_at) "
            f"FROM {table} WHERE release_id = ANY(%s) AND NOT superseded {'AND recorded_at > %s' if with_time else ''} "
            "GROUP BY 1, 2, 3",
            [
                list(range(max(0, self._releases - JUDGED), self._releases)),
                *([_begin_of(MONTHS) - timedelta(days=2)] if with_time else []),
            ],
        )

    def read_release(self, table: str, *, with_time: bool = False) -> None:
        release = self._next_release()
        at = BEGIN + (_begin_of(MONTHS) - BEGIN) * (release / self._releases)
        _run(
            f"SELECT * FROM {table} WHERE release_id = %s AND schedule_version = 1 "
            f"{'AND recorded_at BETWEEN %s AND %s' if with_time else ''} ORDER BY sent_at",
            [release, *([at - timedelta(days=7), at + timedelta(days=7)] if with_time else [])],
        )

    def find_body(self, table: str) -> None:
        sha256 = sha256_hex(str(self._next_release() * 3).encode())
        _run(f"SELECT * FROM {table} WHERE body_sha256 = %s AND body_sha256 <> ''", [sha256])

    def find_position(self, table: str) -> None:
        _run(f"SELECT 1 FROM {table} WHERE position = %s", [self._next_release() * 7])

    def read_in_order(self, table: str) -> None:
        _run(f"SELECT position, previous_hash, row_hash FROM {table} WHERE position <= {IN_ORDER} ORDER BY position")


def _run(sql: str, values: Sequence[Any] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        if cursor.description:
            cursor.fetchall()


def _seconds(step: Callable[[], object]) -> float:
    began = perf_counter()
    step()
    return perf_counter() - began


def _median_ms(step: Callable[[], object], *, rounds: int) -> float:
    step()
    return statistics.median(_seconds(step) for _ in range(rounds)) * 1000


def _megabytes(table: str, *, indexes: bool = True) -> float:
    """Return the size of a table's indexes or, without `indexes`, of all that it has."""
    function = "pg_indexes_size" if indexes else "pg_total_relation_size"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT SUM({function}(oid)) FROM pg_class WHERE relkind = 'r' AND relname ~ %s", [rf"^{table}(_\d+)?$"]
        )
        return float(cursor.fetchone()[0]) / 1e6
