"""Looks that wait for the database, as lines of a file."""

import base64
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from releases.core import plain_json
from releases.core.canonical import sha256_hex
from releases.core.judging.evidence import Finding
from releases.core.looks.answer import Answer
from releases.models import Address
from releases.models.observation import Purpose
from releases.record.recording import HEADERS_KEPT, Look

# Watchers write many pages between two looks: the fastest level is a third of the usual one's work.
LEVEL = 1


class NotStored(Exception):
    """A look can never be stored; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One look that waits for the database; its address is named by the key, for the row cannot be read now."""

    watcher: str
    replayed: bool
    address: int
    schedule_version: int
    purpose: Purpose
    clock_bound_seconds: float | None
    answer: Answer
    finding: Finding
    body_sha256: str

    def as_look(self, addresses: dict[int, Address]) -> Look:
        """Return the look as it is kept.

        :param addresses: the addresses that are there, by key.
        :raises NotStored: if its address is not among them.
        """
        if self.address not in addresses:
            message = f"its address (number {self.address}) is no longer there"
            raise NotStored(message)
        return Look(
            address=addresses[self.address],
            schedule_version=self.schedule_version,
            answer=self.answer,
            finding=self.finding,
            purpose=self.purpose,
            clock_bound_seconds=self.clock_bound_seconds,
        )


def waiting(look: Look, *, watcher: str, replayed: bool) -> Waiting:
    """Return a look as it waits: without the headers that are never kept, such as cookies."""
    headers = tuple((name, value) for name, value in look.answer.headers if name in HEADERS_KEPT)
    return Waiting(
        watcher=watcher,
        replayed=replayed,
        address=look.address.pk,
        schedule_version=look.schedule_version,
        purpose=look.purpose,
        clock_bound_seconds=look.clock_bound_seconds,
        answer=replace(look.answer, headers=headers),
        finding=look.finding,
        body_sha256=sha256_hex(look.answer.body) if look.answer.body else "",
    )


def lines(looks: Iterable[Waiting], *, written: set[str]) -> bytes:
    """Write looks as lines; a body has a line of its own before the first look that brought it.

    :param written: the hashes of the bodies that the file holds already; those of these looks are added.
    """
    told: list[dict[str, Any]] = []
    for one in looks:
        if one.body_sha256 and one.body_sha256 not in written:
            written.add(one.body_sha256)
            packed = base64.b64encode(zlib.compress(one.answer.body, LEVEL)).decode()
            told.append({"body": one.body_sha256, "zlib": packed})
        told.append({"look": plain_json.written(replace(one, answer=replace(one.answer, body=b"")))})
    return b"".join(json.dumps(each).encode() + b"\n" for each in told)


def read(written: Iterable[bytes]) -> tuple[list[Waiting], list[NotStored]]:
    """Read what `lines` wrote; a line that cannot be read, as one that was broken off, stops no other.

    :return: the looks, and what is wrong with the other lines.
    """
    looks: list[Waiting] = []
    faults: list[NotStored] = []
    bodies: dict[str, bytes] = {"": b""}
    for number, line in enumerate(written, start=1):
        try:
            told = json.loads(line)
            if "body" in told:
                bodies[told["body"]] = zlib.decompress(base64.b64decode(told["zlib"], validate=True))
            else:
                one: Waiting = plain_json.read(Waiting, told["look"])
                looks.append(replace(one, answer=replace(one.answer, body=bodies[one.body_sha256])))
        except (ValueError, KeyError, TypeError, zlib.error) as fault:
            faults.append(NotStored(f"line {number} cannot be read: {type(fault).__name__}: {fault}"))
    return looks, faults
