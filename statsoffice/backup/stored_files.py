"""The stored files of a backup: which there are, and whether they stayed as they were while it was taken."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from statsoffice.backup.archive import AT_ONCE

# size in bytes, last change in nanoseconds, and the file itself whatever its name
type Stamp = tuple[int, int, int]


class FilesChanged(Exception):
    """A stored file went away, or was changed, while the backup was taken."""


def listed(stored: Path) -> Mapping[Path, Stamp]:
    """Return every stored file in the order of their names, with what tells whether it is still the same.

    :param stored: the folder of the stored files, which need not be there.
    """
    found = ((path, _stamp_of(path)) for path in sorted(stored.rglob("*")))
    return {path: stamp for path, stamp in found if stamp}


def listed_again(stored: Path, *, before: Mapping[Path, Stamp]) -> Mapping[Path, Stamp]:
    """Return every stored file once more, with those that have come since.

    :raises FilesChanged: if one of those before went away or was changed.
    """
    now = listed(stored)
    for path, stamp in before.items():
        if path not in now:
            raise _changed(path, "went away")
        if now[path] != stamp:
            raise _changed(path, "was changed")
    return now


def contents(path: Path, *, stamp: Stamp) -> Iterator[bytes]:
    """Yield a file in pieces.

    :raises FilesChanged: if it is not there any more, or not the same from its first byte to its last.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError as fault:
        raise _changed(path, "went away") from fault
    with file:
        while piece := file.read(AT_ONCE):
            yield piece
        # Of the file that was read, whatever its name leads to by now: it may well have gone away since.
        if _stamp(os.fstat(file.fileno())) != stamp:
            raise _changed(path, "was changed")


def _stamp_of(path: Path) -> Stamp | None:
    """Return what changes with a file, or None if there is no file of that name, or none any more."""
    try:
        told = path.stat()
    except FileNotFoundError:
        return None
    return _stamp(told) if stat.S_ISREG(told.st_mode) else None


def _stamp(told: os.stat_result) -> Stamp:
    return told.st_size, told.st_mtime_ns, told.st_ino


def _changed(path: Path, what: str) -> FilesChanged:
    return FilesChanged(f"The stored file {path} {what} while the backup was taken: take it again.")
