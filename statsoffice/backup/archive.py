"""A backup is a folder that contains a dump of the database, the stored files, a description and checksums.

    backup.json        product, format, version, time, kind of database, migrations, newest anchor of the record
    database.dump      the dump from pg_dump (for SQLite, a copy of the database: database.sqlite3)
    files/             the stored files
    SHA256SUMS         the checksums of all other files, for `sha256sum --check SHA256SUMS`; written last

The folder has a temporary name until the backup is complete. Only the owner can read the folder.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from importlib import metadata
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from releases.evidence.anchors import anchor_text
from releases.management.base import WHERE_THE_DATABASE_IS
from releases.models import Anchor
from releases.rules.calendar import local_date
from statsoffice import verification
from statsoffice.backup import BackupError
from statsoffice.backup.engines import ENGINES, Engine, PostgreSQL, SQLite
from statsoffice.database import connect_as_owner
from statsoffice.progress import track
from statsoffice.verification import ChainResult

PRODUCT, FORMAT = "statsoffice", 2
DESCRIPTION, CHECKSUMS, FILES = "backup.json", "SHA256SUMS", "files"
CHUNK_BYTES = 1 << 20

_DATABASES = {"postgresql": "a PostgreSQL", "sqlite": "an SQLite"}
_NIGHTLY = re.compile(r"statsoffice-(\d{4}-\d{2}-\d{2})")
_NIGHTLY_UNFINISHED = re.compile(rf"\.{_NIGHTLY.pattern}\.\w+\.unfinished")
_CHECKSUM_LINE = re.compile(r"(\\?)([0-9a-f]{64})  (.+)")
# sha256sum escapes these characters in file names. The line of an escaped name starts with a backslash.
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_UNESCAPED = {escape: character for character, escape in _ESCAPES.items()}


@dataclass(frozen=True, slots=True)
class Description:
    """The description of a backup, as in `backup.json`.

    :param tool_version: the major version of pg_dump or SQLite.
    :param anchor: the newest anchor in the database, as lines of text. Empty if there is no anchor.
    """

    version: str
    made_at: str
    engine: str
    tool_version: int
    migrations: Sequence[tuple[str, str]]
    anchor: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Archive:
    folder: Path
    description: Description
    stored_files: int
    size_bytes: int

    @property
    def engine(self) -> type[PostgreSQL | SQLite]:
        return ENGINES[self.description.engine]

    @property
    def dump(self) -> Path:
        return self.folder / self.engine.FILE

    def summary(self) -> str:
        said, files = self.description, f"{self.stored_files} stored file{'' if self.stored_files == 1 else 's'}"
        size = f"{self.size_bytes / 1_000_000:,.1f} MB"
        return f"{self.folder}: version {said.version}, {said.engine}, {said.made_at}, {files}, {size}"


@dataclass(frozen=True, slots=True)
class RestoreResult:
    checked: Sequence[ChainResult]
    restored_seconds: float
    checked_seconds: float


def write_backup(folder: Path, *, stored: Path, at: datetime, overwrite: bool = False) -> Archive:
    """Back up the database and then the stored files. Other processes can write to both during the backup.

    :param folder: the folder for the backup. It must not exist unless `overwrite` is True.
    :param stored: the folder of the stored files. It may be missing.
    :raises BackupError: if the folder exists and `overwrite` is False, if there is nothing to back up, if a tool fails,
        or if a stored file disappears.
    :raises OSError: if the folder cannot be written.
    """
    folder = folder.absolute()
    if folder.exists() and not overwrite:
        raise BackupError(f"{folder} exists already. Choose another folder, or use --overwrite.")
    migrations = sorted(MigrationRecorder(connection).applied_migrations())
    if not migrations:
        raise BackupError(f"The database has no tables, so there is nothing to back up. {WHERE_THE_DATABASE_IS}")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.", suffix=".unfinished") as name:
        unfinished = Path(name, "new")
        unfinished.mkdir(mode=0o700)
        engine = ENGINES[connection.vendor](connection)
        before = _files_below(stored)
        # Read the newest anchor before the dump, so that the dump contains all rows that the anchor covers.
        newest = Anchor.in_order().last()
        anchor = anchor_text(newest) if newest else []
        tool_version = engine.dump(unfinished / engine.FILE)
        # Copy the files after the dump, so that the backup contains every file to which a row in the dump refers.
        checksums = _copy_files(stored, unfinished / FILES, before=before)
        stored_files = len(checksums)
        checksums[engine.FILE] = _sha256(unfinished / engine.FILE)
        description = Description(_version(), at.isoformat(), connection.vendor, tool_version, migrations, anchor)
        write_checksums(unfinished, description, checksums)
        archive = Archive(folder, description, stored_files, _size_bytes(unfinished))
        if folder.exists():
            folder.rename(Path(name, "replaced"))
        unfinished.rename(folder)
    return archive


def write_checksums(folder: Path, description: Description, checksums: Mapping[str, str]) -> None:
    """Write the description, and then the checksums as the last file. A folder with checksums is a complete backup.

    :param checksums: the SHA-256 of each file except the description, keyed by the file's path within the folder.
    """
    content = json.dumps({"product": PRODUCT, "format": FORMAT, **asdict(description)}, indent=1).encode()
    lines = []
    for name, sha256 in sorted({**checksums, DESCRIPTION: _write_private(folder / DESCRIPTION, [content])}.items()):
        escaped = "".join(_ESCAPES.get(character, character) for character in name)
        lines.append(f"{'' if escaped == name else chr(92)}{sha256}  {escaped}\n".encode())
    _write_private(folder / CHECKSUMS, lines)


def read_backup(folder: Path) -> Archive:
    """Read a backup and verify its checksums. This needs no database.

    :raises BackupError: if the folder is not a complete and unchanged backup of this product, or if the tool that reads
        the dump is missing.
    :raises OSError: if the folder cannot be read.
    """
    if not {CHECKSUMS, DESCRIPTION} <= {path.name for path in folder.iterdir()}:
        raise BackupError(f"{folder} is not a backup of this product, or the backup was not finished.")
    checksums = _read_checksums(folder)
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.name != CHECKSUMS and (path.is_symlink() or not path.is_dir())
    }
    for name in sorted({*checksums, *paths}):
        if name not in paths:
            raise _damaged(folder, f"{name} is missing")
        if name not in checksums or paths[name].is_symlink():
            raise _damaged(folder, f"{name} has no checksum")
    for name in track(sorted(checksums), desc="Checksums", unit=" files"):
        if _sha256(paths[name]) != checksums[name]:
            raise _damaged(folder, f"{name} differs from its checksum")
    description = _read_description(folder)
    stored_files = sum(PurePosixPath(name).parts[0] == FILES for name in checksums)
    archive = Archive(folder, description, stored_files, _size_bytes(folder))
    if archive.engine.FILE not in checksums:
        raise _damaged(folder, f"{archive.engine.FILE} is missing")
    archive.engine.check(archive.dump, tool_version=description.tool_version)
    return archive


def restore_backup(archive: Archive, *, stored: Path, accept_broken_evidence: bool = False) -> RestoreResult:
    """Restore a backup into an empty database and an empty folder of stored files, and verify the evidence.

    If the backup was made by an earlier version, the restored database is migrated to this version.

    :raises BackupError: if anything fails. If the database and the folder were empty before, they are emptied again.
        Otherwise they are not changed.
    :raises RoleRefused: if the database role cannot create tables. Nothing is changed in this case.
    """
    description, began = archive.description, time.monotonic()
    if description.engine != connection.vendor:
        raise BackupError(
            f"{archive.folder} is a backup of {_DATABASES[description.engine]} database, but DATABASE_URL names "
            f"{_DATABASES[connection.vendor]} one. To move from SQLite to PostgreSQL, use copy_from_sqlite."
        )
    known = MigrationLoader(None).disk_migrations
    unknown = [".".join(migration) for migration in description.migrations if migration not in known]
    if unknown:
        raise BackupError(
            f"{archive.folder} was made by version {description.version} with the migration {unknown[0]}, which this "
            "version does not have. Restore it with that version or a later one."
        )
    engine = archive.engine(connection)
    with connect_as_owner(), filled_or_empty(engine), _filled_or_empty_folder(stored):
        if archive.stored_files:
            shutil.copytree(archive.folder / FILES, stored, copy_function=shutil.copyfile, dirs_exist_ok=True)
        engine.load(archive.dump, tool_version=description.tool_version)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0)
        restored = time.monotonic()
        advice = "If it was broken before the backup, use --accept-broken-evidence."
        checked = verify_evidence(accept_broken=accept_broken_evidence, anchor=description.anchor, advice=advice)
    return RestoreResult(checked, restored - began, time.monotonic() - restored)


def verify_evidence(*, accept_broken: bool = False, anchor: Sequence[str] = (), advice: str = "") -> list[ChainResult]:
    """Verify the whole record in the database. If an anchor is given, also compare the record with the anchor.

    :param anchor: the lines of the anchor in the description of a backup.
    :param advice: a sentence to add to the error message if the evidence is broken.
    :raises BackupError: if the record was changed and `accept_broken` is False.
    """
    checked = verification.check_evidence(now=timezone.now())
    if anchor:
        checked.append(verification.check_outside(DESCRIPTION, "\n".join(anchor).encode()))
    broken = [f"{one.name}: {one.why}." for one in checked if one.why]
    if broken and not accept_broken:
        raise BackupError(" ".join(["The evidence failed verification.", *broken, *filter(None, [advice])]))
    return checked


@contextmanager
def filled_or_empty(engine: Engine) -> Iterator[None]:
    """Require an empty database, and empty the database again if the block fails.

    :raises BackupError: if the database is not empty, or if the block fails.
    """
    if not engine.is_empty():
        message = "The database is not empty, so nothing was changed. Use a new database."
        if connection.vendor == "sqlite":
            message += " With SQLite, use a new STATSOFFICE_VAR."
        raise BackupError(message)
    # A process gets SIGTERM when its service is stopped. Raise KeyboardInterrupt then, so that the code below empties
    # the database. A restored database must not remain if its evidence was not verified.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except BaseException as fault:
        left = f"The {connection.display_name} database was left empty."
        try:
            engine.clear()
        except Error as second:
            left = f"The database could not be emptied ({first_line(second)}). Drop it."
        reason = _reason(fault)
        if reason is None:
            fault.add_note(left)
            raise
        raise BackupError(f"{reason} {left}") from fault
    finally:
        signal.signal(signal.SIGTERM, before)


class OldBackupsRemain(BackupError):
    """The backup of today is complete, but no old backup was removed, because the clock may be wrong."""


def write_nightly_backup(folder: Path, *, keep_days: int, stored: Path, at: datetime) -> tuple[Archive, list[Path]]:
    """Write and verify the backup for today's date in London, and then remove backups older than `keep_days`.

    A second backup on the same day replaces the first. If anything fails, no old backup is removed.

    :return: the backup, and the folders of the old backups that were removed.
    :raises OldBackupsRemain: if all earlier backups would be removed.
    :raises BackupError: if the backup fails, or if it cannot be read.
    :raises OSError: if the folder does not exist or cannot be written.
    """
    today = local_date(at)
    oldest = today - timedelta(days=keep_days)
    earlier = {path: day for path in sorted(folder.iterdir()) if (day := _day_of(_NIGHTLY, path)) and day <= today}
    archive = read_backup(write_backup(folder / f"statsoffice-{today}", stored=stored, at=at, overwrite=True).folder)
    old = [path for path, day in earlier.items() if day < oldest]
    if old and len(old) == len(earlier):
        message = (
            f"No old backup was removed, because all of them are more than {keep_days} days old. Check the clock of "
            "this machine. If it is right, run the command again."
        )
        raise OldBackupsRemain(message)
    # If a backup is killed, its temporary folder remains. Remove the temporary folders of earlier days only, because a
    # backup of today may still be running.
    unfinished = [path for path in folder.iterdir() if (day := _day_of(_NIGHTLY_UNFINISHED, path)) and day < today]
    for path in [*old, *unfinished]:
        shutil.rmtree(path)
    return archive, old


def _day_of(pattern: re.Pattern[str], path: Path) -> date | None:
    named = pattern.fullmatch(path.name)
    try:
        return date.fromisoformat(named[1]) if named and path.is_dir() else None
    except ValueError:
        return None


def _files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def _copy_files(stored: Path, to: Path, *, before: set[Path]) -> dict[str, str]:
    """Copy the stored files. Return the checksums, keyed by the path of the file within the backup.

    :param before: the files that existed before the dump of the database. A row in the dump may refer to them.
    :raises BackupError: if a file has disappeared.
    """
    checksums = {}
    for path in track(sorted(before | _files_below(stored)), desc="Stored files", unit=" files"):
        name = path.relative_to(stored)
        (to / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with path.open("rb") as file:
                content = iter(partial(file.read, CHUNK_BYTES), b"")
                checksums[f"{FILES}/{name.as_posix()}"] = _write_private(to / name, content)
        except FileNotFoundError as fault:
            raise BackupError(f"The stored file {path} disappeared during the backup. Run the backup again.") from fault
    return checksums


def _write_private(path: Path, content: Iterable[bytes]) -> str:
    """Write a file that only its owner can read, and return its SHA-256."""
    digest = hashlib.sha256()
    with open(path, "xb", opener=partial(os.open, mode=0o600)) as file:
        for chunk in content:
            file.write(chunk)
            digest.update(chunk)
        # Force the file to disk, because old backups are removed afterwards.
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files_below(folder))


def _version() -> str:
    project = settings.BASE_DIR / "pyproject.toml"
    if not project.exists():  # an installed copy
        return metadata.version("statsoffice")
    return str(tomllib.loads(project.read_text())["project"]["version"])


def _read_checksums(folder: Path) -> dict[str, str]:
    checksums = {}
    # Do not use splitlines(), because it also splits at characters other than "\n", which a file name may contain.
    for line in (folder / CHECKSUMS).read_bytes().decode(errors="surrogateescape").removesuffix("\n").split("\n"):
        found = _CHECKSUM_LINE.fullmatch(line)
        if not found:
            raise _damaged(folder, f"{CHECKSUMS} cannot be read")
        escaped, sha256, name = found.groups()
        if escaped:
            name = re.sub(r"\\.", lambda escape: _UNESCAPED.get(escape[0], escape[0]), name)
        checksums[name] = sha256
    return checksums


def _read_description(folder: Path) -> Description:
    try:
        said = json.loads((folder / DESCRIPTION).read_bytes())
        product, given = said.pop("product"), said.pop("format")
        if (product, given) != (PRODUCT, FORMAT):
            raise BackupError(
                f"{folder} is a backup of {product} in format {given}. This version can only read backups of {PRODUCT} "
                f"in format {FORMAT}."
            )
        migrations = [(str(app), str(name)) for app, name in said.pop("migrations")]
        anchor = [str(line) for line in said.pop("anchor", ())]
        description = Description(migrations=migrations, anchor=anchor, **said)
        if description.engine not in ENGINES:
            raise _damaged(folder, f"{DESCRIPTION} names the unknown database {description.engine}")
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise _damaged(folder, f"{DESCRIPTION} cannot be read") from fault
    return description


def _damaged(folder: Path, what: str) -> BackupError:
    return BackupError(f"{folder} is damaged: {what}.")


@contextmanager
def _filled_or_empty_folder(folder: Path) -> Iterator[None]:
    """Require an empty or missing folder, and empty it again if the block fails."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} contains files. Restore into an empty folder.")
    try:
        yield
    except BaseException:
        # Do not delete the folder itself, because it may be a mount point.
        for path in folder.iterdir() if folder.exists() else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _reason(fault: BaseException) -> str | None:
    """Return the reason for a failure as a sentence, or None if the failure is an error in our own code."""
    match fault:
        case BackupError() | CommandError():
            return str(fault)
        case KeyboardInterrupt():
            return "The command was interrupted."
        case shutil.Error():
            source, _, why = fault.args[0][0]
            return f"{source} could not be copied: {why}."
        case OSError(filename=None):
            return f"{first_line(fault)}."
        case OSError():
            return f"{fault.filename}: {fault.strerror}."
        case Error():
            return f"The database reported an error: {first_line(fault)}."
    return None


def first_line(fault: BaseException) -> str:
    """Return the first line of an error, without a full stop."""
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0].rstrip(".")
