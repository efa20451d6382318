"""Instants and stretches of time as an account writes them: London's, to the second, bounds rounded outwards."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from releases.rules.london import format_day, format_time, format_time_with_seconds, local_date


def down(instant: datetime) -> datetime:
    """Round an instant down to the second, as is true of a lower bound."""
    return instant.replace(microsecond=0)


def up(instant: datetime) -> datetime:
    """Round an instant up to the second, as is true of an upper bound."""
    return down(instant) + timedelta(seconds=1) if instant.microsecond else instant


def time_in_words(instant: datetime, *, due_at: datetime) -> str:
    """Write an aware instant in London's time, with its day where that is not the day of the due instant."""
    text = format_time_with_seconds(instant) if instant.second else format_time(instant)
    return text if local_date(instant) == local_date(due_at) else f"{text} on {format_day(instant)}"


def listed(items: Iterable[str]) -> str:
    """Join phrases into one: "a, b and c"."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last
