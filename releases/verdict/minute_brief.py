"""The minute brief: which releases of one producer were live when the tolerance ended, and what else failed.

The brief gives numbers without explanations, because the cause is not known. A release without a usable verdict is "not
known", never "not live". The caller leaves out the producer's own releases that were found early, because each is a
security incident. The caller includes early releases of other producers, with the outcome of the checks from their due
time on.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from releases.verdict.address import Outcome

AFTER_LIMIT = timedelta(seconds=5)
"""When the brief is made, counted from the end of the tolerance (issue L, item 2). The verdict is stored by then."""
FEWEST_ON_HOST = 2
"""Figures of a host are shown from this many releases on, because one release says nothing about other releases."""


class BriefState(StrEnum):
    """Whether one release was live at the limit and, if not, whether it was found live since."""

    NOT_LIVE = "not_live"
    LIVE_NOW = "live_now"
    LIVE = "live"
    NOT_KNOWN = "not_known"


NOT_LIVE_AT_LIMIT = frozenset({Outcome.LATE, Outcome.NOT_SEEN, Outcome.PARTIAL})


@dataclass(frozen=True, slots=True)
class DueRelease:
    """One release that was due at the instant of the brief, by key.

    `host` is the host of its page, such as "www.example.gov.uk", or "". `complete_at` is when every required part was
    first found live, None if one was not. `is_published`: its page was found live, or a person stated so. `is_over`:
    the release was moved or cancelled since, so it is no longer expected.
    """

    key: int
    host: str
    outcome: Outcome
    limit_at: datetime
    complete_at: datetime | None = None
    is_published: bool = False
    is_over: bool = False

    @property
    def was_not_live(self) -> bool:
        """Whether checks showed that the release, or a required part, was not live when its tolerance ended."""
        return self.outcome in NOT_LIVE_AT_LIMIT

    @property
    def state(self) -> BriefState:
        if self.was_not_live:
            return BriefState.LIVE_NOW if self.complete_at else BriefState.NOT_LIVE
        return BriefState.LIVE if self.outcome is Outcome.ON_TIME else BriefState.NOT_KNOWN

    @property
    def is_expected(self) -> bool:
        """Whether the release, or a required part of it, is still to be published as far as we know."""
        is_unknown = self.state is BriefState.NOT_KNOWN and not self.is_published
        return not self.is_over and (self.state is BriefState.NOT_LIVE or is_unknown)


@dataclass(frozen=True, slots=True)
class HostCount:
    """The releases of all producers that were due on one host at the instant, in figures.

    `limit_at` is None if their tolerances ended at different times. `is_brief` is true if they are exactly the releases
    of the brief, so that the host's figures repeat those of the brief.
    """

    host: str
    due: int
    not_live: int
    not_known: int
    limit_at: datetime | None
    is_brief: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """The releases of one producer in the order given, and the figures of their hosts.

    `limit_at` is when the tolerance of the releases that were not live ended; None if it ended at different times, or
    if no release was certainly not live. `live_at` is when the last of these releases was found live; None while one of
    them is not.
    """

    releases: tuple[DueRelease, ...]
    hosts: tuple[HostCount, ...]
    limit_at: datetime | None
    live_at: datetime | None

    @property
    def due(self) -> int:
        return len(self.releases)

    @property
    def were_not_live(self) -> int:
        """The number of releases that were not live when their tolerance ended, whatever happened since."""
        return sum(one.was_not_live for one in self.releases)

    @property
    def is_open(self) -> bool:
        """Whether at least one release is still expected."""
        return any(one.is_expected for one in self.releases)


def build_brief(own: Collection[DueRelease], others: Iterable[DueRelease] = ()) -> Brief:
    """Build the brief of one producer and instant.

    :param own: the producer's releases.
    :param others: announced releases of other producers at the same instant. They are only counted.
    """
    hosts = list(dict.fromkeys(one.host for one in own if one.was_not_live and one.host))
    everything = [*own, *others]
    counts = (_count(host, [one for one in everything if one.host == host], own=own) for host in hosts)
    not_live = [one for one in own if one.was_not_live]
    found = [one.complete_at for one in not_live if one.complete_at]
    return Brief(
        releases=tuple(own),
        hosts=tuple(count for count in counts if count.due >= FEWEST_ON_HOST),
        limit_at=_shared_limit(not_live),
        live_at=max(found) if found and len(found) == len(not_live) else None,
    )


def _count(host: str, releases: Collection[DueRelease], *, own: Collection[DueRelease]) -> HostCount:
    return HostCount(
        host=host,
        due=len(releases),
        not_live=sum(one.was_not_live for one in releases),
        not_known=sum(one.state is BriefState.NOT_KNOWN for one in releases),
        limit_at=_shared_limit(releases),
        is_brief=list(releases) == list(own),
    )


def _shared_limit(releases: Iterable[DueRelease]) -> datetime | None:
    limits = {one.limit_at for one in releases}
    return limits.pop() if len(limits) == 1 else None
