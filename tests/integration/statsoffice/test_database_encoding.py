"""A database that could not hold every report is refused before anything is in it."""

import subprocess

import pytest

from releases.rules.canonical import sha256_hex
from statsoffice.backup import archive
from statsoffice.backup.archive import Description
from tests.integration.statsoffice.backup.commands import an_office_elsewhere, manage
from tests.servers import programs
from tests.servers.private_postgresql import private_cluster

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    with private_cluster() as cluster:
        yield cluster


def test_a_database_in_another_encoding_is_refused_before_a_table_is_made(cluster, tmp_path):
    with cluster.connect("postgres") as server:
        server.execute("CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    office = an_office_elsewhere(cluster.url("ascii"), tmp_path)
    said = manage("migrate", environment=office, fails=True)
    assert "The database ascii has the encoding SQL_ASCII. The encoding must be UTF8." in said
    assert "createdb --template template0 --encoding UTF8" in said
    with cluster.connect("ascii") as server:
        assert server.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_no_backup_is_restored_into_another_encoding(cluster, tmp_path):
    with cluster.connect("postgres") as server:
        server.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    (tmp_path / "backup").mkdir()
    dump = tmp_path / "backup" / "database.dump"
    command = [programs.postgresql("pg_dump"), "--format=custom", "--username=postgres", f"--host={cluster.folder}"]
    dump.write_bytes(subprocess.run([*command, "postgres"], capture_output=True, check=True).stdout)
    description = Description("0.3.0", "2026-06-30T08:30:00+00:00", "postgresql", 1, [])
    archive.write_checksums(dump.parent, description, {dump.name: sha256_hex(dump.read_bytes())})
    office = an_office_elsewhere(cluster.url("latin"), tmp_path / "var")
    said = manage("restore", dump.parent, environment=office, fails=True)
    assert "The database latin has the encoding LATIN1. The encoding must be UTF8." in said


def test_nothing_is_said_against_a_database_in_utf8_or_a_file(cluster, tmp_path):
    cluster.create("office")
    for url in (cluster.url("office"), f"sqlite:///{tmp_path / 'office.sqlite3'}"):
        said = manage("check", "--database", "default", environment=an_office_elsewhere(url, tmp_path / "var"))
        assert "no issues" in said
