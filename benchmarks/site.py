"""A publisher's site on the same machine, which records the instant of each request."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from benchmarks.instant import milliseconds
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.client import RehearsalSite
from statsoffice.fake_publisher.scenes import scene

MARKER = "autumn 2026"
PAGE = pages.release_page(f"Pupil absence in schools: {MARKER}", published="9.30am on 24 November 2026")
PAGE_LENGTH = 4_000


def addresses(site: RehearsalSite, number: int) -> list[str]:
    """Return addresses of pages on one site."""
    return [site.url(f"/statistics/{each}") for each in range(number)]


def show(site: RehearsalSite, urls: Sequence[str]) -> None:
    """Publish every page at once."""
    site.publish_all({url.removeprefix(site.base_url): [scene(PAGE)] for url in urls}, replace=True)


def distinct_page(number: int) -> str:
    """Return a released page of about `PAGE_LENGTH` characters that no other number has."""
    sentence = f"In area {number} the rate rose by {number % 97 / 10:.1f} points, having risen by 0.4 points before. "
    summary = sentence * ((PAGE_LENGTH - len(PAGE)) // len(sentence) + 1)
    title = f"Pupil absence in schools, part {number}: {MARKER}"
    return pages.release_page(title, published="9.30am on 24 November 2026", summary=summary)


def show_from(site: RehearsalSite, urls: Sequence[str], due_at: datetime) -> None:
    """Publish a distinct page at each address at an aware instant, so that no examination is answered from memory."""
    not_yet = scene(status=404)
    site.publish_all(
        {
            url.removeprefix(site.base_url): [not_yet, scene(distinct_page(number), starts=due_at)]
            for number, url in enumerate(urls)
        },
        replace=True,
    )


def last_arrival(site: RehearsalSite, urls: Sequence[str], due_at: datetime) -> float:
    """Return the milliseconds from an aware instant to the last of the first requests, one for each page."""
    first: dict[str, datetime] = {}
    for arrival in site.arrivals():
        if arrival.at >= due_at - timedelta(seconds=1):
            first.setdefault(arrival.path, arrival.at)
    assert len(first) == len(urls), f"{len(first)} of {len(urls)} checks arrived"
    assert min(first.values()) >= due_at, "a check came before it was due"
    return milliseconds(max(first.values()) - due_at)
