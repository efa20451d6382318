"""The command that removes personal details after their retention period."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from releases.management.base import PlainCommand
from releases.monitoring.clock import RealClock
from statsoffice import retention


class Command(PlainCommand):
    help = """\
Remove personal details whose retention period has ended.

From messages sent more than STATSOFFICE_MESSAGES_KEPT_DAYS ago: recipient, subject
and text. Their kind, subject matter and time stay. Messages that were not sent do
not change.

After STATSOFFICE_FORMER_DETAILS_KEPT_DAYS, these details are removed: former names,
email addresses and telephone numbers in the history of contacts; names of people in
the admin site's log; names and email addresses in expired invitations; and the names
of owners in host authorisations that were replaced or withdrawn. The history still
shows who changed what and when. A marker with the day replaces each removed name.

The worker does the same every hour. With --dry-run nothing is removed. To remove
names from lists of pre-release access, use erase_pre_release_names."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count the details to remove, and remove nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        removed = retention.redact_old_details(now=RealClock().now(), dry_run=options["dry_run"])
        verb = "that would be removed" if options["dry_run"] else "removed"
        self.stdout.write(
            f"Recipients and texts {verb} from messages sent more than {settings.MESSAGES_KEPT.days} days ago: "
            f"{removed.messages}."
        )
        self.stdout.write(
            f"Rows older than {settings.FORMER_DETAILS_KEPT.days} days with details {verb}: {removed.contacts} in "
            f"contact histories, {removed.log} in the admin log, {removed.invitations} in invitations, "
            f"{removed.host_owners} in host authorisations."
        )
