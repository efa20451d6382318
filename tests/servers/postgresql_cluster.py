"""A PostgreSQL cluster in a folder, reached by a unix socket there: made, served, copied."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.servers import programs
from tests.servers.process import running

ROOT = 0
SUPERUSER = "postgres"
DATABASE = "statsoffice"
# The two roles that deploy/postgresql/create-roles.sh creates.
OWNER, PROCESSES = "statsoffice_owner", "statsoffice"


class Cluster:
    """One cluster; PostgreSQL refuses to run as root, and then runs as the user `postgres` of the system's package."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        """Name the folder; its path must leave room for a socket's name (100 bytes in all).

        :param durable: whether committed data outlives a loss of power, as in an office; tests need not wait for it.
        """
        self.folder, self._durable = folder, durable

    def initialise(self) -> None:
        """Make an empty cluster in the folder, which must be there."""
        if os.getuid() == ROOT:
            os.chown(self.folder, pwd.getpwnam(SUPERUSER).pw_uid, pwd.getpwnam(SUPERUSER).pw_gid)
        subprocess.run(
            [
                *(*_as_postgres(), programs.postgresql("initdb"), "--pgdata", f"{self.folder}/cluster", "--no-sync"),
                *("--auth", "trust", "--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C.UTF-8"),
                "--wal-segsize=1",  # megabyte: a test that lets no file grow beyond a few of them needs that
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
        )

    def copy(self, folder: Path) -> "Cluster":
        """Copy the cluster, which must not be served meanwhile, into a new folder."""
        subprocess.run(["cp", "-a", self.folder, folder], check=True)
        return Cluster(folder, durable=self._durable)

    @property
    def command(self) -> list[str]:
        """The command that serves the cluster in the foreground."""
        return [
            *(*_as_postgres(), programs.postgresql("postgres"), "-D", f"{self.folder}/cluster", "-k", f"{self.folder}"),
            *("-c", "listen_addresses=", "-c", "jit=off"),
            *(() if self._durable else ("-c", "fsync=off", "-c", "synchronous_commit=off")),
            *(() if self._durable else ("-c", "full_page_writes=off")),
        ]

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """Serve the cluster for the time of a `with` block."""
        with running(
            self.command,
            answers=self.answers,
            log=self.folder / "log",
            stop_with=signal.SIGINT,  # PostgreSQL's fast shutdown: SIGTERM would wait for its clients
        ):
            yield

    def url(self, database: str, *, role: str = SUPERUSER) -> str:
        """Return the DATABASE_URL of one of the cluster's databases."""
        return f"postgres://{role}@/{self.folder}/{database}"  # two slashes: a folder, not a host

    def answers(self) -> bool:
        """Return whether the cluster can be used."""
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str, *, role: str = SUPERUSER) -> psycopg.Connection:
        """Connect to one of the cluster's databases; each statement is its own transaction."""
        return psycopg.connect(host=f"{self.folder}", user=role, dbname=database, autocommit=True)

    def create(self, database: str, *, like: str = "template1", owner: str = SUPERUSER) -> None:
        """Create a database, empty or as a copy of another one that no one uses."""
        with self.connect("postgres") as server:
            server.execute(f"CREATE DATABASE {database} TEMPLATE {like} OWNER {owner}")

    def create_roles(self, database: str) -> None:
        """Create the two roles as the image of PostgreSQL does for Compose, with one of the databases for them.

        It removes the superuser's password. The tests need none.
        """
        script = Path(__file__).resolve().parents[2] / "deploy" / "postgresql" / "create-roles.sh"
        # Debian has psql on PATH, other systems only next to the server.
        path = f"{os.environ['PATH']}:{Path(programs.postgresql('psql')).parent}"
        environment = {"PATH": path, "PGHOST": str(self.folder), "POSTGRES_USER": SUPERUSER, "POSTGRES_DB": database}
        passwords = {"DATABASE_OWNER_PASSWORD": "of-the-owner", "DATABASE_PASSWORD": "of-the-processes"}
        subprocess.run(
            ["bash", str(script)], env=os.environ | environment | passwords, check=True, stdout=subprocess.DEVNULL
        )

    def two_urls(self, database: str) -> dict[str, str]:
        """Return the two settings for a database whose tables belong to their own role."""
        return {
            "DATABASE_URL": self.url(database, role=PROCESSES),
            "DATABASE_OWNER_URL": self.url(database, role=OWNER),
        }


def _as_postgres() -> list[str]:
    """Return the prefix of a command that does not run as root."""
    if os.getuid() != ROOT:
        return []
    setpriv = shutil.which("setpriv") or "setpriv"
    return [setpriv, f"--reuid={SUPERUSER}", f"--regid={SUPERUSER}", "--clear-groups"]
