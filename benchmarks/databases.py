"""Private databases with empty tables: a new one for each round of a measurement.

PostgreSQL has its default settings except that it compiles no queries (JIT), so committed data are on the disk. SQLite
has the settings of the product.
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
    """Yield a function that creates SQLite databases as files in a folder."""
    empty = folder / f"{EMPTY}.sqlite3"
    _migrate(f"sqlite:///{empty}", var=folder)
    numbers = count(1)

    def new() -> str:
        return f"sqlite:///{shutil.copy(empty, folder / f'{next(numbers)}.sqlite3')}"

    yield new


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[New]:
    """Yield a function that creates databases of a PostgreSQL server, which runs for the duration of a `with` block."""
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
    """Return the environment of the processes of one round. No other setting of the product is set.

    :param database: the DATABASE_URL.
    :param var: the folder for the files of the product.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STATSOFFICE_")}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "statsoffice.settings",
        "DATABASE_URL": database,
        "STATSOFFICE_VAR": str(var),
        # The self-test requests a page of the web process, which is not running here.
        "STATSOFFICE_CANARY": "off",
        # All readers of a benchmark have the same address.
        "STATSOFFICE_PAGES_PER_MINUTE": "0",
        "STATSOFFICE_API_PER_MINUTE": "0",
        "STATSOFFICE_LOG_LEVEL": "WARNING",
    }


def _migrate(database: str, *, var: Path) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=surroundings(database, var=var), check=True)
