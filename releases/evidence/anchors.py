"""Making anchors, and comparing the chains with those in the database and those that are stored outside the office."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from releases.models import Anchor, ChainHead, TimeStampRequest
from releases.models.append_only import CHUNK, ChainedRow, Follow, without_progress
from releases.rules import london
from releases.rules.anchor import Head, WrittenAnchor, anchor_lines, digest_of_rows, merkle_root

type Chains = Sequence[type[ChainedRow]]
# Position, hash of the row before, hash of the row.
type Link = tuple[int, str, str]


def make_anchor(
    chains: Chains, *, why: Anchor.Why, at: datetime, ask_authority: bool, after: int | None = None
) -> Anchor | None:
    """Combine the heads of the chains into a new anchor; `None` if there is no row yet, or another process was first.

    The rows are read outside a transaction: they are never changed, and no writer has to wait for it.

    :param after: the number of the last anchor that the reason was found from, 0 without one; None for any.
    """
    last = Anchor.in_order().last()
    newest = last.position if last else 0
    if after not in {None, newest}:
        return None
    heads = list(_heads(chains, after={head.chain: head.position for head in last.combined()} if last else {}))
    if not heads:
        return None
    anchor = Anchor(
        root=merkle_root(heads),
        heads={head.chain: [head.position, head.row_hash, head.first, head.rows_sha256] for head in heads},
        why=why,
        made_at=at,
    )
    with transaction.atomic():
        if ChainHead.hold(Anchor.CHAIN).position != newest:
            return None
        Anchor.append([anchor])
        if ask_authority:
            TimeStampRequest.objects.create(anchor=anchor, due_at=at)
    return anchor


def anchor_text(anchor: Anchor) -> list[str]:
    """Write an anchor as the lines that leave the office."""
    return anchor_lines(anchor.position, made_at=anchor.made_at, root=anchor.root, heads=anchor.combined())


def check_anchors(chains: Chains, *, follow: Follow = without_progress) -> str | None:
    """Return one sentence on the first anchor in the database that does not match the chains, or None."""
    models, before = _by_name(chains), dict[str, Head]()
    anchors = Anchor.in_order()
    for anchor in follow(anchors.iterator(chunk_size=CHUNK), anchors.count()):
        heads = anchor.combined()
        misfit = None if merkle_root(heads) == anchor.root else "its root is not the root of its lines"
        for head in heads:
            last = before.get(head.chain)
            misfit = misfit or _gap(last, head) or (None if _is_as_before(last, head) else _misfit(models, head))
            before[head.chain] = head
        if misfit:
            made_at = london.format_moment(anchor.made_at)
            return f"anchor {anchor.position} of {made_at} does not match the record: {misfit}"
    return None


def check_written(written: WrittenAnchor, chains: Chains) -> str | None:
    """Return one sentence on how an anchor that is stored outside the office does not match the chains, or None."""
    if fault := check_consistency(written):
        return fault
    models = _by_name(chains)
    for head in written.heads:
        if misfit := _misfit(models, head):
            return f"anchor {written.number} does not match the record: {misfit}"
    stored = Anchor.objects.filter(position=written.number).values_list("root", flat=True).first()
    if stored != written.root:
        why = f"the database has {'another' if stored else 'no'} root for it"
        return f"anchor {written.number} does not match the record: {why}"
    return None


def check_consistency(written: WrittenAnchor) -> str | None:
    """Return what to do if the lines of an anchor do not match each other, or None."""
    if written.is_consistent():
        return None
    return (
        f"The lines of anchor {written.number} in this file do not match each other. The file was changed, or lines "
        "are missing. Get the original email"
    )


def links(chain: type[ChainedRow], *, first: int, last: int) -> Iterator[Link]:
    """Read the hashes of a chain's rows from one position to another."""
    rows = chain._default_manager.order_by("position").filter(position__range=(first, last))
    yield from rows.values_list("position", "previous_hash", "row_hash").iterator(chunk_size=CHUNK)


def _by_name(chains: Chains) -> Mapping[str, type[ChainedRow]]:
    return {chain.CHAIN: chain for chain in chains}


def _heads(chains: Chains, *, after: Mapping[str, int]) -> Iterator[Head]:
    models = _by_name(chains)
    # One statement, so that all heads are of one instant.
    ends = ChainHead.objects.filter(chain__in=models, position__gt=0).values_list("chain", "position", "row_hash")
    for chain, position, row_hash in sorted(ends):
        first = after.get(chain, 0) + 1
        yield Head(chain, position, row_hash, first, digest_of_rows(links(models[chain], first=first, last=position)))


def _gap(before: Head | None, head: Head) -> str | None:
    if head.first == (before.position if before else 0) + 1:
        return None
    return f"{head.chain} does not continue from the anchor before"


def _is_as_before(before: Head | None, head: Head) -> bool:
    """Whether nothing was added to a chain, so that it was compared with the anchor before."""
    return before is not None and head == replace(before, first=before.position + 1, rows_sha256=digest_of_rows([]))


def _misfit(models: Mapping[str, type[ChainedRow]], head: Head) -> str | None:
    chain = models.get(head.chain)
    if chain is None:
        return f"this version of the product has no chain {head.chain}"
    row_hash = chain._default_manager.filter(position=head.position).values_list("row_hash", flat=True).first()
    row = f"row {head.position} of {head.chain}"
    if row_hash is None:
        return f"{row}, which this anchor covers, is missing"
    if row_hash != head.row_hash:
        return f"{row} is not the row that this anchor covers"
    if digest_of_rows(links(chain, first=head.first, last=head.position)) != head.rows_sha256:
        return f"rows {head.first} to {head.position} of {head.chain} are not the rows that this anchor covers"
    return None
