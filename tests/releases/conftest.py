"""With what a check before a release looks, against the real rehearsal site."""

from collections.abc import Iterator

import pytest

from releases.core.looks import pacing
from releases.probe.fetch import Fetcher
from releases.probe.probe import Probe
from releases.watching.beside import Means
from statsoffice.rehearsal_site.client import RehearsalSite
from tests.releases.preflight import DAY_BEFORE, means_with


@pytest.fixture
def means(site: RehearsalSite) -> Iterator[Means]:
    """The probe for looks beside the watch, on a clock that stands at two o'clock on the day before, and unhurried
    by budgets."""
    opened = frozenset({site.base_url.removeprefix("http://")})
    fetcher = Fetcher(
        now=lambda: DAY_BEFORE,
        user_agent="test",
        allow_private=opened,
        default_budget=pacing.LIFTED,
        vantage="the office",
    )
    with Probe(fetcher) as look:
        yield means_with(look)
