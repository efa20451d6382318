"""The command that lists breach reports."""

import json
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from breaches import register
from releases.management.base import PlainCommand
from releases.rules.calendar import format_moment
from releases.rules.lifecycle import to_words


class Command(PlainCommand):
    help = (
        "Lists every breach report, including rehearsals. --json writes a list of objects with reference, release, "
        "kind, kinds (all kinds of the report, its kind first), status, practices (their codes), occurred_at (ISO "
        "8601, UTC) and delay_seconds ([from, to] in seconds after the due time; to is null while the release is not "
        "live)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="write JSON, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        entries = register.list_report_entries()
        if options["json"]:
            self.stdout.write(json.dumps(entries, indent=2))
            return
        for entry in entries:
            at = entry["occurred_at"]
            when = format_moment(datetime.fromisoformat(at)) if at else "no recorded time"
            status, kinds = to_words(entry["status"]), "; ".join(entry["kinds"])
            self.stdout.write(f"{entry['reference']}  {status}  {kinds}, {when}  {entry['release']}")
        if not entries:
            self.stdout.write("There are no breach reports.")
