"""Insert or update many rows of one table.

On PostgreSQL, this takes a third of the usual time. New rows are inserted by COPY. All rows are updated by one UPDATE,
which reads the new values from one JSON text.
"""

import json
from collections.abc import Sequence
from datetime import date, time
from operator import attrgetter
from typing import Any

from django.db import connection, models

# COPY is used for this number of rows or more. For fewer rows it saves no time, because another statement must reserve
# the keys first.
WORTH_COPYING = 20
# A statement with ten thousand rows briefly takes hundreds of megabytes, and SQLite's driver caches the last hundred
# statements. Smaller batches are not slower.
ROWS_OF_A_STATEMENT = 200
# Values of these types of fields are converted. The driver can write the values of all other fields as they are.
CONVERTED = (models.JSONField,)


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model, and set their keys, as `bulk_create` does.

    The rows must have a value for each column except an automatic key.
    """
    if connection.vendor == "postgresql" and len(rows) >= WORTH_COPYING:
        _copy(rows)
    elif rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=ROWS_OF_A_STATEMENT)


def update_rows(rows: Sequence[models.Model], columns: Sequence[str]) -> None:
    """Update some columns of stored rows of one model, each row with its own values.

    The caller must have locked the rows in a fixed order. Otherwise two writers could wait for each other.

    :param columns: the names of the fields to update, without the primary key.
    :raises ValueError: if the model has no field with one of these names.
    """
    if not rows:
        return
    wanted = set(columns)
    fields = [field for field in rows[0]._meta.concrete_fields if field.name in wanted]
    if unknown := wanted - {field.name for field in fields}:
        raise ValueError(f"{type(rows[0]).__name__} has no {', '.join(sorted(unknown))}")
    if connection.vendor == "postgresql" and len(rows) >= WORTH_COPYING:
        _update(rows, fields)
    else:
        _update_each(rows, fields)


def _update(rows: Sequence[models.Model], fields: Sequence["models.Field[Any, Any]"]) -> None:
    meta, quote = rows[0]._meta, connection.ops.quote_name
    names = [quote(field.column) for field in fields if field.column]
    declared = ", ".join(f"{name} {field.db_type(connection)}" for name, field in zip(names, fields, strict=True))
    changes = ", ".join(f"{name} = new.{name}" for name in names)
    values_of = attrgetter("pk", *(field.attname for field in fields))
    written = [dict(zip(("id", *(field.column for field in fields)), values_of(row), strict=True)) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(meta.db_table)} AS stored SET {changes}"  # noqa: S608  # names of our own tables and columns
            f" FROM json_to_recordset(%s) AS new(id bigint, {declared}) WHERE stored.id = new.id",
            [json.dumps(written, default=_write_value)],
        )


def _update_each(rows: Sequence[models.Model], fields: Sequence["models.Field[Any, Any]"]) -> None:
    meta, quote = rows[0]._meta, connection.ops.quote_name
    changes = ", ".join(f"{quote(field.column)} = %s" for field in fields if field.column)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {quote(meta.db_table)} SET {changes} WHERE id = %s",  # noqa: S608  # names of our own
            [
                [*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields), row.pk]
                for row in rows
            ],
        )


def _write_value(value: object) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _copy(rows: Sequence[models.Model]) -> None:
    meta, quote = rows[0]._meta, connection.ops.quote_name
    fields = meta.concrete_fields
    values_of = attrgetter(*(field.attname for field in fields))
    converted = [(place, field) for place, field in enumerate(fields) if isinstance(field, CONVERTED)]
    columns = ", ".join(quote(field.column) for field in fields if field.column)
    with connection.cursor() as cursor:
        if isinstance(meta.pk, models.AutoField):
            reserved = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
            cursor.execute(reserved, [meta.db_table, meta.pk.column, len(rows)])
            for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
                row.pk = key
        with (
            connection.wrap_database_errors,
            cursor.copy(f"COPY {quote(meta.db_table)} ({columns}) FROM STDIN") as copy,
        ):
            for row in rows:
                values = list(values_of(row))
                for place, field in converted:
                    values[place] = field.get_db_prep_save(values[place], connection)
                copy.write_row(values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
