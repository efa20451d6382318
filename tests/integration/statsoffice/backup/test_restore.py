"""A backup is restored completely into an empty database, or not at all; it shows one instant while others write."""

import itertools
import json
import subprocess
import threading
from dataclasses import replace
from textwrap import dedent

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from releases.evidence.anchors import anchor_text
from releases.rules.anchor import anchor_lines, merkle_root, read_anchor
from releases.rules.canonical import sha256_hex
from statsoffice import anchors
from statsoffice.backup import archive
from statsoffice.backup.engines import UNSAVED_TABLES
from tests.integration.statsoffice.backup.commands import manage, script
from tests.servers import programs
from tests.support.factories import SEED_DUE, ContactFactory, ProducerFactory
from tests.support.observations import create_observation

pytestmark = pytest.mark.django_db(transaction=True)

A_FURTHER_CHECK = dedent("""
    from releases.models import Observation, Release, Series
    from tests.support.observations import create_observation
    from tests.support.factories import SEED_DUE, ReleaseFactory
    before = Observation.objects.order_by("position").last()
    check = create_observation(Release.objects.get().addresses.first(), "live", at=SEED_DUE)
    assert (check.previous_hash, check.position) == (before.row_hash, before.position + 1)
    print(ReleaseFactory(reference="after", series=Series.objects.first()).pk)
""")
CHANGE = "UPDATE releases_observation SET result = 'live' WHERE position = 1"


@pytest.fixture
def backup(office, tmp_path):
    call_command("backup", str(tmp_path / "backup"))
    return tmp_path / "backup"


def content_of(dump):
    """What a dump says, as text where it is one of PostgreSQL."""
    if connection.vendor == "sqlite":
        return dump.read_bytes()
    return subprocess.run([programs.postgresql("pg_restore"), "-f", "-", dump], capture_output=True, check=True).stdout


@pytest.mark.both_databases
def test_every_row_and_file_is_restored_and_the_record_goes_on(backup, office, here, elsewhere, tmp_path):
    fails_part_of_the_way(elsewhere, tmp_path)
    assert elsewhere.tables() == set()
    if connection.vendor == "sqlite":
        # The query above created it, and not the product.
        (elsewhere.stored.parent / "db.sqlite3").unlink()
    printed = manage("restore", backup, environment=elsewhere.environment)
    assert "releases.observation: 3 rows, valid" in printed
    assert "Restored in " in printed
    assert "Now start the web server, the workers and beat again" in printed
    assert elsewhere.tables() == here.tables()
    different = {table for table in here.tables() if elsewhere.rows_of(table) != here.rows_of(table)}
    assert Session._meta.db_table in different
    assert different <= set(UNSAVED_TABLES)
    assert [elsewhere.rows_of(table) for table in UNSAVED_TABLES] == [[], [], []]
    if connection.vendor == "sqlite":
        folder = elsewhere.stored.parent
        assert {path.stat().st_mode & 0o777 for path in folder.glob("*.sqlite3*")} == {0o600}
    restored = elsewhere.stored / "letters" / "approval of an hour.pdf"
    assert restored.read_bytes() == bytes(range(256)) * 9
    # An event still names the deleted release, so no other release may get its number.
    assert int(script(A_FURTHER_CHECK, environment=elsewhere.environment)) > office["deleted"]
    if connection.vendor == "postgresql":
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            elsewhere.query(f"{CHANGE} RETURNING position")
    before = {table: elsewhere.rows_of(table) for table in elsewhere.tables()}
    sentence = manage("restore", backup, environment=elsewhere.environment, fails=True)
    assert "The database is not empty, so nothing was changed." in sentence
    assert ("use a new STATSOFFICE_VAR" in sentence) == (connection.vendor == "sqlite")
    assert {table: elsewhere.rows_of(table) for table in elsewhere.tables()} == before
    assert elsewhere.query("SELECT email FROM accounts_user") == [("head@example.gov.uk",)]


def fails_part_of_the_way(elsewhere, tmp_path):
    """Try to restore a backup whose database ends too early, and say so."""
    call_command("backup", str(tmp_path / "broken"))
    dump = archive.read_backup(tmp_path / "broken").dump
    content = dump.read_bytes()
    dump.write_bytes(content[:-50])
    checksums = tmp_path / "broken" / "SHA256SUMS"
    checksums.write_text(checksums.read_text().replace(sha256_hex(content), sha256_hex(dump.read_bytes())))
    sentence = manage("restore", tmp_path / "broken", environment=elsewhere.environment, fails=True)
    if connection.vendor == "postgresql":
        # The list at the head of the dump can be read; the rows end too early.
        assert (
            "pg_restore failed: could not read from input file: end of file. The PostgreSQL database was left empty."
            in sentence
        )
    else:
        assert "cannot read database.sqlite3" in sentence


FAILING = """
import os, shutil, signal
from pathlib import Path
from django.db import connection
from statsoffice.backup.archive import filled_or_empty
from statsoffice.backup.engines import ENGINES
folder = Path(os.environ["STATSOFFICE_VAR"], "files")
folder.mkdir()
folder.joinpath("missing.pdf").symlink_to("nowhere")
with filled_or_empty(ENGINES[connection.vendor](connection)):
    connection.cursor().execute("CREATE TABLE half_done (number integer)")
    {statement}
"""


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("os.kill(os.getpid(), signal.SIGTERM)", "The command was interrupted."),
        ("shutil.copytree(folder, f'{folder}-copy')", "missing.pdf could not be copied: [Errno 2] No such file"),
        ("raise OSError('The disk is full.')", "BackupError: The disk is full."),
        ("raise AssertionError('a fault of our own')", "a fault of our own"),
    ],
)
def test_a_restore_that_fails_says_why_and_that_the_database_was_left_empty(elsewhere, statement, sentence):
    said = manage(
        "shell",
        "--verbosity=0",
        "--command",
        FAILING.format(statement=statement),
        environment=elsewhere.environment,
        fails=True,
    )
    assert sentence in said
    assert f"The {connection.display_name} database was left empty." in said
    assert elsewhere.tables() == set()


def test_only_the_owner_can_read_a_backup_and_nobodys_session_is_in_it(backup, office):
    assert {path.stat().st_mode & 0o777 for path in backup.rglob("*") if path.is_file()} == {0o600}
    assert backup.stat().st_mode & 0o777 == 0o700
    content = content_of(archive.read_backup(backup).dump)
    assert b"head@example.gov.uk" in content
    assert office["session"].encode() not in content


def test_broken_evidence_is_not_restored_unless_it_is_accepted(office, elsewhere, tmp_path):
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        cursor.execute(CHANGE)
    call_command("backup", str(tmp_path / "backup"))
    sentence = manage("restore", tmp_path / "backup", environment=elsewhere.environment, fails=True)
    assert "releases.observation: row 1 was changed after it was written. If it was broken before" in sentence
    left = f"The {connection.display_name} database was left empty."
    assert f"use --accept-broken-evidence. {left}" in sentence
    assert elsewhere.tables() == set()
    assert list(elsewhere.stored.iterdir()) == []
    printed = manage("restore", tmp_path / "backup", "--accept-broken-evidence", environment=elsewhere.environment)
    assert "releases.observation: row 1 was changed after it was written" in printed


@pytest.mark.both_databases
def test_the_manifest_has_the_newest_anchor_which_the_restored_record_must_fit(office, elsewhere, tmp_path):
    assert json.loads((written(tmp_path / "before") / "backup.json").read_text())["anchor"] == []
    anchor = anchors.make_due(now=SEED_DUE)
    folder = written(tmp_path / "after")
    assert json.loads((folder / "backup.json").read_text())["anchor"] == anchor_text(anchor)
    other = next(iter(read_anchor("\n".join(anchor_text(anchor)))))
    head = replace(other.heads[0], row_hash="0" * 64)
    heads = [head, *other.heads[1:]]
    lines = anchor_lines(1, made_at=SEED_DUE, root=merkle_root(heads), heads=heads)
    _describe(folder, anchor=lines)
    sentence = manage("restore", folder, environment=elsewhere.environment, fails=True)
    assert f"backup.json: anchor 1 does not match the record: row {head.position} of {head.chain} is not" in sentence
    assert "the row that this anchor covers." in sentence
    _describe(folder, anchor=anchor_text(anchor))
    assert "backup.json: 1 anchor, matches" in manage("restore", folder, environment=elsewhere.environment)


def _describe(folder, **said):
    """Change the manifest and its checksum."""
    manifest, checksums = folder / "backup.json", folder / "SHA256SUMS"
    before = manifest.read_bytes()
    manifest.write_text(json.dumps(json.loads(before) | said))
    checksums.write_text(checksums.read_text().replace(sha256_hex(before), sha256_hex(manifest.read_bytes())))


def written(folder):
    call_command("backup", str(folder))
    return folder


def test_a_backup_during_writes_is_of_one_instant_and_delays_no_writer(office, stored, elsewhere, tmp_path):
    page = office["release"].addresses.get()
    written, stop = [], threading.Event()

    def write():
        """Write a file, then in one transaction two rows that name it and a check in the chain."""
        for number in itertools.count():
            name = f"{number}.txt"
            (stored / name).write_text(name)
            with transaction.atomic():
                ContactFactory(producer=ProducerFactory(slug=f"writer-{number}"), name=name)
                create_observation(page, "live", at=SEED_DUE)
            written.append(name)
            if stop.is_set():
                break
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 20:
            assert writer.is_alive()
        before = len(written)
        call_command("backup", str(tmp_path / "backup"))
        after = len(written)
    finally:
        stop.set()
        writer.join()
    assert after > before + 1, "nothing was written during the backup"
    manage("restore", tmp_path / "backup", environment=elsewhere.environment)  # verifies the chain too
    names = {name for (name,) in elsewhere.query("SELECT name FROM releases_contact WHERE name LIKE '%.txt'")}
    assert before <= len(names) <= after + 1
    assert elsewhere.query("SELECT count(*) FROM releases_producer WHERE slug LIKE 'writer-%'") == [(len(names),)]
    assert {name for name in names if not (elsewhere.stored / name).exists()} == set()


def test_a_file_that_disappears_during_a_backup_is_named_and_no_backup_is_left(office, stored, tmp_path, monkeypatch):
    from statsoffice.backup.engines import ENGINES

    kind = ENGINES[connection.vendor]
    dump = kind.dump

    def dump_and_prune(engine, to):
        (stored / "letters" / "approval of an hour.pdf").unlink()
        return dump(engine, to)

    monkeypatch.setattr(kind, "dump", dump_and_prune)
    with pytest.raises(CommandError, match=r"approval of an hour\.pdf disappeared during the backup"):
        call_command("backup", str(tmp_path / "backup"))
    assert {path.name for path in tmp_path.iterdir()} == {"stored"}


def test_a_database_that_cannot_be_reached_must_not_be_migrated(backup, tmp_path):
    url = f"sqlite:///{tmp_path}/absent/office.sqlite3"
    if connection.vendor == "postgresql":
        url = f"postgres:///office?host={tmp_path}"
    nowhere = {"DATABASE_URL": url, "STATSOFFICE_VAR": str(tmp_path / "var")}
    sentence = manage("restore", backup, environment=nowhere, fails=True).splitlines()[-1]
    assert "The database cannot be used (" in sentence
    assert "The database must exist and be empty: do not run migrate." in sentence
    assert "--setup" not in sentence


def test_an_existing_folder_is_replaced_only_on_request(backup, stored):
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(backup))
    (stored / "new.txt").write_text("new")
    call_command("backup", str(backup), "--overwrite")
    assert archive.read_backup(backup).stored_files == 2
    assert [path.name for path in backup.parent.glob(".backup*")] == []
