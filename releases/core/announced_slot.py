"""Whether the words of an announcement name the day and the time for which a release is planned."""

import re
import unicodedata
from datetime import date, datetime, time

from releases.core.dates import london

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_CALLED_OFF = re.compile(r"\b(cancell?ed|postponed|withdrawn|no longer (?:be )?(?:published|released))\b")


def names_day(text: str, due_at: datetime) -> bool:
    """Tell whether a text names the London day of an aware instant, in any of the ways in which people write it.

    A day without its year counts, unless another year stands beside it.
    """
    day = london.local_date(due_at)
    return any(re.search(pattern, _plain(text)) for pattern in _ways_to_write_day(day))


def names_time(text: str, due_at: datetime) -> bool:
    """Tell whether a text names the London time of day of an aware instant, on the twelve or twenty-four hour clock."""
    at = london.in_london(due_at).time()
    return any(re.search(pattern, _plain(text)) for pattern in _ways_to_write_time(at))


def speaks_of_calling_off(text: str) -> bool:
    """Tell whether a text says of anything that it is cancelled, postponed or withdrawn."""
    return bool(_CALLED_OFF.search(_plain(text)))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def _ways_to_write_day(day: date) -> list[str]:
    month = _MONTHS[day.month - 1]
    # "Sept" is the one month that people shorten in two ways.
    name = f"(?:{month}|{month[:3]}t?)\\.?"
    no_other_year = rf"(?!,? (?!{day.year})(?:19|20)\d\d)"
    return [
        rf"(?<!\d)0?{day.day}(?:st|nd|rd|th)?(?: of)?[ -]{name}(?![a-z]){no_other_year}",
        rf"\b{name} 0?{day.day}(?:st|nd|rd|th)?(?!\d){no_other_year}",
        rf"(?<!\d){day:%Y-%m-%d}(?!\d)",
        rf"(?<!\d)0?{day.day}[/.]0?{day.month}[/.](?:{day.year}|{day:%y})(?!\d)",
    ]


def _ways_to_write_time(at: time) -> list[str]:
    hour, half = at.hour % 12 or 12, "a" if at.hour < 12 else "p"
    suffix = rf" ?{half}\.?m\b"
    ways = [
        rf"(?<![\d.:])0?{hour}[:.]{at:%M}(?:[:.]00)?{suffix}",
        rf"(?<![\d.:])0?{at.hour}[:.]?{at:%M}(?![\d:.]\d|\d| ?[ap]\.?m)",
    ]
    if at.minute == 0:
        ways.append(rf"(?<![\d.:]){hour}{suffix}")
    if at == time(12):
        ways.append(r"\b(?:12 )?(?:noon|midday)\b")
    return ways
