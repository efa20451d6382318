"""The end of a name's time in the admin site's own log: what was edited stays by its key, its name goes."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Q, QuerySet

from releases.models.redaction import allow_redaction, overwrite, redaction_marker, redaction_marker_start

AT_A_TIME = 200
PEOPLE = Q(content_type__app_label__in=["accounts", "account", "auth", "mfa", "socialaccount", "usersessions"]) | Q(
    content_type__app_label="releases", content_type__model__in=["contact", "membership"]
)
"""What is called by a person's name or address. Other entries name releases, series and the like."""


def erase_old(*, now: datetime, kept_for: timedelta, dry_run: bool = False) -> int:
    """Remove the names of people from entries of the admin site's log that are older than they are kept.

    Who did something, when, to which row of which table, and which fields it was, stays.

    :param now: the aware instant of removing, whose day in London the marker carries.
    :param dry_run: count what would be changed, and change nothing.
    :return: in how many entries; a second call changes none of them.
    """
    # The marker is all that says that a name is gone: the table is Django's own.
    of_people = LogEntry.objects.filter(PEOPLE, action_time__lt=now - kept_for)
    old = of_people.exclude(object_repr__startswith=redaction_marker_start())
    if dry_run:
        return old.count()
    changed = 0
    for some in _batches(old):
        with allow_redaction():
            for entry in some:
                words = without_names(entry.change_message, marker=redaction_marker(now))
                overwrite(entry, object_repr=redaction_marker(now), change_message=words)
        changed += len(some)
    return changed


def without_names(message: str, *, marker: str) -> str:
    """Return what an entry says was changed, without the names of the rows that stood on the page of another.

    :param message: as Django keeps it: JSON or, of whoever wrote their own, words, which may hold any name.
    """
    try:
        told: Any = json.loads(message)
    except ValueError:
        return ""
    if not isinstance(told, list):
        return ""
    return json.dumps([{done: _nameless(what, marker) for done, what in one.items()} for one in told])


def _nameless(what: dict[str, Any], marker: str) -> dict[str, Any]:
    return what | {"object": marker} if "object" in what else what


def _batches(old: QuerySet[LogEntry]) -> Iterator[list[LogEntry]]:
    while some := list(old.order_by("pk")[:AT_A_TIME]):
        yield some
