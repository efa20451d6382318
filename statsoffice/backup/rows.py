"""Rows as lines of JSON, the same whatever database they stand in; and back, as rows of another one."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from statsoffice.backup.manifest import ArchiveRefused

# Of a table that holds documents a few rows are many megabytes.
ROWS_READ, LARGE_ROWS_READ = 2000, 20
ROWS_WRITTEN, BYTES_WRITTEN = 200, 4_000_000


def columns_of(model: type[models.Model]) -> list[str]:
    """Return the names of a model's stored values, in their order."""
    return [field.attname for field in model._meta.concrete_fields]


def lines_of(model: type[models.Model]) -> Iterator[bytes]:
    """Yield each row of a table as one line, by its key; only some rows are held at a time."""
    rows = model._base_manager.order_by("pk").values_list(*columns_of(model))
    large = any(isinstance(field, models.BinaryField) for field in model._meta.concrete_fields)
    for row in rows.iterator(chunk_size=LARGE_ROWS_READ if large else ROWS_READ):
        yield (
            json.dumps(row, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain).encode() + b"\n"
        )


def _plain(value: object) -> str:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case UUID():
            return str(value)
        case bytes() | memoryview():
            return b64encode(value).decode()
    message = f"A value of type {type(value).__name__} cannot be written into a backup."
    raise TypeError(message)


def load(model: type[models.Model], columns: Sequence[str], lines: Iterable[bytes]) -> int:
    """Write lines as rows of a table, some rows at a time, and return how many there were.

    :param model: a model of which no other part of the program makes use: its fields stop setting their own times.
    :param columns: the names of the values, in the order in which the lines hold them.
    :raises ArchiveRefused: if a line does not fit the table.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    in_order = [fields[column] for column in columns]
    for field in in_order:
        if isinstance(field, models.DateField):
            field.auto_now = field.auto_now_add = False
    rows = 0
    for some in _batches(lines):
        model._base_manager.bulk_create([_row(model, in_order, line) for line in some])
        rows += len(some)
    return rows


def _row(model: type[models.Model], fields: Sequence[Any], line: bytes) -> models.Model:
    try:
        return model(**{f.attname: f.to_python(value) for f, value in zip(fields, json.loads(line), strict=True)})
    except (ValueError, TypeError, ValidationError) as fault:
        message = f"One of its rows of {model._meta.label_lower} cannot be read."
        raise ArchiveRefused(message) from fault


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Part lines into statements, none of which holds many rows or many bytes."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) >= ROWS_WRITTEN or size >= BYTES_WRITTEN:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
