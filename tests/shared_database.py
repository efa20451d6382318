"""The tests' database as processes of the product see it, and what it must hold whenever it was emptied."""

import importlib
import os

from django.apps import apps
from django.db import connection


def environment_of_processes(*, redis_url: str) -> dict[str, str]:
    """Give the environment for processes that share the tests' database and folder, and a Redis."""
    name = str(connection.settings_dict["NAME"])
    given = os.environ.get("DATABASE_URL")
    database = f"{given.rpartition('/')[0]}/{name}" if given else f"sqlite:///{name}"
    return os.environ | {"DATABASE_URL": database, "REDIS_URL": redis_url}


def write_code_of_practice() -> None:
    """Write the Code of Practice again where real transactions were followed by emptying every table."""
    if not apps.get_model("breaches", "Edition").objects.exists():
        importlib.import_module("breaches.migrations.0002_code_of_practice").seed(apps, None)
