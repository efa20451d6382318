"""A backup of every day in one folder: taken, read again, and those past their time removed."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from releases.core.dates.london import local_date
from statsoffice.backup import archive, taking
from statsoffice.backup.manifest import Manifest

_NAME = re.compile(r"statsoffice-(\d{4}-\d{2}-\d{2})\.zip")


@dataclass(frozen=True, slots=True)
class Taken:
    """The archive of a day, what it says of itself, and the archives that were removed, the oldest first."""

    path: Path
    manifest: Manifest
    removed: tuple[Path, ...]


def take(folder: Path, *, kept_days: int, stored: Path, at: datetime) -> Taken:
    """Take the backup of London's day into a folder, read it to its end, and then remove those that are too old.

    Where anything fails nothing is removed. Only files that bear the name of such a backup are ever removed; a second
    one of the same day takes the place of the first.

    :param folder: where the archives of all days are; it has to be there.
    :param kept_days: for how many days an archive stays, at least one.
    :param stored: the folder of the stored files.
    :param at: the aware instant of the backup.
    :raises ArchiveRefused: if what was written cannot be read again.
    :raises NotMigrated: if the database has not the schema of this version.
    :raises FilesChanged: if a stored file went away or was changed meanwhile.
    :raises OSError: if the folder is not there, or cannot be written to.
    """
    today = local_date(at)
    path = folder / f"statsoffice-{today.isoformat()}.zip"
    manifest = taking.write(path, stored=stored, at=at)
    with archive.opened(path) as written:
        written.check()
    old = sorted(one for one in folder.iterdir() if (day := _day_of(one)) and day < today - timedelta(days=kept_days))
    for one in old:
        one.unlink()
    return Taken(path, manifest, tuple(old))


def _day_of(path: Path) -> date | None:
    named = _NAME.fullmatch(path.name)
    try:
        return date.fromisoformat(named[1]) if named else None
    except ValueError:
        return None
