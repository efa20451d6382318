"""An archive says what it is, and what is damaged or somebody else's is refused by one clear sentence."""

import io
import json
import struct
import zipfile

import pytest
from django.core.management import CommandError, call_command

from releases.core.canonical import sha256_hex
from statsoffice.backup import manifest
from statsoffice.backup.archive import Written, opened
from statsoffice.backup.manifest import ArchiveRefused, Manifest, Table

PART = "tables/accounts.user.jsonl"
FILE = "files/letters/approval.pdf"


@pytest.fixture
def path(tmp_path):
    """An archive of two rows and one file."""
    path = tmp_path / "backup.zip"
    with path.open("wb") as file:
        archive = Written(file)
        rows = archive.add(PART, iter([b"[1]\n", b"[2]\n"]))
        letter = archive.add(FILE, iter([b"a letter"]))
        archive.finish(
            Manifest(
                version="0.1.0",
                made_at="2026-06-30T08:30:00+00:00",
                database="sqlite",
                migrations=[("accounts", "0001_initial")],
                numbered={"accounts.user": 2},
                tables=[Table("accounts.user", ["id"], 2, rows)],
                files=[letter],
            )
        )
    return path


def rewritten(path, **changed):
    """Write the archive anew with some parts changed; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts |= {name: change(parts.get(name)) for name, change in changed["parts"].items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            if content is not None:
                archive.writestr(name, content)
    return path


def with_manifest(path, **said):
    """Write the archive anew with a manifest that says something else."""
    return rewritten(path, parts={manifest.NAME: lambda old: json.dumps(json.loads(old) | said)})


def test_what_was_written_is_read_again_and_its_parts_are_named_with_size_and_hash(path):
    with opened(path) as archive:
        said = archive.check().manifest
        assert list(archive.lines(said.tables[0].part)) == [b"[1]\n", b"[2]\n"]
    assert [(part.name, part.size, part.sha256) for part in said.parts] == [
        (PART, 8, sha256_hex(b"[1]\n[2]\n")),
        (FILE, 8, sha256_hex(b"a letter")),
    ]
    assert (said.rows, said.migrations, said.numbered) == (2, [("accounts", "0001_initial")], {"accounts.user": 2})


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-30])


def flipped(path):
    """Change one byte of the first part's compressed content."""
    with zipfile.ZipFile(path) as archive:
        header = archive.getinfo(PART).header_offset
    content = bytearray(path.read_bytes())
    # A local header has 30 bytes, and then the name and whatever else it holds.
    beyond = sum(struct.unpack("<HH", content[header + 26 : header + 30]))
    content[header + 30 + beyond + 1] ^= 0xFF
    path.write_bytes(content)


def a_text(path):
    path.write_text("Dear all,")


def another_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("README.txt", "Somebody else's.")


DAMAGES = {
    "cut-off": (cut_off, "It is no backup of this product, or it was cut off."),
    "a-text": (a_text, "It is no backup of this product, or it was cut off."),
    "empty": (lambda path: path.write_bytes(b""), "It is no backup of this product, or it was cut off."),
    "another-zip": (another_zip, "It is no backup of this product."),
    "another-product": (lambda path: with_manifest(path, product="other"), "It is no backup of this product."),
    "a-newer-format": (lambda path: with_manifest(path, format=2), "Its format is 2, and only 1 is known here."),
    "a-manifest-without-parts": (
        lambda path: with_manifest(path, tables=None),
        "It is damaged: its manifest cannot be read.",
    ),
    "no-json": (
        lambda path: rewritten(path, parts={manifest.NAME: lambda _: b"{"}),
        "It is damaged: its manifest cannot be read.",
    ),
    "a-flipped-byte": (flipped, f"It is damaged: {PART} is not as it was written."),
    "another-row": (
        lambda path: rewritten(path, parts={PART: lambda _: b"[1]\n[3]\n"}),
        f"It is damaged: {PART} is not as it was written.",
    ),
    "another-file": (
        lambda path: rewritten(path, parts={FILE: lambda _: b"a lettre"}),
        f"It is damaged: {FILE} is not as it was written.",
    ),
    "a-part-missing": (
        lambda path: rewritten(path, parts={FILE: lambda _: None}),
        "It is damaged: its parts are not those that its manifest names.",
    ),
    "a-part-too-many": (
        lambda path: rewritten(path, parts={"files/other": lambda _: b"other"}),
        "It is damaged: its parts are not those that its manifest names.",
    ),
    "a-file-without-a-name": (
        lambda path: with_manifest(path, files=[{"name": "", "size": 0, "sha256": ""}]),
        "It names a file outside its own folder: .",
    ),
    "a-file-elsewhere": (
        lambda path: with_manifest(path, files=[{"name": "files/../../x", "size": 0, "sha256": ""}]),
        "It names a file outside its own folder: files/../../x.",
    ),
}


@pytest.mark.parametrize(("damage", "sentence"), DAMAGES.values(), ids=DAMAGES.keys())
def test_what_is_damaged_or_foreign_is_refused_with_the_reason(path, damage, sentence):
    damage(path)
    with pytest.raises(ArchiveRefused) as refused, opened(path) as archive:
        archive.check()
    assert str(refused.value) == sentence


def test_the_command_says_in_one_sentence_why_and_that_nothing_was_changed(path):
    rewritten(path, parts={FILE: lambda _: b"a lettre"})
    with pytest.raises(CommandError) as refused:
        call_command("restore", str(path), stdout=io.StringIO())
    assert str(refused.value) == (
        f"{path} cannot be restored. It is damaged: {FILE} is not as it was written. Nothing was changed."
    )


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"none\.zip: No such file or directory\. Nothing was changed\."):
        call_command("restore", str(tmp_path / "none.zip"))


def test_an_archive_can_be_checked_without_a_database_being_touched(path):
    out = io.StringIO()
    call_command("restore", str(path), "--check", stdout=out)
    assert out.getvalue().splitlines() == [
        f"{path}: of version 0.1.0, taken at 2026-06-30T08:30:00+00:00, 2 rows",
        "Every part is as it was written. Nothing was restored.",
    ]
