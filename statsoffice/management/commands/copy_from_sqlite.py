"""The command that copies the database of a trial from SQLite to PostgreSQL."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from releases.management.base import PlainCommand
from statsoffice.backup import BackupError
from statsoffice.backup.archive import filled_or_empty, first_line, verify_evidence
from statsoffice.backup.engines import UNSAVED_TABLES, PostgreSQL
from statsoffice.database import RoleRefused, connect_as_owner
from statsoffice.demo.office import is_demo_loaded
from statsoffice.progress import track
from statsoffice.verification import ChainResult

SOURCE = "sqlite"
# The number of rows in a batch. `LARGE_ROWS_AT_ONCE` is for tables with binary columns, because a few rows with
# documents, for example, can have many megabytes.
ROWS_AT_ONCE, LARGE_ROWS_AT_ONCE = 500, 20

type Tables = Sequence[type[models.Model]]


def copy_from_sqlite(file: Path) -> tuple[Mapping[str, int], list[ChainResult]]:
    """Copy an SQLite database of this version into the empty PostgreSQL database, and verify the evidence.

    :return: a dict that maps the label of each model to the number of copied rows, and the results of the verification.
    :raises BackupError: if anything fails. If the PostgreSQL database was empty, it is empty again. Otherwise, it is
        unchanged.
    :raises RoleRefused: if the role cannot create tables. In this case, nothing was changed.
    """
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    with _open_source(file):
        _check_source(file)
        if connection.vendor != "postgresql":
            raise BackupError("DATABASE_URL must name the new PostgreSQL database.")
        with connect_as_owner(), filled_or_empty(PostgreSQL(connection)):
            call_command("migrate", verbosity=0)
            # The transaction on SQLite holds the only write lock. So no other process can add rows that would be
            # missing from the copy. If the file is read-only, the transaction reads a snapshot instead.
            with transaction.atomic(using=SOURCE), transaction.atomic():
                rows = _copy(_tables())
                ContentType.objects.clear_cache()
                return rows, verify_evidence()


@contextmanager
def _open_source(file: Path) -> Iterator[None]:
    name, options, advice = file.absolute().as_uri(), {"timeout": 20, "transaction_mode": "IMMEDIATE"}, ""
    if not (os.access(file, os.W_OK) and os.access(file.absolute().parent, os.W_OK)):
        options["transaction_mode"] = "DEFERRED"
        # If there is no write-ahead log, the file is complete. Then the file is opened as immutable, so that SQLite
        # does not need to write other files.
        log = file.with_name(f"{file.name}-wal")
        name += "?mode=ro" if log.exists() and log.stat().st_size else "?mode=ro&immutable=1"
        advice = " Make the file and its folder writable for this command, or copy them."
    given = {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": options}
    connections.settings[SOURCE] = connections.configure_settings({DEFAULT_DB_ALIAS: {}, SOURCE: given})[SOURCE]
    try:
        try:
            connections[SOURCE].introspection.table_names()
        except Error as fault:
            raise BackupError(f"{file} cannot be read: {first_line(fault)}.{advice}") from fault
        yield
    finally:
        connections[SOURCE].close()
        del connections[SOURCE], connections.settings[SOURCE]


def _check_source(file: Path) -> None:
    if set(MigrationRecorder(connections[SOURCE]).applied_migrations()) != set(MigrationLoader(None).disk_migrations):
        raise BackupError(
            f"{file} does not have the tables of this version. Set DATABASE_URL=sqlite:///{file.absolute()} and run "
            "manage.py migrate first."
        )
    if is_demo_loaded(using=SOURCE):
        raise BackupError(
            f"{file} contains the demonstration, and the password of its accounts is public. Do not copy it: run "
            "manage.py migrate on the new database and enter your own data there."
        )


def _tables() -> Tables:
    """Return the models from the migrations. Turn off automatic dates, so that the copied dates are kept."""
    every = MigrationLoader(connection).project_state().apps.get_models(include_auto_created=True)
    tables = [model for model in every if model._meta.managed and not model._meta.proxy]
    for field in (field for model in tables for field in model._meta.concrete_fields):
        if isinstance(field, models.DateField):
            field.auto_now = field.auto_now_add = False
    return tables


def _copy(tables: Tables) -> Mapping[str, int]:
    # The migrations have already written a few rows, such as the Code of Practice. These rows have other keys than in
    # SQLite, so they are removed. TRUNCATE cannot be used, because a trigger on append-only tables refuses it even if a
    # table is empty.
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f'DELETE FROM "{model._meta.db_table}"')  # noqa: S608  # our own names
    rows = {}
    for model in track(tables, desc="Tables", unit=" tables"):
        if model._meta.db_table in UNSAVED_TABLES:
            continue
        large = any(isinstance(field, models.BinaryField) for field in model._meta.concrete_fields)
        some = LARGE_ROWS_AT_ONCE if large else ROWS_AT_ONCE
        found = model._base_manager.using(SOURCE).order_by("pk").iterator(chunk_size=some)
        rows[model._meta.label] = sum(
            len(model._base_manager.using(DEFAULT_DB_ALIAS).bulk_create(batch)) for batch in batched(found, some)
        )
        _continue_numbers(model)
    # Foreign keys are checked at the end of the transaction, so the order of the tables does not matter.
    connection.check_constraints()
    return rows


def _continue_numbers(model: type[models.Model]) -> None:
    """Continue the key sequence of a table where it ended on SQLite.

    Events may still refer to deleted rows, so the keys of deleted rows must not be used again.
    """
    field = model._meta.auto_field
    if field is None:
        return
    with connections[SOURCE].cursor() as source, connection.cursor() as cursor:
        source.execute("SELECT seq FROM sqlite_sequence WHERE seq > 0 AND name = %s", [model._meta.db_table])
        for (last,) in source.fetchall():
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table, field.column, last])


class Command(PlainCommand):
    help = """\
Copy every row of an SQLite database into the new PostgreSQL database.

Stop every other process first. Set DATABASE_URL to an empty PostgreSQL database
in UTF-8, and DATABASE_OWNER_URL if it has two roles. The SQLite file must have the
tables of this version; it is not changed. Everything is copied except sessions, in
one transaction, and the evidence is verified. If anything fails, the PostgreSQL
database is empty. A file with the demonstration is refused, because the password
of its accounts is public."""

    # System checks are skipped, because they load every page, which takes longer than the backup of a small office.
    requires_system_checks = ()
    ADVICE = "Check DATABASE_URL. The PostgreSQL database must exist and be empty: do not run migrate."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="such as var/statsoffice.sqlite3")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows, checked = copy_from_sqlite(options["file"])
        except (BackupError, RoleRefused) as fault:
            raise CommandError(str(fault)) from fault
        except OSError as fault:
            raise CommandError(f"{options['file']} cannot be read: {fault.strerror}.") from fault
        for one in checked:
            self.stdout.write(one.describe())
        self.stdout.write(f"Copied {sum(rows.values())} rows of {len(rows)} tables. Everyone must sign in again.")
