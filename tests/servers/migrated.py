"""A database that is migrated once for a whole run of `./test`, of which every process of pytest takes a copy.

`python -m tests.servers.migrated FOLDER` makes it on SQLite and on PostgreSQL, with --sqlite-only on SQLite alone.
MIGRATED names the folder to the tests, which migrate their own database where it names none.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.servers.postgresql_cluster import DATABASE, Cluster

MIGRATED = "TESTS_MIGRATED_FOLDER"
SQLITE, CLUSTER = "migrated.sqlite3", "cluster"


def folder() -> Path | None:
    """Return the folder of this run, or None if none was made."""
    given = os.environ.get(MIGRATED)
    return Path(given) if given else None


def begin_with_copy(database: str) -> bool:
    """Copy the run's SQLite database to a path; return whether there is one to copy."""
    made = folder()
    if made:
        shutil.copyfile(made / SQLITE, database)
    return made is not None


def make(into: Path, *, sqlite_only: bool = False) -> None:
    """Migrate an empty database of each kind into a folder, both at the same time."""
    with ThreadPoolExecutor() as threads:
        kinds = [threads.submit(_migrate, f"sqlite:///{into / SQLITE}")]
        if not sqlite_only:
            kinds.append(threads.submit(_make_cluster, into))
        for kind in kinds:
            kind.result()


def _make_cluster(into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="test-postgresql-") as name:
        cluster = Cluster(Path(name))
        cluster.initialise()
        with cluster.served():
            cluster.create(DATABASE)
            _migrate(cluster.url(DATABASE))
        cluster.copy(into / CLUSTER)


def _migrate(url: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]), sqlite_only="--sqlite-only" in sys.argv[2:])
