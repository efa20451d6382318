"""Looks that wait in files of a machine until the database takes them: noted, so that the whole office knows."""

from datetime import datetime, timedelta
from pathlib import Path

from django.db import IntegrityError, transaction

from releases.monitoring import spool
from statsoffice.canary.models import Pulse

STEP = "unstored "
LONGEST = timedelta(minutes=1)
"""A sweep stores what waits within seconds of the database's return."""
REMEMBERED = timedelta(days=1)
"""What a machine that is silent since then kept is not told any more; it stores its files when it comes back."""


def note(folder: Path, *, machine: str, now: datetime) -> None:
    """Note whether looks wait in a folder, and since when.

    :param folder: where watchers of this machine keep what the database did not take.
    :param machine: the machine's name.
    :param now: the aware instant of noting.
    """
    kept = Pulse.objects.filter(step=f"{STEP}{machine}"[:100])
    if not (spool.is_any_waiting(folder) or any(folder.glob(f"*{spool.REFUSED}"))):
        if kept.exists():
            kept.delete()
    elif not kept.update(failed_at=now):
        try:
            with transaction.atomic():
                Pulse.objects.create(step=f"{STEP}{machine}"[:100], begun_at=now, failed_at=now)
        except IntegrityError:
            return  # another process of this machine was the first, a moment ago


def waiting_since(*, now: datetime) -> datetime | None:
    """Return since when looks wait anywhere for longer than a moment, or None if none do.

    :param now: the aware instant of asking.
    """
    noted = Pulse.objects.filter(step__startswith=STEP, begun_at__lte=now - LONGEST, failed_at__gt=now - REMEMBERED)
    return noted.order_by("begun_at").values_list("begun_at", flat=True).first()
