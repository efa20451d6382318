"""A PostgreSQL database that keeps its text in another encoding than UTF-8 is refused before anything is in it."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections

WANTED = "UTF8"


def check_encoding(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Return an error for each PostgreSQL database that is not in UTF-8; `migrate` asks before it changes anything.

    In another one it refuses what it cannot write, such as the evidence of a late release as JSON: everything would
    look well until the first breach, whose report could not be drafted.
    Source: seen with SQL_ASCII and PostgreSQL 17, "unsupported Unicode escape sequence".

    :param databases: by their names in the settings; none where Django asks for no database.
    """
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            (encoding,) = cursor.fetchone()
        if encoding != WANTED:
            name = connection.settings_dict["NAME"]
            said = f"The database {name} is in {encoding}, and must be in {WANTED}."
            hint = "Make it with: createdb --template template0 --encoding UTF8 --locale C.UTF-8"
            found.append(Error(said, hint=hint, obj=alias, id="statsoffice.E001"))
    return found
