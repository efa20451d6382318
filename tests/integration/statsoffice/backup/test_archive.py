"""A damaged, unfinished or foreign folder is refused with one sentence, before any database is asked."""

import io
import json
import sqlite3
import subprocess
from contextlib import closing

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from releases.rules.canonical import sha256_hex
from statsoffice.backup import BackupError, archive
from statsoffice.backup.archive import Description

STORED = "files/letters/approval.pdf"
ODD = "files/a\\b\nc\u2028d.txt"


@pytest.fixture
def folder(tmp_path):
    """A backup of a small SQLite database and two files."""
    folder = tmp_path / "backup"
    (folder / "files" / "letters").mkdir(parents=True)
    with closing(sqlite3.connect(folder / "database.sqlite3")) as database:
        database.executescript("CREATE TABLE note (words TEXT); INSERT INTO note VALUES ('one'), ('two');")
    (folder / STORED).write_bytes(b"a letter")
    (folder / ODD).write_bytes(b"odd")
    return sealed(folder)


def sealed(folder, **changed):
    """Write the checksums of the files in the folder, as a person does who changes a backup on purpose."""
    for name in ("backup.json", "SHA256SUMS"):
        (folder / name).unlink(missing_ok=True)
    said = {"version": "0.1.0", "made_at": "2026-06-30T08:30:00+00:00", "engine": "sqlite", "tool_version": 3}
    names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    checksums = {name: sha256_hex(path.read_bytes()) for name, path in names.items()}
    archive.write_checksums(
        folder, Description(**said | {"migrations": [("accounts", "0001_initial")]} | changed), checksums
    )
    return folder


def rewritten(path, change):
    path.write_bytes(change(path.read_bytes()))


def described(folder, **said):
    """Change the description and its checksum."""
    path = folder / "backup.json"
    before = path.read_bytes()
    path.write_text(json.dumps(json.loads(before) | said))
    rewritten(folder / "SHA256SUMS", lambda c: c.replace(digest(before), digest(path.read_bytes())))


def digest(content):
    return sha256_hex(content).encode()


def test_a_backup_is_checked_without_a_database_and_by_sha256sum(folder):
    out = io.StringIO()
    call_command("restore", str(folder), "--check", stdout=out)
    summary, checked = out.getvalue().splitlines()
    assert summary.startswith(f"{folder}: version 0.1.0, sqlite, 2026-06-30T08:30:00+00:00, 2 stored files, ")
    assert checked == "Every file matches its checksum. Nothing was restored."
    standard = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True)
    assert standard.returncode == 0, standard


UNFINISHED = "is not a backup of this product, or the backup was not finished."
DAMAGES = {
    "not-finished": (lambda f: (f / "SHA256SUMS").unlink(), UNFINISHED),
    "another-folder": (lambda f: [path.unlink() for path in f.iterdir() if path.is_file()], UNFINISHED),
    "a-cut-dump": (
        lambda f: rewritten(f / "database.sqlite3", lambda c: c[:-100]),
        "is damaged: database.sqlite3 differs from its checksum.",
    ),
    "a-cut-dump-with-a-checksum": (
        lambda f: rewritten(f / "database.sqlite3", lambda c: c[:5000]) or sealed(f),
        "cannot read database.sqlite3: ",
    ),
    "another-byte": (
        lambda f: rewritten(f / STORED, lambda c: c.replace(b"letter", b"lettre")),
        f"is damaged: {STORED} differs from its checksum.",
    ),
    "a-missing-file": (lambda f: (f / STORED).unlink(), f"is damaged: {STORED} is missing."),
    "a-missing-dump": (
        lambda f: (f / "database.sqlite3").unlink() or sealed(f),
        "is damaged: database.sqlite3 is missing.",
    ),
    "a-file-too-many": (
        lambda f: (f / "files" / "x").write_text("x"),
        "is damaged: files/x has no checksum.",
    ),
    "a-link": (
        lambda f: (f / STORED).unlink() or (f / STORED).symlink_to("/etc/hostname"),
        f"is damaged: {STORED} has no checksum.",
    ),
    "cut-checksums": (
        lambda f: rewritten(f / "SHA256SUMS", lambda c: c[:-30]),
        "is damaged: SHA256SUMS cannot be read.",
    ),
    "no-json": (
        lambda f: (
            rewritten(f / "backup.json", lambda c: c[:-2])
            or rewritten(f / "SHA256SUMS", lambda c: c.replace(c.split()[0], digest((f / "backup.json").read_bytes())))
        ),
        "is damaged: ",
    ),
    "no-engine": (lambda f: sealed(f, engine="oracle"), "names the unknown database oracle."),
    "another-product": (
        lambda f: described(f, product="other"),
        "is a backup of other in format 2. This version can only read backups of statsoffice in format 2.",
    ),
    "a-newer-format": (
        lambda f: described(f, format=3),
        "is a backup of statsoffice in format 3. This version can only read backups of statsoffice in format 2.",
    ),
    "a-field-too-many": (lambda f: described(f, mood="good"), "is damaged: backup.json cannot be read."),
}


@pytest.mark.parametrize(("damage", "sentence"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_or_foreign_folder_is_refused_with_one_sentence(folder, damage, sentence):
    damage(folder)
    with pytest.raises(CommandError) as refused:
        call_command("restore", str(folder), "--check", stdout=io.StringIO())
    assert sentence in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_a_folder_that_does_not_exist_and_a_file_are_named(folder):
    with pytest.raises(CommandError, match=r"none: No such file or directory\. Nothing was changed\."):
        call_command("restore", str(folder / "none"))
    with pytest.raises(CommandError, match=r"backup\.json: Not a directory\. Nothing was changed\."):
        call_command("restore", str(folder / "backup.json"))


OTHER_KIND = {
    "postgresql": ("sqlite", "is a backup of an SQLite database, but DATABASE_URL names a PostgreSQL one."),
    "sqlite": ("postgresql", "is a backup of a PostgreSQL database, but DATABASE_URL names an SQLite one."),
}


@pytest.mark.django_db
def test_a_backup_of_another_kind_of_database_is_refused(folder):
    engine, sentence = OTHER_KIND[connection.vendor]
    with pytest.raises(BackupError, match=sentence):
        archive.restore_backup(with_description(folder, engine=engine), stored=folder / "stored")


@pytest.mark.django_db
def test_a_backup_of_a_newer_version_is_refused(folder):
    newer = with_description(folder, engine=connection.vendor, migrations=[("releases", "0999_from_the_future")])
    sentence = "with the migration releases.0999_from_the_future, which this version does not have."
    with pytest.raises(BackupError, match=sentence):
        archive.restore_backup(newer, stored=folder / "stored")


def with_description(folder, **changed):
    """Return an archive whose description says something else."""
    return archive.Archive(folder, Description(**described_as(archive.read_backup(folder)) | changed), 0, 0)


def described_as(read):
    return {name: getattr(read.description, name) for name in Description.__slots__}
