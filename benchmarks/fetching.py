"""The product's fetcher alone, with its address guard and without a limit on requests."""

from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.instant import wait_until
from releases.probe.client import Fetcher
from releases.rules.host_budget import LIFTED
from releases.rules.response import Answer, CheckRequest
from statsoffice.fake_publisher.client import RehearsalSite


def fetcher(site: RehearsalSite) -> Fetcher:
    """Make a fetcher without a limit on requests to a site on this machine."""
    return Fetcher(
        now=lambda: datetime.now(UTC),
        user_agent="benchmarks",
        allow_private=frozenset({site.base_url.removeprefix("http://")}),
        default_budget=LIFTED,
    )


class Ours:
    """The product's client, with the same methods as `Bare`."""

    def __init__(self, site: RehearsalSite) -> None:
        self.fetcher = fetcher(site)
        self.allowed = frozenset({site.base_url.removeprefix("http://")})

    def check(self, urls: Sequence[str], due_at: datetime) -> list[Answer]:
        """Request every address at an aware instant, and return the responses."""
        requests = [CheckRequest(key=url, url=url, allowed_hosts=self.allowed, planned_at=due_at) for url in urls]
        wait_until(due_at)
        for request in requests:
            self.fetcher.start(request)
        answers: list[Answer] = []
        while self.fetcher.in_flight:
            answers += [answer for _, answer in self.fetcher.poll(1)]
        assert all(answer.status == 200 for answer in answers)
        return answers

    def close(self) -> None:
        self.fetcher.close()
