"""The command that removes stored pages after their retention period."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from releases.management.base import PlainCommand
from releases.monitoring.clock import RealClock
from statsoffice import retention


class Command(PlainCommand):
    help = """\
Remove kept bodies that are older than STATSOFFICE_EVIDENCE_KEPT_DAYS.

A body goes once its release was due longer ago than that and no open or
approved report rests on it. Its hash stays in the looks, and an event says
what was removed: the chains hold as before. The worker does the same once a
day; with --dry-run nothing is removed."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        pruned = retention.prune_evidence(now=RealClock().now(), dry_run=options["dry_run"])
        verb = "would be removed" if options["dry_run"] else "removed"
        self.stdout.write(
            f"Bodies older than {settings.EVIDENCE_KEPT.days} days {verb}: {pruned.bodies}, of releases: "
            f"{pruned.releases}. Releases spared because a report rests on them: {pruned.spared}."
        )
