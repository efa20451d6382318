"""The spool, which saves checks in files while the database is unavailable."""

import base64
import fcntl
import json
import logging
import os
import re
import zlib
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from django.db import InterfaceError, OperationalError, transaction

from releases.detection.finding import Finding
from releases.evidence import repository, store
from releases.evidence.store import STORED_HEADERS, CheckResult
from releases.models import Address, Observation
from releases.models.append_only import ChainHead
from releases.models.observation import Purpose
from releases.rules import canonical
from releases.rules.canonical import sha256_hex
from releases.rules.response import Answer

# Many pages are written between two checks. The fastest level takes a third of the time of the default level.
LEVEL = 1


class NotStored(Exception):
    pass


class AddressBeingChanged(OperationalError):
    """Checks cannot be stored at present. As when the database is unavailable, their file stays and is tried again."""


@dataclass(frozen=True, slots=True)
class SpooledCheck:
    """One check that is waiting for the database.

    `address` is the key of the address, because its row cannot be read while the database is unavailable.
    """

    watcher: str
    replayed: bool
    address: int
    schedule_version: int
    purpose: Purpose
    clock_bound_seconds: float | None
    answer: Answer
    finding: Finding
    body_sha256: str
    # Empty in files of earlier versions.
    url: str = ""

    def to_check(self, addresses: dict[int, Address]) -> CheckResult:
        """Return the check with the row of its address, as it was when the check was made.

        :param addresses: the addresses that exist, by key.
        :raises NotStored: if the address of this check does not exist any more.
        """
        if self.address not in addresses:
            raise NotStored(f"its address (number {self.address}) no longer exists")
        address = copy(addresses[self.address])
        # The web address may have been corrected since. If so, the check is stored as superseded.
        address.url = self.url or address.url
        return CheckResult(
            address=address,
            schedule_version=self.schedule_version,
            answer=self.answer,
            finding=self.finding,
            purpose=self.purpose,
            clock_bound_seconds=self.clock_bound_seconds,
        )


def spool_lines(checks: Iterable[SpooledCheck], *, written: set[str]) -> bytes:
    """Return checks as lines of JSON.

    Each body is on a separate line before the first check that received the body.

    :param written: the hashes of the bodies that are already in the file. The hashes of the new bodies are added.
    """
    records: list[dict[str, Any]] = []
    for one in checks:
        if one.body_sha256 and one.body_sha256 not in written:
            written.add(one.body_sha256)
            packed = base64.b64encode(zlib.compress(one.answer.body, LEVEL)).decode()
            records.append({"body": one.body_sha256, "zlib": packed})
        records.append({"look": canonical.write_dataclass(replace(one, answer=replace(one.answer, body=b"")))})
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


def read_spool_lines(written: Iterable[bytes]) -> tuple[list[SpooledCheck], list[NotStored]]:
    """Read the lines that `spool_lines` wrote.

    Lines that cannot be read, such as incomplete lines, are skipped.

    :return: the checks, and a fault for each line that was skipped.
    """
    checks: list[SpooledCheck] = []
    faults: list[NotStored] = []
    bodies: dict[str, bytes] = {"": b""}
    for number, line in enumerate(written, start=1):
        try:
            record = json.loads(line)
            if "body" in record:
                bodies[record["body"]] = zlib.decompress(base64.b64decode(record["zlib"], validate=True))
            else:
                one: SpooledCheck = canonical.read_dataclass(SpooledCheck, record["look"])
                checks.append(replace(one, answer=replace(one.answer, body=bodies[one.body_sha256])))
        except (ValueError, KeyError, TypeError, zlib.error) as fault:
            faults.append(NotStored(f"line {number} cannot be read: {type(fault).__name__}: {fault}"))
    return checks, faults


logger = logging.getLogger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError)
"""Django raises these exceptions if the database is unreachable, shut down, full or locked.

If the database refuses a statement, Django raises other exceptions.
"""

STORED_AT_A_TIME = 500
WAITING, UNFINISHED, REFUSED = ".looks", ".begun", ".refused"


class Spool:
    """The checks of one process that are waiting for the database.

    The checks are in a file, so that they are not lost when the process ends. If no file can be written, the checks are
    in memory. Other processes do not take the file while this process is running, because this process has locked it.
    """

    def __init__(self, folder: Path | None = None, *, process: str, replayed: bool = False) -> None:
        """Create an empty spool.

        :param folder: the folder for the file, which is created when it is needed. If None, checks stay in memory.
        """
        self._folder, self._process, self._replayed = folder, process, replayed
        self._path: Path | None = None
        self._file: IO[bytes] | None = None
        self._bodies: set[str] = set()
        self._in_memory: list[SpooledCheck] = []

    def __bool__(self) -> bool:
        return bool(self._file or self._in_memory)

    @property
    def is_another_waiting(self) -> bool:
        """Whether checks of other processes are waiting in the same folder."""
        return any(path != self._path for path in _files(self._folder))

    @property
    def outlives(self) -> bool:
        """Whether all waiting checks are on disk, so that they outlive the process."""
        return not self._in_memory

    def put(self, checks: Iterable[CheckResult]) -> None:
        """Add checks, and return once they are on disk. If no file can be written, the checks stay in memory."""
        new = []
        for check in checks:
            # Headers that are never stored, such as cookies, are left out here too.
            headers = tuple((name, value) for name, value in check.answer.headers if name in STORED_HEADERS)
            new.append(
                SpooledCheck(
                    watcher=self._process,
                    replayed=self._replayed,
                    address=check.address.pk,
                    schedule_version=check.schedule_version,
                    purpose=check.purpose,
                    clock_bound_seconds=check.clock_bound_seconds,
                    answer=replace(check.answer, headers=headers),
                    finding=check.finding,
                    body_sha256=sha256_hex(check.answer.body) if check.answer.body else "",
                    url=check.address.url,
                )
            )
        if new and self._folder:
            try:
                self._write(new)
            except OSError:
                logger.exception(
                    "the database did not accept %d checks, and they cannot be written to a file either", len(new)
                )
            else:
                return
        self._in_memory += new

    def store(self, *, at: datetime) -> list[Observation]:
        """Store all waiting checks in the database.

        Each check is stored exactly once, even if an earlier attempt failed.

        :return: the rows of all waiting checks. Some may be from an earlier attempt that seemed to have failed.
        :raises OperationalError: or another exception in `DATABASE_AWAY`, if the database is unavailable. If so, all
            checks stay in the spool.
        """
        rows, refused = _store(self._in_memory, at=at)
        if self._file and self._path:
            of_file, refused_of_file = _store_file(self._file, at=at)
            rows += of_file
            _put_away(self._path, refused=refused_of_file)
            self.close()
        for fault in refused:
            logger.error("a check cannot be stored: %s", fault)
        self._in_memory = []
        return rows

    def close(self) -> None:
        if self._file:
            self._file.close()
        self._file, self._bodies = None, set()

    def _write(self, checks: Sequence[SpooledCheck]) -> None:
        file = self._file = self._file or self._new_file()
        bodies = set(self._bodies)
        written = spool_lines(checks, written=bodies)
        before = file.seek(0, os.SEEK_END)
        try:
            while written:
                # If the disk is nearly full, `write` may write only some of the bytes before the next call fails.
                written = written[file.write(written) :]
            os.fsync(file.fileno())
        except OSError:
            # Restore the earlier length. Otherwise, the next line would be appended to an incomplete line.
            os.truncate(file.fileno(), before)
            raise
        self._bodies = bodies

    def _new_file(self) -> IO[bytes]:
        assert self._folder is not None  # noqa: S101  # `put` has asked
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = re.sub(r"[^A-Za-z0-9.-]+", "_", self._process)
        self._path = self._folder / f"{name}.{uuid4().hex}{WAITING}"
        begun = self._path.with_suffix(UNFINISHED)
        # Only the owner can read the file, because it may contain pages that are not public yet. The file is not
        # buffered, so that a failed write is not repeated later.
        file = os.fdopen(os.open(begun, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b", buffering=0)
        fcntl.flock(file, fcntl.LOCK_EX)
        # Rename the file only after it is locked, because other processes take unlocked files with this type of name.
        begun.rename(self._path)
        return file


def store_left_behind(folder: Path | None, *, at: datetime) -> list[Observation]:
    """Store the checks in the files of processes that have ended, and remove the files.

    :raises OperationalError: or another exception in `DATABASE_AWAY`, if the database is unavailable. If so, the files
        are not removed.
    """
    rows: list[Observation] = []
    for path in _files(folder):
        try:
            file = path.open("r+b")
        except FileNotFoundError:
            continue  # another process has just stored it
        with file:
            if not _take(file, path):
                continue
            found, refused = _store_file(file, at=at)
            rows += found
            _put_away(path, refused=refused)
            logger.warning("stored %d checks that another process had left in %s", len(found), path.name)
    return rows


def is_any_waiting(folder: Path | None) -> bool:
    """Return whether checks are waiting in files. If so, the database may not contain all checks of a release."""
    return bool(_files(folder))


def _files(folder: Path | None) -> list[Path]:
    return sorted(folder.glob(f"*{WAITING}")) if folder else []


def _take(file: IO[bytes], path: Path) -> bool:
    """Lock a file, and return whether this process may store its checks.

    Return False if another process has locked the file, or has already stored its checks.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False  # the process that wrote the file is running, or another process is storing the checks
    return path.exists()


def _put_away(path: Path, *, refused: Sequence[NotStored]) -> None:
    """Remove a file if all of its checks are stored. Otherwise, rename the file, so that the operator can find it."""
    if not refused:
        path.unlink()
        return
    refused_path = path.with_suffix(REFUSED)
    path.rename(refused_path)
    for fault in refused:
        logger.error("%s: %s", refused_path, fault)


def _store_file(file: IO[bytes], *, at: datetime) -> tuple[list[Observation], list[NotStored]]:
    file.seek(0)
    checks, unreadable = read_spool_lines(file)
    rows, refused = _store(checks, at=at)
    return rows, [*unreadable, *refused]


def _store(
    checks: Sequence[SpooledCheck], *, at: datetime, at_a_time: int = STORED_AT_A_TIME
) -> tuple[list[Observation], list[NotStored]]:
    rows: list[Observation] = []
    refused: list[NotStored] = []
    for batch in batched(checks, at_a_time):
        try:
            rows += _store_missing(batch, at=at)
        except DATABASE_AWAY:
            raise
        except Exception as fault:  # noqa: BLE001  # returned to the caller, who logs it and saves the file
            if len(batch) == 1:
                refused.append(NotStored(f"the check sent at {batch[0].answer.sent_at} cannot be stored: {fault}"))
                continue
            # Store each check alone, so that a refused check does not prevent the other checks from being stored.
            rows_alone, refused_alone = _store(batch, at=at, at_a_time=1)
            rows += rows_alone
            refused += refused_alone
    return rows, refused


def _store_missing(checks: Sequence[SpooledCheck], *, at: datetime) -> list[Observation]:
    """Store the checks that are not stored yet, and return the rows of all checks.

    An earlier attempt that seemed to fail may have stored some of the checks, because a connection can break just after
    a successful COMMIT.
    """
    with transaction.atomic():
        # Every process that stores checks takes this lock. So no other process stores the same checks at the same time.
        ChainHead.hold(Observation.CHAIN)
        wanted = {(one.watcher, one.address, one.purpose, one.answer.sent_at): one for one in checks}
        found = repository.find_stored_checks({one.address for one in checks}, {one.answer.sent_at for one in checks})
        there = {(row.watcher, row.address_id, row.purpose, row.sent_at): row for row in found}
        rows = [row for key, row in there.items() if key in wanted]
        missing = [one for key, one in wanted.items() if key not in there]
        addresses = Address.objects.select_related("release__series__producer").in_bulk({o.address for o in missing})
        for watcher, replayed in sorted({(one.watcher, one.replayed) for one in missing}):
            of_process = [one for one in missing if (one.watcher, one.replayed) == (watcher, replayed)]
            stored = store.store_checks(
                [one.to_check(addresses) for one in of_process], process=watcher, at=at, replayed=replayed
            )
            left_out = {one.address for one in of_process} - {row.address_id for row in stored}
            if Address.objects.filter(pk__in=left_out).exists():
                raise AddressBeingChanged("a person is changing an address that has no check yet")
            rows += stored
    return rows
