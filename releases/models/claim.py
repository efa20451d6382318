"""Claims and leases: rows that belong to one process until an instant. Then another process may take them."""

from datetime import datetime, timedelta

from django.db.models import Q


def latest_end(duration: timedelta, *, now: datetime) -> datetime:
    """Return the latest plausible end of a claim. A later end was written by a process whose clock was wrong."""
    return now + 2 * duration


def is_unclaimed(duration: timedelta, *, now: datetime) -> Q:
    """Return the condition that no process has a claim to a row with the column `claimed_until`."""
    has_ended = Q(claimed_until__lte=now) | Q(claimed_until__gt=latest_end(duration, now=now))
    return Q(claimed_until__isnull=True) | has_ended
