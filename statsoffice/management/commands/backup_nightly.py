"""The command that takes the backup of a day and lets old ones go."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from releases.management.plain_command import PlainCommand
from releases.watching.clock import RealClock
from statsoffice.backup import nightly
from statsoffice.backup.manifest import ArchiveRefused
from statsoffice.backup.stored_files import FilesChanged
from statsoffice.backup.taking import NotMigrated


def _days(written: str) -> int:
    if not written.isdigit() or int(written) < 1:
        message = f'"{written}" is no number of days: give at least 1'
        raise argparse.ArgumentTypeError(message)
    return int(written)


class Command(PlainCommand):
    """Takes the backup of a day, as deploy/systemd/statsoffice-backup.timer has it every night."""

    help = """\
Take a backup into FOLDER as statsoffice-YEAR-MONTH-DAY.zip and read it to its end.

Once that is done, archives of that name which are older than --keep-days are
removed: they hold what was erased from the database since. Whatever fails,
nothing is removed, and the command ends with code 1."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("folder", metavar="FOLDER", type=Path, help="where the archives are kept")
        parser.add_argument(
            "--keep-days", type=_days, default=30, metavar="DAYS", help="how long an archive stays (default: 30)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Take it, and say what was written and what was removed."""
        folder: Path = options["folder"]
        stored, at = Path(settings.MEDIA_ROOT), RealClock().now()
        try:
            taken = nightly.take(folder, kept_days=options["keep_days"], stored=stored, at=at)
        except OSError as fault:
            message = f"No backup could be taken into {folder}: {fault.strerror}."
            raise CommandError(message) from fault
        except (ArchiveRefused, NotMigrated, FilesChanged) as fault:
            message = f"There is no good backup of today in {folder}. {fault}"
            raise CommandError(message) from fault
        self.stdout.write(f"{taken.path}: {taken.manifest.rows} rows, read again and whole")
        for path in taken.removed:
            self.stdout.write(f"{path}: past its time, removed")
