"""How long the backup and the restore of a full office take, on PostgreSQL.

The office has nine years of releases with their checks, page bodies, verdicts, reports and events. A figure is the
duration of the whole command. The verification of the evidence after a restore has its own figure. The floor is plain
`pg_dump --format=custom` and `pg_restore` of the same database, in turns with the commands.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path

import psycopg
from django.db import connection

from benchmarks import databases, office
from benchmarks.row import Limit, Row
from releases.evidence.recorded_rows import RowHistory
from releases.models import Body, Observation, Release
from releases.rules.canonical import sha256_hex
from statsoffice import anchors
from statsoffice.anchors import ROW_RECORDS
from tests.servers import programs

MEGABYTE = 1_000_000
BODIES_OF_A_RELEASE, BODY_BYTES = 6, 12_000
LIMIT = Limit(1.3, of="ratio")
VERIFIED = re.compile(r"Verified the evidence in ([\d.]+) s")


def measure(size: int, *, rounds: int) -> list[Row]:
    """Fill an office, then back it up and restore it in turns with the database's own tools."""
    office.fill(office.found(), releases=size, late=size // 10, now=datetime.now(UTC), decided=False)
    _add_bodies(size * BODIES_OF_A_RELEASE)
    _record_rows()
    anchored = _time_anchor()
    holding = f"{Release.objects.count():,} releases, {Observation.objects.count():,} checks"
    backups, dumps, restores, loads, verified = [], [], [], [], []
    with tempfile.TemporaryDirectory(prefix="backup-") as written:
        folder, dump = Path(written, "backup"), Path(written, "bare.dump")
        for number in range(rounds):
            ours = [sys.executable, "manage.py", "backup", str(folder), "--overwrite"]
            theirs = [programs.postgresql("pg_dump"), *_server(), f"--dbname={_name()}", "--format=custom"]
            backups.append(_run(ours)[0])
            dumps.append(_run([*theirs, f"--file={dump}"])[0])
            with _new_database(f"restored_{number}") as name:
                seconds, printed = _run(
                    [sys.executable, "manage.py", "restore", str(folder)], **_elsewhere(written, name)
                )
                found = VERIFIED.search(printed)
                assert found, printed
                verified.append(float(found[1]))
                restores.append(seconds - verified[-1])
                assert _rows(name) == _rows(_name())
            with _new_database(f"pg_restored_{number}") as name:
                loads.append(_run([programs.postgresql("pg_restore"), *_server(), f"--dbname={name}", str(dump)])[0])
            print(backups[-1], dumps[-1], restores[-1], loads[-1], file=sys.stderr, flush=True)
        sizes = [sum(f.stat().st_size for f in folder.iterdir()) / MEGABYTE, dump.stat().st_size / MEGABYTE]
    return [
        _row(f"a backup, {holding}", backups, dumps, "pg_dump"),
        Row(f"its size, {holding}", sizes[0], "MB", sizes[1], "pg_dump's"),
        _row(f"a restore without verification, {holding}", restores, loads, "pg_restore"),
        Row(f"verification of the evidence, {holding}", statistics.median(verified), "s"),
        Row(f"first anchor of the record, {holding}", anchored, "s"),
    ]


def _row(what: str, figures: Sequence[float], floors: Sequence[float], floor_is: str) -> Row:
    median, floor = statistics.median(figures), statistics.median(floors)
    return Row(what, median, "s", floor, floor_is, LIMIT, rounds=tuple(figures))


def _record_rows() -> None:
    """Record the digests of the rows that were added in bulk, so that the evidence can be verified."""
    for record in ROW_RECORDS:
        recorded = RowHistory(record)
        recorded.read()
        for table in record.TABLES:
            record.record_unrecorded(table, known=recorded.digests[table.name])


def _time_anchor() -> float:
    """Make the first anchor, which reads every row of every chain, and return the seconds that it took."""
    began = time.perf_counter()
    assert anchors.make_now(now=datetime.now(UTC))
    return time.perf_counter() - began


def _add_bodies(number: int) -> None:
    """Add page bodies that hardly compress further, like stored bodies of real pages."""
    for some in batched(range(number), 1_000):
        contents = [os.urandom(BODY_BYTES // 2).hex().encode() for _ in some]
        Body.objects.bulk_create(Body.of(one, sha256=sha256_hex(one), media_type="text/html") for one in contents)


def _run(command: Sequence[str], **environment: str) -> tuple[float, str]:
    """Run a command to its end, and return the seconds and its output.

    :raises CalledProcessError: if it fails. It has printed the reason.
    """
    began = time.perf_counter()
    run = subprocess.run(
        command, cwd=databases.ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return time.perf_counter() - began, run.stdout


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _server() -> list[str]:
    return [f"--host={connection.settings_dict['HOST']}", f"--username={connection.settings_dict['USER']}"]


def _connect(database: str) -> psycopg.Connection:
    given = connection.settings_dict
    return psycopg.connect(host=given["HOST"], user=given["USER"], dbname=database, autocommit=True)


@contextmanager
def _new_database(name: str) -> Iterator[str]:
    with _connect("postgres") as server:
        server.execute(f"CREATE DATABASE {name}")
        yield name
        server.execute(f"DROP DATABASE {name}")


def _rows(database: str) -> object:
    with _connect(database) as server:
        counts = "(SELECT count(*) FROM releases_observation), (SELECT count(*) FROM releases_body)"
        return server.execute(f"SELECT {counts}").fetchone()


def _elsewhere(written: str, database: str) -> dict[str, str]:
    var = Path(written, database)
    var.mkdir()
    return {"DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{database}", "STATSOFFICE_VAR": str(var)}
