"""Times as people in the United Kingdom read them: the one place that writes a time in words."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def in_london(instant: datetime) -> datetime:
    """Turn an aware instant into London's wall-clock time.

    :raises ValueError: if the instant carries no time zone.
    """
    if instant.tzinfo is None:
        message = "An instant needs its time zone; this one has none."
        raise ValueError(message)
    return instant.astimezone(LONDON)


def local_date(instant: datetime) -> date:
    return in_london(instant).date()


def format_day(value: datetime | date) -> str:
    """Write a day in the one plain style of the report's form: "30 June 2020"."""
    on = local_date(value) if isinstance(value, datetime) else value
    return f"{on.day} {on:%B %Y}"


def format_weekday(value: datetime | date) -> str:
    """Write a day with its weekday: "Tuesday 30 June 2020"."""
    on = local_date(value) if isinstance(value, datetime) else value
    return f"{on:%A} {format_day(on)}"


def format_month(value: datetime | date) -> str:
    """Write a month: "July 2026"."""
    on = local_date(value) if isinstance(value, datetime) else value
    return f"{on:%B %Y}"


def format_time(instant: datetime) -> str:
    """Write London's time of day to the minute: "9.30am"."""
    local = in_london(instant)
    return f"{local.hour % 12 or 12}.{local:%M}{'am' if local.hour < 12 else 'pm'}"


def format_time_with_seconds(instant: datetime) -> str:
    """Format London's time of day to the second, in the only form that the product uses: "9.29.05am"."""
    local = in_london(instant)
    return f"{local.hour % 12 or 12}.{local:%M.%S}{'am' if local.hour < 12 else 'pm'}"


def format_moment(instant: datetime) -> str:
    """Write an instant in London's time: "9.30am on 30 June 2020"."""
    return f"{format_time(instant)} on {format_day(instant)}"


def parse_london(text: str) -> datetime:
    """Read "YYYY-MM-DD HH:MM" as London time, or an ISO 8601 instant with its offset, into UTC.

    :raises ValueError: if the text is neither, or names a London time that does not exist or that
        happens twice (both nights when the clocks change).
    """
    try:
        instant = datetime.fromisoformat(text.strip())
        instant = instant.astimezone(UTC) if instant.tzinfo else instant
    except (ValueError, OverflowError):
        # An offset can lead out of the years that Python knows.
        message = f'"{text}" is not a time; write it as 2026-06-30 09:30 (London time).'
        raise ValueError(message) from None
    return instant if instant.tzinfo else from_london(instant)


def from_london(wall: datetime, zone: ZoneInfo = LONDON) -> datetime:
    """Turn a naive wall-clock time of a zone (London by default) into the UTC instant it names.

    :raises ValueError: if that time does not exist or happens twice on that day.
    """
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        message = f"{wall:%H:%M} on {format_day(wall.date())} does not exist: the clocks go forward that night."
        raise ValueError(message)
    if wall.replace(tzinfo=zone, fold=1).astimezone(UTC) != instant:
        message = (
            f"{wall:%H:%M} on {format_day(wall.date())} happens twice, because the clocks go back: "
            "write it with its offset from UTC."
        )
        raise ValueError(message)
    return instant
