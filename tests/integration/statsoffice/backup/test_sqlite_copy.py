"""A trial on SQLite is copied to PostgreSQL with every row, and the record goes on there; or nothing is copied.

On PostgreSQL the tables belong to their own role, and the record goes on with the rights of the processes.
"""

import contextlib
import errno
import os
import re
import shutil
import sqlite3
from textwrap import dedent

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections, transaction

from statsoffice.backup import BackupError
from statsoffice.backup.engines import UNSAVED_TABLES
from statsoffice.management.commands import copy_from_sqlite
from tests.integration.statsoffice.backup.commands import an_office_elsewhere, manage, script
from tests.servers import migrated
from tests.servers.postgresql_cluster import PROCESSES
from tests.servers.private_postgresql import private_cluster

pytestmark = pytest.mark.usefixtures("any_database")

FILL = dedent("""
    from releases import corrections
    from statsoffice.accounts.models import User
    from tests.support.factories import UserFactory, ReleaseFactory, ReleaseFactory
    from tests.support.stored_checks import make_check, store_checks
    release = ReleaseFactory(confirmed=True)
    store_checks(*(make_check(release.addresses.get(), "not_live", b"not yet", at=seconds) for seconds in (-5, 0, 120)))
    UserFactory(email="head@example.gov.uk")
    User.objects.update(date_joined="2020-01-01T00:00:00+00:00")
    deleted = ReleaseFactory(reference="deleted")
    corrections.remove_release(deleted, by=None, at=deleted.recorded_at)
    print(deleted.pk)
""")
A_FURTHER_RELEASE = dedent("""
    from releases.models import Series
    from tests.support.factories import ReleaseFactory
    print(ReleaseFactory(reference="after", series=Series.objects.first()).pk)
""")


@pytest.fixture(scope="module")
def cluster():
    with private_cluster() as cluster:
        yield cluster


@pytest.fixture
def any_database(django_db_blocker):
    """Let a test open the file of a trial in addition to the tests' own database."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """The file of a trial, with a release, its checks, a person, and the number of a release that was deleted."""
    folder = tmp_path_factory.mktemp("trial")
    file, environment = folder / "trial.sqlite3", an_office_elsewhere(f"sqlite:///{folder / 'trial.sqlite3'}", folder)
    if migrated.folder():
        shutil.copyfile(migrated.folder() / migrated.SQLITE, file)
    else:
        manage("migrate", "--verbosity=0", environment=environment)
    return file, int(script(FILL, environment=environment))


def rows_of(database, tables):
    counts = ((table, database.execute(f'SELECT count(*) FROM "{table}"')) for table in tables)  # noqa: S608  # the catalogue's own names
    return {table: found.fetchone()[0] for table, found in counts}


def test_every_row_is_copied_and_the_record_goes_on(trial, cluster, tmp_path):
    file, deleted = trial
    cluster.create("office")
    cluster.create_roles("office")
    office = an_office_elsewhere(cluster.url("office", role=PROCESSES), tmp_path / "office")
    owner = office | cluster.two_urls("office")
    printed = manage("copy_from_sqlite", file, environment=owner)
    assert "releases.observation: 3 rows, valid" in printed
    assert "releases.body: 1 body, valid" in printed
    with contextlib.closing(sqlite3.connect(file)) as source, cluster.connect("office") as copy:
        tables = {
            name
            for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name not in {*UNSAVED_TABLES, "django_migrations"} and not name.startswith("sqlite_")
        }
        before = rows_of(source, tables)
        assert rows_of(copy, tables) == before
        assert f"Copied {sum(before.values())} rows" in printed
        joined = copy.execute("SELECT to_char(date_joined, 'YYYY') FROM accounts_user").fetchall()
        assert set(joined) == {("2020",)}
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            copy.execute("UPDATE releases_observation SET result = 'live'")
    # An event still names the deleted release, so no other release may get its number.
    assert int(script(A_FURTHER_RELEASE, environment=office)) > deleted
    assert "rows, valid" in manage("verify_evidence", environment=office)
    sentence = manage("copy_from_sqlite", file, environment=owner, fails=True)
    assert "The database is not empty, so nothing was changed." in sentence


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            "UPDATE releases_producer SET slug = 'office-for-invented-statistics' WHERE id = (SELECT min(id) FROM "
            "releases_producer)",
            "contains the demonstration, and the password of its accounts is public. Do not copy it: run",
            id="demonstration",
        ),
        pytest.param(
            "DELETE FROM django_migrations WHERE app = 'releases'",
            "does not have the tables of this version. Set DATABASE_URL=sqlite:////",
            id="another-version",
        ),
    ],
)
def test_a_file_that_must_not_be_copied_is_refused(trial, tmp_path, change, sentence):
    file, _ = trial
    copied = tmp_path / "changed.sqlite3"
    shutil.copyfile(file, copied)
    with contextlib.closing(sqlite3.connect(copied)) as changed, changed:
        changed.execute(change)
    with pytest.raises(BackupError, match=re.escape(sentence)), copy_from_sqlite._open_source(copied):
        copy_from_sqlite._check_source(copied)


def test_a_postgresql_that_cannot_be_reached_must_not_be_migrated(trial, tmp_path):
    nowhere = an_office_elsewhere(f"postgres:///office?host={tmp_path}", tmp_path / "office")
    sentence = manage("copy_from_sqlite", trial[0], environment=nowhere, fails=True).splitlines()[-1]
    assert "The database cannot be used (" in sentence
    assert "The PostgreSQL database must exist and be empty: do not run migrate." in sentence


@pytest.mark.parametrize("log", [False, True], ids=["whole", "with-a-write-ahead-log"])
def test_a_file_that_cannot_be_written_is_opened_for_reading(trial, tmp_path, monkeypatch, log):
    copied = tmp_path / "trial.sqlite3"
    shutil.copyfile(trial[0], copied)
    with contextlib.closing(sqlite3.connect(copied)) as writer:
        if log:
            writer.execute("PRAGMA journal_mode = WAL")
            writer.execute("UPDATE accounts_user SET name = 'In the log'")
            writer.commit()
        monkeypatch.setattr(copy_from_sqlite.os, "access", lambda *_: False)
        with copy_from_sqlite._open_source(copied), transaction.atomic(using=copy_from_sqlite.SOURCE):
            copy_from_sqlite._check_source(copied)
            with connections[copy_from_sqlite.SOURCE].cursor() as cursor:
                cursor.execute("SELECT DISTINCT name FROM accounts_user")
                assert (cursor.fetchall() == [("In the log",)]) == log
                with pytest.raises(OperationalError, match="readonly"):
                    cursor.execute("DELETE FROM accounts_user")
    if not log:
        assert [path.name for path in tmp_path.iterdir()] == ["trial.sqlite3"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"not a database" * 99, "cannot be read: file is not a database."), (None, "There is no file")],
    ids=["other-content", "absent"],
)
def test_a_file_that_cannot_be_read_is_named_in_one_sentence(tmp_path, db, content, sentence):
    file = tmp_path / "file"
    if content:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("copy_from_sqlite", str(file))


def test_a_folder_that_may_not_be_entered_is_named_in_one_sentence(tmp_path, db, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(copy_from_sqlite.Path, "is_file", refuse)
    with pytest.raises(CommandError, match=r"^/closed/file cannot be read: Permission denied\.$"):
        call_command("copy_from_sqlite", "/closed/file")


@pytest.mark.full
def test_a_trial_that_postgresql_refuses_leaves_an_empty_database(trial, cluster, tmp_path):
    file, _ = trial
    shutil.copyfile(file, tmp_path / "odd.sqlite3")
    with contextlib.closing(sqlite3.connect(tmp_path / "odd.sqlite3")) as odd, odd:
        odd.execute("UPDATE accounts_user SET name = ?", ["x" * 5000])
    cluster.create("refusing")
    office = an_office_elsewhere(cluster.url("refusing"), tmp_path / "office")
    sentence = manage("copy_from_sqlite", tmp_path / "odd.sqlite3", environment=office, fails=True)
    assert "The database reported an error: value too long for type character varying" in sentence
    assert "The PostgreSQL database was left empty." in sentence
    with cluster.connect("refusing") as left:
        assert left.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
