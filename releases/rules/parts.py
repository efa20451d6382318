"""The parts of a release, and how long after the release a part may follow."""

from datetime import datetime, timedelta
from enum import StrEnum


class Part(StrEnum):
    """The part of a release that a web page or file contains. If no part was chosen, it is `UNNAMED`."""

    UNNAMED = ""
    ENGLISH_PAGE = "english_page"
    WELSH_PAGE = "welsh_page"
    TABLES = "tables"
    DATA_API = "data_api"
    DASHBOARD = "dashboard"
    OTHER = "other"


NAMED = tuple(part for part in Part if part)
MAIN = frozenset({Part.UNNAMED, Part.ENGLISH_PAGE})
"""The main parts. Their pages decide whether the release itself is late (see `releases.verdict.release`)."""
PAGES = frozenset({Part.ENGLISH_PAGE, Part.WELSH_PAGE})
"""The parts that are always web pages."""
LONGEST_FOLLOW = timedelta(hours=24)
"""The longest delay that can be allowed for a part. Monitoring goes on for longer than this (`cadence.GIVE_UP`)."""
LONGEST_FOLLOW_MINUTES = LONGEST_FOLLOW // timedelta(minutes=1)


def part_limit_at(limit_at: datetime, *, may_follow: timedelta) -> datetime:
    """Return the last instant at which a part is on time.

    :param limit_at: the limit of the release, which includes its tolerance.
    """
    return limit_at + may_follow
