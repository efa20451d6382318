"""Taking the evidence on a release out of the house, with each export on record."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING

from releases.models import Release
from releases.models.event import record
from releases.permissions import Action, acting_role
from releases.record import bundle, dossier

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

COMMAND_LINE = "command line"
_PART = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that was made: its hash, and how many bodies stayed out because they are sealed."""

    sha256: str
    sealed: int


def export(release: Release, out: IO[bytes], *, at: datetime, by: "User | None" = None) -> Exported:
    """Write the bundle of a release into a file, and put on record who took it, when, and its hash.

    It is put on record before anybody has the file: an export that fails afterwards is on record for nothing, and
    none is ever missing.

    :param out: an empty file, opened for writing and reading bytes.
    :param at: the aware instant of the export.
    :param by: who takes it; None for the command line, which knows no person.
    :raises NotYours: if the person's roles do not allow it.
    """
    role = acting_role(by, Action.EXPORT_EVIDENCE, release.series.producer).value if by else COMMAND_LINE
    bundle.write(release, out, now=at)
    exported = Exported(sha256=_sha256(out), sealed=dossier.sealed_bodies(release, now=at))
    record(release, dossier.EXPORTED, at=at, by=by, role=role, sha256=exported.sha256, sealed=exported.sealed)
    return exported


def file_name(release: Release) -> str:
    """Name the file of a release's bundle."""
    return f"{bundle.folder_name(release)}.zip"


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while part := file.read(_PART):
        digest.update(part)
    return digest.hexdigest()
