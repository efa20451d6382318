"""The base of all commands, and files that are written completely or not at all."""

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
    """The advice if the database cannot be used."""
    NEEDS_A_DATABASE: ClassVar[bool] = False
    """Whether the command refuses to create the file of an SQLite database."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Create a parser that preserves line breaks in help texts."""
        formatter = _Paragraphs if "\n" in self.help else DjangoHelpFormatter
        return super().create_parser(prog_name, subcommand, formatter_class=formatter, **kwargs)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """:raises CommandError: if the database does not answer or was not set up."""
        if self.NEEDS_A_DATABASE and connection.vendor == "sqlite":
            file = Path(str(connection.settings_dict["NAME"]))
            # SQLite also has databases in memory, whose names are URIs.
            if file.is_absolute() and not file.exists():
                raise CommandError(f"The database cannot be used (there is no file {file}). {self.ADVICE}")
        try:
            return super().execute(*args, **options)
        except (OperationalError, ProgrammingError) as error:
            first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise CommandError(f"The database cannot be used ({first_line}). {self.ADVICE}") from error


READ_BY_ALL = 0o644


@contextmanager
def whole_file(path: Path, *, mode: int = READ_BY_ALL) -> Iterator[IO[bytes]]:
    """Yield a temporary file for the `with` block, and move it to its place at the end.

    :param mode: the file's permissions at the end; while it is written, only its owner can read it.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            yield file
            file.flush()
            temporary.chmod(mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
