"""Taking a backup: every row and every stored file in one archive, as they are at one instant."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from releases.management.whole_file import whole_file
from statsoffice.backup import numbering, rows, stored_files
from statsoffice.backup.archive import Written
from statsoffice.backup.manifest import FILES, TABLES, Manifest, Part, Table
from statsoffice.backup.snapshot import snapshot
from statsoffice.backup.stored_files import Stamp

# Whoever held the archive could be anybody whose session stands in it; people log in again instead.
LEFT_OUT = (Session,)
READ_BY_ITS_OWNER = 0o600


class NotMigrated(Exception):
    """The database is not of this version's schema."""


def tables() -> list[type[models.Model]]:
    """Return the models whose tables are kept, those between two others too."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model not in LEFT_OUT and model._meta.managed and not model._meta.proxy
    ]


def write(path: Path, *, stored: Path, at: datetime) -> Manifest:
    """Take a backup into a file that only its owner may read, whole or not at all, and return what it says of itself.

    :param path: the archive; one that is there is replaced once the new one is whole.
    :raises OSError: if the file cannot be written.

    The other arguments and what else is raised are those of `take`.
    """
    with whole_file(path, mode=READ_BY_ITS_OWNER) as file:
        return take(file, stored=stored, at=at)


def take(file: IO[bytes], *, stored: Path, at: datetime) -> Manifest:
    """Write the database and the stored files into an archive, and return what it says of itself.

    :param file: open for writing.
    :param stored: the folder of the stored files, which need not be there.
    :param at: the aware instant of the backup.
    :raises NotMigrated: if the database has not the schema of this version.
    :raises FilesChanged: if a stored file went away or was changed meanwhile: a row may name it.
    """
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        message = "The database has not the schema of this version: run manage.py migrate first."
        raise NotMigrated(message)
    with Written(file) as archive:
        before = stored_files.listed(stored)
        with snapshot():
            kept = [_table(archive, model) for model in tables()]
            migrations = sorted(MigrationRecorder(connection).applied_migrations())
            # Read last: numbers are given outside of any snapshot, and one too many does no harm.
            numbered = numbering.last_given(tables())
        manifest = Manifest(
            version=_version(),
            made_at=at.isoformat(),
            database=connection.vendor,
            migrations=migrations,
            numbered=numbered,
            tables=kept,
            files=list(_files(archive, stored, before=before)),
        )
        archive.finish(manifest)
    return manifest


def _files(archive: Written, stored: Path, *, before: Mapping[Path, Stamp]) -> Iterator[Part]:
    # A row may name what was stored between the first list and the snapshot, and no row what comes from now on.
    for path, stamp in stored_files.listed_again(stored, before=before).items():
        name = f"{FILES}/{path.relative_to(stored).as_posix()}"
        yield archive.add(name, stored_files.contents(path, stamp=stamp))


def _table(archive: Written, model: type[models.Model]) -> Table:
    rows_written = 0

    def counted() -> Iterator[bytes]:
        nonlocal rows_written
        for line in rows.lines_of(model):
            rows_written += 1
            yield line

    part = archive.add(f"{TABLES}/{model._meta.label_lower}.jsonl", counted())
    return Table(model._meta.label_lower, rows.columns_of(model), rows_written, part)


def _version() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    return str(project["project"]["version"])
