"""The command that records the missing digests of a table's rows after an upgrade."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from releases.evidence.recorded_rows import RowHistory
from releases.management.base import PlainCommand
from statsoffice.anchors import ROW_RECORDS


class Command(PlainCommand):
    help = """\
Record digests for the rows of one table that have no digest yet.

Run this command once if the changelog of an upgrade says so. Until then,
verify_evidence reports these rows as added. First stop the previous version, because it
writes rows without a digest. The record gives the upgrade as the reason."""

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
        raise CommandError(
            f"{options['table']} is not a table whose rows are recorded. Use a name as verify_evidence shows it, such "
            "as releases.release."
        )
