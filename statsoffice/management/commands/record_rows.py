"""Record the rows of a table that had no digests in the version before."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from releases.evidence.recorded_rows import RowHistory
from releases.management.base import PlainCommand
from statsoffice.anchors import ROW_RECORDS


class Command(PlainCommand):
    help = """\
Record a digest of each row of one table that has none yet.

Run this once after an upgrade whose changelog says so: verify_evidence names these rows
as added until then. Stop the version before first, because it writes rows without a
digest. The record states that an upgrade was the reason, so that it can be found."""

    NEEDS_A_DATABASE = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("table", metavar="TABLE", help="such as releases.release, as verify_evidence names it")

    def handle(self, *args: Any, **options: Any) -> None:
        for record in ROW_RECORDS:
            for table in record.TABLES:
                if table.name == options["table"]:
                    recorded = RowHistory(record)
                    recorded.read()
                    count = record.record_unrecorded(table, known=recorded.digests[table.name])
                    self.stdout.write(f"{table.name}: {count} row{'' if count == 1 else 's'} recorded")
                    return
        raise CommandError(f"There is no table {options['table']} with digests.")
