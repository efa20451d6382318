"""Private databases, with every table and nothing in them: a new one for each round of a measurement.

PostgreSQL runs by its own defaults, so that committed data is on the disk. SQLite is set as the product sets it.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from tests.servers.private_postgresql import private_cluster

EMPTY = "nothing_yet"
ROOT = Path(__file__).resolve().parent.parent

# Returns the DATABASE_URL of a new database.
type New = Callable[[], str]


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[New]:
    """Yield new SQLite databases as files of a folder."""
    empty = folder / f"{EMPTY}.sqlite3"
    _migrate(f"sqlite:///{empty}", var=folder)
    numbers = count(1)

    def new() -> str:
        return f"sqlite:///{shutil.copy(empty, folder / f'{next(numbers)}.sqlite3')}"

    yield new


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[New]:
    """Yield new databases of a PostgreSQL that runs for the time of a `with` block."""
    with private_cluster(durable=True) as cluster:
        cluster.create(EMPTY)
        _migrate(cluster.url(EMPTY), var=folder)
        numbers = count(1)

        def new() -> str:
            name = f"measured_{next(numbers)}"
            cluster.create(name, like=EMPTY)
            return cluster.url(name)

        yield new


def surroundings(database: str, *, var: Path) -> dict[str, str]:
    """Return the environment of the processes that share a database and a folder; nothing else is set for them.

    :param database: its DATABASE_URL.
    :param var: the folder for what the product keeps in files.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STATSOFFICE_")}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "statsoffice.settings",
        "DATABASE_URL": database,
        "STATSOFFICE_VAR": str(var),
        # The self-test requests a page of the web process, which is not running here.
        "STATSOFFICE_CANARY": "off",
        "STATSOFFICE_LOG_LEVEL": "WARNING",
    }


def _migrate(database: str, *, var: Path) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=surroundings(database, var=var), check=True)
