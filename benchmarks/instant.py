"""Being there at an instant, as closely as one process can."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from releases.monitoring.clock import ClockSource, RealClock
from tests.servers.time_server import time_server

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
    return duration / timedelta(milliseconds=1)


@contextmanager
def confirmed_clock() -> Iterator[RealClock]:
    """Yield the machine's clock with a time server that confirms it, as an office has one.

    Without it each check is uncertain by 2 seconds, and a release that is live at the due instant is judged twice.
    """
    with time_server() as server:
        source = ClockSource(servers=[server])
        source()
        source.wait()
        yield RealClock(source)
