"""Until when a release is on time."""

from datetime import datetime, timedelta


def limit_at(due_at: datetime, *, tolerance_seconds: int) -> datetime:
    """Return the last instant at which a release is still on time.

    :param due_at: the aware instant at which it is due.
    """
    return due_at + timedelta(seconds=tolerance_seconds)
