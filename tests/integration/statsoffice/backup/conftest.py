"""An office with something in every chain, and another installation with an empty database."""

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client

from releases import corrections
from tests.integration.statsoffice.backup.commands import an_office_elsewhere
from tests.support.factories import ReleaseFactory, UserFactory
from tests.support.shared_database import environment_of_processes
from tests.support.stored_checks import make_check, store_checks


@dataclass
class Installation:
    """The environment of another installation, and its folder of stored files."""

    environment: dict[str, str]
    stored: Path

    def query(self, sql):
        """Return the rows of one query, from outside the product."""
        url = self.environment["DATABASE_URL"]
        if url.startswith("sqlite"):
            with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
                return database.execute(sql).fetchall()
        folder, _, name = url.partition("@/")[2].rpartition("/")
        with psycopg.connect(host=folder, user="postgres", dbname=name) as database:
            return database.execute(sql).fetchall()

    def rows_of(self, table):
        """Return every row of a table, in some order that is always the same."""
        return sorted(map(repr, self.query(f'SELECT * FROM "{table}"')))  # noqa: S608  # the catalogue's own names

    def tables(self):
        """Return the names of its tables."""
        if self.environment["DATABASE_URL"].startswith("sqlite"):
            return {name for (name,) in self.query("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {name for (name,) in self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


@pytest.fixture
def stored(tmp_path, settings):
    """The folder of stored files, with one in it."""
    settings.MEDIA_ROOT = tmp_path / "stored"
    (settings.MEDIA_ROOT / "letters").mkdir(parents=True)
    (settings.MEDIA_ROOT / "letters" / "approval of an hour.pdf").write_bytes(bytes(range(256)) * 9)
    return settings.MEDIA_ROOT


@pytest.fixture
def office(transactional_db, stored):
    """A release with checks and bodies, a person who is signed in, and a release that was deleted."""
    release = ReleaseFactory(confirmed=True)
    store_checks(*(make_check(release.addresses.get(), "not_live", b"not yet", at=seconds) for seconds in (-5, 0, 120)))
    client = Client()
    client.force_login(UserFactory(email="head@example.gov.uk"), backend=django_settings.AUTHENTICATION_BACKENDS[0])
    deleted = ReleaseFactory(reference="deleted")
    corrections.remove_release(deleted, by=None, at=deleted.recorded_at)
    return {"release": release, "deleted": deleted.pk, "session": client.cookies["sessionid"].value}


@pytest.fixture
def here(transactional_db, stored):
    """The tests' own database, from outside the product."""
    return Installation(environment_of_processes(redis_url=""), stored)


@pytest.fixture
def elsewhere(tmp_path):
    """Another installation with an empty database, of the same kind as that of the tests."""
    folder = tmp_path / "elsewhere"
    if connection.vendor == "sqlite":
        yield Installation(an_office_elsewhere(f"sqlite:///{folder / 'db.sqlite3'}", folder), folder / "stored")
        return
    given, name = connection.settings_dict, f"elsewhere_{os.getpid()}"
    with psycopg.connect(host=given["HOST"], user=given["USER"], dbname="postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        url = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
        yield Installation(an_office_elsewhere(url, folder), folder / "stored")
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
