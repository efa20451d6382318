"""The database: its encoding, the owner of its tables, the role of the processes, and the lock of SQLite."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.checks import ERROR, CheckMessage, Info, Tags, Warning, register  # noqa: A004  # Django's own names
from django.db import DEFAULT_DB_ALIAS, Error, OperationalError, connection, connections, transaction


@register(Tags.database)
def check_encoding(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Return an error for each PostgreSQL database whose encoding is not UTF-8. `migrate` runs this check first.

    With another encoding, PostgreSQL rejects some characters, for example in evidence that is stored as JSON. Without
    this check, the failure would appear only when the first breach report is drafted. Source: we saw the error
    "unsupported Unicode escape sequence" with SQL_ASCII on PostgreSQL 17.
    """
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            (encoding,) = cursor.fetchone()
        if encoding != "UTF8":
            name = connection.settings_dict["NAME"]
            said = f"The database {name} has the encoding {encoding}. The encoding must be UTF8."
            hint = "Create it with: createdb --template template0 --encoding UTF8 --locale C.UTF-8"
            found.append(CheckMessage(ERROR, said, hint=hint, obj=alias, id="statsoffice.E001"))
    return found


WRITTEN_BY_MIGRATE = "django_migrations"

# The bits of pg_trigger.tgtype. Source: src/include/catalog/pg_trigger.h of PostgreSQL.
REFUSES_DELETE, REFUSES_UPDATE = 1 << 3, 1 << 4

# Select the tables and sequences of the owner. For each table, select also the type and the arguments of its trigger
# `append_only`. The type shows which operations the trigger refuses. The arguments are the columns that a redaction may
# overwrite.
RELATIONS = """
    SELECT c.relname, c.relkind = 'S', coalesce(t.tgtype, 0), coalesce(t.tgargs, '')
    FROM pg_class c LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = 'append_only'
    WHERE c.relkind IN ('r', 'p', 'S') AND c.relnamespace = current_schema()::regnamespace
    AND pg_has_role(c.relowner, 'USAGE')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname
"""
# Select the role, and a text that identifies the database. If two connections return the same text, they are connected
# to the same database of the same server, and the server did not restart in between.
IDENTITY = """
    SELECT current_user, pg_postmaster_start_time()::text || current_database()
"""
OWNERSHIP = """
    SELECT current_user, current_database(), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
        (SELECT min(pg_get_userbyid(c.relowner)) FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
        AND NOT pg_has_role(c.relowner, 'USAGE')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'))
"""
# Select the rights of the role that signed in (`session_user`). The rights of the current role are not enough, because
# a session can return to the rights of `session_user` with RESET ROLE.
POWERS = """
    SELECT session_user, r.rolsuper,
        coalesce(bool_or(pg_has_role(session_user, c.relowner, 'MEMBER')), false),
        coalesce(bool_or(has_table_privilege(session_user, c.oid, 'TRUNCATE')), false)
    FROM pg_roles r LEFT JOIN pg_class c
        ON c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
    WHERE r.rolname = session_user GROUP BY r.rolsuper
"""


class RoleRefused(Exception):
    """A role does not have a required right, or DATABASE_URL or DATABASE_OWNER_URL is wrong.

    The message is for the operator.
    """


@contextmanager
def connect_as_owner() -> Iterator[None]:
    """Connect to the default database as the owner of the tables, for the duration of the block.

    At the end of the block, grant the role of the processes its rights on the tables. If blocks are nested, the inner
    block changes neither the connection nor the rights.

    :raises RoleRefused: if the owner's role does not own the tables or cannot create tables, if the database refuses a
        role, or if DATABASE_URL and DATABASE_OWNER_URL name different databases.
    """
    if connection.vendor != "postgresql":
        yield
        return
    owner: dict[str, Any] = settings.DATABASE_OWNER
    if not owner or owner["USER"] == connection.settings_dict["USER"]:
        _require_ownership()
        yield
        return
    role, database = _identify("DATABASE_URL")
    with _connected_by(owner):
        owning_role, its_database = _identify("DATABASE_OWNER_URL")
        if its_database != database:
            raise RoleRefused("DATABASE_URL and DATABASE_OWNER_URL name different databases.")
        _require_ownership()
        yield
        if role != owning_role:
            grant_rights(role)


def grant_rights(role: str) -> None:
    """Grant a role exactly the rights that the processes need on the tables of the connected owner.

    If the trigger of an append-only table refuses an operation, the role does not get the right to the operation. But
    the role may update the columns that a redaction overwrites. If tables are created later, the role can only SELECT
    and INSERT there until this function is called again.
    """
    to, schema_name = connection.ops.quote_name(role), _fetch_row("SELECT current_schema()")[0]
    schema = connection.ops.quote_name(schema_name)
    with transaction.atomic(), connection.cursor() as cursor:
        if not _fetch_row("SELECT has_schema_privilege(%s, %s, 'USAGE')", role, schema_name)[0]:
            cursor.execute(f"GRANT USAGE ON SCHEMA {schema} TO {to}")
        cursor.execute(RELATIONS)
        for name, is_sequence, refused, columns in cursor.fetchall():
            kind, relation = "SEQUENCE" if is_sequence else "TABLE", f"{schema}.{connection.ops.quote_name(name)}"
            rights = "USAGE, SELECT" if is_sequence else _rights(name, refused, bytes(columns))
            if not is_sequence:
                # Autovacuum updates the same row of pg_class as REVOKE and GRANT. Without this lock, a deadlock would
                # occur if autovacuum updated the row between these statements.
                cursor.execute(f"LOCK TABLE {relation} IN SHARE UPDATE EXCLUSIVE MODE")
            cursor.execute(f"REVOKE ALL ON {kind} {relation} FROM {to}")
            cursor.execute(f"GRANT {rights} ON {kind} {relation} TO {to}")
        later = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT"
        cursor.execute(f"{later} SELECT, INSERT ON TABLES TO {to}")
        cursor.execute(f"{later} USAGE, SELECT ON SEQUENCES TO {to}")


@register(deploy=True)
def check_roles(**_: Any) -> list[CheckMessage]:
    if connection.vendor != "postgresql":
        return []
    try:
        role, is_superuser, owns_tables, truncates = _fetch_row(POWERS)
    except Error:
        said = "The rights of the processes in the database were not checked, because the database is not available."
        return [Info(said, hint="Run this check again when the database is available.", id="statsoffice.I002")]
    found: list[CheckMessage] = []
    if is_superuser or owns_tables or truncates:
        why = "is a superuser" if is_superuser else "owns the tables" if owns_tables else "can truncate tables"
        said = f"The processes connect to the database as {role}, which {why}, so they could change the record."
        hint = (
            "Name a role without such rights in DATABASE_URL, and the owner of the tables in DATABASE_OWNER_URL, which "
            "migrate uses (docs/operations/database-roles.md)."
        )
        found.append(Warning(said, hint=hint, id="statsoffice.W003"))
    if settings.DATABASE_OWNER:
        said = "DATABASE_OWNER_URL is set in the environment of this command."
        hint = "Remove it from /etc/statsoffice/environment. "
        hint += "Run migrate, restore and copy_from_sqlite with office-as-owner."
        found.append(Warning(said, hint=hint, id="statsoffice.W004"))
    return found


def _rights(table: str, refused: int, columns: bytes) -> str:
    if table == WRITTEN_BY_MIGRATE:
        return "SELECT"
    rights = ["SELECT", "INSERT"]
    if not refused & REFUSES_UPDATE:
        rights.append("UPDATE")
    elif columns:
        names = (connection.ops.quote_name(name.decode()) for name in columns.split(b"\0") if name)
        rights.append(f"UPDATE ({', '.join(names)})")
    if not refused & REFUSES_DELETE:
        rights.append("DELETE")
    return ", ".join(rights)


def _require_ownership() -> None:
    role, database, creates, owner = _fetch_row(OWNERSHIP)
    if owner:
        message = f"The tables belong to the role {owner}, and this command is connected as {role}."
    elif not creates:
        message = f"The role {role} cannot create tables in the database {database}."
    else:
        return
    message += " Set DATABASE_OWNER_URL to connect as the owner (docs/operations/database-roles.md)."
    raise RoleRefused(message)


def _identify(setting: str) -> tuple[str, str]:
    try:
        role, database = _fetch_row(IDENTITY)
    except OperationalError as fault:
        reason = str(fault).strip().splitlines()[0]
        raise RoleRefused(f"We cannot connect to the database in {setting}: {reason}.") from fault
    return role, database


@contextmanager
def _connected_by(owner: dict[str, Any]) -> Iterator[None]:
    before, settings_before = connections[DEFAULT_DB_ALIAS], connections.settings[DEFAULT_DB_ALIAS]
    before.close()
    connections.settings[DEFAULT_DB_ALIAS] = connections.configure_settings({DEFAULT_DB_ALIAS: owner})[DEFAULT_DB_ALIAS]
    del connections[DEFAULT_DB_ALIAS]
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS].close()
        connections.settings[DEFAULT_DB_ALIAS] = settings_before
        connections[DEFAULT_DB_ALIAS] = before


def _fetch_row(query: str, *parameters: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        return cursor.fetchone()


PAUSE_SECONDS = 0.15


def let_others_write() -> None:
    """Pause on SQLite, so that other threads and processes can write between two transactions.

    SQLite has one lock for all writers, and no queue for this lock. A waiting connection tries again after 100 ms at
    most. So if a loop of transactions never pauses, other writers can wait until their timeout.
    Source: sqliteDefaultBusyCallback in src/main.c of SQLite.
    """
    if connection.vendor == "sqlite":
        time.sleep(PAUSE_SECONDS)
