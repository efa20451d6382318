"""Files may come and go while a backup is taken: it is of one instant, or it says why there is none."""

import io
import os
import zipfile
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from statsoffice.backup import taking
from statsoffice.backup.stored_files import FilesChanged
from tests.statsoffice.backup.commands import said_by

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
FIRST, SECOND = "files/first.txt", "files/second.txt"


@pytest.fixture
def stored(tmp_path, settings):
    """The folder of stored files, with two in it."""
    folder = tmp_path / "stored"
    folder.mkdir()
    for name in ("first.txt", "second.txt"):
        (folder / name).write_text(f"the {name}")
    settings.MEDIA_ROOT = folder
    return folder


class ActingOn(io.BytesIO):
    """An archive that lets something happen as soon as the name of a part is written into it."""

    def __init__(self, part, act):
        super().__init__()
        self._part, self._act = part.encode(), act

    def write(self, content):
        if self._act and self._part in content:
            self._act, act = None, self._act
            act()
        return super().write(content)


def backed_up(stored, *, while_written, act):
    """Take a backup, and do something at the moment at which one part of it is begun; gives the parts' contents."""
    file = ActingOn(while_written, act)
    taking.take(file, stored=stored, at=AT)
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


ROWS = "tables/releases.release.jsonl"


@pytest.mark.parametrize("when", [ROWS, FIRST, SECOND], ids=["after-the-rows", "before-it-is-read", "just-then"])
def test_a_file_that_is_pruned_before_it_was_read_makes_no_backup(stored, when):
    with pytest.raises(FilesChanged, match=r"second\.txt went away while the backup was taken: take it again"):
        backed_up(stored, while_written=when, act=(stored / "second.txt").unlink)


def test_a_file_that_is_pruned_once_it_was_read_is_in_the_backup(stored):
    parts = backed_up(stored, while_written=SECOND, act=(stored / "first.txt").unlink)
    assert parts[FIRST] == b"the first.txt"


@pytest.mark.parametrize("when", [ROWS, SECOND], ids=["after-the-rows", "while-it-is-read"])
@pytest.mark.parametrize("length", [0, 4], ids=["of-the-same-length", "longer"])
def test_a_file_that_is_changed_before_it_was_read_makes_no_backup(stored, when, length):
    second = stored / "second.txt"

    def change():
        second.write_text("A" * (len("the second.txt") + length))
        os.utime(second, ns=(0, second.stat().st_mtime_ns + 1))  # a clock may be too coarse to tell

    with pytest.raises(FilesChanged, match=r"second\.txt was changed while the backup was taken"):
        backed_up(stored, while_written=when, act=change)


def test_a_file_that_is_replaced_while_others_are_read_makes_no_backup(stored):
    def replace():
        (stored / "new").write_text("the SECOND.txt")
        told = (stored / "second.txt").stat()
        os.utime(stored / "new", ns=(told.st_atime_ns, told.st_mtime_ns))
        (stored / "new").replace(stored / "second.txt")

    with pytest.raises(FilesChanged, match=r"second\.txt was changed"):
        backed_up(stored, while_written=FIRST, act=replace)


def test_a_file_that_a_row_may_already_name_is_in_the_backup(stored):
    parts = backed_up(stored, while_written=ROWS, act=lambda: (stored / "third.txt").write_text("the third"))
    assert parts["files/third.txt"] == b"the third"


def test_a_file_that_comes_while_files_are_read_keeps_nobody_from_a_whole_backup(stored):
    parts = backed_up(stored, while_written=FIRST, act=lambda: (stored / "third.txt").write_text("the third"))
    assert {FIRST, SECOND} <= parts.keys()
    assert "files/third.txt" not in parts


def test_the_command_says_which_file_went_away_and_leaves_what_was_there(stored, tmp_path):
    path = tmp_path / "backup.zip"
    call_command("backup", str(path))
    before = path.read_bytes()

    def pruning(execute, sql, *rest):
        if "releases_release" in sql:
            (stored / "second.txt").unlink(missing_ok=True)
        return execute(sql, *rest)

    with (
        connection.execute_wrapper(pruning),
        pytest.raises(CommandError) as refused,
    ):
        call_command("backup", str(path), "--overwrite")
    assert str(refused.value) == (
        f"The stored file {stored / 'second.txt'} went away while the backup was taken: take it again."
    )
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".backup*"))
    call_command("backup", str(path), "--overwrite")
    assert [part["name"] for part in said_by(path)["files"]] == [FIRST]
