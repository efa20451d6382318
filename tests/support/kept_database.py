"""The tests' SQLite database as it was at one moment, to be put back where it would be filled with the same again."""

import sqlite3
from contextlib import closing
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.db import connection


def can_be_kept() -> bool:
    """Return whether the database is one that can: PostgreSQL's is not a file of the tests."""
    return connection.vendor == "sqlite"


def keep(file: Path) -> None:
    """Write the whole database into a file; no one may be in a transaction."""
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as kept:
        connection.connection.backup(kept)


def put_back(file: Path) -> None:
    """Restore the database to its saved state, whatever is in it now; no one may be in a transaction."""
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as kept:
        kept.backup(connection.connection)
    ContentType.objects.clear_cache()  # remembers rows by keys that are others now
