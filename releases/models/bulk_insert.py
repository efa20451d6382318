"""Insertion of many new rows of one table: by COPY on PostgreSQL, in a third of the processor time of an INSERT."""

from collections.abc import Sequence
from operator import attrgetter

from django.db import connection, models

# The fewest rows for which COPY and the statement before it, which reserves the keys, are worth it.
WORTH_COPYING = 20
# A statement with ten thousand rows briefly takes hundreds of megabytes, and SQLite's driver caches the last hundred
# statements. Smaller batches are not slower.
ROWS_OF_A_STATEMENT = 200
# The driver writes the values of all other fields as they are.
CONVERTED = (models.JSONField,)


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model, and set their keys, as `bulk_create` does.

    The rows must have a value for each column except an automatic key.
    """
    if connection.vendor == "postgresql" and len(rows) >= WORTH_COPYING:
        _copy(rows)
    elif rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=ROWS_OF_A_STATEMENT)


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
