"""Restoring is done wholly or not at all, into what is empty only; a backup shows one instant and holds nobody up."""

import json
import subprocess
import threading
import zipfile

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from releases.core.canonical import sha256_hex
from releases.models import Producer
from statsoffice.backup.snapshot import snapshot
from tests.factories import ProducerFactory, UserFactory, a_confirmed_release
from tests.releases.brought import brought, keep
from tests.statsoffice.backup.commands import an_office_elsewhere, manage, rows_of, said_by

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backup(tmp_path):
    """A backup of an office with one release that was looked at."""
    release = a_confirmed_release()
    keep(*(brought(release.addresses.get(), "not_live", b"not yet", at=seconds) for seconds in (-5, 0, 120)))
    UserFactory(email="head@example.gov.uk")
    return taken(tmp_path / "backup.zip")


def taken(path):
    call_command("backup", str(path), "--overwrite")
    return path


@pytest.fixture
def elsewhere(tmp_path):
    """Another installation, with a database that was never used."""
    return an_office_elsewhere(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}", tmp_path / "elsewhere")


def left_in(environment):
    """What there is in the database and the folder of another installation."""
    tables = manage(
        "shell", "--verbosity=0", "--command",
        "from django.db import connection; print(connection.introspection.table_names())",
        environment=environment,
    )  # fmt: skip
    stored = subprocess.run(["find", environment["STATSOFFICE_VAR"]], capture_output=True, text=True, check=True).stdout
    return json.loads(tables.replace("'", '"')), [line for line in stored.split() if "stored" in line]


def with_row(path, model, change):
    """Change the first row of a table, with the manifest to match, as somebody does who means it."""
    said, rows = said_by(path), rows_of(path, model)
    change(rows[0])
    (table,) = (table for table in said["tables"] if table["model"] == model)
    content = b"".join(json.dumps([row[c] for c in table["columns"]]).encode() + b"\n" for row in rows)
    table["part"] |= {"size": len(content), "sha256": sha256_hex(content)}
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts |= {table["part"]["name"]: content, "manifest.json": json.dumps(said).encode()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return path


def test_what_fails_half_way_leaves_nothing_and_the_good_archive_is_restored_afterwards(backup, elsewhere, tmp_path):
    good = backup.read_bytes()
    with_row(backup, "releases.address", lambda row: row.update(release_id=4711))
    sentence = manage("restore", backup, environment=elsewhere, fails=True)
    assert "This database does not take what it holds: " in sentence
    assert sentence.strip().endswith("Nothing was changed.")
    backup.write_bytes(good)
    with_row(backup, "releases.observation", lambda row: row.update(result="live"))
    sentence = manage("restore", backup, environment=elsewhere, fails=True)
    assert "Its evidence does not stand as it was written: releases.observation: row 1 was changed" in sentence
    assert left_in(elsewhere) == ([], [])
    backup.write_bytes(good)
    manage("migrate", environment=elsewhere)
    manage("restore", backup, environment=elsewhere)
    manage("backup", tmp_path / "again.zip", environment=elsewhere)
    assert said_by(tmp_path / "again.zip")["tables"] == said_by(backup)["tables"]
    assert rows_of(tmp_path / "again.zip", "accounts.user")[0]["email"] == "head@example.gov.uk"
    sentence = manage("restore", backup, environment=elsewhere, fails=True)
    assert "The database is not empty: there are rows in " in sentence


def test_evidence_that_was_broken_already_is_restored_only_on_demand(backup, elsewhere):
    with_row(backup, "releases.observation", lambda row: row.update(result="live"))
    told = manage("restore", backup, "--accept-broken-evidence", environment=elsewhere)
    assert "releases.observation: row 1 was changed after it was written" in told


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        pytest.param(
            lambda said: said["migrations"].append(["releases", "0999_from_the_future"]),
            "with the migration releases.0999_from_the_future, which is not known here",
            id="a-newer-schema",
        ),
        pytest.param(
            lambda said: said["tables"][0].update(model="releases.nothing"),
            "It holds the table releases.nothing, which the schema that it names has not.",
            id="an-unknown-table",
        ),
        pytest.param(
            lambda said: said["tables"][2]["columns"].append("shoe_size"),
            "Its columns of accounts.user are not those of the schema that it names.",
            id="an-unknown-column",
        ),
    ],
)
def test_a_schema_that_is_not_known_here_is_refused(backup, elsewhere, prepare, sentence):
    said = said_by(backup)
    prepare(said)
    with zipfile.ZipFile(backup) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(backup, "w") as archive:
        for name, part in (parts | {"manifest.json": json.dumps(said).encode()}).items():
            archive.writestr(name, part)
    assert sentence in manage("restore", backup, environment=elsewhere, fails=True)
    assert left_in(elsewhere) == ([], [])


def test_a_database_with_anything_in_it_is_refused_and_stays_as_it_was(backup, tmp_path):
    before = said_by(backup)["tables"]
    with pytest.raises(
        CommandError, match=r"The database is not empty: there are rows in \w+\. .* Nothing was changed"
    ):
        call_command("restore", str(backup))
    assert said_by(taken(tmp_path / "after.zip"))["tables"] == before


def test_a_table_of_something_else_is_not_taken_away(backup, tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE a_canteen (soup text)")
    try:
        with pytest.raises(CommandError, match="The database holds the table a_canteen, which is not of this product"):
            call_command("restore", str(backup))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE a_canteen")


def test_a_backup_that_is_there_is_not_written_over_unless_told(backup):
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(backup))
    assert taken(backup).exists()


def test_a_backup_shows_one_instant_while_others_write(backup):
    producers = Producer.objects.count()

    def write():
        ProducerFactory()
        connection.close()

    with snapshot():
        assert Producer.objects.count() == producers
        other = threading.Thread(target=write)
        other.start()
        other.join(timeout=10)
        assert not other.is_alive(), "a backup keeps others from writing"
        assert Producer.objects.count() == producers
    assert Producer.objects.count() == producers + 1
