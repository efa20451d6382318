"""A trial on SQLite is copied to PostgreSQL with every row, and the record goes on there; or nothing is copied.

On PostgreSQL the tables belong to a role of their own, and the record goes on with the rights of the processes.
"""

import contextlib
import shutil
import sqlite3
from textwrap import dedent

import psycopg
import pytest

from statsoffice.backup.engines import UNSAVED_TABLES
from tests.servers import migrated
from tests.servers.postgresql_cluster import PROCESSES
from tests.servers.private_postgresql import private_cluster
from tests.statsoffice.backup.commands import an_office_elsewhere, manage, script

FILL = dedent("""
    from releases.calendar import corrections
    from statsoffice.accounts.models import User
    from tests.factories import UserFactory, a_confirmed_release, a_release
    from tests.releases.brought import brought, keep
    release = a_confirmed_release()
    keep(*(brought(release.addresses.get(), "not_live", b"not yet", at=seconds) for seconds in (-5, 0, 120)))
    UserFactory(email="head@example.gov.uk")
    User.objects.update(date_joined="2020-01-01T00:00:00+00:00")
    deleted = a_release(reference="deleted")
    corrections.remove(deleted, by=None, at=deleted.recorded_at)
    print(deleted.pk)
""")
A_FURTHER_RELEASE = dedent("""
    from releases.models import Series
    from tests.factories import a_release
    print(a_release(reference="after", series=Series.objects.first()).pk)
""")


@pytest.fixture(scope="module")
def cluster():
    with private_cluster() as cluster:
        yield cluster


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
    assert "releases.observation: 3 rows, holds" in printed
    assert "releases.body: 1 body, holds" in printed
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
    assert "holds" in manage("verify_evidence", environment=office)
    sentence = manage("copy_from_sqlite", file, environment=owner, fails=True)
    assert "The database is not empty, so nothing was changed." in sentence


@pytest.mark.full
def test_a_trial_that_postgresql_refuses_leaves_an_empty_database(trial, cluster, tmp_path):
    file, _ = trial
    shutil.copyfile(file, tmp_path / "odd.sqlite3")
    with contextlib.closing(sqlite3.connect(tmp_path / "odd.sqlite3")) as odd, odd:
        odd.execute("UPDATE accounts_user SET name = ?", ["x" * 5000])
    cluster.create("refusing")
    office = an_office_elsewhere(cluster.url("refusing"), tmp_path / "office")
    sentence = manage("copy_from_sqlite", tmp_path / "odd.sqlite3", environment=office, fails=True)
    assert "The database refused it: value too long for type character varying" in sentence
    assert "The database is empty." in sentence
    with cluster.connect("refusing") as left:
        assert left.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
