"""A case of the corpus: answers of a publisher in the order in which they came, and the right result for each."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from releases.detection.finding import AddressRole, Reason
from releases.rules.response import Failure

DUE = datetime(2026, 7, 14, 8, 30, tzinfo=UTC)
HOST = "stats.example.gov.uk"
HTML = "text/html; charset=utf-8"


class Right(StrEnum):
    """The right result for an answer: what a careful person would say who sees it and nothing else."""

    LIVE = "live"
    NOT_LIVE = "not live"
    NOBODY = "cannot tell"


@dataclass(frozen=True)
class Reply:
    """One answer, whole: `by_way_of` holds the redirects (status, where to) that led to it.

    `failure` is how a fetch of it ends that cannot be read; `wire` then names what the server does.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = HTML
    headers: tuple[tuple[str, str], ...] = ()
    by_way_of: tuple[tuple[int, str], ...] = ()
    failure: Failure | None = None
    wire: str = ""


@dataclass(frozen=True)
class Look:
    """One check at an address; `minutes` count from the due instant, and `reason` is one that must be given."""

    reply: Reply
    right: Right
    minutes: float = 1
    reason: Reason | None = None

    @property
    def before_due(self) -> bool:
        """Whether it was complete before the release was due."""
        return self.minutes < 0

    @property
    def at(self) -> datetime:
        """The instant of the check."""
        return DUE + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Case:
    """One address with its checks, the expected content, and why the right answer is right.

    `absent_before`: an earlier check had seen that the release was not there, so that one that sees it proves
    something. `not_found`: what the host answers for an address that cannot exist.
    """

    name: str
    why: str
    looks: tuple[Look, ...]
    marker: str = "June 2026"
    title: str = "Road fuel prices, June 2026"
    series: str = "Road fuel prices"
    path: str = "/statistics/road-fuel-prices-june-2026"
    role: AddressRole = AddressRole.PAGE
    negative_markers: tuple[str, ...] = ()
    absent_before: bool = True
    not_found: Reply | None = None
    allowed_hosts: tuple[str, ...] = field(default=())


def one(
    name: str, why: str, right: Right, reply: Reply | bytes, *, reason: Reason | None = None, **expected: object
) -> Case:
    """Make a case of one check, a minute after the release was due."""
    answer = Reply(reply) if isinstance(reply, bytes) else reply
    return Case(name, why, (Look(answer, right, reason=reason),), **expected)  # type: ignore[arg-type]


def several(name: str, why: str, *looks: tuple[float, Reply | bytes, Right], **expected: object) -> Case:
    """Make a case of several checks, each as minutes from the due instant, answer, and right answer."""
    made = tuple(
        Look(Reply(reply) if isinstance(reply, bytes) else reply, right, minutes) for minutes, reply, right in looks
    )
    return Case(name, why, made, **{"absent_before": False, **expected})  # type: ignore[arg-type]
