"""The index by which PostgreSQL finds titles by parts of words, where the database may have its extension."""

import logging
from typing import Any

from django.db import DatabaseError, transaction

EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
INDEX = (
    "CREATE INDEX IF NOT EXISTS release_by_title_words ON releases_release USING gin (UPPER(title::text) gin_trgm_ops)"
)
logger = logging.getLogger(__name__)


def index_title_words(schema_editor: Any) -> None:
    """Make the index on PostgreSQL; without the right to its extension titles are searched without it, only slower.

    Other databases search every title.
    """
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias), schema_editor.connection.cursor() as cursor:
            cursor.execute(EXTENSION)
            cursor.execute(INDEX)
    except DatabaseError as error:
        logger.warning("Titles are searched without an index, because the database has no pg_trgm for us: %s", error)
