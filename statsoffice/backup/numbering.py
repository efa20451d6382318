"""The numbers that tables give to new rows: none may be given twice, even where its row is gone."""

from collections.abc import Iterable, Mapping

from django.db import connection, models


def last_given(tables: Iterable[type[models.Model]]) -> dict[str, int]:
    """Return, by model, the last number that each table gave to a row; those that gave none are left out."""
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for model in tables:
            field = model._meta.auto_field
            if field is None:
                continue
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [_quoted(model), field.column])
                cursor.execute(f"SELECT last_value FROM {cursor.fetchone()[0]} WHERE is_called")  # noqa: S608  # by catalogue
            else:
                cursor.execute("SELECT seq FROM sqlite_sequence WHERE seq > 0 AND name = %s", [model._meta.db_table])
            row = cursor.fetchone()
            if row:
                found[model._meta.label_lower] = row[0]
    return found


def go_on_after(numbered: Mapping[str, int], tables: Mapping[str, type[models.Model]]) -> None:
    """Let each table give the next number to its next row.

    :param numbered: the last number given, by model.
    :param tables: the tables, by model.
    """
    with connection.cursor() as cursor:
        for label, last in numbered.items():
            model = tables[label]
            field = model._meta.auto_field
            if field is None:
                continue
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [_quoted(model), field.column, last]
                )
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [model._meta.db_table, last])


def _quoted(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
