"""Claims and leases, by which a process reserves a row until a given instant."""

from datetime import datetime, timedelta

from django.db.models import Q


def latest_end(duration: timedelta, *, now: datetime) -> datetime:
    """Return the latest plausible end of a claim. A later end was written by a process whose clock was wrong."""
    return now + 2 * duration


def is_unclaimed(duration: timedelta, *, now: datetime) -> Q:
    """Return a condition for rows without a valid claim. The model must have the field `claimed_until`."""
    has_ended = Q(claimed_until__lte=now) | Q(claimed_until__gt=latest_end(duration, now=now))
    return Q(claimed_until__isnull=True) | has_ended
