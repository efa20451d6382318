"""The command that removes stored pages after their retention period."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from releases.management.base import PlainCommand
from releases.monitoring.clock import RealClock
from statsoffice import retention


class Command(PlainCommand):
    help = """\
Remove stored pages and attached files that are older than
STATSOFFICE_EVIDENCE_KEPT_DAYS.

A page is removed if its release was due more than that number of days ago. It is
kept if there is a suspected breach or a report about the release, unless the report
was dismissed. A file attached to a report is removed if it was added more than that
number of days ago and the report was dismissed. The hashes stay on record, and an
event records each removal, so the chains remain valid. The worker does the same
once a day. With --dry-run nothing is removed."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count what to remove, and remove nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now, dry_run = RealClock().now(), options["dry_run"]
        pruned = retention.prune_evidence(now=now, dry_run=dry_run)
        files = retention.delete_old_attachments(now=now, dry_run=dry_run)
        verb = "would be removed" if dry_run else "removed"
        self.stdout.write(
            f"Stored pages older than {settings.EVIDENCE_KEPT.days} days {verb}: {pruned.bodies}. Releases with these "
            f"pages: {pruned.releases}. Releases left out because a report needs their pages: {pruned.spared}. "
            f"Attached files {verb}: {files}."
        )
