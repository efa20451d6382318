"""Fixtures for tests that monitor real pages: the site, and a morning on it."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from statsoffice.fake_publisher.client import RehearsalSite
from tests.support import morning as mornings
from tests.support.morning import Morning, running_site


@pytest.fixture(scope="session")
def running_rehearsal_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsalSite]:
    """Run the rehearsal site once for all tests."""
    with running_site(tmp_path_factory.mktemp("site") / "site.log") as site:
        yield site


@pytest.fixture
def site(running_rehearsal_site: RehearsalSite, settings) -> RehearsalSite:
    """Return the site with no pages, on the machine's clock, and let the probe reach it."""
    running_rehearsal_site.publish_all({}, replace=True)
    running_rehearsal_site.run_clock()
    settings.PROBE_ALLOW_PRIVATE = frozenset({running_rehearsal_site.base_url.removeprefix("http://")})
    settings.REHEARSAL_SITE = running_rehearsal_site.base_url
    return running_rehearsal_site


@pytest.fixture
def morning_from(site: RehearsalSite) -> Iterator[Callable[[datetime], Morning]]:
    """Begin a morning at an instant."""
    begun: list[Morning] = []

    def begin(start: datetime) -> Morning:
        begun.append(Morning(site, start))
        return begun[-1]

    yield begin
    for morning in begun:
        morning.probe.close()


@pytest.fixture
def calendar_at_rest() -> Iterator[None]:
    """Let sweeps claim once a minute; for tests in which one monitoring process alone plays an unchanged calendar."""
    with mornings.calendar_at_rest():
        yield
