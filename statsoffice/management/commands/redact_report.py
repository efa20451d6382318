"""The command by which a Head of Profession takes personal details out of a report."""

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from breaches.models import Report
from breaches.redaction import NothingToRedact, RedactionResult
from releases.management.base import PlainCommand
from releases.monitoring.clock import RealClock
from releases.rules.lifecycle import MissingFields
from statsoffice import redaction
from statsoffice.accounts.models import User


class Command(PlainCommand):
    help = """\
Take personal details out of one breach report and all that was written about it.

Run for a Head of Profession of the report's producer, whom --by names. The words
to remove are read from standard input, one line, so that no shell keeps them,
and are removed exactly as they stand there. In each place a marker with the day
is left; the report's history says who removed words and why. The chains of
evidence still hold. An approved document is never altered: where one holds the
words, this says which. It cannot be undone: try --dry-run first."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference", metavar="REF", help="the report's reference, as breach_reports lists it")
        parser.add_argument("--by", metavar="EMAIL", required=True, help="the Head of Profession who decides this")
        parser.add_argument("--why", metavar="TEXT", required=True, help="the reason, which is kept")
        parser.add_argument("--dry-run", action="store_true", help="say where the words stand, and remove nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        report = Report.objects.select_related("producer").filter(reference=options["reference"]).first()
        by = User.objects.filter(email__iexact=options["by"], is_active=True).first()
        if report is None:
            raise CommandError(f"There is no breach report {options['reference']}.")
        if by is None:
            raise CommandError(f"There is no active account {options['by']}.")
        if sys.stdin.isatty():
            self.stderr.write("Words to remove, exactly as they stand there:")
        try:
            found = redaction.redact(
                report,
                words=sys.stdin.readline().strip(),
                why=options["why"],
                by=by,
                at=RealClock().now(),
                dry_run=options["dry_run"],
            )
        except (MissingFields, NothingToRedact) as fault:
            raise CommandError(str(fault)) from fault
        except ValueError as fault:
            raise CommandError(f"{options['by']} is not Head of Profession of {report.producer}.") from fault
        self._report(report, found, dry_run=options["dry_run"])

    def _report(self, report: Report, found: RedactionResult, *, dry_run: bool) -> None:
        for label, rows in sorted(found.rows.items()):
            self.stdout.write(f"{label}: {rows} row{'' if rows == 1 else 's'}")
        if found.documents:
            versions = ", ".join(str(version) for version in found.documents)
            self.stdout.write(
                f"The approved document is never altered. It holds the words in version {versions}: correct or "
                "withdraw the report, and ask whoever received it to destroy their copy."
            )
        if found.drafts_documents:
            named = "; ".join(found.drafts_documents)
            self.stdout.write(f"So do approved documents of the drafts that were joined into it: {named}.")
        if found.unread_documents:
            named = "; ".join(found.unread_documents)
            self.stdout.write(f"These approved documents could not be read; look for the words yourself: {named}.")
        if found.facts:
            self.stdout.write(f"The words stand in the facts of {found.facts} events as well, which are never altered.")
        done = "Nothing was removed yet" if dry_run else "Removed, and put on record"
        self.stdout.write(f"{report.reference}: {done}.")
