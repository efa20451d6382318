"""Import planned releases from a file."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from releases.detection.publisher_calendar import CalendarUnreadableError
from releases.imports import apply, govuk, parse, publishers
from releases.imports.apply import ImportOutcome, ImportResult
from releases.imports.parse import CalendarFile, FileRefused
from releases.imports.publishers import CalendarChoices
from releases.management.base import PlainCommand
from releases.models import Producer
from releases.probe.adapters import ADAPTERS
from releases.probe.probe import open_adhoc_means
from releases.rules.calendar import local_date
from releases.rules.imports import ImportSource
from releases.rules.lifecycle import MoveRefused
from releases.rules.written_dates import DateOrder, OpenDateOrder
from releases.text import imports

# The time limit for all requests of one import to a publisher. The limit can be long, because no person is waiting for
# a page. It only ensures that the lease of the host ends.
LONGEST_SECONDS = 120.0


class Command(PlainCommand):
    help = """\
Import planned releases from a CSV, ODS or XLSX file, or from the calendar of a
publisher. By default, either all of the releases are imported or none.

The first row names the columns, in any order. Required: reference, producer,
series, title and scheduled_for (London time as 2026-06-30 09:30 or
30/06/2026 09:30, ISO 8601 with its offset, or a cell with date and time).
Optional: zone (Europe/London), precision (exact, month or two_months; for a
month, give any day of it), status (provisional or confirmed), url, marker (the
title if empty), adapter, attachments (addresses separated by spaces),
announcement (the address of the announcement), announcement_adapter,
responsible_email, tolerance_seconds (of the series), rehearsal (yes or empty),
short_notice_reason, date_change_reason and cancellation_reason. The first sheet
of a spreadsheet is read, with the values of formulas. CSV must be UTF-8, with
commas or semicolons, with or without byte order mark. A row with the reference
"example" is left out. If it is not clear whether the day or the month comes
first in dates such as 03/04/2027, use --date-order.

A new release is recorded as provisional, and readers do not see it. If the row
has the status confirmed, the release is confirmed and announced in the public
calendar at once. A rehearsal without a status is confirmed, because only
confirmed releases are monitored. A rehearsal is never announced.

An existing release is updated from the file: title, page, marker, new
attachments, announcement, provisional date, and the step from provisional to
confirmed. Empty cells change nothing. This command refuses to change the date of
a confirmed release, and to make any other change that needs a person. To make
these changes, import the file in the service, under "Import a calendar".
Importing the same file again changes nothing.

Each row that cannot be imported is listed on standard error with its row number
(the names of the columns are row 1), column and reason. Then nothing is imported,
and the exit code is 1. With --skip-refused the other rows are imported.

Instead of a file, --govuk ORGANISATION imports the upcoming and cancelled
statistics of an organisation on GOV.UK. --ons WORDS imports the upcoming and
cancelled releases that a search for these words finds in the ONS release
calendar ("" for all releases). --producer names the producer here. Releases
that the publisher has confirmed are recorded as provisional, or confirmed with
--confirm. Use --dry-run first."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", nargs="?", help="the file to import: CSV, ODS or XLSX")
        parser.add_argument(
            "--govuk",
            metavar="ORGANISATION",
            help="import the statistics of this organisation from GOV.UK instead of a file",
        )
        parser.add_argument("--ons", metavar="WORDS", help="import from the ONS release calendar instead of a file")
        parser.add_argument("--producer", metavar="NAME", help="the producer of the releases of a publisher's calendar")
        parser.add_argument(
            "--confirm", action="store_true", help="confirm the releases that the publisher has confirmed"
        )
        parser.add_argument("--dry-run", action="store_true", help="show the result, and write nothing")
        parser.add_argument("--create", action="store_true", help="create unknown producers, series and contacts")
        parser.add_argument(
            "--date-order",
            choices=[order.value.replace("_", "-") for order in DateOrder],
            help="whether the day or the month comes first in dates such as 03/04/2027",
        )
        parser.add_argument("--skip-refused", action="store_true", help="leave out the rows that cannot be imported")

    def handle(self, *args: Any, **options: Any) -> None:
        sources = [each for each in ("file", "govuk", "ons") if options[each] is not None]
        if len(sources) != 1:
            raise CommandError("Give one of these: a file, --govuk or --ons.")
        now = timezone.now()
        try:
            if sources == ["file"]:
                path = Path(options["file"])
                name, reading = path.name, _read_file(path, order=options["date_order"])
            else:
                name, reading = _read_publisher_calendar(options, now=now)
            imported = apply.import_calendar(
                reading,
                at=now,
                create=options["create"],
                skip_refused=options["skip_refused"],
                dry_run=options["dry_run"],
            )
        except FileRefused as refusal:
            self._refuse(refusal.sentences)
            what = Path(options["file"]).name if options["file"] else "the publisher's calendar"
            raise CommandError(f"Nothing was imported from {what}.") from refusal
        self._refuse(fault for row in imported.of(ImportOutcome.REFUSED) for fault in row.faults)
        self._refuse(f"Left out: {fault}" for row in imported.of(ImportOutcome.LEFT_OUT) for fault in row.faults)
        self._report(imported, name=name, dry_run=options["dry_run"])

    def _refuse(self, faults: Iterable[object]) -> None:
        for fault in faults:
            self.stderr.write(str(fault))

    def _report(self, imported: ImportResult, *, name: str, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write("Dry run: nothing is written. This would happen:")
        recorded, changed = imported.of(ImportOutcome.ADDED), imported.of(ImportOutcome.CHANGED)
        unchanged, refused = len(imported.of(ImportOutcome.UNCHANGED)), len(imported.of(ImportOutcome.REFUSED))
        for creation in imported.created:
            self.stdout.write(f"created: {imports.describe_creation(creation)}")
        for row in (*recorded, *changed):
            self.stdout.write(imports.describe_row(row))
        skipped = f", {refused} refused and left out" if refused else ""
        if recorded or changed or imported.created:
            counts = f"{len(recorded)} recorded, {len(changed)} changed, {unchanged} unchanged"
            self.stdout.write(f"{name}: {counts}{skipped}.")
        else:
            self.stdout.write(f"{name} changes nothing: {unchanged} releases are the same{skipped}.")


def _read_file(path: Path, *, order: str | None) -> CalendarFile:
    """:raises FileRefused: if the file is not a calendar, or if its date order is ambiguous and `order` is None."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    chosen = DateOrder(order.replace("-", "_")) if order else None
    try:
        return parse.read_calendar(content, name=path.name, adapters=ADAPTERS.keys(), order=chosen)
    except OpenDateOrder as question:
        readings = "; ".join(
            f"--date-order={each.value.replace('_', '-')} ({imports.describe_date_order(question, each)})"
            for each in DateOrder
        )
        sentence = f"Say which comes first in the dates of this file, the day or the month: {readings}."
        raise FileRefused([sentence]) from None


def _read_publisher_calendar(options: Mapping[str, Any], *, now: datetime) -> tuple[str, CalendarFile]:
    """Read the calendar of a publisher, and return its name and its releases.

    :raises FileRefused: if the calendar cannot be read.
    """
    producer = Producer.objects.filter(name=options["producer"] or "").first()
    if producer is None:
        raise CommandError("Use --producer to name an existing producer.")
    today = local_date(now)
    try:
        if options["govuk"] is not None:
            calendar = publishers.find_govuk_calendar(options["govuk"], hosts=govuk.govuk_hosts(), today=today)
        else:
            calendar = publishers.find_ons_calendar(options["ons"], hosts=publishers.ons_hosts(), today=today)
        with open_adhoc_means(seconds=LONGEST_SECONDS, process="command") as means:
            listed = publishers.fetch_releases(calendar, means=means, now=now)
        choices = CalendarChoices(producer=producer, confirms=options["confirm"])
        rows = publishers.make_rows(listed, calendar, choices, by=None, adapters=ADAPTERS, now=now)
    except CalendarUnreadableError as problem:
        publisher = publishers.PUBLISHERS[ImportSource.GOVUK if options["govuk"] is not None else ImportSource.ONS]
        raise FileRefused([imports.describe_calendar_problem(problem.problem, publisher=publisher)]) from problem
    except MoveRefused as refusal:
        raise FileRefused([str(refusal)]) from refusal
    return calendar.name, parse.read_listed_rows(publishers.cells_from_json(rows), adapters=ADAPTERS.keys())
