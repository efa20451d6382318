"""Everything that proves what was found of one release, as the lines and files of an evidence bundle."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, QuerySet

from releases.core.canonical import canonical_json
from releases.core.merkle import chain_line
from releases.models import Body, Coverage, KeptBody, Observation, Release, ReleaseEvent, Statement, Verification
from releases.models.append_only import CHUNK, ChainedRow
from releases.permissions import roles_ever_held
from releases.record import anchor_proof, anchors, opening, seals
from releases.record.anchor_proof import Batch

EXPORTED = "evidence_exported"
"""The event that says who took a bundle away."""
# Who read or took the evidence is no part of it: otherwise no two bundles of the same evidence would be the same.
ACCESS = frozenset({opening.READ, EXPORTED})

# A file's name in the bundle, and its bytes in parts.
type File = tuple[str, Iterable[bytes]]


def files_of(release: Release, *, now: datetime) -> Iterator[File]:
    """Give the files of a release's bundle; what stands in the database stands in them, and no name of a person.

    :param now: the aware instant by which seals are lifted or not; nothing else depends on it.
    """
    looks = Observation.in_order().filter(release=release)
    events = ReleaseEvent.in_order().filter(release_public_id=release.public_id).exclude(kind__in=ACCESS)
    proved = {
        "looks": anchor_proof.batches_of(Observation, looks),
        "events": anchor_proof.batches_of(ReleaseEvent, events),
    }
    yield "release.json", [canonical_json(_release(release)), b"\n"]
    yield "looks.jsonl", (row.canonical() + b"\n" for row in looks.iterator(chunk_size=CHUNK))
    yield "looks.chain", _chain(Observation, looks, proved["looks"])
    yield "events.jsonl", (row.canonical() + b"\n" for row in events.iterator(chunk_size=CHUNK))
    yield "events.chain", _chain(ReleaseEvent, events, proved["events"])
    yield from anchor_proof.files_of(proved)
    yield "verifications.jsonl", _lines(_fields(row) for row in _verifications(release))
    yield "statements.jsonl", _lines(_statements(release))
    yield "coverage.jsonl", _lines(_coverage(release))
    kept = list(
        KeptBody.objects.filter(release=release)
        .select_related("address", "look", "body")
        .defer("body__compressed")
        .order_by("schedule_version", "address__pk", "look__position", "why", "since_due")
    )
    sealed = seals.seals_on({row.sha256 for row in kept if row.body_id}, now=now).keys()
    yield "bodies.jsonl", _lines(_body(row, is_sealed=row.sha256 in sealed) for row in kept)
    for sha256 in sorted({row.sha256 for row in kept if row.body_id} - sealed):
        yield f"bodies/{sha256}", [Body.objects.get(pk=sha256).content]


def sealed_bodies(release: Release, *, now: datetime) -> int:
    """Count the bodies of a release that are stored and sealed, and so stay out of its bundle."""
    stored = set(KeptBody.objects.filter(release=release, body__isnull=False).values_list("sha256", flat=True))
    return len(seals.seals_on(stored, now=now)) if stored else 0


def _lines(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield canonical_json(row) + b"\n"


def _chain[R: ChainedRow](chain: type[R], rows: QuerySet[R], proved: Sequence[Batch]) -> Iterator[bytes]:
    """Write the part of a chain in which some rows are: of the rows between them, the hashes alone.

    :param proved: by which anchors; all rows that these combined are in the part.
    """
    ends = rows.aggregate(first=Min("position"), last=Max("position"))
    if ends["first"] is None:
        return
    first = min([ends["first"], *(batch.head.first for batch in proved)])
    last = max([ends["last"], *(batch.head.position for batch in proved)])
    for link in anchors.links(chain, first=first, last=last):
        yield chain_line(*link)


def _release(release: Release) -> dict[str, Any]:
    return {
        "reference": release.reference,
        "public_id": str(release.public_id),
        "title": release.title,
        "series": release.series.title,
        "producer": release.series.producer.name,
        "status": release.status,
        "rehearsal": release.rehearsal,
        "planned_for": str(release.slot),
        "due_at": release.due_at,
        "schedule_version": release.schedule_version,
        "addresses": [
            {name: getattr(address, name) for name in ("url", "role", "marker", "adapter", "required", "added_at")}
            for address in release.addresses.order_by("pk")
        ],
    }


def _verifications(release: Release) -> QuerySet[Verification]:
    return Verification.objects.filter(release=release).order_by("schedule_version")


def _fields(row: Verification) -> dict[str, Any]:
    left_out = {"id", "release"}
    return {field.name: getattr(row, field.name) for field in row._meta.concrete_fields if field.name not in left_out}


def _statements(release: Release) -> Iterator[dict[str, Any]]:
    """Give what people said by their roles; their words as the salted digest that stands in the events' chain."""
    statements = list(Statement.objects.filter(release=release).select_related("address").in_order())
    roles = roles_ever_held({statement.stated_by_id for statement in statements})
    stated = {
        (event.actor_id, event.at, event.facts.get("said"), event.facts.get("text_digest")): event
        for event in ReleaseEvent.objects.filter(release_public_id=release.public_id, kind="stated")
    }
    for statement in statements:
        event = stated.get((statement.stated_by_id, statement.stated_at, statement.kind, statement.text_digest))
        yield {
            "kind": statement.kind,
            "address": statement.address.url if statement.address else None,
            "schedule_version": statement.schedule_version,
            "text_digest": statement.text_digest,
            "live_at": statement.live_at,
            "stated_at": statement.stated_at,
            "role": roles.get((statement.stated_by_id, release.series.producer_id)),
            "event": event.position if event else None,
            "words": event.payload()["words"] if event else None,
        }


def _coverage(release: Release) -> Iterator[dict[str, Any]]:
    """Give when each watcher was alive while the release was looked at, or ought to have been."""
    looks = Observation.objects.filter(release=release)
    ends = looks.aggregate(first=Min("sent_at"), last=Max("completed_at"))
    instants = [instant for instant in ends.values() if instant]
    if release.due_at is not None:
        instants += [release.due_at, release.limit_at]
    if not instants:
        return
    begins, is_over = min(instants), max(instants)
    stretches = Coverage.objects.filter(began_at__lte=is_over, ended_at__gte=begins)
    for stretch in stretches.order_by("began_at", "watcher", "pk"):
        yield {
            "watcher": stretch.watcher,
            "began_at": max(stretch.began_at, begins),
            "ended_at": min(stretch.ended_at, is_over),
        }


def _body(row: KeptBody, *, is_sealed: bool) -> dict[str, Any]:
    entry = {
        "why": row.why,
        "since_due": row.since_due,
        "address": row.address.url,
        "schedule_version": row.schedule_version,
        "look": row.look.position,
        "sha256": row.sha256,
        "state": "sealed" if is_sealed else row.state,
    }
    if row.body is None or is_sealed:
        return entry
    return entry | {"media_type": row.body.media_type, "size": row.body.size}
