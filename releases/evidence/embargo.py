"""The embargo on pages that were found early: which bodies are sealed, and who may read them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from releases.evidence import repository
from releases.models import Address, Body, Release, StoredBody
from releases.models.event import record_event
from releases.permissions import Action, Person, User, acting_role, producers_where
from releases.verdict.release import Place, Why

# A mapping from the hash of a body to the keys of the producers whose embargo covers the body.
type Seals = Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Withheld:
    """The parts of an evidence bundle that its reader may not see until the release is published.

    `statements` and `events` contain the keys of rows. `screenshots` is true if the screenshots are left out too.
    """

    statements: Collection[int] = ()
    events: Collection[int] = ()
    screenshots: bool = False


NOTHING_WITHHELD = Withheld()


def seals_on(hashes: Collection[str], *, now: datetime) -> Seals:
    """Return which bodies are under embargo, and for which producers.

    A body is under embargo (sealed) if a check received it before the due time, unless the check found the release not
    live. `find_bodies_seen_early` has the exact conditions. The same bytes are sealed wherever they were received.

    The seal ends only when the release is due and was found live. If the release is moved to a later date, its bodies
    stay sealed until that date. If the release is cancelled, its bodies stay sealed for good.

    :param hashes: the SHA-256 of each body.
    :param now: the aware instant at which the person wants to read the bodies.
    """
    seals: dict[str, set[int]] = defaultdict(set)
    for sha256, producer in repository.find_bodies_seen_early(hashes, now=now):
        seals[sha256].add(producer)
    return {sha256: frozenset(producers) for sha256, producers in seals.items()}


def may_read(person: Person, sealed_by: Collection[int]) -> bool:
    """Return whether a person may read a body.

    The person must lead all producers whose embargo covers the body.

    :param sealed_by: the keys of these producers. Empty if the body is not sealed.
    """
    return set(sealed_by) <= set(producers_where(person, Action.READ_SEALED).values_list("pk", flat=True))


READ = "body_read"
"""The kind of event that records who read or downloaded a body."""


class How(StrEnum):
    """The form in which a person reads a body."""

    SOURCE = "source"
    DOWNLOAD = "download"
    SCREENSHOT = "screenshot"


class NoSuchBody(Exception):
    """The release does not have the requested body, or the person may not read the body."""


@dataclass(frozen=True, slots=True)
class BodyEntry:
    """The stored body of one check, the reasons for storing it, and whether the person may read it."""

    places: tuple[Place, ...]
    address: Address
    schedule_version: int
    seen_at: datetime
    sha256: str
    state: StoredBody.State
    media_type: str
    size: int
    sealed: bool
    readable: bool


@dataclass(frozen=True, slots=True)
class OpenedBody:
    """A body that a person reads, with all entries of the release for this body."""

    body: Body
    content: bytes
    entries: tuple[BodyEntry, ...]
    sealed: bool


def stored_bodies(release: Release, *, by: Person, now: datetime) -> list[BodyEntry]:
    """List the stored bodies of a release, sorted by address, schedule and time.

    :param by: the reader. If the reader may not read a body, its size and type are left out.
    """
    rows = (
        StoredBody.objects.filter(release=release)
        .select_related("address", "observation", "body")
        .defer("body__compressed")
        .order_by("-address__role", "address", "schedule_version", "observation__sent_at", "observation", "pk")
    )
    return _entries(list(rows), by=by, now=now)


def open_body(release: Release, sha256: str, *, by: User, at: datetime, how: How) -> OpenedBody:
    """Return a stored body of a release, and record that the person read it.

    :raises NotYours: if the person has no role for the release's producer.
    :raises NoSuchBody: if the release does not have this body, or the person may not read the body.
    :raises BodyUnavailable: if the body was moved to the object storage, and the storage does not return it.
    """
    role = acting_role(by, Action.VIEW, release.series.producer)
    rows = list(
        StoredBody.objects.filter(release=release, body=sha256)
        .select_related("address", "observation", "body")
        .order_by("observation__sent_at", "pk")
    )
    entries = tuple(_entries(rows, by=by, now=at))
    if not entries or not entries[0].readable or rows[0].body is None:
        raise NoSuchBody(f"{release.reference} has no stored body {sha256} that {by} may read.")
    sealed, content = entries[0].sealed, rows[0].body.content
    record_event(release, READ, at=at, by=by, sha256=sha256, how=how.value, role=role.value, sealed=sealed)
    return OpenedBody(body=rows[0].body, content=content, entries=entries, sealed=sealed)


def _entries(rows: Sequence[StoredBody], *, by: Person, now: datetime) -> list[BodyEntry]:
    stored = {row.sha256 for row in rows if row.body_id}
    # A body that is not stored is sealed too, because the list of bodies shows when the check found it.
    hashes = {row.sha256 for row in rows}
    seals_by_hash = seals_on(hashes, now=now) if hashes else {}
    readable = {sha256 for sha256 in stored if not seals_by_hash.get(sha256)}
    readable |= {sha256 for sha256 in stored & seals_by_hash.keys() if may_read(by, seals_by_hash[sha256])}
    by_observation: dict[tuple[int, int], list[StoredBody]] = {}
    for row in rows:
        by_observation.setdefault((row.address_id, row.observation_id), []).append(row)
    entries = []
    for first, *others in by_observation.values():
        is_readable = first.sha256 in readable
        entries.append(
            BodyEntry(
                places=tuple(Place(Why(row.why), row.since_due) for row in (first, *others)),
                address=first.address,
                schedule_version=first.schedule_version,
                seen_at=first.observation.completed_at,
                sha256=first.sha256,
                state=StoredBody.State(first.state),
                media_type=first.body.media_type if first.body and is_readable else "",
                size=first.body.size if first.body and is_readable else 0,
                sealed=first.sha256 in seals_by_hash,
                readable=is_readable and first.body is not None,
            )
        )
    return entries
