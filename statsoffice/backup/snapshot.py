"""A view of the whole database at one instant, while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """Show the database, for the time of a `with` block, as it is at its first query; nobody else has to wait.

    Sources: PostgreSQL's manual, "Transaction Isolation"; SQLite's "Isolation In SQLite" (in WAL mode).
    """
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # The usual way to begin, IMMEDIATE, would keep every look from being stored as long as the backup takes.
    usual, connection.transaction_mode = connection.transaction_mode, "DEFERRED"  # type: ignore[attr-defined]
    try:
        with transaction.atomic(durable=True):
            yield
    finally:
        connection.transaction_mode = usual  # type: ignore[attr-defined]
