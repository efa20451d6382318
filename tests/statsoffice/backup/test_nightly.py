"""The backup of a day: read again once it is written, and only then do old ones go."""

import stat
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder

from statsoffice.backup import nightly
from statsoffice.backup.taking import NotMigrated
from tests.factories import UserFactory
from tests.statsoffice.backup.commands import rows_of

pytestmark = pytest.mark.django_db(transaction=True)

# In London it is half past midnight of the next day already.
NIGHT = datetime(2026, 6, 29, 23, 30, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    """A folder with archives of earlier days, and with files that are none."""
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in (
        "statsoffice-2026-05-30.zip",
        "statsoffice-2026-05-31.zip",
        "statsoffice-2020-02-31.zip",
        "before-the-upgrade.zip",
        "statsoffice-2020-01-01.zip.encrypted",
    ):
        (folder / name).write_bytes(b"of another day")
    return folder


def take(folder, tmp_path):
    return nightly.take(folder, kept_days=30, stored=tmp_path / "stored", at=NIGHT)


def test_it_bears_londons_day_is_for_its_owner_alone_and_lets_what_is_past_its_time_go(folder, tmp_path):
    UserFactory(email="head@example.gov.uk")
    taken = take(folder, tmp_path)
    assert taken.path == folder / "statsoffice-2026-06-30.zip"
    assert stat.S_IMODE(taken.path.stat().st_mode) == 0o600
    assert [row["email"] for row in rows_of(taken.path, "accounts.user")] == ["head@example.gov.uk"]
    assert [path.name for path in taken.removed] == ["statsoffice-2026-05-30.zip"]
    assert {path.name for path in folder.iterdir()} == {
        "statsoffice-2026-06-30.zip",
        "statsoffice-2026-05-31.zip",
        "statsoffice-2020-02-31.zip",
        "before-the-upgrade.zip",
        "statsoffice-2020-01-01.zip.encrypted",
    }


def test_a_second_one_of_the_same_day_takes_the_place_of_the_first(folder, tmp_path):
    take(folder, tmp_path)
    UserFactory(email="deputy@example.gov.uk")
    assert [row["email"] for row in rows_of(take(folder, tmp_path).path, "accounts.user")] == ["deputy@example.gov.uk"]
    assert take(folder, tmp_path).removed == ()


def test_where_no_backup_can_be_taken_no_old_one_goes(folder, tmp_path):
    before = {path.name for path in folder.iterdir()}
    last = MigrationRecorder.Migration.objects.order_by("pk").last()
    last.delete()
    try:
        with pytest.raises(NotMigrated):
            take(folder, tmp_path)
    finally:
        MigrationRecorder.Migration.objects.create(app=last.app, name=last.name, applied=last.applied)
    assert {path.name for path in folder.iterdir()} == before


def test_the_command_says_what_it_wrote_and_removed_and_refuses_in_one_sentence(folder, tmp_path, capsys):
    call_command("backup_nightly", str(folder), "--keep-days", "1")
    told = capsys.readouterr().out.splitlines()
    assert told[0].endswith(" rows, read again and whole")
    assert [line.endswith("past its time, removed") for line in told[1:]] == [True, True]
    with pytest.raises(CommandError, match=r"^No backup could be taken into .*absent: No such file or directory\.$"):
        call_command("backup_nightly", str(tmp_path / "absent"))
    with pytest.raises(CommandError, match='"0" is no number of days: give at least 1'):
        call_command("backup_nightly", str(folder), "--keep-days", "0")
