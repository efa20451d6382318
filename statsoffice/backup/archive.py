"""The archive as a file: a ZIP whose parts are written and read as streams, each checked by its SHA-256."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from releases.core.archive_faults import ARCHIVE_FAULTS
from statsoffice.backup import manifest
from statsoffice.backup.manifest import ArchiveRefused, Manifest, Part

AT_ONCE = 1 << 20


class _Counting:
    """Counts and hashes what is written on its way into a part."""

    def __init__(self, into: IO[bytes]) -> None:
        self._into, self._digest, self.size = into, hashlib.sha256(), 0

    def write(self, content: bytes) -> None:
        self._into.write(content)
        self._digest.update(content)
        self.size += len(content)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class Written:
    """An archive that is being written: its parts one after the other, and the manifest last.

    As a `with` block it lets go of the file if the block fails; what was written is then no archive.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Begin an archive in a file that is open for writing."""
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Otherwise it would write its end into a closed file once nobody knows of it any more.
        with suppress(OSError):
            self._zip.close()

    def add(self, name: str, contents: Iterator[bytes]) -> Part:
        """Write one part from a stream of pieces; return what the manifest says of it."""
        # A fixed time, so that two archives of the same content are the same but for what they say of themselves.
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with self._zip.open(entry, "w", force_zip64=True) as into:
            counting = _Counting(into)
            for content in contents:
                counting.write(content)
        return Part(name, counting.size, counting.sha256)

    def finish(self, said: Manifest) -> None:
        """Write the manifest and end the archive."""
        self._zip.writestr(manifest.NAME, json.dumps(said.as_json(), indent=1))
        self._zip.close()


class Opened:
    """An archive that is being read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Read the manifest.

        :raises ArchiveRefused: if there is none that can be read.
        """
        self._zip = archive
        if manifest.NAME not in archive.namelist():
            message = "It is no backup of this product."
            raise ArchiveRefused(message)
        try:
            said = json.loads(archive.read(manifest.NAME))
        except ARCHIVE_FAULTS as fault:
            message = "It is damaged: its manifest cannot be read."
            raise ArchiveRefused(message) from fault
        self.manifest = manifest.read(said)

    def check(self) -> Self:
        """Read every part once, and compare it with what the manifest says of it.

        :raises ArchiveRefused: if a part is missing, is one too many, or is not as it was written.
        """
        named = [manifest.NAME, *(part.name for part in self.manifest.parts)]
        if sorted(named) != sorted(self._zip.namelist()):
            message = "It is damaged: its parts are not those that its manifest names."
            raise ArchiveRefused(message)
        for part in self.manifest.parts:
            digest, size = hashlib.sha256(), 0
            for content in self._read(part):
                digest.update(content)
                size += len(content)
            if (digest.hexdigest(), size) != (part.sha256, part.size):
                raise ArchiveRefused(_damaged(part))
        return self

    def lines(self, part: Part) -> Iterator[bytes]:
        """Yield the lines of a part."""
        with self._zip.open(part.name) as content:
            yield from content

    def copy(self, part: Part, to: Path) -> None:
        """Write a part into a file, in folders that are made where they are missing."""
        to.parent.mkdir(parents=True, exist_ok=True)
        with to.open("wb") as file:
            for content in self._read(part):
                file.write(content)

    def _read(self, part: Part) -> Iterator[bytes]:
        try:
            with self._zip.open(part.name) as content:
                while piece := content.read(AT_ONCE):
                    yield piece
        except ARCHIVE_FAULTS as fault:
            raise ArchiveRefused(_damaged(part)) from fault


def _damaged(part: Part) -> str:
    return f"It is damaged: {part.name} is not as it was written."


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open an archive for the time of a `with` block.

    :raises ArchiveRefused: if the file is no archive of ours.
    :raises OSError: if there is no such file, or it cannot be read.
    """
    with path.open("rb") as file:
        try:
            archive = zipfile.ZipFile(file)
        except zipfile.BadZipFile as fault:
            message = "It is no backup of this product, or it was cut off."
            raise ArchiveRefused(message) from fault
        with archive:
            yield Opened(archive)
