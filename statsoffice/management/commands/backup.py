"""The command that writes everything that is kept into one file."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from releases.management.plain_command import PlainCommand
from releases.watching.clock import RealClock
from statsoffice.backup import taking
from statsoffice.backup.stored_files import FilesChanged
from statsoffice.backup.taking import NotMigrated


class Command(PlainCommand):
    """Takes a backup."""

    help = """\
Write the database and the stored files into one archive, as they are at one instant.

Everything else may go on meanwhile: nothing waits for a backup. The archive does
not depend on the kind of database, so that restore can bring it from SQLite to
PostgreSQL. It holds everything, sealed pages and personal data included, except
who is logged in: only its owner can read the file, and where it is kept it
should be encrypted."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", metavar="FILE", type=Path, help="the archive to write, such as 2026-06-30.zip")
        parser.add_argument("--overwrite", action="store_true", help="replace the file if it is there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the archive, or leave things as they were."""
        path: Path = options["file"]
        if path.exists() and not options["overwrite"]:
            message = f"{path} is there already; choose another file, or say --overwrite."
            raise CommandError(message)
        try:
            manifest = taking.write(path, stored=Path(settings.MEDIA_ROOT), at=RealClock().now())
        except OSError as fault:
            message = f"{path} could not be written: {fault.strerror}."
            raise CommandError(message) from fault
        except (NotMigrated, FilesChanged) as fault:
            raise CommandError(str(fault)) from fault
        rows, files = manifest.rows, len(manifest.files)
        self.stdout.write(f"{path}: {rows} rows of {len(manifest.tables)} tables, {files} stored files")
