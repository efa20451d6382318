"""Bringing a backup back, wholly or not at all: the schema that it names, its rows, then the way to today's schema."""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DataError, IntegrityError, connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

from statsoffice import evidence_checked
from statsoffice.backup import numbering, rows, vacancy
from statsoffice.backup.archive import Opened
from statsoffice.backup.manifest import FILES, ArchiveRefused, Manifest, MigrationKey
from statsoffice.evidence_checked import Checked

type Tables = Mapping[str, type[models.Model]]

logger = logging.getLogger(__name__)


class EvidenceBroken(Exception):
    """What would be brought back does not stand as it was written."""


def restore(archive: Opened, *, stored: Path, accept_broken_evidence: bool = False) -> list[Checked]:
    """Bring a backup back into an empty database and folder, and return what was found of the evidence.

    An archive of an earlier version is read by the schema of that version, and then migrated as that version's own
    database would be. Everything is done in one transaction: whatever fails, nothing is left.

    :param archive: checked by this function before anything is written.
    :param stored: the folder for the stored files.
    :param accept_broken_evidence: bring it back even where its evidence does not hold.
    :raises ArchiveRefused: if the archive is damaged, or of a schema that is not known here.
    :raises NotVacant: if the database or the folder holds anything.
    :raises EvidenceBroken: if the evidence does not hold.
    """
    archive.check()
    executor = MigrationExecutor(connection)
    targets = _targets(executor, archive.manifest)
    tables = _tables(executor, targets, archive.manifest)
    try:
        with _files(archive, stored) as put_in_place, _without_foreign_keys(), transaction.atomic(durable=True):
            vacancy.clear_for_restore(stored=stored)
            _make_schema(targets, tables)
            _load(archive, tables)
            _migrate(None)
            # What is to follow the last migration, such as the permissions of new tables.
            call_command("migrate", verbosity=0)
            found = evidence_checked.check()
            broken = [f"{one.name}: {one.why}." for one in found if one.why]
            if broken and not accept_broken_evidence:
                message = f"Its evidence does not stand as it was written: {' '.join(broken)}"
                raise EvidenceBroken(message)
            connection.check_constraints()
            put_in_place()
    except (IntegrityError, DataError) as fault:
        message = f"This database does not take what it holds: {str(fault).strip().splitlines()[0]}."
        raise ArchiveRefused(message) from fault
    return found


def _make_schema(targets: Sequence[MigrationKey], tables: Tables) -> None:
    """Make empty tables of the schema of some migrations, with nothing in them that the migrations wrote."""
    _migrate(targets)
    # PostgreSQL empties no table of which a constraint is still to be checked.
    connection.check_constraints()
    names = [model._meta.db_table for model in tables.values() if model._meta.managed and not model._meta.proxy]
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), names, allow_cascade=False))


def _migrate(targets: Sequence[MigrationKey] | None) -> None:
    """Apply migrations up to some, or all of them, within the one transaction of a restore."""
    executor = MigrationExecutor(connection, progress_callback=_before_each)
    executor.migrate(executor.loader.graph.leaf_nodes() if targets is None else list(targets))


def _before_each(action: str, *_of_migration: object) -> None:
    # PostgreSQL alters no table of which a constraint is still to be checked, which the migration before may have left.
    if action == "apply_start" and connection.vendor == "postgresql":
        connection.check_constraints()


def _targets(executor: MigrationExecutor, manifest: Manifest) -> list[MigrationKey]:
    """Return, of each app, the last migrations that the archive's database had.

    :raises ArchiveRefused: if one of them is not known here.
    """
    loader = executor.loader
    for app, name in manifest.migrations:
        if (app, name) not in loader.disk_migrations:
            message = (
                f"It was made by version {manifest.version} with the migration {app}.{name}, which is not known here: "
                "restore it by that version or a later one."
            )
            raise ArchiveRefused(message)
    applied = {key for key in manifest.migrations if key in loader.graph.nodes}
    return [
        key
        for key in sorted(applied)
        if not any(child.key in applied for child in loader.graph.node_map[key].children if child.key[0] == key[0])
    ]


def _tables(executor: MigrationExecutor, targets: Sequence[MigrationKey], manifest: Manifest) -> Tables:
    """Return the tables of the schema of some migrations, by model, as nobody but a restore uses them.

    :raises ArchiveRefused: if the archive's tables are not those.
    """
    state = executor.loader.project_state(list(targets))
    tables = {model._meta.label_lower: model for model in state.apps.get_models(include_auto_created=True)}
    for table in manifest.tables:
        if table.model not in tables:
            message = f"It holds the table {table.model}, which the schema that it names has not."
            raise ArchiveRefused(message)
        if set(rows.columns_of(tables[table.model])) != set(table.columns):
            message = f"Its columns of {table.model} are not those of the schema that it names."
            raise ArchiveRefused(message)
    return tables


def _load(archive: Opened, tables: Tables) -> None:
    for table in archive.manifest.tables:
        loaded = rows.load(tables[table.model], table.columns, archive.lines(table.part))
        if loaded != table.rows:
            message = f"It is damaged: of {table.rows} rows of {table.model} it holds {loaded}."
            raise ArchiveRefused(message)
        logger.info("restored %s: %s rows", table.model, loaded)
    numbering.go_on_after(archive.manifest.numbered, tables)
    connection.check_constraints()
    ContentType.objects.clear_cache()


@contextmanager
def _without_foreign_keys() -> Iterator[None]:
    """Let SQLite take rows in any order, and change its schema in a transaction; PostgreSQL defers the question."""
    connection.disable_constraint_checking()
    try:
        yield
    finally:
        connection.enable_constraint_checking()


@contextmanager
def _files(archive: Opened, stored: Path) -> Iterator[Callable[[], None]]:
    """Unpack the stored files beside their place, and give what moves them there.

    If what follows fails, the commit included, they are taken away again.
    """
    stored.parent.mkdir(parents=True, exist_ok=True)
    in_place = False
    with tempfile.TemporaryDirectory(dir=stored.parent, prefix=f".{stored.name}.") as beside:
        folder = Path(beside) / FILES
        folder.mkdir(mode=0o755)
        for part in archive.manifest.files:
            archive.copy(part, Path(beside) / part.name)

        def put_in_place() -> None:
            nonlocal in_place
            if stored.exists():
                stored.rmdir()
            folder.rename(stored)
            in_place = True

        try:
            yield put_in_place
        except BaseException:
            if in_place:
                shutil.rmtree(stored)
            raise
