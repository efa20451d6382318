"""The self-test's page on a real web server, and a clock that both it and the self-test go by."""

import pytest

from releases.probe.probe import Probe
from statsoffice.self_monitoring import synthetic_check
from statsoffice.self_monitoring.synthetic_check import make_private_probe
from tests.integration.statsoffice.self_monitoring.self_test import MORNING, TravellingClock


@pytest.fixture
def clock(time_machine):
    """Return the clock of a morning; each wait moves it for all."""
    time_machine.move_to(MORNING)
    return TravellingClock(time_machine)


@pytest.fixture
def own_page(live_server, settings):
    """Let this service's own address be a server that runs, and return the address."""
    settings.ADDRESS = live_server.url
    settings.CANARY = True
    return live_server.url


@pytest.fixture
def rehearse(own_page, clock):
    """Yield a function that plays the next rehearsal a minute after the last one, by a clock of one's own choice."""
    probes: list[Probe] = []

    def look(url):
        probes.append(make_private_probe(url, now=clock.now))
        return probes[-1]

    def play(*, by=clock):
        clock.pass_seconds(60)
        return synthetic_check.perform_next(clock=by, open_probe=look)

    yield play
    for probe in probes:
        probe.close()
