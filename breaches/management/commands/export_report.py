"""The command that writes a breach report to a PDF file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from breaches import pdf
from breaches.layout import lay_out_draft
from breaches.models import Report
from breaches.rules.lifecycle import WITH_DOCUMENT
from breaches.versions import DocumentChanged, document_bytes
from releases.management.base import PlainCommand, whole_file


class Command(PlainCommand):
    help = (
        "Writes a breach report as a PDF file. An approved report is written exactly as it was stored at its approval. "
        "Any other report is written with its present text. Each page is marked with the status of the report, such as "
        "draft or dismissed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference", metavar="REF", help="the report's reference, as breach_reports lists it")
        parser.add_argument(
            "--annex", action="store_true", help="include the annex of check results; not for approved reports"
        )
        parser.add_argument("--output", metavar="FILE.pdf", required=True, type=Path, help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        report = Report.objects.filter(reference=options["reference"]).first()
        if report is None:
            raise CommandError(f"There is no breach report {options['reference']}.")
        if options["annex"] and report.status in WITH_DOCUMENT:
            message = f"{report.reference} is approved, so an annex cannot be added. Run the command without --annex."
            raise CommandError(message)
        # A report that was withdrawn during a correction has a later version that was not approved.
        document = report.approved_documents.latest("version") if report.status in WITH_DOCUMENT else None
        version = document.version if document else report.version
        try:
            if document:
                content = document_bytes(document)
            else:
                content = pdf.render_pdf(lay_out_draft(report, annex=options["annex"]))
        except pdf.NotRendered as fault:
            raise CommandError(f"{report.reference} could not be printed: {fault}") from fault
        except DocumentChanged as fault:
            raise CommandError(str(fault)) from fault
        try:
            with whole_file(options["output"]) as file:
                file.write(content)
        except OSError as fault:
            raise CommandError(f"{options['output']} could not be written: {fault.strerror}.") from fault
        if document:
            what = "The file is the approved document, as it was stored."
        else:
            what = "This version is not approved. Each page is marked with the status of the report."
        self.stdout.write(f"Wrote version {version} of {report.reference} to {options['output']}. {what}")
