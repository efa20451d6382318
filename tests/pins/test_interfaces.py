"""What others depend on by name: addresses, API v1, commands, jobs, settings, and the schema of the database."""

import argparse
import ast
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings, settings
from django.core.management import BaseCommand, get_commands, load_command_class
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.urls import Resolver404, resolve
from django.urls.converters import get_converters

from tests.integration.statsoffice.test_settings import PRODUCTION, load_settings
from tests.pages.access.addresses import places
from tests.pins.conftest import Pinned

PACKAGES = ("statsoffice.", "releases.", "breaches.")
OUR_APPS = ("accounts", "audit", "breaches", "canary", "office_api", "outbox", "releases", "webhooks")


@pytest.mark.django_db
def test_the_schema_of_api_v1(client, pinned: Pinned):
    pinned("api-v1.json", client.get("/api/v1/openapi.json").json())


def test_the_addresses_with_their_names(pinned: Pinned):
    lines = [f"/{place.route}  {place.name}{first_match(place.route, place.name)}" for place in places()]
    converters = {name: one.regex for name, one in get_converters().items()}
    pinned(
        "addresses.txt", "\n".join(sorted(lines) + [f"<{name}:…>  {converters[name]}" for name in sorted(converters)])
    )


def first_match(route: str, name: str) -> str:
    """Say which page an address without arguments leads to, if that is not the one that it belongs to."""
    if set("<(^") & set(route):
        return ""
    try:
        found = resolve(f"/{route}").view_name
    except Resolver404:
        return "  (leads nowhere)"
    return "" if found == name else f"  (leads to {found})"


def test_the_commands_with_their_options(pinned: Pinned):
    base = {action.dest for action in BaseCommand().create_parser("manage.py", "any")._actions}
    commands = {name: app for name, app in get_commands().items() if f"{app}.".startswith(PACKAGES)}
    pinned(
        "commands.json",
        {
            name: {
                action.dest: option(action)
                for action in load_command_class(app, name).create_parser("manage.py", name)._actions
                if action.dest not in base
            }
            for name, app in commands.items()
        },
    )


def option(action: argparse.Action) -> dict[str, Any]:
    """Describe one option without its help."""
    return {
        "written": action.option_strings or [action.metavar or action.dest],
        "required": action.required,
        "nargs": action.nargs,
        "default": plain(action.default),
        "choices": [str(choice) for choice in action.choices] if action.choices else None,
    }


def test_the_jobs_as_celery_has_them(pinned: Pinned):
    from statsoffice.celery import app

    limits = app.conf.task_annotations
    pinned(
        "jobs.json",
        {
            "queues": [queue.name for queue in app.conf.task_queues],
            "jobs": {
                name: {
                    "schedule": str(row["schedule"]),
                    "task": row["task"],
                    **row["options"],
                    "limits": limits.get(name),
                    "is a task": row["task"] in app.tasks,
                }
                for name, row in app.conf.beat_schedule.items()
            },
        },
    )


# Some settings are read only when a message is sent or a broker is needed.
READ_SETTINGS = """
import json
from statsoffice import settings, celery
from statsoffice import env
values = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
print(json.dumps([env.defaults_read, values], default=repr, sort_keys=True))
"""
LIBRARIES = ("ACCOUNT_", "ALLAUTH_", "CRISPY_", "MFA_", "PERMISSIONS_POLICY", "SOCIALACCOUNT_", "WHITENOISE_")
WITH_MODULES = {"INSTALLED_APPS", "LOGGING", "SECRET_KEY"}


@pytest.mark.parametrize("mode", ["development", "production"])
def test_the_settings_of_the_environment_with_their_defaults_and_what_follows_for_django(
    mode: str, tmp_path: Path, pinned: Pinned
):
    given = PRODUCTION if mode == "production" else {}
    run = load_settings(tmp_path, script=READ_SETTINGS, STATSOFFICE_PROBE_VANTAGE="here", **given)
    environment, values = json.loads(run.stdout)
    known = {
        name: value
        for name, value in values.items()
        if (hasattr(global_settings, name) or name.startswith(LIBRARIES)) and name not in WITH_MODULES
    }
    folders = {str(tmp_path): "VAR", str(settings.BASE_DIR): "BASE", socket.gethostname(): "HOST"}
    pinned(f"settings-{mode}.json", portable({"environment": environment, "django": known}, folders))


def portable(value: Any, folders: dict[str, str]) -> Any:
    """Name no folder of this machine. Leave out the modules of the product, which may move."""
    if isinstance(value, dict):
        return {key: portable(one, folders) for key, one in value.items() if not is_ours(one)}
    if isinstance(value, list):
        return [portable(one, folders) for one in value if not is_ours(one)]
    if isinstance(value, str) and value.startswith("frozenset("):
        return sorted(ast.literal_eval(value.removeprefix("frozenset(").removesuffix(")")))
    for folder, name in folders.items() if isinstance(value, str) else ():
        value = value.replace(folder, name)
    return value


def is_ours(value: Any) -> bool:
    """Return whether a setting names a module or an object of the product."""
    return isinstance(value, str) and (value.startswith((*PACKAGES, "<class")) or " object at 0x" in value)


def test_the_tables_that_the_migrations_end_with(pinned: Pinned):
    migrated = MigrationLoader(None).project_state().apps
    ours = [model for model in migrated.get_models(include_auto_created=True) if model._meta.app_label in OUR_APPS]
    pinned("tables.json", {model._meta.db_table: table(model) for model in ours})


def table(model: type[models.Model]) -> dict[str, Any]:
    """Describe a table: its columns, what it demands of them, and how it is indexed."""
    meta = model._meta
    return {
        "columns": {field.column: " ".join(column(field)) for field in meta.local_concrete_fields},
        "constraints": sorted(plain(constraint) for constraint in meta.constraints),
        "indexes": sorted(plain(index) for index in meta.indexes),
        "unique together": [list(names) for names in meta.unique_together],
    }


def column(field: models.Field) -> Iterator[str]:
    yield field.get_internal_type()
    if field.max_length:
        yield str(field.max_length)
    if isinstance(field, models.ForeignKey):
        yield f"to {field.remote_field.model._meta.db_table}"
        yield from () if field.db_constraint else ("unconstrained",)
    for name in ("primary_key", "null", "unique", "db_index"):
        yield from (name,) if getattr(field, name) else ()
    if field.has_db_default():
        yield f"default {plain(field.db_default)}"


def plain(value: Any) -> Any:
    """Write a value without the address of an object or the name of a module."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if hasattr(value, "deconstruct"):
        path, args, kwargs = value.deconstruct()
        return f"{path.rpartition('.')[2]}{args or ''}{dict(sorted(kwargs.items()))}"
    return str(value)
