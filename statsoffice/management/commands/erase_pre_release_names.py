"""The command that erases names on lists of pre-release access after their retention period."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from releases.management.base import PlainCommand
from releases.monitoring.clock import RealClock
from statsoffice import retention


class Command(PlainCommand):
    help = """\
Erase names and email addresses from lists of pre-release access whose release
was due, or cancelled, more than STATSOFFICE_PRE_RELEASE_NAMES_KEPT_DAYS ago.

Posts, organisations and periods are not erased. The day of the erasure is stored.
While a breach report about a list is undecided, the names on the list are not
erased. The worker does the same every hour. With --dry-run nothing is erased."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count the names to erase, and erase nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        erased = retention.redact_pre_release_names(now=RealClock().now(), dry_run=options["dry_run"])
        verb = "would be erased" if options["dry_run"] else "erased"
        self.stdout.write(
            f"Names older than {settings.PRE_RELEASE_NAMES_KEPT.days} days {verb}: {erased.names}. Releases with these "
            f"names: {erased.releases}. Releases left out because a report about their list is undecided: "
            f"{erased.spared}."
        )
