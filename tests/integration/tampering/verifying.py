"""Changes by SQL as a person with access to the database makes them, past all triggers, and the findings about them."""

from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import QuerySet

from releases.evidence.anchors import links
from releases.evidence.recorded_rows import RowHistory
from releases.models import Anchor, ChainHead
from releases.models.append_only import FIRST_HASH
from releases.models.event import RowRecord
from releases.rules.anchor import Head, digest_of_rows, merkle_root
from statsoffice.anchors import CHAINS, ROW_RECORDS
from tests.integration.tampering.changes import Change


def verify(*anchors: Path) -> tuple[str, bool]:
    """Return what verify_evidence names, and whether it failed.

    :param anchors: files with anchors from outside the office.
    """
    err = StringIO()
    try:
        call_command("verify_evidence", anchor=list(anchors), stdout=StringIO(), stderr=err)
    except CommandError:
        return err.getvalue(), True
    return err.getvalue(), False


def findings() -> str:
    return verify()[0]


def lift_triggers() -> None:
    """Let this transaction change rows that are only added, in whatever order."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger and no foreign key is checked
        else:
            cursor.execute("PRAGMA defer_foreign_keys = ON")


def apply(change: Change) -> None:
    """Run the statements of a change; each has to change something."""
    lift_triggers()
    with connection.cursor() as cursor:
        for statement, values in change.statements:
            cursor.execute(statement, values or None)
            assert cursor.rowcount, f"nothing was changed by: {statement}"


def record_anew() -> None:
    """Append records of all rows as they are now by the product's own code, as a forger would who hides a change."""
    for record in ROW_RECORDS:
        recorded = RowHistory(record)
        recorded.read()
        for table in record.TABLES:
            present, known = dict(table.digests()), recorded.digests[table.name]
            changed = [int(key) for key in {**known, **present} if known.get(key) != present.get(key)]
            record.record({table.model: changed})


def rewrite_all_chains() -> None:
    """Compute every hash of the record anew, as a forger would who knows the code: the database is consistent again.

    Rows state hashes of rows that are older, in whatever chain, so that each round corrects more until none is wrong.
    """
    lift_triggers()
    while sum(_rewrite(chain) for chain in CHAINS):
        pass


def _rewrite(chain) -> bool:
    changed, previous_hash, position = False, FIRST_HASH, 0
    for row in chain.in_order():
        before = (row.previous_hash, row.row_hash)
        row.position = position = position + 1
        row.previous_hash = previous_hash
        values = {}
        if isinstance(row, RowRecord):
            values = {"heads": {name: head for name, (at, _) in row.heads.items() if (head := _head(name, at))}}
        if isinstance(row, Anchor):
            heads = [_combined(head) for head in row.combined()]
            values = {
                "heads": {one.chain: [one.position, one.row_hash, one.first, one.rows_sha256] for one in heads},
                "root": merkle_root(heads),
            }
        for name, value in values.items():
            setattr(row, name, value)
        row.row_hash = previous_hash = row.expected_hash()
        if before != (row.previous_hash, row.row_hash):
            changed = True
            values |= {"previous_hash": row.previous_hash, "row_hash": row.row_hash}
            QuerySet(chain).filter(pk=row.pk).update(**values)
    ChainHead.objects.filter(chain=chain.CHAIN).update(position=position, row_hash=previous_hash)
    return changed


def _head(name: str, position: int) -> list | None:
    if not position:
        return [0, FIRST_HASH]
    row_hash = _named(name).objects.filter(position=position).values_list("row_hash", flat=True).first()
    return [position, row_hash] if row_hash else None  # the chain was deleted


def _combined(head: Head) -> Head:
    rows = list(links(_named(head.chain), first=head.first, last=head.position))
    row_hash = _named(head.chain)._default_manager.values_list("row_hash", flat=True).get(position=head.position)
    return Head(head.chain, head.position, row_hash, head.first, digest_of_rows(rows))


def _named(name: str):
    return next(chain for chain in CHAINS if name == chain.CHAIN)
