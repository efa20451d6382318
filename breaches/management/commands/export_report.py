"""The command that writes a breach report into a PDF file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from breaches.models import Report
from breaches.pdf import render
from breaches.pdf.document import document_of
from breaches.rules.lifecycle import WITH_DOCUMENT
from breaches.versions import DocumentChanged
from releases.management.base import PlainCommand, whole_file


class Command(PlainCommand):
    """Writes the document of a report into a file."""

    help = (
        "Writes the document of a breach report into a PDF file: of an approved report the document as it was "
        "stored at its approval, byte for byte, else its present text, marked on every page as a draft or as dismissed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("reference", metavar="REF", help="the report's reference, as breach_reports lists it")
        parser.add_argument(
            "--annex", action="store_true", help="with what the automatic check recorded; not for what is approved"
        )
        parser.add_argument("--output", metavar="FILE.pdf", required=True, type=Path, help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, or leave things as they were."""
        report = Report.objects.filter(reference=options["reference"]).first()
        if report is None:
            message = f"There is no breach report {options['reference']}."
            raise CommandError(message)
        if options["annex"] and report.status in WITH_DOCUMENT:
            message = (
                f"{report.reference} is stored as it was approved; an annex is approved with the report or not at all."
            )
            raise CommandError(message)
        try:
            document = document_of(report, render=render.render_pdf, annex=options["annex"])
        except render.NotRendered as fault:
            message = f"{report.reference} could not be printed: {fault}"
            raise CommandError(message) from fault
        except DocumentChanged as fault:
            raise CommandError(str(fault)) from fault
        try:
            with whole_file(options["output"]) as file:
                file.write(document.pdf)
        except OSError as fault:
            message = f"{options['output']} could not be written: {fault.strerror}."
            raise CommandError(message) from fault
        what = "as approved" if document.approved else "not approved, and marked so"
        self.stdout.write(f"{report.reference}, version {document.version}, {what}: {options['output']}")
