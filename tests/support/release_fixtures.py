"""Releases in each state as rows that tests share, and the probe for checks before a release."""

from collections.abc import Iterator

import pytest

from releases.models import Release
from releases.monitoring.adhoc_checks import AdhocMeans
from releases.probe.client import Fetcher
from releases.probe.probe import Probe
from releases.rules import host_budget
from statsoffice.fake_publisher.client import RehearsalSite
from tests.support.factories import ReleaseFactory
from tests.support.preflight import DAY_BEFORE, means_with
from tests.support.shared_rows import shared_fixture


@shared_fixture
def provisional_release() -> Release:
    return ReleaseFactory()


@shared_fixture
def confirmed_release() -> Release:
    return ReleaseFactory(confirmed=True)


@shared_fixture
def announced_release() -> Release:
    return ReleaseFactory(announced=True)


@pytest.fixture
def means(site: RehearsalSite) -> Iterator[AdhocMeans]:
    """The probe for ad hoc checks, on a clock that is at two o'clock on the day before, and without budgets."""
    opened = frozenset({site.base_url.removeprefix("http://")})
    fetcher = Fetcher(
        now=lambda: DAY_BEFORE,
        user_agent="test",
        allow_private=opened,
        default_budget=host_budget.LIFTED,
        vantage="the office",
    )
    with Probe(fetcher) as look:
        yield means_with(look)
