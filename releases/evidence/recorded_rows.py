"""Verify that rows match their recorded digests, and that an event explains each recorded change."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import batched
from operator import itemgetter

from django.db import models, transaction

from releases.models.append_only import CHUNK, ChainedRow, Follow, without_progress
from releases.models.event import REDACTION, AbstractEvent, Digests, RowRecord, Table, format_of, lock_heads

# The number of rows that are read while the chain is locked. It is low, so that writers do not have to wait for long.
EXAMINED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class RowChange:
    """A change of a recorded row.

    The row was changed after the event at position `since`, and not later than the event at position `until`. If
    `digest` is None, the row was deleted. If the change is a redaction, `redacted_at` is the position of its event.
    Otherwise `redacted_at` is None.
    """

    table: str
    key: str
    digest: str | None
    since: int
    until: int
    redacted_at: int | None


@dataclass(slots=True)
class Events:
    """The positions of the events that can explain changes.

    `about` maps the key of a subject (a release or a report) to the positions and kinds of its events. `of_kind` maps a
    kind of event to positions.
    """

    about: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    of_kind: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, chain: type[AbstractEvent], *, about: str) -> "Events":
        events = cls()
        rows = chain._default_manager.order_by("position").values_list("position", about, "kind")
        for position, key, kind in rows.iterator(chunk_size=CHUNK):
            events.about[key].append((position, kind))
            events.of_kind[kind].append(position)
        return events

    def explain(self, kinds: Collection[str], *, since: int, until: int, about: int | None) -> bool:
        if about is None:
            return any(bisect_right(at, since) < bisect_right(at, until) for at in map(self.of_kind.__getitem__, kinds))
        return any(since < position <= until and kind in kinds for position, kind in self.about[about])


class RowHistory:
    """The history of recorded rows, read from a chain of row records up to `position`.

    `digests` contains the last digest of each row. `heads` contains the heads of the other chains, as stored in the
    records.
    """

    def __init__(self, record: type[RowRecord], *, redacted_in: str = "") -> None:
        """:param redacted_in: the name of the chain that contains the events of redactions."""
        self.record, self.redacted_in = record, redacted_in
        self.digests: dict[str, dict[str, str | None]] = defaultdict(dict)
        self.heads: dict[str, set[tuple[int, str]]] = defaultdict(set)
        self.changes: list[RowChange] = []
        self.position = 0
        self._since: dict[str, dict[str, int]] = defaultdict(dict)

    def read(self, *, follow: Follow = without_progress) -> None:
        """Read the records that were added since the last call."""
        rows = self.record.in_order().filter(position__gt=self.position)
        for row in follow(rows.iterator(chunk_size=CHUNK), rows.count()):
            self._add(row)

    def _add(self, row: RowRecord) -> None:
        for chain, (position, row_hash) in row.heads.items():
            if position:
                self.heads[chain].add((position, row_hash))
        until = row.heads.get(self.record.AFTER, (0, ""))[0]
        redacted_at = row.heads.get(self.redacted_in, (0, ""))[0] if row.why == REDACTION else None
        for table, digests in row.digests.items():
            known, since = self.digests[table], self._since[table]
            for key, digest in digests.items():
                if key in known and known[key] != digest:
                    self.changes.append(RowChange(table, key, digest, since[key], until, redacted_at))
                known[key], since[key] = digest, until
        self.position = row.position


def deleted_end(chain: type[ChainedRow], records: Iterable[RowHistory]) -> str | None:
    """Check that a chain still has all rows to which the row records refer.

    Return a sentence about the first row that is missing or differs, or None. This detects that the end of a chain was
    deleted together with its head.
    """
    known = {head: read.record.CHAIN for read in records for head in read.heads.get(chain.CHAIN, ())}
    left = dict(known)
    for head in chain._default_manager.values_list("position", "row_hash").iterator(chunk_size=CHUNK):
        left.pop(head, None)
    if not left:
        return None
    position, row_hash = min(left)
    if chain._default_manager.filter(position=position).exists():
        return f"row {position} differs from the row that {known[position, row_hash]} recorded"
    return f"row {position} is missing, although {known[position, row_hash]} recorded it"


def find_relinked_event(
    chain: type[AbstractEvent], *, key: str, name: str, named: type[models.Model], by: str
) -> str | None:
    """Return a sentence about the first event that was moved to another row, or None.

    An event refers to its row twice: by a foreign key, which is not hashed, and by a name, which is hashed. The two
    must refer to the same row. If the row was removed, its events stay, and one of them must record the removal.

    :param key: the column of the event that contains the foreign key.
    :param name: the column of the event that contains the name.
    :param named: the model of the row.
    :param by: the column of `named` that contains the name.
    """
    links = chain._default_manager.order_by().values_list(key, name).annotate(first=models.Min("position"))
    first = {(link, called): position for link, called, position in links}
    names = dict(named._base_manager.values_list("pk", by))
    for (link, called), position in sorted(first.items(), key=itemgetter(1)):
        removed = {key: link, name: called, "kind": "removed"}
        if names.get(link) != called and (link in names or not chain._default_manager.filter(**removed).exists()):
            return f"row {position} was moved to another {named._meta.verbose_name} after it was written"
    return None


def check_rows(
    read: RowHistory, *, events: Callable[[], Events] = Events, redacted: Mapping[int, Digests]
) -> str | None:
    """Check that every row matches its last recorded digest, and that an event explains each recorded change.

    If a row seems to differ, it is read again while the chain is locked, because the product may have changed it
    meanwhile.

    :param events: a function that returns the events of the chain `RowRecord.AFTER`. Use the default, which returns no
        events, if no event has to explain the changes.
    :param redacted: the digests that redactions recorded, keyed by the position of the redaction's event.
    :return: a sentence about the first row that was changed, added or deleted by other means, or None.
    """
    read.read()
    tables = {table.name: table for table in read.record.TABLES}
    unexplained = _unexplained(read, tables, events(), redacted)
    return unexplained or next((found for table in tables.values() if (found := _changed(table, read))), None)


def _unexplained(
    read: RowHistory, tables: Mapping[str, Table], events: Events, redacted: Mapping[int, Digests]
) -> str | None:
    ruled = [
        change
        for change in read.changes
        if _event_kinds(tables[change.table], change) is not None or change.redacted_at is not None
    ]
    last = {(change.table, change.key): change for change in ruled}
    about = {name: _about(table, ruled) for name, table in tables.items()}
    for change in ruled:
        table = tables[change.table]
        if change.redacted_at is not None:
            explained = redacted.get(change.redacted_at, {}).get(table.name, {}).get(change.key) == change.digest
        else:
            # Only the present subject of a row can be read. If the subject can change (`about_moves`), the subject at
            # the time of an earlier change is unknown.
            unknown = table.about_moves and last[change.table, change.key] is not change
            subject = None if unknown else about[table.name].get(change.key)
            kinds = _event_kinds(table, change) or ()
            explained = events.explain(kinds, since=change.since, until=change.until, about=subject)
        if not explained:
            verb = "changed" if change.digest is not None else "deleted"
            return f"{table.name} {change.key} was {verb}, and no event explains it"
    return None


def _event_kinds(table: Table, change: RowChange) -> Collection[str] | None:
    return table.changed_by if change.digest is not None else table.deleted_by


def _about(table: Table, changes: Iterable[RowChange]) -> dict[str, int]:
    """Return the subject of each changed row of a table, keyed by row.

    Deleted rows are left out, unless each row of the table is its own subject.
    """
    keys = {change.key for change in changes if change.table == table.name}
    if table.about == "pk":
        return {key: int(key) for key in keys}
    found: dict[str, int] = {}
    for some in batched(keys, EXAMINED_AT_ONCE):
        rows = table.model._base_manager.filter(pk__in=[int(key) for key in some])
        # Use the subject 0 for a row without a subject. No subject has this key, so no event explains the change.
        found |= {str(key): about or 0 for key, about in rows.values_list("pk", table.about)}
    return found


def _changed(table: Table, read: RowHistory) -> str | None:
    suspects = sorted(_differing(table, read), key=int)
    for keys in batched(suspects, EXAMINED_AT_ONCE):
        read.read()
        with transaction.atomic():
            lock_heads(read.record)
            read.read()
            known = read.digests[table.name]
            present = dict(table.digests([int(key) for key in keys], formats=dict(_formats(known, keys))))
        for key in keys:
            if known.get(key) == present.get(key):
                continue
            if known.get(key) is None:
                return f"{table.name} {key} was added, but the product has no record of adding it"
            act = "changed" if key in present else "deleted"
            return f"{table.name} {key} was {act} after it was recorded"
    return None


def _differing(table: Table, read: RowHistory) -> set[str]:
    known = read.digests[table.name]
    left = {key for key, digest in known.items() if digest is not None}
    differing = set[str]()
    for key, digest in table.digests(formats=dict(_formats(known, known)) if table.earlier else None):
        left.discard(key)
        if known.get(key) != digest:
            differing.add(key)
    return differing | left


def _formats(known: Mapping[str, str | None], keys: Iterable[str]) -> Iterator[tuple[str, int]]:
    for key in keys:
        if digest := known.get(key):
            yield key, format_of(digest)
