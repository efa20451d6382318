"""Redaction of personal details from append-only rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from releases.rules.london import format_day

MARKER = noop("[removed on %(day)s]")


def redaction_marker(at: datetime) -> str:
    """Return what takes the place of words that were removed at an aware instant: that they were, and on which day."""
    return _(MARKER) % {"day": format_day(at)}


def redaction_marker_start() -> str:
    """Return how the marker of any day begins, for rows that hold nothing else by which they could be known."""
    return _(MARKER).partition("%")[0]


@contextmanager
def allow_redaction() -> Iterator[None]:
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
