"""Fetch something in a test: a fetcher with small limits, real clock, and the ports that the test opens."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from releases.probe.client import Fetcher
from releases.probe.connection import Limits
from releases.rules.host_budget import LIFTED
from releases.rules.response import Answer, CheckRequest

QUICK = Limits(connect_seconds=0.5, total_seconds=0.6, body_bytes=100_000, header_bytes=20_000, redirects=5)
PLANNED = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def real_now() -> datetime:
    return datetime.now(UTC)


def make_fetcher(*opened: str, **options: Any) -> Fetcher:
    options = {"now": real_now, "user_agent": "test", "limits": QUICK, "default_budget": LIFTED} | options
    return Fetcher(allow_private=frozenset(opened), **options)


def check_request(url: str, *allowed_hosts: str, key: object = "key", decisive: bool = False) -> CheckRequest:
    return CheckRequest(key=key, url=url, allowed_hosts=frozenset(allowed_hosts), planned_at=PLANNED, decisive=decisive)


def answers(fetcher: Fetcher, *, seconds: float = 10) -> list[tuple[CheckRequest, Answer]]:
    """Poll until nothing is in flight."""
    until = time.monotonic() + seconds
    collected: list[tuple[CheckRequest, Answer]] = []
    while fetcher.in_flight:
        collected += fetcher.poll(0.2)
        assert time.monotonic() < until, f"{fetcher.in_flight} requests have no answer"
    return collected


def fetch(url: str, *, opened: Iterable[str], allowed: Iterable[str] | None = None, **options: Any) -> Answer:
    """Fetch one address; its host is allowed by default."""
    opened = list(opened)
    with make_fetcher(*opened, **options) as fetcher:
        fetcher.start(check_request(url, *(opened if allowed is None else allowed)))
        (_, answer) = answers(fetcher)[0]
        return answer
