"""The command that writes a backup."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from releases.management.base import PlainCommand
from releases.monitoring.clock import RealClock
from statsoffice.backup import BackupError, archive


class Command(PlainCommand):
    help = """\
Write a consistent copy of the database and the stored files into a new folder.

PostgreSQL is dumped with pg_dump, SQLite with its online backup. Other processes
can go on working. The backup contains everything except sessions: sealed pages
and personal data are in it. Only its owner can read the folder; encrypt it where
you store it. `sha256sum --check SHA256SUMS` in the folder checks its files."""

    # System checks are skipped, because they load every page, which takes longer than the backup of a small office.
    requires_system_checks = ()
    NEEDS_A_DATABASE = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="the folder to create, such as 2026-06-30")
        parser.add_argument("--overwrite", action="store_true", help="replace the folder if it exists")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        stored, at = Path(settings.MEDIA_ROOT), RealClock().now()
        try:
            written = archive.write_backup(folder, stored=stored, at=at, overwrite=options["overwrite"])
        except OSError as fault:
            if isinstance(fault, FileNotFoundError) and not folder.absolute().parent.exists():
                message = f"The folder {folder.absolute().parent} does not exist. Create it, then run the backup again."
                raise CommandError(message) from fault
            raise CommandError(f"{folder} could not be written: {fault.strerror}.") from fault
        except BackupError as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(written.summary())
