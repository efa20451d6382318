"""An office is warned before it opens if its database is SQLite, because no setting names another one."""

from typing import Any

from django.core.checks import CheckMessage, Warning  # noqa: A004  # Django's own name
from django.db import connection


def check_database(**_: Any) -> list[CheckMessage]:
    """Warn of an SQLite database in production."""
    if connection.vendor != "sqlite":
        return []
    said = "The database is SQLite, which is for trials and development."
    hint = "Set DATABASE_URL to a PostgreSQL database, such as postgres://user:password@host:5432/name."
    return [Warning(said, hint=hint, id="statsoffice.W002")]
