"""The command that writes the evidence on one release into a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from releases.evidence import export
from releases.management.base import PlainCommand, whole_file
from releases.models import Release
from releases.monitoring.clock import RealClock


class Command(PlainCommand):
    help = """\
Write the evidence on one release into a ZIP file that anybody can check.

It holds looks, events, verdicts, statements (by role, without names and free
text), the watchers' coverage, the chain between the rows, and the kept bodies.
What was seen before its time stays out until the release is due and live: a
command knows no person who may read it. README.txt in the file says how to
check it with sha256sum. Each export is put on record with the file's hash."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference", metavar="REF", help="the release's reference, as release_status lists it")
        parser.add_argument("--output", metavar="FILE.zip", required=True, type=Path, help="the file to write")
        parser.add_argument("--overwrite", action="store_true", help="replace the file if it is there")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["output"]
        release = Release.objects.select_related("series__producer").filter(reference=options["reference"]).first()
        if release is None:
            raise CommandError(f"There is no release {options['reference']}.")
        if path.exists() and not options["overwrite"]:
            raise CommandError(f"{path} is there already; choose another file, or say --overwrite.")
        try:
            with whole_file(path) as file:
                exported = export.export_evidence(release, file, at=RealClock().now())
        except OSError as fault:
            raise CommandError(f"{path} could not be written: {fault.strerror}.") from fault
        self.stdout.write(f"{release.reference}: {path}, SHA-256 {exported.sha256}")
        if exported.sealed:
            self.stdout.write(f"Left out because they are sealed: {exported.sealed}.")
