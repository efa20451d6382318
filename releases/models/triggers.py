"""The database's own refusal to change what is append-only (PostgreSQL)."""

from typing import Any

FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are kept as they were written', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def guard(schema_editor: Any, tables: tuple[str, ...], *, against: str = "UPDATE OR DELETE") -> None:
    """Make PostgreSQL refuse every UPDATE and DELETE on some tables; other databases rely on the code alone.

    TRUNCATE stays possible, so that a test database can be emptied between tests.

    :param against: UPDATE alone, where rows are removed at the end of their time.
    """
    if schema_editor.connection.vendor != "postgresql":
        return
    # Without parameters, so that the percent sign of RAISE is not taken for the place of one.
    schema_editor.execute(FUNCTION, params=None)
    for table in tables:
        schema_editor.execute(
            f'CREATE TRIGGER append_only BEFORE {against} ON "{table}" FOR EACH ROW EXECUTE FUNCTION refuse_change()'
        )
