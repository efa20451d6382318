"""Asking the practice site through the real client, as each adapter does."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from releases.detection.finding import AddressRole, Expectation
from releases.probe.adapters import get_adapter
from releases.probe.probe import probe_from_settings
from releases.rules.response import CheckRequest


@pytest.fixture
def look(site):
    """Ask for a page's address through the real probe, and examine what the site's scenes answered."""

    def ask(adapter: str, path: str, pages: Mapping[str, Mapping[str, object]]):
        site.publish_all({where: [scene] for where, scene in pages.items()})
        expectation = Expectation(
            role=AddressRole.PAGE,
            url=site.url(path),
            marker="June 2026",
            release_title="Bus fares: June 2026",
            series_title="Bus fares",
            due_at=datetime(2026, 6, 30, 8, 30, tzinfo=UTC),
        )
        with probe_from_settings(now=lambda: datetime.now(UTC)) as probe:
            hosts = frozenset({site.base_url.removeprefix("http://")})
            url = probe.fetched_address(adapter, site.url(path))
            probe.start(CheckRequest("one", url, hosts, datetime.now(UTC), adapter=adapter))
            answers = []
            while not answers:
                answers = probe.poll(1.0)
            answer = answers[0][1]
            # In this process, where a test may have registered its own adapter.
            return get_adapter(adapter).examine(answer, expectation), answer

    return ask
