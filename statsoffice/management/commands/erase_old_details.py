"""The command that removes personal details at the end of their time."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from releases.management.base import PlainCommand
from releases.monitoring.clock import RealClock
from statsoffice import retention


class Command(PlainCommand):
    help = """\
Remove recipient, subject and text of messages that were sent more than
STATSOFFICE_MESSAGES_KEPT_DAYS ago. That a message of its kind was sent, about
what and when, stays, with the day of removing; a message that was not sent
is not touched.

Remove, after STATSOFFICE_FORMER_DETAILS_KEPT_DAYS, name, e-mail address and
telephone number of whoever is no contact any more from the history of contacts,
names of people from the admin site's log, and whom from old invitations. Who changed what and when stays,
and a marker with the day.

The worker does the same every hour; with --dry-run nothing is removed. Names on
lists of pre-release access have a command of their own, erase_pre_release_names."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        removed = retention.redact_old_details(now=RealClock().now(), dry_run=options["dry_run"])
        verb = "would lose" if options["dry_run"] else "lost"
        self.stdout.write(
            f"Messages sent more than {settings.MESSAGES_KEPT.days} days ago that {verb} recipient and words: "
            f"{removed.messages}."
        )
        self.stdout.write(
            f"Details that ended more than {settings.FORMER_DETAILS_KEPT.days} days ago: rows of contacts’ histories "
            f"that {verb} some: {removed.contacts}; entries of the admin site’s log that {verb} names: {removed.log}; "
            f"invitations that {verb} name and address: {removed.invitations}."
        )
