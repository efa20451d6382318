"""Being there at an instant, as closely as one process can."""

import time
from datetime import UTC, datetime, timedelta

SPINNING_SECONDS = 0.002


def wait_until(instant: datetime) -> None:
    """Return as soon as an aware instant is there."""
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds() - SPINNING_SECONDS))
    while datetime.now(UTC) < instant:
        pass


def sleep_until(instant: datetime) -> None:
    """Return once an aware instant is there, and perhaps a little later."""
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


def milliseconds(duration: timedelta) -> float:
    """Return a duration in milliseconds."""
    return duration / timedelta(milliseconds=1)
