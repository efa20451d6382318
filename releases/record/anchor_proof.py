"""The proof, in an evidence bundle, that the rows of a release are in anchors of the record."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from releases.core.merkle import Head, inclusion_proof
from releases.models import Anchor
from releases.models.append_only import CHUNK, ChainedRow

SCRIPT = "check-anchors.sh"

# A file's name in the bundle, and its bytes in parts.
type File = tuple[str, Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one chain that one anchor combined first: they are proved by it."""

    anchor: int
    head: Head


def batches_of(chain: type[ChainedRow], rows: QuerySet[ChainedRow]) -> Sequence[Batch]:
    """Find the anchors that combined some rows of a chain first, in their order.

    :param rows: of the chain.
    """
    positions = list(rows.order_by("position").values_list("position", flat=True))
    found = []
    for anchor in Anchor.in_order().iterator(chunk_size=CHUNK):
        for head in anchor.combined():
            at = bisect_left(positions, head.first)
            if head.chain == chain.CHAIN and at < len(positions) and positions[at] <= head.position:
                found.append(Batch(anchor.position, head))
    return found


def files_of(batches: Mapping[str, Sequence[Batch]]) -> Iterator[File]:
    """Give the files of the anchors that prove some rows, and the script that checks them.

    :param batches: by the name of the file that has the rows, such as looks.
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
    yield SCRIPT, [script()]


def script() -> bytes:
    """Return the script that checks the proofs."""
    return Path(__file__).with_name(SCRIPT).read_bytes()


def _proof(anchor: Anchor, chain: str) -> bytes:
    heads = anchor.combined()
    leaf = next(head for head in heads if head.chain == chain)
    steps = inclusion_proof(heads, chain)
    lines = [leaf.canonical(), *(f"{'left' if step.on_left else 'right'} {step.neighbour}" for step in steps)]
    return "".join(f"{line}\n" for line in lines).encode()
