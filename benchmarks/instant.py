"""Waiting for an instant as exactly as one process can."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from releases.monitoring.clock import ClockSource, RealClock
from tests.servers.time_server import time_server

SPINNING_SECONDS = 0.002


def wait_until(instant: datetime) -> None:
    """Return as soon as an aware instant has come."""
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds() - SPINNING_SECONDS))
    while datetime.now(UTC) < instant:
        pass


def sleep_until(instant: datetime) -> None:
    """Return once an aware instant has come, perhaps a little later."""
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


def milliseconds(duration: timedelta) -> float:
    return duration / timedelta(milliseconds=1)


@contextmanager
def confirmed_clock() -> Iterator[RealClock]:
    """Yield the machine's clock with a time server that confirms it, as in an office.

    Without a time server each check is uncertain by 2 seconds. A release that is live at the due instant is then judged
    twice.
    """
    with time_server() as server:
        source = ClockSource(servers=[server])
        source()
        source.wait()
        yield RealClock(source)
