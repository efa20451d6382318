"""The tests' database as processes of the product see it, and what it must hold whenever it was emptied."""

import importlib
import os
from pathlib import Path

from django.apps import apps
from django.db import connection


def environment_of_processes(*, redis_url: str) -> dict[str, str]:
    """Give the environment for processes that share the tests' database and folder, and a Redis.

    :raises RuntimeError: if the tests have no database of their own, because no test that runs is marked to need it.
    """
    name = str(connection.settings_dict["NAME"])
    if not Path(name).name.startswith("test"):
        message = f"{name} is no database of the tests; nothing may be written there."
        raise RuntimeError(message)
    given = os.environ.get("DATABASE_URL")
    database = f"{given.rpartition('/')[0]}/{name}" if given else f"sqlite:///{name}"
    # The canary looks at the web process, which few of the tests run.
    return os.environ | {"DATABASE_URL": database, "REDIS_URL": redis_url, "STATSOFFICE_CANARY": "off"}


def write_code_of_practice() -> None:
    """Add the Code of Practice again after a test that emptied every table."""
    if not apps.get_model("breaches", "Edition").objects.exists():
        importlib.import_module("breaches.migrations.0002_code_of_practice").add_code(apps, None)
