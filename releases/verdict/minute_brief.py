"""Compute the figures of a minute brief, which reports releases that were not live or not complete at their limit.

The brief gives numbers but no explanations, because the cause is not known. If a release has no usable verdict, its
state is "not known" instead of "not live".

The caller must leave out releases of the brief's producer that were found early, because each of them is treated as a
security incident instead. The caller must include early releases of other producers, with the outcome of the checks
from their due time onwards.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from releases.verdict.address import Outcome

AFTER_LIMIT = timedelta(seconds=5)
"""The brief is made this long after the end of the tolerance (issue L, item 2). By then, the verdict is stored."""
FEWEST_ON_HOST = 2
"""The figures of a host are shown only if at least this many releases are due on the host.

A single release says nothing about other releases.
"""


class BriefState(StrEnum):
    """Whether one release was live and complete at the limit and, if not, whether it was found complete since."""

    NOT_LIVE = "not_live"
    INCOMPLETE = "incomplete"
    LIVE_NOW = "live_now"
    LIVE = "live"
    NOT_KNOWN = "not_known"


AWAITED = frozenset({BriefState.NOT_LIVE, BriefState.INCOMPLETE})
"""The states of releases that are still to become live or complete."""
NOT_LIVE_AT_LIMIT = frozenset({Outcome.LATE, Outcome.NOT_SEEN, Outcome.PARTIAL})


@dataclass(frozen=True, slots=True)
class DueRelease:
    """One release that was due at the instant of the brief.

    `key` is the primary key of the release. `host` is the host of the release's page, such as "www.example.gov.uk". It
    is empty if the release has no page. `complete_at` is when the last required part was first found live, or None if a
    required part was not found live.

    `is_published` is true if the page of the release was found live, or if a person stated that it was live. `is_over`
    is true if the release has since been moved or cancelled, so that it is no longer expected.
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
    def was_incomplete(self) -> bool:
        """Whether checks showed that a required part was not live at its limit, but not that the release was late."""
        return self.outcome is Outcome.PARTIAL

    @property
    def state(self) -> BriefState:
        if self.was_not_live and self.complete_at:
            return BriefState.LIVE_NOW
        if self.was_not_live:
            return BriefState.INCOMPLETE if self.was_incomplete else BriefState.NOT_LIVE
        return BriefState.LIVE if self.outcome is Outcome.ON_TIME else BriefState.NOT_KNOWN

    @property
    def is_expected(self) -> bool:
        """Whether the release, or a required part of it, is still to be published as far as we know."""
        is_unknown = self.state is BriefState.NOT_KNOWN and not self.is_published
        return not self.is_over and (self.state in AWAITED or is_unknown)


@dataclass(frozen=True, slots=True)
class HostCount:
    """Figures for the releases of all producers that were due on one host at the instant of the brief.

    `not_live` includes the releases that were only incomplete, and `incomplete` is their number. `limit_at` is when the
    tolerance of these releases ended, or None if their tolerances ended at different times. `is_brief` is true if these
    releases are exactly the releases of the brief. In this case, the host and the brief have the same figures.
    """

    host: str
    due: int
    not_live: int
    incomplete: int
    not_known: int
    limit_at: datetime | None
    is_brief: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """The releases of one producer, and the figures of their hosts.

    `limit_at` and `live_at` are about the releases that were certainly not live in time. Both are None if there are no
    such releases. `limit_at` is when the tolerance of these releases ended, or None if their tolerances ended at
    different times. `live_at` is when the last of these releases was found live, or None if one of them has not been
    found live.
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
        """The number of releases that were not live or not complete at their limit, even if they are live now."""
        return sum(one.was_not_live for one in self.releases)

    @property
    def were_incomplete(self) -> int:
        """The number of releases in `were_not_live` that were only incomplete."""
        return sum(one.was_incomplete for one in self.releases)

    @property
    def is_open(self) -> bool:
        """Whether at least one release is still expected."""
        return any(one.is_expected for one in self.releases)


def build_brief(own: Collection[DueRelease], others: Iterable[DueRelease] = ()) -> Brief:
    """Build the brief of one producer for one instant.

    :param own: the producer's releases.
    :param others: announced releases of other producers that were due at the same instant. They only add to the figures
        of hosts.
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
        incomplete=sum(one.was_incomplete for one in releases),
        not_known=sum(one.state is BriefState.NOT_KNOWN for one in releases),
        limit_at=_shared_limit(releases),
        is_brief=list(releases) == list(own),
    )


def _shared_limit(releases: Iterable[DueRelease]) -> datetime | None:
    limits = {one.limit_at for one in releases}
    return limits.pop() if len(limits) == 1 else None
