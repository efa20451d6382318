"""Year reviews of a publisher: the status, the years to choose from, and the wait after failed requests."""

from datetime import date, timedelta
from enum import StrEnum

EARLIEST_YEAR = 2013
"""The first whole year of GOV.UK, which began in October 2012."""

MOST_FAILURES = 8
"""After this many failed requests in a row, a review stops until a person continues it."""

_LONGEST_WAIT = timedelta(minutes=15)


class ReviewStatus(StrEnum):
    READING = "reading"
    STOPPED = "stopped"
    COMPLETE = "complete"


def wait_after(failures: int, *, requested: timedelta = timedelta(0)) -> timedelta:
    """Return how long to wait after a number of failed requests in a row.

    The wait is 2, 4, 8 ... seconds, or longer if the site asked for it, but at most 15 minutes.

    :param requested: how long the site asked us to wait (Retry-After).
    """
    return min(max(timedelta(seconds=2**failures), requested), _LONGEST_WAIT)


def years_to_review(today: date) -> range:
    """Return the years that can be reviewed, including the present year, with the latest first."""
    return range(today.year, EARLIEST_YEAR - 1, -1)
