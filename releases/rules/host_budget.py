"""The request budget of a host, and how long a host asks us to wait (Retry-After)."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import blake2b

from releases.rules import cadence

# How long we assume that one check uses a connection: a quarter of a second, as a slow page does.
USUAL_SECONDS = 0.25
# A smaller budget has no share for ad hoc checks, because monitoring would lose at least half of the budget.
SMALLEST_DIVIDED = 3
# The number of checks that one monitoring process makes and stores without falling behind (benchmarks).
CHECKS_PER_SECOND = 1_000
LEAST_LONGEST_GAP = timedelta(seconds=10)
GREATEST_LONGEST_GAP = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Budget:
    """The maximum number of requests in flight, and of requests begun within any second; both at least 1."""

    connections: int
    per_second: int

    def __post_init__(self) -> None:
        """:raises ValueError: if one of them is below 1."""
        if self.connections < 1 or self.per_second < 1:
            message = (
                f"A budget of {self.connections}/{self.per_second} would never send a request; both must be 1 or more."
            )
            raise ValueError(message)

    @property
    def adhoc_share(self) -> "Budget | None":
        """The part for ad hoc checks by all processes together; None if the budget is too small to divide."""
        return (
            Budget(connections=1, per_second=1) if min(self.connections, self.per_second) >= SMALLEST_DIVIDED else None
        )

    @property
    def monitoring_share(self) -> "Budget":
        """The part for monitoring, so that both parts together do not exceed the budget."""
        return Budget(self.connections - 1, self.per_second - 1) if self.adhoc_share else self


DEFAULT_BUDGET = Budget(connections=20, per_second=50)
LIFTED = Budget(connections=1_000_000, per_second=1_000_000)


def budget_of(place: str, budgets: Mapping[str, Budget], *, default: Budget = DEFAULT_BUDGET) -> Budget:
    """Return the budget of host:port, or else of the host, or else the default."""
    host, colon, port = place.rpartition(":")
    return budgets.get(place) or budgets.get(host if colon and port.isdigit() else place) or default


def longest_gap(addresses: int, budget: Budget) -> timedelta:
    """Return the longest time between two checks of an address that counts as monitored.

    It is twice the time needed to check all addresses that are due at the host at the same instant, but at least 10 and
    at most 30 seconds. In a longer gap a page may have been live and removed again, so a release with such a gap is not
    late.
    """
    two_rounds = timedelta(seconds=2 * addresses / budget.per_second)
    return min(max(LEAST_LONGEST_GAP, two_rounds), GREATEST_LONGEST_GAP)


def closest_checks(at_host: int, budget: Budget, *, of_process: int) -> timedelta:
    """Return the shortest interval between two checks of one address: at least a second.

    :param at_host: the number of addresses that are due at the same host and instant and not live yet.
    :param of_process: the number of addresses that the monitoring process checks and that are not live yet.
    """
    seconds = max(at_host / budget.per_second, of_process / CHECKS_PER_SECOND)
    return max(cadence.CLOSEST, timedelta(seconds=seconds))


def spread_seconds(checks: int, budget: Budget, *, seconds_each: float = USUAL_SECONDS) -> float:
    """Return the seconds between the first and the last of some checks that are due at once at one host.

    :param seconds_each: how long one check uses a connection.
    """
    begun: list[float] = []
    for number in range(checks):
        by_rate = begun[number - budget.per_second] + 1 if number >= budget.per_second else 0.0
        by_lines = begun[number - budget.connections] + seconds_each if number >= budget.connections else 0.0
        begun.append(max(by_rate, by_lines))
    return begun[-1] if begun else 0.0


@dataclass(frozen=True, slots=True)
class Due:
    release: Hashable
    place: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Crowd:
    """Checks due at one host and aware instant that have to wait for one another, or belong to several releases.

    The waits can make the interval of each release's verdict longer by up to `seconds`.
    """

    place: str
    due_at: datetime
    releases: tuple[Hashable, ...]
    checks: int
    seconds: float


def find_crowds(due: Iterable[Due], budgets: Mapping[str, Budget], *, default: Budget = DEFAULT_BUDGET) -> list[Crowd]:
    """Find the crowds: checks that share a host and an instant, and by how much that widens the intervals.

    A crowd has at least two releases, or one release with more addresses than can be requested at once.

    :return: the crowds, sorted by instant and host, each with its releases in the order given.
    """
    together: dict[tuple[datetime, str], list[Hashable]] = defaultdict(list)
    for one in due:
        together[one.due_at, one.place].append(one.release)
    crowds = (
        Crowd(
            place=place,
            due_at=due_at,
            releases=tuple(dict.fromkeys(releases)),
            checks=len(releases),
            seconds=spread_seconds(len(releases), budget_of(place, budgets, default=default).monitoring_share),
        )
        for (due_at, place), releases in sorted(together.items(), key=lambda item: item[0])
    )
    return [crowd for crowd in crowds if len(crowd.releases) > 1 or crowd.seconds]


# The longest pause by status, so that a single response cannot stop monitoring for longer. 429 concerns our own
# requests. 503 concerns the site, which often asks for an hour and recovers after a minute.
LONGEST = {429: timedelta(minutes=15), 503: timedelta(minutes=2)}
LONGEST_OF_ALL = max(LONGEST.values())
LONGEST_FOR_HOST = timedelta(seconds=60)
"""A page pauses for as long as it asked; the other pages of its host pause at most this long."""


def requested_pause(status: int | None, headers: Sequence[tuple[str, str]]) -> timedelta:
    """Return how long a response asks us to wait, at most `LONGEST`; zero if it does not ask or cannot be read.

    A date in Retry-After is compared with the response's own Date, because the host's clock may differ from ours.
    Source: RFC 9110, section 10.2.3, and RFC 6585, section 4.

    :param headers: name and value, the names in lower case.
    """
    longest = LONGEST.get(status or 0)
    values = dict(headers)
    written = values.get("retry-after", "").strip()
    if longest is None or not written:
        return timedelta(0)
    if written.isascii() and written.isdigit():
        # A number with more digits than any reasonable pause would overflow a timedelta.
        return min(longest, timedelta(seconds=int(written[:9])))
    until, said = _instant(written), _instant(values.get("date", ""))
    return max(timedelta(0), min(longest, until - said)) if until and said else timedelta(0)


def _instant(written: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(written)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


# The result is cached, because each of a hundred sweeps would compute a hundred hashes for each host, every second.
@lru_cache(maxsize=20_000)
def find_owner(host: str, holders: frozenset[str]) -> str:
    """Return which of several sweeps monitors a host, by rendezvous hashing.

    If a sweep is added or removed, only the hosts move that it gains or loses.

    :param holders: the names of the sweeps, at least one.
    """

    def weight(holder: str) -> bytes:
        return blake2b(f"{holder} {host}".encode(), digest_size=8).digest()

    return max(sorted(holders), key=weight)
