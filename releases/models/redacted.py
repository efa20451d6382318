"""Taking personal details out of rows that are kept as they were written: the one exception."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from releases.core.dates.london import day

FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change_but_redaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('statsoffice.redacting', true) = 'on'
        AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are kept as they were written', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


MARKER = noop("[removed on %(day)s]")


def marker_of(at: datetime) -> str:
    """Return what takes the place of words that were removed at an aware instant: that they were, and on which day."""
    return _(MARKER) % {"day": day(at)}


def markers_begin() -> str:
    """Return how the marker of any day begins, for rows that hold nothing else by which they could be known."""
    return _(MARKER).partition("%")[0]


def guard_but_redaction(schema_editor: Any, tables: dict[str, tuple[str, ...]]) -> None:
    """Let PostgreSQL change some columns of append-only tables inside `redacting`, and nothing else of them.

    :param tables: by table, the columns that hold what people write.
    """
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(FUNCTION, params=None)
    for table, columns in tables.items():
        arguments = ", ".join(f"'{column}'" for column in columns)
        schema_editor.execute(f'DROP TRIGGER IF EXISTS append_only ON "{table}"')
        schema_editor.execute(
            f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW'
            f" EXECUTE FUNCTION refuse_change_but_redaction({arguments})"
        )


@contextmanager
def redacting() -> Iterator[None]:
    """Open one transaction in which `overwrite` is possible."""
    with transaction.atomic():
        _say("on")
        yield
        _say("off")


def overwrite(row: models.Model, **values: Any) -> None:
    """Write other values into a row, inside `redacting`; whoever calls this puts on record that and why it was done."""
    models.QuerySet(type(row)).filter(pk=row.pk).update(**values)


def _say(what: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statsoffice.redacting', %s, true)", [what])
