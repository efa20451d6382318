"""Removal of former contacts' details from their history."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from releases.models import Contact
from releases.models.append_only import redaction_marker

DETAILS = ("name", "email", "telephone")
DELETED = "-"


def erase_former_details(*, now: datetime, retention: timedelta, dry_run: bool = False) -> int:
    """Remove details of contacts from their history if they were replaced before the end of their retention period.

    Details that are still correct stay, as do post, account, and who changed them when. Each removed detail is replaced
    by a marker with the day. Details of a team are not personal and stay.

    :return: the number of changed rows of histories; a second call changes none.
    """
    # django-simple-history adds `history`, and ships no types.
    history: Any = Contact.history.model
    old = history.objects.filter(history_date__lt=now - retention, is_team=False).values("id")
    rows = history.objects.filter(id__in=old).order_by("id", "history_date", "history_id")
    present = {key: values for key, *values in Contact.objects.values_list("pk", *DETAILS)}
    changed = 0
    for key, of_one in groupby(rows.iterator(), key=lambda row: row.id):
        versions = list(of_one)
        for row, details in zip(versions, _over(versions, before=now - retention), strict=True):
            still = dict(zip(DETAILS, present.get(key, ()), strict=False))
            gone = [name for name in details if getattr(row, name) != still.get(name) and not row.is_team]
            changed += bool(gone)
            if gone and not dry_run:
                erased = (row.erased or {}) | {name: now.isoformat() for name in gone}
                values: dict[str, Any] = dict.fromkeys(gone, redaction_marker(now))
                history.objects.filter(pk=row.pk).update(erased=erased, **values)
    return changed


def _over(versions: Sequence[Any], *, before: datetime) -> list[list[str]]:
    """Return, for each version of one contact (oldest first), the details that were replaced before an instant."""
    found: list[list[str]] = []
    replaced: dict[str, datetime | None] = dict.fromkeys(DETAILS)
    later: Any = None
    for row in reversed(versions):
        over = []
        for name in DETAILS:
            if row.history_type == DELETED:
                replaced[name] = row.history_date
            elif later is not None and getattr(later, name) != getattr(row, name):
                replaced[name] = later.history_date
            at = replaced[name]
            if at is not None and at < before and getattr(row, name) and name not in (row.erased or {}):
                over.append(name)
        found.append(over)
        later = row
    return found[::-1]
