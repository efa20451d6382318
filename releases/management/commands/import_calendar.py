"""Import planned releases from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from releases.imports import apply, parse
from releases.imports.apply import ImportOutcome, ImportResult
from releases.imports.parse import FileRefused
from releases.management.base import PlainCommand
from releases.probe.adapters import ADAPTERS
from releases.text import imports


class Command(PlainCommand):
    help = """\
Import planned releases from a CSV, ODS or XLSX file, all of them or none.

The first row names the columns, in any order. Required: reference, producer,
series, title and scheduled_for (London time as 2026-06-30 09:30, ISO 8601 with
its offset, or a cell that holds date and time). Optional: zone (Europe/London),
precision (exact, month or two_months; of a month any day will do), status
(provisional or confirmed), url, marker (taken from the title if empty),
adapter, attachments (addresses separated by spaces), announcement (the address
where the release is announced), announcement_adapter, responsible_email,
tolerance_seconds (of the series), rehearsal (yes or empty),
short_notice_reason, date_change_reason and cancellation_reason. Of a
spreadsheet the first sheet is read, of a formula its value. CSV has commas or
semicolons and is UTF-8, with or without byte order mark. A row with the
reference "example" is left out.

A new release is recorded as provisional, and nobody outside sees it. With the
status confirmed it is confirmed and announced in the public calendar at once.
A rehearsal without a status is confirmed, because it is there to be watched; a
rehearsal is never announced.

A release that is there already follows the file: title, page, marker, new
attachments, announcement, a provisional date, and from provisional to
confirmed. An empty cell says nothing. A confirmed date that differs is
refused, as is everything that only a person may change or cancel: a person
imports by the page. The same file twice changes nothing.

Every row that cannot be taken is named on standard error with its row (the
names of the columns are row 1), its column and why; then nothing is imported,
and the exit code is 1. With --skip-refused the other rows are."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the file to import: CSV, ODS or XLSX")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument(
            "--create", action="store_true", help="make producers, series and contacts that are not known"
        )
        parser.add_argument("--skip-refused", action="store_true", help="leave out the rows that cannot be taken")

    def handle(self, *args: Any, **options: Any) -> None:
        path, skip = Path(options["file"]), options["skip_refused"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            reading = parse.read_calendar(content, name=path.name, adapters=ADAPTERS.keys())
            imported = apply.import_calendar(
                reading,
                at=timezone.now(),
                create=options["create"],
                skip_refused=skip,
                dry_run=options["dry_run"],
            )
        except FileRefused as refusal:
            self._refuse(refusal.sentences)
            raise CommandError(f"Nothing was imported from {path.name}.") from refusal
        self._refuse(fault for row in imported.of(ImportOutcome.REFUSED) for fault in row.faults)
        self._report(imported, name=path.name, dry_run=options["dry_run"])

    def _refuse(self, faults: Any) -> None:
        for fault in faults:
            self.stderr.write(str(fault))

    def _report(self, imported: ImportResult, *, name: str, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write("Dry run: nothing is written. This would happen:")
        recorded, changed = imported.of(ImportOutcome.ADDED), imported.of(ImportOutcome.CHANGED)
        unchanged, refused = len(imported.of(ImportOutcome.UNCHANGED)), len(imported.of(ImportOutcome.REFUSED))
        for creation in imported.created:
            self.stdout.write(f"made: {imports.describe_creation(creation)}")
        for row in (*recorded, *changed):
            self.stdout.write(imports.describe_row(row))
        skipped = f", {refused} refused and left out" if refused else ""
        if recorded or changed or imported.created:
            counts = f"{len(recorded)} recorded, {len(changed)} changed, {unchanged} unchanged"
            self.stdout.write(f"{name}: {counts}{skipped}.")
        else:
            self.stdout.write(f"{name} changes nothing: {unchanged} releases are as it says{skipped}.")
