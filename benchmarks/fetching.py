"""The product's fetcher at work alone, with its guard and its evidence, and its budget lifted."""

from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.instant import wait_until
from releases.probe.client import Fetcher
from releases.rules.host_budget import LIFTED
from releases.rules.response import Answer, CheckRequest
from statsoffice.fake_publisher.client import RehearsalSite


def fetcher(site: RehearsalSite) -> Fetcher:
    """Make a fetcher that may ask a site on this machine as hard as it can."""
    return Fetcher(
        now=lambda: datetime.now(UTC),
        user_agent="benchmarks",
        allow_private=frozenset({site.base_url.removeprefix("http://")}),
        default_budget=LIFTED,
    )


class Ours:
    """Checks at many addresses through the fetcher."""

    def __init__(self, site: RehearsalSite) -> None:
        self.fetcher = fetcher(site)
        self.allowed = frozenset({site.base_url.removeprefix("http://")})

    def check(self, urls: Sequence[str], due_at: datetime) -> list[Answer]:
        """Ask for every address at an aware instant, and return the answers."""
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
        """Close every connection."""
        self.fetcher.close()
