"""Import planned releases from a CSV file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from releases import import_file, importing
from releases.import_file import FileRefused
from releases.importing import Imported
from releases.management.plain_command import PlainCommand
from releases.probe.registry import ADAPTERS


class Command(PlainCommand):
    """Takes a whole file into the calendar, or nothing of it."""

    help = """\
Import planned releases from a CSV file, all of them or none.

The first row names the columns, in any order. Required: reference, producer,
series, title, scheduled_for (London time as 2026-06-30 09:30, or ISO 8601 with
its offset) and url. Optional: status (provisional or confirmed), marker (taken
from the title if empty), adapter, attachments (addresses separated by spaces),
announcement (the address where the release is announced), responsible_email,
tolerance_seconds (of the series) and rehearsal (yes or empty). Comma or
semicolon, UTF-8 with or without byte order mark.

A new release is recorded as provisional, and nobody outside sees it. With the
status confirmed it is confirmed and announced in the public calendar at once.
A rehearsal without a status is confirmed, because it is there to be watched; a
rehearsal is never announced.

A release that is there already follows the file: title, page, marker, new
attachments, announcement, a provisional date, and from provisional to
confirmed. An empty cell says nothing. A confirmed date that differs is
refused, as is everything that only a person may change. The same file twice
changes nothing.

Every row that cannot be taken is named on standard error with its row (the
names of the columns are row 1), its column and why; then nothing is imported,
and the exit code is 1."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Describe the arguments."""
        parser.add_argument("file", metavar="FILE.csv", help="the file to import")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument(
            "--create", action="store_true", help="make producers, series and contacts that are not known"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the file, import it, and say what was done."""
        path = Path(options["file"])
        try:
            content = path.read_bytes()
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}."
            raise CommandError(message) from error
        try:
            rows = import_file.read(content, name=path.name, adapters=ADAPTERS.keys())
            imported = importing.import_rows(
                rows, at=timezone.now(), create=options["create"], dry_run=options["dry_run"]
            )
        except FileRefused as refusal:
            for sentence in refusal.sentences:
                self.stderr.write(sentence)
            message = f"Nothing was imported from {path.name}."
            raise CommandError(message) from refusal
        self._report(imported, name=path.name, dry_run=options["dry_run"])

    def _report(self, imported: Imported, *, name: str, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write("Dry run: nothing is written. This would happen:")
        lines = [*(f"made: {what}" for what in imported.made), *imported.recorded, *imported.changed]
        for line in lines:
            self.stdout.write(line)
        if lines:
            self.stdout.write(
                f"{name}: {len(imported.recorded)} recorded, {len(imported.changed)} changed, "
                f"{imported.unchanged} unchanged."
            )
        else:
            self.stdout.write(f"{name} changes nothing: {imported.unchanged} releases are as it says.")
