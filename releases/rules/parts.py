"""The parts of a release that are published together: their names, and which of them may follow later."""

from datetime import datetime, timedelta
from enum import StrEnum


class Part(StrEnum):
    """What one web page or file of a release is. A page or file without a name is `UNNAMED`."""

    UNNAMED = ""
    ENGLISH_PAGE = "english_page"
    WELSH_PAGE = "welsh_page"
    TABLES = "tables"
    DATA_API = "data_api"
    DASHBOARD = "dashboard"
    OTHER = "other"


NAMED = tuple(part for part in Part if part)
MAIN = frozenset({Part.UNNAMED, Part.ENGLISH_PAGE})
"""The parts whose page decides whether the release itself is late; see `releases.verdict.release`."""
PAGES = frozenset({Part.ENGLISH_PAGE, Part.WELSH_PAGE})
"""The parts that are always a web page."""
LONGEST_FOLLOW = timedelta(hours=24)
"""The longest delay that a release can allow for a part. Monitoring continues after it (`cadence.GIVE_UP`)."""
LONGEST_FOLLOW_MINUTES = LONGEST_FOLLOW // timedelta(minutes=1)


def part_limit_at(limit_at: datetime, *, may_follow: timedelta) -> datetime:
    """Return the last instant at which a part is on time.

    :param limit_at: the limit of the release, which includes its tolerance.
    """
    return limit_at + may_follow
