"""Digests of rows that may change, recorded in a chain by the act that wrote, changed or deleted them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import Q

from releases.models.append_only import CHUNK, AppendOnlyQuerySet, ChainedRow, ChainHead
from releases.rules.canonical import canonical_json, sha256_hex

# The keys of the rows of each table that an act wrote, changed or deleted.
type Rows = Mapping[type[models.Model], Collection[int]]

# Digests by table and key.
type Digests = Mapping[str, Mapping[str, str]]

KEYS_OF_A_RECORD = 1000
RETENTION, REDACTION = "retention", "redaction"
"""Why rows lost their words or bytes: the chained marker of what is deleted."""
UPGRADE = "upgrade"
"""Why rows of an earlier version are recorded: it had no digests of their table."""
NEVER: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a table that its digests cover, the rows that need one, and the events that explain a change.

    `changed_by` and `deleted_by` are kinds of events in the chain that the record follows: None if no event tells of
    every change. A row that is written once has NEVER. `about` is the column that has the key of what the event is
    about, and `about_moves` is true if that column itself may change.
    `earlier` has the columns of each earlier format, the first format first.
    """

    model: type[models.Model]
    columns: Sequence[str]
    scope: Q = field(default_factory=Q)
    changed_by: Collection[str] | None = None
    deleted_by: Collection[str] | None = None
    about: str = "pk"
    about_moves: bool = False
    earlier: Sequence[Sequence[str]] = ()

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    @property
    def format(self) -> int:
        return len(self.earlier) + 1

    def digests(
        self, keys: Collection[int] | None = None, *, formats: Mapping[str, int] | None = None
    ) -> Iterable[tuple[str, str]]:
        """Compute the digest of each row as it is stored, of all rows if no keys are given, by the row's key.

        :param formats: of some rows, by their keys; the others have the present format.
        """
        by_format = dict(enumerate((*self.earlier, self.columns), start=1))
        columns = list(dict.fromkeys(name for names in by_format.values() for name in names))
        places = {number: [columns.index(name) for name in names] for number, names in by_format.items()}
        rows = self.model._base_manager.filter(self.scope)
        if keys is not None:
            rows = rows.filter(pk__in=keys)
        for key, *values in rows.order_by("pk").values_list("pk", *columns).iterator(chunk_size=CHUNK):
            number = (formats or {}).get(str(key), self.format)
            content = [self.name, key, *(values[place] for place in places[number])]
            yield str(key), f"{number}:{sha256_hex(canonical_json(content))}"


def format_of(digest: str) -> int:
    """Return the format of the table in which a recorded digest was computed."""
    return int(digest.partition(":")[0])


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

    @classmethod
    def record_unrecorded(cls, table: Table, *, known: Collection[str]) -> int:
        """Record the rows of a table that have no digest, because the version before had no digests of that table.

        :param known: the keys of the rows that have one.
        :return: how many were recorded.
        """
        keys = table.model._base_manager.filter(table.scope).values_list("pk", flat=True)
        unrecorded = sorted({key for key in keys if str(key) not in known})
        for some in batched(unrecorded, KEYS_OF_A_RECORD):
            cls.record({table.model: some}, why=UPGRADE)
        return len(unrecorded)


def hold_heads(record: type[RowRecord]) -> ChainHead:
    """Return the head of a chain of row records, locked after the head of the chain that it follows."""
    if record.AFTER != record.CHAIN:
        ChainHead.hold(record.AFTER)
    return ChainHead.hold(record.CHAIN)
