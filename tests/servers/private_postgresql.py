"""A private PostgreSQL on a unix socket, and a command that runs another one with it.

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

from tests.servers import migrated
from tests.servers.postgresql_cluster import DATABASE, Cluster


@contextlib.contextmanager
def private_postgresql() -> Iterator[str]:
    """Run a PostgreSQL for the time of a `with` block, and yield a DATABASE_URL.

    Its database is empty, or the one that was migrated for the whole run.
    """
    made = migrated.folder()
    with private_cluster(like=made and Cluster(made / migrated.CLUSTER)) as cluster:
        if not made:
            cluster.create(DATABASE)
        yield cluster.url(DATABASE)


@contextlib.contextmanager
def private_cluster(*, durable: bool = False, like: Cluster | None = None) -> Iterator[Cluster]:
    """Run a PostgreSQL for the time of a `with` block, with an empty cluster or a copy of another one.

    :param durable: as in `Cluster`.
    """
    with tempfile.TemporaryDirectory(prefix="test-postgresql-") as scratch:
        folder = Path(scratch, "c")
        if like:
            Path(scratch).chmod(0o711)  # PostgreSQL runs as another user there
            cluster = like.copy(folder)
        else:
            cluster = Cluster(Path(scratch), durable=durable)
            cluster.initialise()
        with cluster.served():
            yield cluster


def main(command: list[str]) -> int:
    """Run a command with DATABASE_URL set to a private PostgreSQL, and return the command's exit code."""

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
