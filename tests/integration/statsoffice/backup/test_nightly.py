"""The backup of a day is read again once it is written, and only then are old ones removed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from statsoffice.backup import BackupError, archive
from statsoffice.backup.engines import ENGINES

pytestmark = pytest.mark.django_db(transaction=True)

# In London it is half past midnight of the next day already.
NIGHT = datetime(2026, 6, 29, 23, 30, tzinfo=UTC)
OLD, LEFT_OVER = "statsoffice-2026-05-30", ".statsoffice-2026-06-29.a_b1.unfinished"
STAYING = {
    "statsoffice-2026-05-31",
    "statsoffice-2020-02-31",
    "before-the-upgrade",
    "statsoffice-2020-01-01.encrypted",
    ".statsoffice-2026-06-30.a_b1.unfinished",
}


@pytest.fixture
def folder(tmp_path):
    """A folder with backups of earlier days, and with others."""
    for name in (OLD, LEFT_OVER, *STAYING):
        (tmp_path / "backups" / name / "files").mkdir(parents=True)
    return tmp_path / "backups"


def write(folder, stored):
    return archive.write_nightly_backup(folder, keep_days=30, stored=stored, at=NIGHT)


def test_it_has_londons_date_and_old_and_unfinished_ones_are_removed(folder, office, stored):
    written, removed = write(folder, stored)
    assert written.folder == folder / "statsoffice-2026-06-30"
    assert removed == [folder / OLD]
    assert {path.name for path in folder.iterdir()} == {"statsoffice-2026-06-30", *STAYING}
    (stored / "new.txt").write_text("new")
    assert write(folder, stored)[0].stored_files == written.stored_files + 1


def test_nothing_is_removed_if_the_backup_cannot_be_read(folder, office, stored, monkeypatch):
    kind = ENGINES[connection.vendor]
    dump = kind.dump

    def dump_and_cut(engine, to):
        version = dump(engine, to)
        to.write_bytes(to.read_bytes()[:100])
        return version

    monkeypatch.setattr(kind, "dump", dump_and_cut)
    with pytest.raises(BackupError):
        write(folder, stored)
    assert {OLD, LEFT_OVER, *STAYING} <= {path.name for path in folder.iterdir()}


def test_no_backup_is_removed_in_the_first_night_after_a_jump_of_the_clock(folder, office, stored):
    later = NIGHT + timedelta(days=40)
    with pytest.raises(archive.OldBackupsRemain, match="Check the clock of this machine"):
        archive.write_nightly_backup(folder, keep_days=30, stored=stored, at=later)
    names = {path.name for path in folder.iterdir()}
    assert {"statsoffice-2026-08-09", OLD, LEFT_OVER, *STAYING} == names
    _, removed = archive.write_nightly_backup(folder, keep_days=30, stored=stored, at=later)
    assert removed == [folder / OLD, folder / "statsoffice-2026-05-31"]


def test_the_command_reports_what_it_wrote_and_removed(folder, office, tmp_path, capsys):
    with pytest.raises(CommandError, match=r"and was read to its end\. No old backup was removed"):
        call_command("backup_nightly", str(folder), "--keep-days", "1")
    call_command("backup_nightly", str(folder), "--keep-days", "1")
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].endswith("read to its end")
    assert [line.endswith("too old, removed") for line in printed[1:]] == [True, True]
    with pytest.raises(CommandError, match=r"^The folder .*absent does not exist\. Create it, then run"):
        call_command("backup_nightly", str(tmp_path / "absent"))
    with pytest.raises(CommandError, match=r"^The folder .*absent does not exist\. Create it, then run"):
        call_command("backup", str(tmp_path / "absent" / "backup"))
    with pytest.raises(CommandError, match='"0" must be a whole number of days, 1 or more'):
        call_command("backup_nightly", str(folder), "--keep-days", "0")
