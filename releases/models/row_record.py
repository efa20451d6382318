"""Digests of rows that may change, recorded in a chain by the act that wrote, changed or deleted them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import Q

from releases.core.canonical import canonical_json, sha256_hex
from releases.models.append_only import CHUNK, AppendOnlyQuerySet, ChainedRow, ChainHead, Follow, unfollowed

# The keys of the rows of each table that an act wrote, changed or deleted.
type Rows = Mapping[type[models.Model], Collection[int]]

KEYS_OF_A_RECORD = 1000
RETENTION, REDACTION = "retention", "redaction"
"""Why rows lost their words or bytes: the chained marker of what is deleted."""


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a table that its digests cover, and the rows that need one."""

    model: type[models.Model]
    columns: Sequence[str]
    scope: Q = field(default_factory=Q)

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    def digests(self, keys: Collection[int] | None = None) -> Iterable[tuple[str, str]]:
        """Compute the digest of each row as it is stored, of all rows if no keys are given, by the row's key."""
        rows = self.model._base_manager.filter(self.scope)
        if keys is not None:
            rows = rows.filter(pk__in=keys)
        for key, *values in rows.order_by("pk").values_list("pk", *self.columns).iterator(chunk_size=CHUNK):
            yield str(key), sha256_hex(canonical_json([self.name, key, *values]))


class RowRecordQuerySet(AppendOnlyQuerySet["RowRecord"]):
    """Row records, which are only added."""


class RowRecord(ChainedRow):
    """The digests of the rows that one act wrote, changed or deleted, as they are after it."""

    AFTER: ClassVar[str]
    """The chain whose head is locked first: its writers record rows, so that all lock the two in one order."""
    TABLES: ClassVar[Sequence[Table]]

    digests = models.JSONField()
    heads = models.JSONField()
    why = models.CharField(max_length=20, blank=True)

    class Meta:
        abstract = True
        ordering = ("position",)

    def __str__(self) -> str:
        return f"{self.CHAIN} {self.position}"

    def payload(self) -> dict[str, Any]:
        """Return what the record's hash stands for.

        `digests` has the digest of each row by table and key; it is null if the row is deleted or needs none.
        `heads` has position and hash of the last row of every other chain.
        """
        return {"digests": self.digests, "heads": self.heads, "why": self.why}

    @classmethod
    def record(cls, rows: Rows, *, why: str = "") -> None:
        """Record rows as they are stored now, in the transaction that changed them.

        The caller has locked every row that it is going to lock: others lock rows before the heads of chains.

        :param why: empty for an act of the product's own; redaction or retention where they removed words or bytes.
        """
        parts = [
            (table, keys[start : start + KEYS_OF_A_RECORD])
            for table in cls.TABLES
            for keys in [sorted(set(rows.get(table.model, ())))]
            for start in range(0, len(keys), KEYS_OF_A_RECORD)
        ]
        if not parts:
            return
        with transaction.atomic():
            head = hold_heads(cls)
            # Read under the lock: a digest that was computed before could be written after a newer one.
            heads = ChainHead.objects.exclude(chain=cls.CHAIN).values_list("chain", "position", "row_hash")
            found = {chain: [position, row_hash] for chain, position, row_hash in heads}
            small = sum(len(keys) for _, keys in parts) <= KEYS_OF_A_RECORD
            for some in [parts] if small else [[part] for part in parts]:
                digests: dict[str, dict[str, str | None]] = {
                    table.name: {**{str(key): None for key in keys}, **dict(table.digests(keys))}
                    for table, keys in some
                }
                cls._append_at(head, [cls(digests=digests, heads=found, why=why)])


def hold_heads(record: type[RowRecord]) -> ChainHead:
    """Return the head of a chain of row records, locked after the head of the chain that it follows."""
    if record.AFTER != record.CHAIN:
        ChainHead.hold(record.AFTER)
    return ChainHead.hold(record.CHAIN)


@dataclass(slots=True)
class _Recorded:
    """The last recorded digest of each row, by table and key, up to a position of the chain."""

    digests: dict[str, dict[str, str | None]] = field(default_factory=dict)
    position: int = 0

    def read(self, record: type[RowRecord], *, follow: Follow = unfollowed) -> None:
        rows = record.in_order().filter(position__gt=self.position)
        for row in follow(rows.iterator(chunk_size=CHUNK), rows.count()):
            for table, digests in row.digests.items():
                self.digests.setdefault(table, {}).update(digests)
            self.position = row.position


def check_rows(record: type[RowRecord], *, follow: Follow = unfollowed) -> str | None:
    """Compare every row of some tables with its last recorded digest.

    What seems to differ is read again while nothing can be recorded, because the product writes meanwhile.

    :return: one sentence on the first row that was changed, added or deleted by other means, or None.
    """
    recorded = _Recorded()
    recorded.read(record, follow=follow)
    suspects = [(table, keys) for table in record.TABLES if (keys := _differing(table, recorded))]
    if not suspects:
        return None
    with transaction.atomic():
        hold_heads(record)
        recorded.read(record)
        for table, keys in suspects:
            present = dict(table.digests([int(key) for key in keys]))
            for key in sorted(keys, key=int):
                if sentence := _difference(recorded.digests.get(table.name, {}), present, key):
                    return f"{table.name} {key} {sentence}"
    return None


def _differing(table: Table, recorded: _Recorded) -> set[str]:
    left = {key for key, digest in recorded.digests.get(table.name, {}).items() if digest is not None}
    known, differing = recorded.digests.get(table.name, {}), set[str]()
    for key, digest in table.digests():
        left.discard(key)
        if known.get(key) != digest:
            differing.add(key)
    return differing | left


def _difference(recorded: Mapping[str, str | None], present: Mapping[str, str], key: str) -> str | None:
    if recorded.get(key) == present.get(key):
        return None
    if recorded.get(key) is None:
        return "was added, and no act of the product recorded it"
    return "was changed after it was recorded" if key in present else "was deleted after it was recorded"


def deleted_end(chain: type[ChainedRow], records: Iterable[type[RowRecord]]) -> str | None:
    """Say that the end of a chain was deleted together with its head, if a record of rows knows a later head."""
    for record in records:
        last = record._default_manager.order_by("position").last()
        position, row_hash = last.heads.get(chain.CHAIN, (0, "")) if last else (0, "")
        if not position:
            continue
        row = chain._default_manager.filter(position=position).values_list("row_hash", flat=True).first()
        if row is None:
            return f"rows up to {position} are missing, which {record.CHAIN} recorded"
        if row != row_hash:
            return f"row {position} is not the one that {record.CHAIN} recorded"
    return None
