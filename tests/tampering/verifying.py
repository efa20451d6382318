"""Making one change by SQL as a person with access to the database would, past all triggers."""

from django.db import connection

from tests.tampering.changes import Change


def apply(change: Change) -> None:
    """Run the statements of a change; each has to change something."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger and no foreign key is checked
        else:
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        for statement, values in change.statements:
            cursor.execute(statement, values or None)
            assert cursor.rowcount, f"nothing was changed by: {statement}"
