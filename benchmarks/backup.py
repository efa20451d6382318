"""How long a backup of a full office takes, and bringing it back into an empty database, evidence checked.

Nine years of releases with their looks, verdicts, reports and events, on PostgreSQL. Each is the command as an
operator runs it, from its start to its end. The floor is what `pg_dump` and `pg_restore` need for the same database,
compressed as well, right after it: they copy the database's own form, know nothing of stored files, and check no
evidence.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from django.db import connection

from benchmarks import databases, office
from benchmarks.row import Row
from releases.models import Observation, Release
from tests.servers import programs

OURS, THEIRS = "brought_back_by_us", "brought_back_by_them"
MEGABYTE = 1024 * 1024


def measure(size: int, *, rounds: int) -> list[Row]:
    """Fill an office, back it up and bring it back, each beside the database's own tools."""
    office.fill(office.found(), releases=size, late=size // 10, now=datetime.now(UTC))
    holding = f"{Release.objects.count():,} releases, {Observation.objects.count():,} looks"
    with tempfile.TemporaryDirectory(prefix="backup-") as written:
        archive, dump = Path(written, "backup.zip"), Path(written, "database.dump")
        took = _seconds([*_manage("backup"), str(archive)])
        copying = _seconds([programs.postgresql("pg_dump"), *_there(), "--format=custom", f"--file={dump}", _name()])
        _create(OURS, THEIRS)
        bringing = _seconds([*_manage("restore"), str(archive)], **_elsewhere(Path(written, "var")))
        pasting = _seconds([programs.postgresql("pg_restore"), *_there(), f"--dbname={THEIRS}", str(dump)])
        held = {name: _looks(name) for name in (_name(), OURS, THEIRS)}
        assert len(set(held.values())) == 1, held
        sizes = [file.stat().st_size / MEGABYTE for file in (archive, dump)]
    return [
        Row(f"a backup, {holding}", took, "s", copying, "pg_dump"),
        Row(f"its file, {holding}", sizes[0], "MB", sizes[1], "pg_dump's"),
        Row(f"restored, {holding}", bringing, "s", pasting, "pg_restore"),
    ]


def _manage(command: str) -> list[str]:
    return [sys.executable, "manage.py", command]


def _seconds(command: Sequence[str], **environment: str) -> float:
    """Run a command to its end; gives how long it took.

    :raises CalledProcessError: if it fails; it has told why itself.
    """
    began = time.perf_counter()
    subprocess.run(command, cwd=databases.ROOT, env=os.environ | environment, stdout=sys.stderr, check=True)
    return time.perf_counter() - began


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _there() -> list[str]:
    """Say where the server is, as its own tools are told."""
    return [f"--host={connection.settings_dict['HOST']}", f"--username={connection.settings_dict['USER']}"]


def _server(database: str) -> psycopg.Connection:
    told = connection.settings_dict
    return psycopg.connect(host=told["HOST"], user=told["USER"], dbname=database, autocommit=True)


def _create(*names: str) -> None:
    with _server("postgres") as server:
        for name in names:
            server.execute(f"CREATE DATABASE {name}")


def _looks(database: str) -> int:
    with _server(database) as server:
        found = server.execute("SELECT count(*) FROM releases_observation").fetchone()
        return int(found[0]) if found else 0


def _elsewhere(var: Path) -> Mapping[str, str]:
    var.mkdir()
    return {"DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{OURS}", "STATSOFFICE_VAR": str(var)}
