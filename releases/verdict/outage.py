"""Detect website outages from the pages that were due on one host at the same time.

A website has an outage if at least two releases of a producer were due on one host at the same time, and none of their
pages gave a usable response. Only staff see an outage. It is never published.

Our own faults never count as an outage. If our control checks also failed, the checks of the pages have a reason
other than a failure of the website. A page that was not checked has no reasons, so it does not count as failed.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from releases.detection.finding import Reason
from releases.verdict.address import Outcome
from releases.verdict.release import AddressResult

FEWEST_RELEASES = 2
"""If only one release is due, the fault may be in its page and not in the website."""

_SITE_FAILS = frozenset({
    Reason.TIMEOUT, Reason.DNS, Reason.CONNECT, Reason.TLS, Reason.BROKEN, Reason.SERVER_ERROR,
})  # fmt: skip


def has_no_response(result: AddressResult) -> bool:
    """Return whether a page could not be judged because its website gave no usable response.

    All reasons of the last check must be failures of the website.
    """
    return (
        result.verdict.from_due is Outcome.CANNOT_TELL
        and result.verdict.outcome is not Outcome.UNCERTAIN  # an unconfirmed clock found the page live
        and bool(result.reasons)
        and _SITE_FAILS.issuperset(result.reasons)
    )


@dataclass(frozen=True, slots=True)
class PageState:
    """The page of a release, and whether its website gave no usable response.

    `release` and `producer` are primary keys. `host` is a host such as "www.example.gov.uk".
    """

    release: int
    producer: int
    host: str
    due_at: datetime
    has_no_response: bool


@dataclass(frozen=True, slots=True)
class Outage:
    """Releases of one producer whose pages on one host gave no usable response at their due time.

    `producer` and `releases` contain primary keys.
    """

    producer: int
    host: str
    due_at: datetime
    releases: tuple[int, ...]


def group_outages(pages: Iterable[PageState]) -> list[Outage]:
    """Group pages by due time, producer and host, and return the groups that are outages.

    A group is an outage if it has at least `FEWEST_RELEASES` releases and none of its pages gave a usable response.
    """
    groups: dict[tuple[datetime, int, str], list[PageState]] = defaultdict(list)
    for page in pages:
        groups[page.due_at, page.producer, page.host].append(page)
    found = []
    for (due_at, producer, host), states in sorted(groups.items()):
        releases = tuple(dict.fromkeys(state.release for state in states))
        if len(releases) >= FEWEST_RELEASES and all(state.has_no_response for state in states):
            found.append(Outage(producer, host, due_at, releases))
    return found
