"""What each chain of the record hashes, as bytes, and the rows that the acts of an office leave in it."""

import json
import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

from releases.models.append_only import ChainedRow
from tests.pins.conftest import Pinned
from tests.support.people import Office

CHAINS = sorted((model for model in apps.get_models() if issubclass(model, ChainedRow)), key=lambda row: row.CHAIN)
MOST_ROWS = 100
NOON = datetime(2020, 6, 30, 11, 0, 0, 250_000, tzinfo=UTC)


def test_the_bytes_that_each_chain_hashes_in_each_format(pinned: Pinned):
    lines = []
    for chain in CHAINS:
        previous = "0" * 64
        for position, number in enumerate((*range(1, chain.FORMAT + 1), chain.FORMAT), start=1):
            row = invented(chain)
            if position > 1 and hasattr(row, "words_digest"):
                row.words_digest = ""  # the words themselves enter as a salted digest
            row.format_version, row.position, row.previous_hash = number, position, previous
            previous = row.expected_hash()
            lines += [f"{chain.CHAIN}, format {number}", row.canonical().decode(), previous, ""]
    pinned("chains.txt", "\n".join(lines))


def invented(model: type[models.Model], *, depth: int = 2) -> Any:
    """An unsaved row with a value in each of its columns, and with the rows that it belongs to."""
    values = {}
    for field in model._meta.concrete_fields:
        if not isinstance(field, models.ForeignKey):
            values[field.name] = value_of(field)
        elif depth:
            values[field.name] = invented(field.remote_field.model, depth=depth - 1)
    return model(**values)


VALUES: dict[str, Any] = {
    "DateField": date(2020, 6, 30),
    "TimeField": time(9, 30),
    "UUIDField": uuid.UUID(int=7),
    "BooleanField": True,
    "FloatField": 0.5,
    "BinaryField": b"bytes",
}


def value_of(field: models.Field) -> Any:
    """A value of a column's type that says which column it is, where it can."""
    match field.get_internal_type():
        case "CharField" | "TextField" | "SlugField" | "URLField" | "EmailField":
            return (field.choices[0][0] if field.choices else f"{field.name} – é")[: field.max_length]
        case "DateTimeField":
            return NOON + timedelta(minutes=len(field.name))
        case "JSONField":
            return {"name": field.name, "list": [1, None, True, 0.5, "é"]}
        case kind:
            return VALUES.get(kind, 7)


def test_the_columns_that_the_digests_of_rows_cover(pinned: Pinned):
    covered = {
        chain.CHAIN: {
            table.name: {
                "columns": [table.model._meta.get_field(name).column for name in table.columns],
                "format": table.format,
                "earlier": [list(names) for names in table.earlier],
                "changed by": None if table.changed_by is None else sorted(table.changed_by),
                "deleted by": None if table.deleted_by is None else sorted(table.deleted_by),
                "about": table.about,
            }
            for table in chain.TABLES
        }
        for chain in CHAINS
        if hasattr(chain, "TABLES")
    }
    assert covered
    pinned("digests.json", covered)


@pytest.mark.django_db
@pytest.mark.both_databases
def test_the_rows_that_the_acts_of_an_office_leave(office: Office, pinned: Pinned):
    """Hashes of other rows are left out, so that a difference shows the row that changed. The ends cover them all."""
    lines = []
    for chain in CHAINS:
        rows = list(chain.in_order())
        lines += [f"{chain.CHAIN}: {len(rows)} rows", *map(written, rows[:MOST_ROWS]), ""]
    pinned("record.txt", "\n".join(lines))


def written(row: ChainedRow) -> str:
    """A row's payload without empty values: words in clear, and positions of other chains without their hashes."""
    payload = json.loads(row.canonical())[3]
    if "words" in payload:
        payload["words"] = row.words
    if "heads" in payload:
        payload["heads"] = {chain: head[0] for chain, head in payload["heads"].items()}
    shown = {name: value for name, value in payload.items() if name != "root" and value not in (None, "", [], {})}
    return json.dumps(shown, sort_keys=True, ensure_ascii=False)


@pytest.mark.django_db
@pytest.mark.both_databases
def test_the_end_of_each_chain(office: Office, pinned: Pinned):
    ends = {chain.CHAIN: chain.in_order().last() for chain in CHAINS}
    assert [name for name, end in ends.items() if end is None] == ["releases.time_stamp"]
    call_command("verify_evidence")
    pinned("ends.json", {name: [end.position, end.row_hash] for name, end in ends.items() if end})
