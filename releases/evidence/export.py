"""Export the evidence of a release with proofs from anchors, and record each export."""

import hashlib
import zipfile
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db.models import Max, Min, QuerySet

from releases.evidence import anchors, embargo, repository
from releases.evidence.embargo import NOTHING_WITHHELD, Withheld
from releases.evidence.screenshots import find_sealed_screenshots
from releases.evidence.warc import write_warc
from releases.models import (
    Anchor,
    Body,
    Coverage,
    Observation,
    Release,
    ReleaseEvent,
    Screenshot,
    Statement,
    StoredBody,
    Verification,
)
from releases.models.append_only import CHUNK, ChainedRow
from releases.models.event import SCREENSHOT_COLUMNS, record_event
from releases.permissions import Action, User, acting_role, find_roles_at
from releases.rules.anchor import Head, chain_line, inclusion_proof
from releases.rules.canonical import canonical_json

SCRIPT, README = "check-anchors.sh", "bundle-readme.txt"


# The name of a file in the bundle, and its content in parts.
type File = tuple[str, Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one chain that an anchor proves.

    `anchor` is the number of the first anchor that covers the rows. `head` is the head of the chain in this anchor.
    """

    anchor: int
    head: Head


def batches_of(chain: type[ChainedRow], rows: QuerySet[ChainedRow]) -> Sequence[Batch]:
    """Return a batch for each anchor that proves some of the rows, in order.

    Each row is proved by the first anchor that covers the row.
    """
    positions = list(rows.order_by("position").values_list("position", flat=True))
    found = []
    for anchor in Anchor.in_order().iterator(chunk_size=CHUNK):
        for head in anchor.combined():
            at = bisect_left(positions, head.first)
            if head.chain == chain.CHAIN and at < len(positions) and positions[at] <= head.position:
                found.append(Batch(anchor.position, head))
    return found


def proof_files(batches: Mapping[str, Sequence[Batch]]) -> Iterator[File]:
    """Yield the proof files of each anchor, and the script that checks them.

    :param batches: the proved rows, keyed by the name of the file that contains them, such as "looks".
    """
    names: dict[int, list[tuple[str, str]]] = {}
    for name, proved in batches.items():
        for batch in proved:
            names.setdefault(batch.anchor, []).append((name, batch.head.chain))
    if not names:
        return
    anchors = Anchor.in_order().filter(position__in=names).select_related("time_stamp")
    for anchor in anchors:
        folder = f"anchors/{anchor.position}"
        yield f"{folder}/root", [anchor.root.encode()]
        for name, chain in names[anchor.position]:
            yield f"{folder}/{name}", [_proof(anchor, chain)]
        if stamp := getattr(anchor, "time_stamp", None):
            yield f"{folder}/response.tsr", [bytes(stamp.response)]
            yield f"{folder}/stamped_at", [f"{int(stamp.stamped_at.timestamp())}\n".encode()]
    if settings.TIMESTAMP_CERTIFICATES:
        yield "anchors/authority.pem", [settings.TIMESTAMP_CERTIFICATES.encode()]
    yield SCRIPT, [Path(__file__).with_name(SCRIPT).read_bytes()]


def _proof(anchor: Anchor, chain: str) -> bytes:
    heads = anchor.combined()
    leaf = next(head for head in heads if head.chain == chain)
    steps = inclusion_proof(heads, chain)
    lines = [leaf.canonical(), *(f"{'left' if step.on_left else 'right'} {step.neighbour}" for step in steps)]
    return "".join(f"{line}\n" for line in lines).encode()


EXPORTED = "evidence_exported"
"""The kind of event that records who exported evidence."""
# These events record access to the evidence. They are left out of the bundle, because otherwise two bundles of the same
# evidence would differ.
ACCESS = frozenset({embargo.READ, EXPORTED})


def evidence_files(release: Release, *, now: datetime, withheld: Withheld = NOTHING_WITHHELD) -> Iterator[File]:
    """Yield the files of a release's evidence bundle, without names of people.

    If an event is withheld, the file `events.chain` still contains its hashes, as it does for events of other releases.

    :param now: the aware instant that decides which bodies and screenshots are sealed. Nothing else depends on it.
    """
    observations = repository.checks_in_chain_order(release)
    events = ReleaseEvent.in_order().filter(release_public_id=release.public_id)
    events = events.exclude(kind__in=ACCESS).exclude(pk__in=withheld.events)
    proved = {
        "looks": batches_of(Observation, observations),
        "events": batches_of(ReleaseEvent, events),
    }
    yield "release.json", [canonical_json(_release(release)), b"\n"]
    yield "looks.jsonl", (row.canonical() + b"\n" for row in observations.iterator(chunk_size=CHUNK))
    yield "looks.chain", _chain(Observation, observations, proved["looks"])
    yield "events.jsonl", (row.canonical() + b"\n" for row in events.iterator(chunk_size=CHUNK))
    yield "events.chain", _chain(ReleaseEvent, events, proved["events"])
    yield from proof_files(proved)
    verifications = Verification.objects.filter(release=release).order_by("schedule_version")
    yield "verifications.jsonl", _lines(_fields(row) for row in verifications)
    yield "statements.jsonl", _lines(_statements(release, withheld.statements))
    yield "coverage.jsonl", _lines(_coverage(release))
    stored_bodies = list(
        StoredBody.objects.filter(release=release)
        .select_related("address", "observation", "body")
        .defer("body__compressed")
        .order_by("schedule_version", "address__pk", "observation__position", "why", "since_due")
    )
    sealed = embargo.seals_on({row.sha256 for row in stored_bodies if row.body_id}, now=now).keys()
    yield "bodies.jsonl", _lines(_body(row, is_sealed=row.sha256 in sealed) for row in stored_bodies)
    for sha256 in sorted({row.sha256 for row in stored_bodies if row.body_id} - sealed):
        yield f"bodies/{sha256}", [Body.objects.get(pk=sha256).content]
    if not withheld.screenshots:
        yield from _screenshot_files(release, now=now)


def _screenshot_files(release: Release, *, now: datetime) -> Iterator[File]:
    """Yield the list of screenshots, and each picture that is not sealed.

    If there are no screenshots, yield nothing.
    """
    rows = list(
        Screenshot.objects.filter(release=release)
        .select_related("address")
        .order_by("schedule_version", "planned_at", "pk")
    )
    if not rows:
        return
    sealed = find_sealed_screenshots(release, rows, now=now)
    yield "screenshots.jsonl", _lines(_screenshot(row, is_sealed=row.pk in sealed) for row in rows)
    stored = {row.sha256 for row in rows if row.body_id and row.pk not in sealed}
    for sha256 in sorted(stored):
        yield f"screenshots/{sha256}.png", [Body.objects.get(pk=sha256).content]


def _screenshot(row: Screenshot, *, is_sealed: bool) -> dict[str, Any]:
    entry = {name: getattr(row, name) for name in SCREENSHOT_COLUMNS if name not in {"release_id", "address_id"}}
    entry |= {"address": row.address.url}
    return entry | {"state": "sealed", "sha256": "", "small_sha256": ""} if is_sealed else entry


def sealed_bodies(release: Release, *, now: datetime) -> int:
    """Count the bodies that are left out of a release's bundle because they are sealed."""
    stored = set(StoredBody.objects.filter(release=release, body__isnull=False).values_list("sha256", flat=True))
    return len(embargo.seals_on(stored, now=now)) if stored else 0


def _lines(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield canonical_json(row) + b"\n"


def _chain[R: ChainedRow](chain: type[R], rows: QuerySet[R], proved: Sequence[Batch]) -> Iterator[bytes]:
    """Yield one line for each row of a part of a chain, with the hashes of the row.

    The part contains all rows from the first to the last of `rows`. If the batches in `proved` begin earlier or end
    later, the part is extended to include them.
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
            # Include these newer fields only if they are used, so that bundles of other releases stay the same.
            | {name: value for name in ("part", "may_follow_minutes") if (value := getattr(address, name))}
            for address in release.addresses.order_by("pk")
        ],
    }


def _fields(row: Verification) -> dict[str, Any]:
    left_out = {"id", "release"}
    return {field.name: getattr(row, field.name) for field in row._meta.concrete_fields if field.name not in left_out}


def _statements(release: Release, withheld: Collection[int]) -> Iterator[dict[str, Any]]:
    """Yield the staff statements, each with its author's role and the salted digest of its text.

    The digest is taken from the event of the statement.
    """
    shown = Statement.objects.filter(release=release).exclude(pk__in=withheld)
    statements = list(shown.select_related("address").in_order())
    producer = release.series.producer_id
    roles = find_roles_at({(statement.stated_by_id, producer, statement.stated_at) for statement in statements})
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
            "role": roles.get((statement.stated_by_id, producer, statement.stated_at)),
            "event": event.position if event else None,
            "words": event.payload()["words"] if event else None,
        }


def _coverage(release: Release) -> Iterator[dict[str, Any]]:
    """Yield the coverage of each process for the period in which the release was or should have been checked."""
    instants = [*(repository.find_observed_period(release) or ())]
    if release.due_at is not None:
        instants += [release.due_at, release.limit_at, *(address.limit_at for address in release.addresses.all())]
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


def _body(row: StoredBody, *, is_sealed: bool) -> dict[str, Any]:
    entry = {
        "why": row.why,
        "since_due": row.since_due,
        "address": row.address.url,
        "schedule_version": row.schedule_version,
        "look": row.observation.position,
        "sha256": row.sha256,
        "state": "sealed" if is_sealed else row.state,
    }
    if row.body is None or is_sealed:
        return entry
    return entry | {"media_type": row.body.media_type, "size": row.body.size}


# The earliest date that a ZIP file can contain. All files have this date, so that bundles of the same evidence are
# identical.
_DATE = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


def write_bundle(release: Release, out: IO[bytes], *, now: datetime, withheld: Withheld = NOTHING_WITHHELD) -> None:
    """Write the evidence bundle of a release as a ZIP file. The same evidence always gives the same bytes."""
    folder = bundle_folder_name(release)
    readme = Path(__file__).with_name(README).read_text().replace("THE OFFICE", settings.OFFICE_NAME, 1)
    sums: list[str] = []
    with zipfile.ZipFile(out, "w") as bundle:
        for name, parts in [("README.txt", [readme.encode()]), *evidence_files(release, now=now, withheld=withheld)]:
            sha256 = _add(bundle, f"{folder}/{name}", parts)
            sums.append(f"{sha256}  {name}\n")
        _add(bundle, f"{folder}/SHA256SUMS", [line.encode() for line in sums])


class ExportFormat(StrEnum):
    """The format of exported evidence.

    BUNDLE contains all evidence. WARC contains only the checks, in the format of web archives.
    """

    BUNDLE = "bundle"
    WARC = "warc"


_SUFFIXES = {ExportFormat.BUNDLE: ".zip", ExportFormat.WARC: ".warc.gz"}


def bundle_folder_name(release: Release) -> str:
    return f"evidence-{release.reference}"


def _add(bundle: zipfile.ZipFile, name: str, parts: Iterable[bytes]) -> str:
    entry = zipfile.ZipInfo(name, date_time=_DATE)
    entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _PLAIN_FILE, _UNIX
    digest = hashlib.sha256()
    # The length of a file with a chain is not known in advance, and may exceed the limit of the original ZIP format.
    with bundle.open(entry, "w", force_zip64=True) as file:
        for part in parts:
            digest.update(part)
            file.write(part)
    return digest.hexdigest()


COMMAND_LINE = "command line"
_PART = 1024 * 1024


@dataclass(frozen=True, slots=True)
class EvidenceExport:
    """The SHA-256 of an exported file, and the number of bodies that are left out because they are sealed."""

    sha256: str
    sealed: int


def export_evidence(
    release: Release,
    out: IO[bytes],
    *,
    at: datetime,
    by: User | None = None,
    export_format: ExportFormat = ExportFormat.BUNDLE,
    withheld: Withheld = NOTHING_WITHHELD,
) -> EvidenceExport:
    """Write the evidence of a release to a file, and record the export as an event.

    The event contains the person, the time, the format and the hash of the file. It is recorded before the file is
    delivered, so that no export can be missing from the record. If the delivery then fails, the event stays.

    :param out: an empty file, opened for writing and reading bytes.
    :param by: None for the command line, where the person is unknown.
    :param withheld: the parts that the bundle leaves out. A WARC file never contains any of these parts.
    :raises NotYours: if the person has no role that allows exports.
    """
    role = acting_role(by, Action.EXPORT_EVIDENCE, release.series.producer).value if by else COMMAND_LINE
    if export_format is ExportFormat.WARC:
        write_warc(release, out, now=at)
    else:
        write_bundle(release, out, now=at, withheld=withheld)
    out.seek(0)
    digest = hashlib.sha256()
    while part := out.read(_PART):
        digest.update(part)
    exported = EvidenceExport(sha256=digest.hexdigest(), sealed=sealed_bodies(release, now=at))
    # The bundle was once the only format. So if an event has no format, the export was a bundle.
    form = {} if export_format is ExportFormat.BUNDLE else {"format": export_format.value}
    record_event(release, EXPORTED, at=at, by=by, role=role, sha256=exported.sha256, sealed=exported.sealed, **form)
    return exported


def export_file_name(release: Release, export_format: ExportFormat = ExportFormat.BUNDLE) -> str:
    return f"{bundle_folder_name(release)}{_SUFFIXES[export_format]}"
