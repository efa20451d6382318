"""The tests' SQLite database saved at one moment, to be restored where it would be filled with the same rows again."""

import sqlite3
from contextlib import closing
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.db import connection


def can_be_saved() -> bool:
    """Return whether the database is one that can: PostgreSQL's is not a file of the tests."""
    return connection.vendor == "sqlite"


def save(file: Path) -> None:
    """Write the whole database into a file; no one may be in a transaction."""
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as saved:
        connection.connection.backup(saved)


def restore(file: Path) -> None:
    """Restore the database to its saved state, whatever is in it now; no one may be in a transaction."""
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as saved:
        saved.backup(connection.connection)
    ContentType.objects.clear_cache()  # remembers rows by keys that are others now
