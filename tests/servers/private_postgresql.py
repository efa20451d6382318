"""A private PostgreSQL on a unix socket, and a command that runs another one beside it.

`python -m tests.servers.private_postgresql COMMAND ...` runs the command with DATABASE_URL set to it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from tests.servers.postgresql_cluster import Cluster
from tests.servers.process import running

DATABASE = "statsoffice"


@contextlib.contextmanager
def private_postgresql() -> Iterator[str]:
    """Run a PostgreSQL with an empty cluster for the time of a `with` block; gives a DATABASE_URL."""
    with private_cluster() as cluster:
        cluster.create(DATABASE)
        yield cluster.url(DATABASE)


@contextlib.contextmanager
def private_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Run a PostgreSQL with an empty cluster for the time of a `with` block.

    :param durable: as in `Cluster`.
    """
    with tempfile.TemporaryDirectory(prefix="test-postgresql-") as folder:
        cluster = Cluster(Path(folder), durable=durable)
        cluster.initialise()
        with running(
            cluster.command,
            answers=cluster.answers,
            log=Path(folder, "log"),
            stop_with=signal.SIGINT,  # PostgreSQL's fast shutdown: SIGTERM would wait for its clients
        ):
            yield cluster


def main(command: list[str]) -> int:
    """Run a command with DATABASE_URL set to a private PostgreSQL; gives the command's exit code."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    with private_postgresql() as url:
        child = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url})
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.terminate()
            return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
