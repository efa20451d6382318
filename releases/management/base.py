"""The base class of all commands, and a helper that writes a file completely or not at all."""

import tempfile
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import OperationalError, ProgrammingError, connection

WHERE_THE_DATABASE_IS = "Check DATABASE_URL or, with SQLite, STATSOFFICE_VAR."


class _Paragraphs(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    pass


class PlainCommand(BaseCommand):
    """A command that reports a database failure in one line."""

    ADVICE: ClassVar[str] = f"{WHERE_THE_DATABASE_IS} If the database is new, run ./run --setup."
    """The advice in the error message if the database cannot be used."""
    NEEDS_A_DATABASE: ClassVar[bool] = False
    """Whether the command fails if the SQLite database file is missing. SQLite would otherwise create the file."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Create a parser that preserves line breaks in help texts."""
        formatter = _Paragraphs if "\n" in self.help else DjangoHelpFormatter
        return super().create_parser(prog_name, subcommand, formatter_class=formatter, **kwargs)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """:raises CommandError: if the database does not answer or was not set up."""
        if self.NEEDS_A_DATABASE and connection.vendor == "sqlite":
            file = Path(str(connection.settings_dict["NAME"]))
            # Do not check in-memory databases of SQLite, whose names are URIs.
            if file.is_absolute() and not file.exists():
                raise CommandError(f"The database cannot be used (there is no file {file}). {self.ADVICE}")
        try:
            return super().execute(*args, **options)
        except (OperationalError, ProgrammingError) as error:
            first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise CommandError(f"The database cannot be used ({first_line}). {self.ADVICE}") from error


READ_BY_ALL = 0o644


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a temporary file, and move it to `path` at the end of the `with` block.

    If the block fails, the temporary file is deleted, and a file at `path` does not change. Everyone can read the
    finished file, but only the owner can read the temporary file.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            yield file
            file.flush()
            temporary.chmod(READ_BY_ALL)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
