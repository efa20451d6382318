"""The command that writes the backup of a day and removes old ones."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from releases.management.base import PlainCommand
from releases.monitoring.clock import RealClock
from statsoffice.backup import BackupError, archive


def _days(written: str) -> int:
    if not written.isdigit() or int(written) < 1:
        message = f'"{written}" must be a whole number of days, 1 or more'
        raise argparse.ArgumentTypeError(message)
    return int(written)


class Command(PlainCommand):
    help = """\
Write a backup into DIR/statsoffice-YEAR-MONTH-DAY and read it to its end.

Then remove the backups with names of this form that are older than --keep-days,
because they can still contain data that was erased from the database later. If the
new backup cannot be written or read, or if all earlier backups are too old because
the clock may be wrong, no old backup is removed, and the exit code is 1."""

    # System checks are skipped, because they load every page, which takes longer than the backup of a small office.
    requires_system_checks = ()
    NEEDS_A_DATABASE = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="contains the backups of all days")
        parser.add_argument(
            "--keep-days", type=_days, default=30, metavar="DAYS", help="how long a backup stays (default: 30)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        stored, at = Path(settings.MEDIA_ROOT), RealClock().now()
        try:
            written, removed = archive.write_nightly_backup(
                folder, keep_days=options["keep_days"], stored=stored, at=at
            )
        except OSError as fault:
            if isinstance(fault, FileNotFoundError) and not folder.exists():
                message = f"The folder {folder} does not exist. Create it, then run the backup again."
                raise CommandError(message) from fault
            raise CommandError(f"The backup could not be written into {folder}: {fault.strerror}.") from fault
        except archive.OldBackupsRemain as fault:
            raise CommandError(f"The backup of today is in {folder}, and was read to its end. {fault}") from fault
        except BackupError as fault:
            raise CommandError(f"There is no good backup of today in {folder}. {fault}") from fault
        self.stdout.write(f"{written.summary()}, read to its end")
        for path in removed:
            self.stdout.write(f"{path}: too old, removed")
