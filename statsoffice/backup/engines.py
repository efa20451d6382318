"""Dump, load and empty a PostgreSQL or SQLite database with the tools of the database."""

import os
import re
import sqlite3
import subprocess
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from statsoffice.backup import BackupError
from statsoffice.database import check_encoding
from statsoffice.progress import progress_bar

# The rows of these tables are not backed up. If the backup contained sessions, anyone who has the backup could use the
# sessions. The cache contains only data that may be lost, such as counts of sign-in attempts.
UNSAVED_TABLES = (Session._meta.db_table, UserSession._meta.db_table, str(settings.CACHES["default"]["LOCATION"]))
# Debian and Homebrew install each version in its own folder. PATH has only a wrapper (Debian) or links (Homebrew).
POSTGRESQL_FOLDERS = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt")
PAGES_AT_ONCE = 2000
# These patterns match the output lines that count as progress. With --verbose, pg_dump prints one line for each table,
# and pg_restore prints one line for each object.
DUMPED = re.compile(r"pg_dump: dumping contents of table ")
RESTORED = re.compile(r"pg_restore: (creating|processing data for|executing) ")


class PostgreSQL:
    """A PostgreSQL database. The client programs must be at least as new as the server."""

    FILE = "database.dump"

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection: Any = connection

    def dump(self, to: Path) -> int:
        """Write a consistent snapshot of the database, without the rows of `UNSAVED_TABLES`.

        Other processes can write to the database during the dump.

        :return: the major version of pg_dump.
        :raises BackupError: if pg_dump is missing, is too old or fails.
        """
        self._connection.ensure_connection()
        program, version = find_program("pg_dump", at_least=self._connection.pg_version // 10_000)
        with self._connection.cursor() as cursor:
            tables = len(self._connection.introspection.table_names(cursor))
        # Leave out owners, privileges and comments, so that another account on another server can load the dump.
        options = ["--format=custom", "--no-owner", "--no-privileges", "--no-comments", f"--file={to}"]
        options += [f"--exclude-table-data={table}" for table in UNSAVED_TABLES]
        command = [program, *options, self._target(), "--verbose"]
        _run(command, desc="Database", counted=DUMPED, total=tables, environment=self._secrets())
        return version

    @staticmethod
    def check(dump: Path, *, tool_version: int) -> None:
        """Check that pg_restore can read a dump. This needs no database.

        :raises BackupError: if pg_restore is missing, is too old or cannot read the dump.
        """
        program, _ = find_program("pg_restore", at_least=tool_version)
        _table_of_contents(program, dump)

    def load(self, dump: Path, *, tool_version: int) -> None:
        """Load a dump into the empty database, in one transaction.

        :raises BackupError: if the dump cannot be loaded. The database then remains empty.
        """
        for fault in check_encoding(databases=[self._connection.alias]):
            raise BackupError(f"{fault.msg} {fault.hint}.")
        program, _ = find_program("pg_restore", at_least=tool_version)
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", self._target()]
        _run(
            [program, *options, "--verbose", str(dump)],
            desc="Database",
            counted=RESTORED,
            total=len(_table_of_contents(program, dump)),
            environment=self._secrets(),
        )

    def is_empty(self) -> bool:
        """Return whether the database contains no user-defined tables, views, sequences or functions."""
        return not (self._relations() or self._functions())

    def clear(self) -> None:
        with transaction.atomic(using=self._connection.alias), self._connection.cursor() as cursor:
            for kind, name in self._relations():
                cursor.execute(f"DROP {kind} IF EXISTS {name} CASCADE")
            for name in self._functions():
                cursor.execute(f"DROP FUNCTION IF EXISTS {name} CASCADE")

    def _relations(self) -> list[tuple[str, str]]:
        return self._query("""
            SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                   ELSE 'TABLE' END, c.oid::regclass::text
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
            ORDER BY c.relkind = 'S' -- most sequences go with their tables, and cannot go before them
        """)

    def _functions(self) -> list[str]:
        found = self._query("""
            SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        """)
        return [name for (name,) in found]

    def _query(self, query: str) -> list[Any]:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def _target(self) -> str:
        """Return the command-line option that names the database.

        The option contains no password, because every account on the machine can read the command line.
        """
        given = self._connection.get_connection_params()
        known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()} - {"password"}
        target = psycopg.conninfo.make_conninfo(**{key: value for key, value in given.items() if key in known})
        return f"--dbname={target}"

    def _secrets(self) -> dict[str, str]:
        password = self._connection.get_connection_params().get("password")
        return {"PGPASSWORD": str(password)} if password else {}


class SQLite:
    """An SQLite database, with the same methods as `PostgreSQL`."""

    FILE = "database.sqlite3"

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection: Any = connection

    def dump(self, to: Path) -> int:
        to.touch(mode=0o600)
        with closing(sqlite3.connect(self._connection.settings_dict["NAME"], isolation_level=None)) as source:
            # A separate read transaction holds one snapshot. Otherwise each write would restart the backup.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            with closing(sqlite3.connect(to, isolation_level=None)) as copy:
                _copy_pages(source, copy)
                copy.execute("PRAGMA journal_mode = DELETE")
                there = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                for table in there.intersection(UNSAVED_TABLES):
                    copy.execute(f'DELETE FROM "{table}"')  # noqa: S608  # one of three names
                # VACUUM rewrites the file. Without it, deleted rows would remain readable in unused parts of the file.
                copy.execute("VACUUM")
        return sqlite3.sqlite_version_info[0]

    @staticmethod
    def check(dump: Path, *, tool_version: int) -> None:
        try:
            with closing(_read_only(dump)) as database:
                (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
                (pages,) = database.execute("PRAGMA page_count").fetchone()
                (page_size,) = database.execute("PRAGMA page_size").fetchone()
            # If the last page is cut off, SQLite fills the page with zeros, and quick_check may find no error.
            if found == "ok" and dump.stat().st_size != pages * page_size:
                found = "the file ends too early"
        except sqlite3.DatabaseError as fault:
            found = str(fault)
        if found != "ok":
            reason = found.splitlines()[-1].rstrip(".")
            raise BackupError(f"SQLite {sqlite3.sqlite_version} cannot read {dump.name}: {reason}.")

    def load(self, dump: Path, *, tool_version: int) -> None:
        self._connection.ensure_connection()
        try:
            with closing(_read_only(dump)) as source:
                _copy_pages(source, self._connection.connection)
        except sqlite3.Error as fault:
            raise BackupError(f"SQLite cannot restore {dump.name}: {fault}.") from fault

    def is_empty(self) -> bool:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_master")
            return bool(cursor.fetchone()[0] == 0)

    def clear(self) -> None:
        self._connection.ensure_connection()
        with closing(sqlite3.connect(":memory:")) as nothing:
            nothing.backup(self._connection.connection)


type Engine = PostgreSQL | SQLite

ENGINES: dict[str, type[PostgreSQL | SQLite]] = {"postgresql": PostgreSQL, "sqlite": SQLite}


def find_program(name: str, *, at_least: int) -> tuple[str, int]:
    """Return the path and the major version of a PostgreSQL client program.

    The program is the oldest installed version that is new enough for the server or the dump. A newer program could
    write settings that an older server does not know.

    :raises BackupError: if no installed version is new enough.
    """
    in_folders = [str(path) for folder in POSTGRESQL_FOLDERS for path in Path(folder).glob(f"*/bin/{name}")]
    on_path = [f"{folder}/{name}" for folder in os.get_exec_path() if os.access(f"{folder}/{name}", os.X_OK)]
    versions = {path: _major_version(path) for path in dict.fromkeys([*in_folders, *on_path])}
    usable = [path for path, version in versions.items() if version >= at_least]
    if usable:
        path = min(usable, key=lambda path: versions[path])
        return path, versions[path]
    message = (
        f"{name} {at_least} or newer is needed, and the newest one here is {max(versions.values())}."
        if versions
        else f"{name} {at_least} or newer is needed, and none is installed."
    )
    message += f" On Debian, install postgresql-client-{at_least}."
    raise BackupError(message)


def _major_version(program: str) -> int:
    """Return the major version of a program, or 0 if it does not start."""
    run = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"\d+", run.stdout)
    return int(found[0]) if found else 0


def _table_of_contents(program: str, dump: Path) -> Sequence[str]:
    run = subprocess.run([program, "--list", str(dump)], capture_output=True, text=True, check=False)  # noqa: S603
    if run.returncode:
        raise BackupError(_sentence("pg_restore", run.stderr.splitlines()))
    return [line for line in run.stdout.splitlines() if line and not line.startswith(";")]


def _run(
    command: Sequence[str], *, desc: str, counted: re.Pattern[str], total: int, environment: dict[str, str]
) -> None:
    """Run a client program and show a progress bar.

    :param counted: the pattern of the output lines that count as progress.
    :raises BackupError: if the program fails. The message is the first error that the program printed.
    """
    printed: deque[str] = deque(maxlen=50)
    with (
        progress_bar(desc, total=total, unit=" steps") as bar,
        subprocess.Popen(  # noqa: S603
            command,
            env=os.environ | {"LC_ALL": "C"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            umask=0o077,
        ) as process,
    ):
        try:
            for line in process.stderr or ():
                if counted.match(line):
                    bar.update()
                else:
                    printed.append(line)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise BackupError(_sentence(Path(command[0]).name, printed))


def _sentence(program: str, printed: Iterable[str]) -> str:
    errors = [line.split("error: ", 1)[1] for line in printed if "error: " in line]
    return f"{program} failed: {(errors or ['it gave no reason'])[0].strip().rstrip('.')}."


def _read_only(path: Path) -> sqlite3.Connection:
    # With immutable=1, SQLite creates no other files, so the folder may be read-only.
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _copy_pages(source: sqlite3.Connection, to: sqlite3.Connection) -> None:
    with progress_bar("Database", total=None, unit=" pages") as bar:

        def show(_status: int, remaining: int, total: int) -> None:
            bar.total = total
            bar.update(total - remaining - bar.n)

        source.backup(to, pages=PAGES_AT_ONCE, progress=show)
