"""Outages of a website: no page of it that was to be released in one minute gave a usable response.

Our own faults never make an outage: a check that failed while our control checks failed too has a reason of its own,
and without checks there are no reasons. An outage is shown to people and never published.
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
    """Return the outages of websites by due time; a host is down if none of its pages of a minute responded."""
    groups: dict[tuple[datetime, int, str], list[PageState]] = defaultdict(list)
    for page in pages:
        groups[page.due_at, page.producer, page.host].append(page)
    found = []
    for (due_at, producer, host), states in sorted(groups.items()):
        releases = tuple(dict.fromkeys(state.release for state in states))
        if len(releases) >= FEWEST_RELEASES and all(state.has_no_response for state in states):
            found.append(Outage(producer, host, due_at, releases))
    return found
