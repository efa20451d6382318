"""Outages of a website: none of its pages that were due in the same minute gave a usable response.

Our own faults never count as an outage. If our control checks failed too, a failed check has a different reason, and a
page without checks has no reason. Only staff see an outage; it is never published.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from releases.detection.finding import Reason
from releases.verdict.address import Outcome
from releases.verdict.release import AddressResult

FEWEST_RELEASES = 2
"""With one release, its own page may have failed rather than the website."""

_SITE_FAILS = frozenset({
    Reason.TIMEOUT, Reason.DNS, Reason.CONNECT, Reason.TLS, Reason.BROKEN, Reason.SERVER_ERROR,
})  # fmt: skip


def has_no_response(result: AddressResult) -> bool:
    """Return whether a page could not be judged because its website gave no usable response.

    Every reason of the last check must be a failure of the website.
    """
    return (
        result.verdict.from_due is Outcome.CANNOT_TELL
        and bool(result.reasons)
        and _SITE_FAILS.issuperset(result.reasons)
    )


@dataclass(frozen=True, slots=True)
class PageState:
    """The page of one release, by key, on a host such as "www.example.gov.uk"."""

    release: int
    producer: int
    host: str
    due_at: datetime
    has_no_response: bool


@dataclass(frozen=True, slots=True)
class Outage:
    """The releases of one producer, by key, whose pages on one host gave no usable response at their due time."""

    producer: int
    host: str
    due_at: datetime
    releases: tuple[int, ...]


def group_outages(pages: Iterable[PageState]) -> list[Outage]:
    """Return an outage for each due time, producer and host with several releases, all without a usable response."""
    groups: dict[tuple[datetime, int, str], list[PageState]] = defaultdict(list)
    for page in pages:
        groups[page.due_at, page.producer, page.host].append(page)
    found = []
    for (due_at, producer, host), states in sorted(groups.items()):
        releases = tuple(dict.fromkeys(state.release for state in states))
        if len(releases) >= FEWEST_RELEASES and all(state.has_no_response for state in states):
            found.append(Outage(producer, host, due_at, releases))
    return found
