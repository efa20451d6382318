"""Show the status of releases."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from releases import overview
from releases.management.base import PlainCommand


class Command(PlainCommand):
    help = """\
Show the status of releases: when they are due, and the result on their present
schedule.

--json writes a list of objects: reference, status, due_at, outcome, last_not_live_at,
first_live_at, delay_seconds ([from, to], to null while it is not live), reasons,
published_at, published_at_by_publisher with publisher_source (the statement of the
publisher's own system, which is not an observation), diagnoses (possible
explanations of a late release). Instants are ISO 8601 in UTC. The outcome is pending,
on_time, early, late, not_seen, partial, uncertain or cannot_tell."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("references", nargs="*", metavar="REF", help="a release's reference; all if none is given")
        parser.add_argument("--json", action="store_true", help="write JSON, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = overview.release_statuses(options["references"])
        except overview.NoSuchRelease as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2))
            return
        for release in found:
            self.stdout.write(overview.release_status_sentence(release))
