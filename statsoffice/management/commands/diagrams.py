"""The command that renews the diagrams of the documentation."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from statsoffice.documentation import diagrams


class Command(BaseCommand):
    """Writes the diagrams in README.md and docs/ anew from the tables in the code."""

    help = "Renews the diagrams and tables in README.md and docs/; with --check it only says what is out of date."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--check", action="store_true", help="change nothing; fail if something is out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        """Renew or check every document."""
        documents = [settings.BASE_DIR / "README.md", *sorted((settings.BASE_DIR / "docs").glob("*.md"))]
        stale = [path for path in documents if diagrams.renewed(path.read_text()) != path.read_text()]
        if options["check"] and stale:
            message = f"Out of date: {', '.join(path.name for path in stale)}. Run: manage.py diagrams"
            raise CommandError(message)
        for path in stale:
            path.write_text(diagrams.renewed(path.read_text()))
            self.stdout.write(f"renewed {path.name}")
