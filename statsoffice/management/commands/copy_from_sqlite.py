"""The command that moves a trial to PostgreSQL."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from releases.management.base import PlainCommand
from statsoffice.backup import BackupError
from statsoffice.backup.sqlite_copy import copy_from_sqlite
from statsoffice.database import RoleRefused


class Command(PlainCommand):
    help = """\
Copy every row of an SQLite database into the new PostgreSQL database.

Stop every other process first. Set DATABASE_URL to an empty PostgreSQL database
in UTF-8, and DATABASE_OWNER_URL if it has two roles. The SQLite file must have the
tables of this version; it is not changed. Everything is copied except sessions, in
one transaction, and the evidence is verified. If anything fails, the PostgreSQL
database is empty. A file with the demonstration is refused, because the password
of its accounts is public."""

    # No system checks: they load every page, which takes longer than the backup of a small office.
    requires_system_checks = ()
    ADVICE = "Check DATABASE_URL. The PostgreSQL database must exist and be empty: do not run migrate."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="such as var/statsoffice.sqlite3")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows, checked = copy_from_sqlite(options["file"])
        except (BackupError, RoleRefused) as fault:
            raise CommandError(str(fault)) from fault
        except OSError as fault:
            raise CommandError(f"{options['file']} cannot be read: {fault.strerror}.") from fault
        for one in checked:
            self.stdout.write(one.describe())
        self.stdout.write(f"Copied {sum(rows.values())} rows of {len(rows)} tables. Everyone must sign in again.")
