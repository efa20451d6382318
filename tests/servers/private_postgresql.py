"""A private PostgreSQL on a unix socket, and a command that runs another one beside it.

`python -m tests.servers.private_postgresql COMMAND ...` runs the command with DATABASE_URL set to it.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import psycopg

from tests.servers import programs
from tests.servers.process import running

ROOT = 0
SUPERUSER = "postgres"
DATABASE = "statsoffice"


@contextlib.contextmanager
def private_postgresql() -> Iterator[str]:
    """Run a PostgreSQL with an empty cluster for the time of a `with` block; gives a DATABASE_URL.

    PostgreSQL refuses to run as root: then it runs as the user `postgres` of the system's package.
    """
    with tempfile.TemporaryDirectory(prefix="test-postgresql-") as folder:
        if os.getuid() == ROOT:
            account = pwd.getpwnam(SUPERUSER)
            os.chown(folder, account.pw_uid, account.pw_gid)
        cluster = f"{folder}/cluster"
        subprocess.run(
            [
                *(*_as_postgres(), programs.postgresql("initdb"), "--pgdata", cluster, "--no-sync"),
                *("--auth", "trust", "--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C.UTF-8"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )
        command = [
            *(*_as_postgres(), programs.postgresql("postgres"), "-D", cluster, "-k", folder),
            *("-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off"),
            *("-c", "full_page_writes=off"),
        ]
        with running(
            command,
            answers=lambda: _answers(folder),
            log=Path(folder, "log"),
            stop_with=signal.SIGINT,  # PostgreSQL's fast shutdown: SIGTERM would wait for its clients
        ):
            with psycopg.connect(host=folder, user=SUPERUSER, dbname="postgres", autocommit=True) as server:
                server.execute(f"CREATE DATABASE {DATABASE}")
            yield f"postgres://{SUPERUSER}@/{folder}/{DATABASE}"  # two slashes: a folder, not a host


def _as_postgres() -> list[str]:
    """Give what stands before a command so that it does not run as root."""
    if os.getuid() != ROOT:
        return []
    setpriv = shutil.which("setpriv") or "setpriv"
    return [setpriv, f"--reuid={SUPERUSER}", f"--regid={SUPERUSER}", "--clear-groups"]


def _answers(folder: str) -> bool:
    try:
        psycopg.connect(host=folder, user=SUPERUSER, dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


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
