"""How long a site asks to be left alone (Retry-After), and how long that is honoured."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# 429 is about our own requests; 503 is about the site, which often promises an hour and is back after a minute. Longer
# than this nobody is left unwatched by one stray answer.
LONGEST = {429: timedelta(minutes=15), 503: timedelta(minutes=2)}
LONGEST_OF_ALL = max(LONGEST.values())
LONGEST_FOR_HOST = timedelta(seconds=60)
"""The page waits for as long as it asked; the other pages of its host wait no longer than this."""


def pause_asked(status: int | None, headers: Sequence[tuple[str, str]]) -> timedelta:
    """Return for how long an answer asks us to wait; zero where it does not, or not in a way that can be read.

    A date is compared with the answer's own Date, because the two clocks of one machine agree with each other, and
    need not agree with ours. Source: RFC 9110, section 10.2.3, and RFC 6585, section 4.

    :param headers: name and value, the names in lower case.
    """
    longest = LONGEST.get(status or 0)
    values = dict(headers)
    written = values.get("retry-after", "").strip()
    if longest is None or not written:
        return timedelta(0)
    if written.isascii() and written.isdigit():
        # More digits than any pause has would be more than a timedelta holds.
        return min(longest, timedelta(seconds=int(written[:9])))
    until, said = _instant(written), _instant(values.get("date", ""))
    return max(timedelta(0), min(longest, until - said)) if until and said else timedelta(0)


def _instant(written: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(written)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
