"""Show the status of releases."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from releases import overview
from releases.management.base import PlainCommand


class Command(PlainCommand):
    help = """\
Show when releases are due, and the results for their present schedules.

--json writes a list of objects: reference, status, due_at, outcome, last_not_live_at,
first_live_at, delay_seconds (a list [from, to]; to is null while the release is not
live), reasons, published_at, published_at_by_publisher with publisher_source (the
statement of the publisher's own system, which is not an observation), diagnoses
(possible explanations of a late release). Instants are ISO 8601 in UTC. The outcome is
pending, on_time, early, late, not_seen, partial, uncertain or cannot_tell."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "references", nargs="*", metavar="REF", help="the references of the releases to show; default: all"
        )
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
