"""What an archive says of itself: who made it, from which schema, and what each of its parts must be."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

PRODUCT = "statsoffice"
FORMAT = 1
NAME = "manifest.json"
TABLES, FILES = "tables", "files"

# app label, migration's name
type MigrationKey = tuple[str, str]


class ArchiveRefused(Exception):
    """An archive is not one of ours, is damaged, or is of a format or a schema that is not known here."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file inside the archive: its bytes before they were compressed, and their SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: a line of JSON for each row, which holds the values of the columns in their order."""

    model: str
    columns: Sequence[str]
    rows: int
    part: Part


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything an archive says of itself.

    `numbered` holds, by model, the last number that its table gave to a row: a row that was deleted since must not
    have its number given again, because events still speak of it.
    """

    version: str
    made_at: str
    database: str
    migrations: Sequence[MigrationKey]
    numbered: Mapping[str, int]
    tables: Sequence[Table]
    files: Sequence[Part]

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def parts(self) -> list[Part]:
        """Every part but the manifest."""
        return [*(table.part for table in self.tables), *self.files]

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as it is written."""
        return {"product": PRODUCT, "format": FORMAT, **asdict(self)}


def read(said: Any) -> Manifest:
    """Read a manifest.

    :param said: the JSON that stands in the archive.
    :raises ArchiveRefused: if it is no manifest of ours, or of a format that is not known here.
    """
    if not isinstance(said, dict) or said.get("product") != PRODUCT:
        message = "It is no backup of this product."
        raise ArchiveRefused(message)
    if said.get("format") != FORMAT:
        message = f"Its format is {said.get('format')}, and only {FORMAT} is known here."
        raise ArchiveRefused(message)
    try:
        manifest = Manifest(
            version=str(said["version"]),
            made_at=str(said["made_at"]),
            database=str(said["database"]),
            migrations=[(str(app), str(name)) for app, name in said["migrations"]],
            numbered={str(model): int(last) for model, last in said["numbered"].items()},
            tables=[
                Table(str(t["model"]), [str(c) for c in t["columns"]], int(t["rows"]), _part(t["part"]))
                for t in said["tables"]
            ],
            files=[_part(part) for part in said["files"]],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        message = "It is damaged: its manifest cannot be read."
        raise ArchiveRefused(message) from fault
    for part in manifest.files:
        path = PurePosixPath(part.name)
        if path.parts[:1] != (FILES,) or len(path.parts) < 2 or ".." in path.parts:
            message = f"It names a file outside its own folder: {part.name}."
            raise ArchiveRefused(message)
    return manifest


def _part(said: Any) -> Part:
    return Part(str(said["name"]), int(said["size"]), str(said["sha256"]))
