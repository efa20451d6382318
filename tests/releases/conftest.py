"""Releases in each state as rows that tests share, and the probe for checks before a release."""

from collections.abc import Iterator

import pytest

from releases.core.looks import pacing
from releases.models import Release
from releases.probe.fetch import Fetcher
from releases.probe.probe import Probe
from releases.watching.beside import Means
from statsoffice.rehearsal_site.client import RehearsalSite
from tests.factories import a_confirmed_release, a_release, an_announced_release
from tests.releases.preflight import DAY_BEFORE, means_with
from tests.shared_rows import shared_fixture


@shared_fixture
def provisional_release() -> Release:
    return a_release()


@shared_fixture
def confirmed_release() -> Release:
    return a_confirmed_release()


@shared_fixture
def announced_release() -> Release:
    return an_announced_release()


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
