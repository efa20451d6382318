"""The command that brings a backup back."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from releases.management.plain_command import PlainCommand
from statsoffice.backup import archive, restoring
from statsoffice.backup.manifest import ArchiveRefused
from statsoffice.backup.restoring import EvidenceBroken
from statsoffice.backup.vacancy import NotVacant


class Command(PlainCommand):
    """Restores a backup into an empty database."""

    help = """\
Bring a backup back into an empty database and an empty folder of stored files.

Stop every other process first. The archive is read and checked before anything
is written, and everything is written in one transaction: whatever fails, the
database is left as it was. An archive of an earlier version is brought to this
version's schema. At the end the chains of evidence and the kept bodies are
checked, as verify_evidence does, and if they do not hold nothing is restored,
unless you say --accept-broken-evidence.

With --check the archive is read and checked, and nothing is written."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", metavar="FILE", type=Path, help="an archive that backup wrote")
        parser.add_argument("--check", action="store_true", help="only read the archive")
        parser.add_argument(
            "--accept-broken-evidence", action="store_true", help="restore even where the evidence does not hold"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore the archive, or leave things as they were."""
        path: Path = options["file"]
        try:
            with archive.opened(path) as opened:
                said = opened.manifest
                self.stdout.write(f"{path}: of version {said.version}, taken at {said.made_at}, {said.rows} rows")
                if options["check"]:
                    opened.check()
                    self.stdout.write("Every part is as it was written. Nothing was restored.")
                    return
                found = restoring.restore(
                    opened,
                    stored=Path(settings.MEDIA_ROOT),
                    accept_broken_evidence=options["accept_broken_evidence"],
                )
        except ArchiveRefused as fault:
            message = f"{path} cannot be restored. {fault} Nothing was changed."
            raise CommandError(message) from fault
        except (NotVacant, EvidenceBroken) as fault:
            message = f"{fault} Nothing was changed."
            raise CommandError(message) from fault
        except OSError as fault:
            message = f"{fault.filename or path}: {fault.strerror}. Nothing was changed."
            raise CommandError(message) from fault
        for one in found:
            self.stdout.write(one.in_words())
        self.stdout.write("Restored. Everybody logs in again.")
