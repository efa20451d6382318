"""The command that renews the diagrams of the documentation."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from statsoffice.documentation import update_blocks


class Command(BaseCommand):
    help = "Renews the diagrams and tables in README.md and docs/; with --check it only says what is out of date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail if something is out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        documents = [settings.BASE_DIR / "README.md", *sorted((settings.BASE_DIR / "docs").glob("*.md"))]
        stale = [path for path in documents if update_blocks(path.read_text()) != path.read_text()]
        if options["check"] and stale:
            raise CommandError(f"Out of date: {', '.join(path.name for path in stale)}. Run: manage.py diagrams")
        for path in stale:
            path.write_text(update_blocks(path.read_text()))
            self.stdout.write(f"renewed {path.name}")
