"""A release morning played with a clock that jumps, against a real site over real HTTP."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from breaches import drafting
from releases import host_budgets
from releases.monitoring import sweep
from releases.monitoring.clock import ScriptedClock
from releases.monitoring.sweep import Sweep
from releases.probe.probe import Probe, probe_from_settings
from statsoffice.fake_publisher.client import RehearsalSite
from tests.servers.ports import free_port
from tests.servers.process import running

TICK = timedelta(seconds=5)
LONGEST_LEASE = timedelta(seconds=15)


@contextmanager
def running_site(log: Path) -> Iterator[RehearsalSite]:
    """The rehearsal site as its own process."""
    site = RehearsalSite(f"http://127.0.0.1:{free_port()}")
    port = site.base_url.rpartition(":")[2]

    def answers() -> bool:
        site.wait_until_up(seconds=50)
        return True

    command = [sys.executable, "-m", "statsoffice.fake_publisher", "--port", port]
    with running(command, answers=answers, log=log):
        yield site


@contextmanager
def calendar_at_rest() -> Iterator[None]:
    """Let sweeps claim once a minute and renew their leases less often, while one sweep plays an unchanged calendar.

    A step of a sweep is then mostly a check. Otherwise it is mostly claims and leases. A lease stays shorter than the
    longest that another process regards as valid.
    """
    a_minute = timedelta(minutes=1)
    at_rest = {
        "CLAIM_EVERY": a_minute,
        "CLAIM_AT_LEAST_EVERY": a_minute,
        "RENEWED_EVERY": timedelta(seconds=10),
        "SWEEP_DURATION": LONGEST_LEASE,
    }
    with patch.multiple(sweep, **at_rest), patch.object(host_budgets, "SWEEP_DURATION", LONGEST_LEASE):
        yield


class MorningOver(Exception):
    """The instant up to which the morning is played has come."""


class PlayedClock(ScriptedClock):
    """A clock of the sweep that jumps to the next instant and sets the practice site's clock too.

    It ends a sweep that would go on beyond the part of the morning that is played.
    """

    def __init__(self, site: RehearsalSite, start: datetime) -> None:
        self._site, self._now = site, start
        self.ends_at: datetime | None = None
        site.freeze(start)

    def now(self) -> datetime:
        return self._now

    def sleep_until(self, instant: datetime) -> None:
        is_over = self.ends_at is not None and instant > self.ends_at
        instant = self.ends_at if is_over else instant
        if instant > self._now:
            self._now = instant
            self._site.freeze(instant)
        if is_over:
            raise MorningOver


class Morning:
    """Monitoring and the drafts on one morning."""

    def __init__(self, site: RehearsalSite, start: datetime) -> None:
        self.site = site
        self.clock = PlayedClock(site, start)
        self.probe: Probe = probe_from_settings(now=self.clock.now)

    def publish(self, path: str, scenes: Sequence[Mapping[str, Any]]) -> str:
        return self.site.publish(path, scenes)

    def play(self, until: datetime, watcher: str = "morning", *, every: timedelta = TICK) -> None:
        """Tick until an instant, by default as often as beat does."""
        self.clock.ends_at = until
        while self.clock.now() < until:
            with suppress(MorningOver):
                Sweep(clock=self.clock, probe=self.probe, name=watcher).run()
            drafting.draft_missing(now=self.clock.now())
            self.clock.sleep_until(min(until, self.clock.now() + every))
