"""The command that restores a backup."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from releases.management.base import WHERE_THE_DATABASE_IS, PlainCommand
from statsoffice.backup import BackupError, archive
from statsoffice.database import RoleRefused


class Command(PlainCommand):
    help = """\
Restore a backup into an empty database and an empty folder of stored files.

Stop every other process first, and set DATABASE_OWNER_URL if the database has two
roles. The checksums are checked before anything is written. A backup of an earlier
version is then migrated to this version. At the end the evidence is verified, as
verify_evidence does. If anything fails, including the verification of the evidence,
the database is emptied again. If the evidence was already broken before the backup,
use --accept-broken-evidence.

With --check the backup is read to its end, and nothing is written."""

    # Skip the system checks, as the backup command does. They load the code of every page, which takes longer than the
    # backup of a small office.
    requires_system_checks = ()
    ADVICE = f"{WHERE_THE_DATABASE_IS} The database must exist and be empty: do not run migrate."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="a folder that backup wrote")
        parser.add_argument("--check", action="store_true", help="only read the backup")
        parser.add_argument(
            "--accept-broken-evidence", action="store_true", help="restore even if the evidence is broken"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        accept_broken: bool = options["accept_broken_evidence"]
        try:
            read = archive.read_backup(folder)
            self.stdout.write(read.summary())
            if options["check"]:
                self.stdout.write("Every file matches its checksum. Nothing was restored.")
                return
            stored = Path(settings.MEDIA_ROOT)
            restored = archive.restore_backup(read, stored=stored, accept_broken_evidence=accept_broken)
        except (BackupError, RoleRefused) as fault:
            raise CommandError(str(fault)) from fault
        except OSError as fault:
            raise CommandError(f"{fault.filename or folder}: {fault.strerror}. Nothing was changed.") from fault
        for one in restored.checked:
            self.stdout.write(one.describe())
        self.stdout.write(
            f"Restored in {restored.restored_seconds:.1f} s. Verified the evidence in "
            f"{restored.checked_seconds:.1f} s. Everyone must sign in again. "
            "Now start the web server, the workers and beat again (docs/operations/restore.md)."
        )
