"""The command that removes personal details from a breach report."""

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
Remove personal details from one breach report and everything written about it.

Run this for a Head of Profession of the report's producer, named with --by. Enter
the words to remove as one line of standard input, so that no shell stores them.
They are removed where they are written in exactly this way, and a marker with the
day replaces them. The report's history shows who removed words and why. The chains
of evidence remain valid. Approved documents never change; the command lists those
that contain the words. You cannot undo this, so use --dry-run first."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference", metavar="REF", help="the report's reference, as breach_reports lists it")
        parser.add_argument("--by", metavar="EMAIL", required=True, help="the Head of Profession who decides this")
        parser.add_argument("--why", metavar="TEXT", required=True, help="the reason, which is stored")
        parser.add_argument("--dry-run", action="store_true", help="list the places with the words, and remove nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        report = Report.objects.select_related("producer").filter(reference=options["reference"]).first()
        by = User.objects.filter(email__iexact=options["by"], is_active=True).first()
        if report is None:
            raise CommandError(f"There is no breach report {options['reference']}.")
        if by is None:
            raise CommandError(f"There is no active account {options['by']}.")
        if sys.stdin.isatty():
            self.stderr.write("Words to remove, exactly as they are written in the report:")
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
                f"Approved documents never change, and version {versions} contains the words. Correct or withdraw the "
                "report, and ask its recipients to destroy their copies."
            )
        if found.drafts_documents:
            named = "; ".join(found.drafts_documents)
            self.stdout.write(
                f"These approved documents contain the words too: {named}. They belong to drafts of the report, or to "
                "joint reports into which it was merged."
            )
        if found.unread_documents:
            named = "; ".join(found.unread_documents)
            self.stdout.write(f"We could not read these approved documents. Search them yourself: {named}.")
        if found.facts:
            counted = "1 event" if found.facts == 1 else f"{found.facts} events"
            self.stdout.write(
                f"The words are also in the facts of {counted} in the history, for example as the address that a "
                "report was sent to. These facts never change."
            )
        done = "Nothing was removed yet" if dry_run else "Removed and recorded"
        self.stdout.write(f"{report.reference}: {done}.")
