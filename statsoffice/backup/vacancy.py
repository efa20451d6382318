"""Whether there is room for a backup: a database and a folder in which nobody has anything yet."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from breaches.models import Edition, Practice

MIGRATIONS = "django_migrations"
# What is remembered for minutes, such as attempts to sign in, is no part of the record.
REMEMBERED = settings.CACHES["default"]["LOCATION"]
# What `migrate` itself writes into them is written again by restoring.
WRITTEN_BY_MIGRATE = {MIGRATIONS, *(m._meta.db_table for m in (ContentType, Permission, Edition, Practice))}


class NotVacant(Exception):
    """Somebody has something where the backup would come."""


def clear_for_restore(*, stored: Path) -> None:
    """Take away the empty tables of a database that was set up and never used; called inside a transaction.

    :param stored: the folder of stored files.
    :raises NotVacant: if the database or the folder holds anything.
    """
    if stored.exists() and any(stored.iterdir()):
        message = f"The folder {stored} holds files already: restore into an empty one."
        raise NotVacant(message)
    with connection.cursor() as cursor:
        there = connection.introspection.table_names(cursor)
        ours = {*connection.introspection.django_table_names(), MIGRATIONS, REMEMBERED}
        for table in there:
            if table not in ours:
                message = f"The database holds the table {table}, which is not of this product."
                raise NotVacant(message)
            cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608  # the catalogue's
            if cursor.fetchone() and table not in {*WRITTEN_BY_MIGRATE, REMEMBERED}:
                message = f"The database is not empty: there are rows in {table}. Restore into an empty one."
                raise NotVacant(message)
        for table in there:
            cascade = " CASCADE" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}{cascade}")
