"""The command that writes the evidence on one release into a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from releases.evidence import export
from releases.management.base import PlainCommand, whole_file
from releases.models import BodyUnavailable, Release
from releases.monitoring.clock import RealClock


class Command(PlainCommand):
    help = """\
Write the evidence on one release into a ZIP file that anyone can verify, or its
checks into a WARC file that programs for web archives can read.

The file contains checks, events, verdicts, statements (by role, without names and
free text), the coverage of monitoring, the chain between the rows, and the stored
pages. A page that was found before its time is left out until the release is due
and live, because a command cannot know who reads the file. README.txt in the file
explains how to verify it with sha256sum. Each export is recorded with the file's
hash."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference", metavar="REF", help="the release's reference, as release_status lists it")
        parser.add_argument("--output", metavar="FILE", required=True, type=Path, help="the file to write")
        parser.add_argument("--warc", action="store_true", help="write the checks as a gzipped WARC file")
        parser.add_argument("--overwrite", action="store_true", help="replace the file if it exists")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["output"]
        release = Release.objects.select_related("series__producer").filter(reference=options["reference"]).first()
        if release is None:
            raise CommandError(f"There is no release {options['reference']}.")
        if path.exists() and not options["overwrite"]:
            raise CommandError(f"{path} exists already. Choose another file, or use --overwrite.")
        form = export.ExportFormat.WARC if options["warc"] else export.ExportFormat.BUNDLE
        try:
            with whole_file(path) as file:
                exported = export.export_evidence(release, file, at=RealClock().now(), export_format=form)
        except OSError as fault:
            raise CommandError(f"{path} could not be written: {fault.strerror}.") from fault
        except BodyUnavailable as fault:
            raise CommandError(f"{path} was not written. {fault}") from fault
        self.stdout.write(f"{release.reference}: {path}, SHA-256 {exported.sha256}")
        if exported.sealed:
            self.stdout.write(f"Stored pages left out because they are sealed: {exported.sealed}.")
