"""The tests' database as processes of the product see it, and what it must hold whenever it was emptied."""

import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, connections
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import TransactionTestCase

# Migrations fill them, and no test changes them; to fill them again takes a tenth of a second of processor time.
FILLED_BY_MIGRATIONS = {"auth_permission", "django_content_type"}


def environment_of_processes(*, redis_url: str) -> dict[str, str]:
    """Return the environment for processes that share the tests' database and folder, and a Redis.

    :raises RuntimeError: if the tests have no separate database, because no test that runs is marked to need it.
    """
    name = str(connection.settings_dict["NAME"])
    if not Path(name).name.startswith("test"):
        message = f"{name} is no database of the tests; nothing may be written there."
        raise RuntimeError(message)
    given = os.environ.get("DATABASE_URL")
    database = f"{given.rpartition('/')[0]}/{name}" if given else f"sqlite:///{name}"
    # The self-test requests a page of the web process, which few of the tests run.
    return os.environ | {"DATABASE_URL": database, "REDIS_URL": redis_url, "STATSOFFICE_CANARY": "off"}


def has_real_transactions(item: pytest.Item) -> bool:
    """Return whether a test commits, so that its tables are emptied after it."""
    marker = item.get_closest_marker("django_db")
    names = set(getattr(item, "fixturenames", ()))
    return bool({"transactional_db", "live_server"} & names or (marker and marker.kwargs.get("transaction")))


def write_migrated_rows() -> None:
    """Add again what migrations write, after a test that emptied every table."""
    if not apps.get_model("breaches", "Edition").objects.exists():
        importlib.import_module("breaches.migrations.0002_code_of_practice").add_code(apps, None)
        importlib.import_module("statsoffice.accounts.migrations.0002_invitation").create_groups(apps, None)


def flush_by_deleting() -> None:
    """Empty the tables after a test with real transactions by DELETE, but not those that migrations fill.

    Such a test leaves few rows in few of the 84 tables. PostgreSQL would take most of a second to TRUNCATE them,
    because it creates a new file for each table; DELETE takes ten milliseconds.
    """

    def sql_flush(
        self: DatabaseOperations,
        style: Any,
        tables: Sequence[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        # Foreign keys, and the triggers of append-only tables, are for the product.
        guards_off = "SET LOCAL session_replication_role = replica"
        if reset_sequences:
            return [guards_off, *truncate(self, style, tables, reset_sequences=True, allow_cascade=allow_cascade)]
        return [guards_off, *(f"DELETE FROM {self.quote_name(table)}" for table in tables)]  # noqa: S608

    def empty_tables(test_case: TransactionTestCase) -> None:
        for alias in test_case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
            database = connections[alias]
            tables = database.introspection.django_table_names(only_existing=True, include_views=False)
            statements = database.ops.sql_flush(
                no_style(), [name for name in tables if name not in FILLED_BY_MIGRATIONS]
            )
            database.ops.execute_sql_flush(statements)

    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]
    truncate = DatabaseOperations.sql_flush
    DatabaseOperations.sql_flush = sql_flush  # type: ignore[method-assign]
