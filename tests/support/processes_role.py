"""The rights that the processes of an office have in the database, for tests of one transaction."""

import os

from django.db import connection

from statsoffice.database import grant_rights

# Roles belong to the server, which the processes of pytest share.
ROLE = f"processes_of_test_{os.getpid()}"


def take_rights_of_processes() -> None:
    """Have only the rights of the processes until the test's transaction ends; on SQLite there are none to take."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
        grant_rights(ROLE)
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
