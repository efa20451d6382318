"""The command that all others are made of: it explains itself in paragraphs and fails with one line."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import OperationalError, ProgrammingError


class _Paragraphs(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Keeps the help's own lines."""


class PlainCommand(BaseCommand):
    """A command that reports a database that fails in one line."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Make the parser; a help text of several lines keeps them."""
        formatter = _Paragraphs if "\n" in self.help else DjangoHelpFormatter
        return super().create_parser(prog_name, subcommand, formatter_class=formatter, **kwargs)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command.

        :raises CommandError: if the database does not answer or was not set up.
        """
        try:
            return super().execute(*args, **options)
        except (OperationalError, ProgrammingError) as error:
            first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            message = f"The database cannot be used ({first_line}); check DATABASE_URL and run ./run --setup."
            raise CommandError(message) from error
