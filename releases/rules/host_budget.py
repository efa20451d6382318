"""The request budget of a host, and how long a host asks us to wait (Retry-After)."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import blake2b

from releases.rules import cadence
from releases.rules.canonical import sha256_hex

# The assumed time in seconds for which one check uses a connection. A slow page takes about this long.
USUAL_SECONDS = 0.25
# Smaller budgets are not divided, because the share for ad hoc checks would be at least half of the budget.
SMALLEST_DIVIDED = 3
# The number of checks per second that one monitoring process can make and store without falling behind, according to
# our benchmarks.
CHECKS_PER_SECOND = 1_000
LEAST_LONGEST_GAP = timedelta(seconds=10)
GREATEST_LONGEST_GAP = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits for requests to one host; both are at least 1.

    `connections` is the maximum number of requests in flight. `per_second` is the maximum number of requests that begin
    within any second.
    """

    connections: int
    per_second: int

    def __post_init__(self) -> None:
        """:raises ValueError: if one of the limits is below 1."""
        if self.connections < 1 or self.per_second < 1:
            message = (
                f"Invalid budget {self.connections}/{self.per_second}. The number of connections and the number of "
                "requests per second must both be at least 1."
            )
            raise ValueError(message)

    @property
    def adhoc_share(self) -> "Budget | None":
        """The share for the ad hoc checks of all processes together. None if the budget is too small to divide."""
        return (
            Budget(connections=1, per_second=1) if min(self.connections, self.per_second) >= SMALLEST_DIVIDED else None
        )

    @property
    def monitoring_share(self) -> "Budget":
        """The share for monitoring: the whole budget without the share for ad hoc checks."""
        return Budget(self.connections - 1, self.per_second - 1) if self.adhoc_share else self


DEFAULT_BUDGET = Budget(connections=20, per_second=50)
LIFTED = Budget(connections=1_000_000, per_second=1_000_000)


def budget_of(place: str, budgets: Mapping[str, Budget], *, default: Budget = DEFAULT_BUDGET) -> Budget:
    """Return the budget of a host.

    A budget for "host:port" takes precedence over a budget for the host alone. If there is neither, return the default.

    :param place: "host" or "host:port".
    """
    host, colon, port = place.rpartition(":")
    return budgets.get(place) or budgets.get(host if colon and port.isdigit() else place) or default


def longest_gap(addresses: int, budget: Budget) -> timedelta:
    """Return the longest time that may pass between two checks of an address without a gap in monitoring.

    The result is twice the time that is needed to check every address once within the budget, but at least 10 and at
    most 30 seconds. During a gap, the page may have been live and then removed. So a release with a gap does not count
    as late.

    :param addresses: the number of addresses that are due at the host at the same instant.
    """
    two_rounds = timedelta(seconds=2 * addresses / budget.per_second)
    return min(max(LEAST_LONGEST_GAP, two_rounds), GREATEST_LONGEST_GAP)


def closest_checks(at_host: int, budget: Budget, *, of_process: int) -> timedelta:
    """Return the shortest interval between two checks of one address, which is at least one second.

    :param at_host: the number of addresses with the same host and due time that are not live yet.
    :param of_process: the number of addresses of the monitoring process that are not live yet.
    """
    seconds = max(at_host / budget.per_second, of_process / CHECKS_PER_SECOND)
    return max(cadence.CLOSEST, timedelta(seconds=seconds))


def spread_seconds(checks: int, budget: Budget, *, seconds_each: float = USUAL_SECONDS) -> float:
    """Return the seconds from the start of the first check to the start of the last check.

    It is assumed that all checks are due at the same host and at the same instant.

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
    """Checks that are due at one host at the same instant (aware), and that share the budget of the host.

    The checks belong to several releases, or there are more checks than the budget allows at once. If checks have to
    wait, the time interval in the verdict on each release can become longer by up to `seconds`.
    """

    place: str
    due_at: datetime
    releases: tuple[Hashable, ...]
    checks: int
    seconds: float


def find_crowds(due: Iterable[Due], budgets: Mapping[str, Budget]) -> list[Crowd]:
    """Group checks by host and due time, and return the groups that are crowds.

    A crowd has at least two releases, or one release with more addresses than can be requested at once.

    :return: the crowds, sorted by due time and host. The releases in each crowd keep their order.
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
            seconds=spread_seconds(len(releases), budget_of(place, budgets).monitoring_share),
        )
        for (due_at, place), releases in sorted(together.items(), key=lambda item: item[0])
    )
    return [crowd for crowd in crowds if len(crowd.releases) > 1 or crowd.seconds]


# The longest pause that one response can cause, keyed by its status. Without this limit, one response could stop
# monitoring for too long. Status 429 means that we sent too many requests. Status 503 means that the site is
# unavailable. Unavailable sites often ask for a pause of an hour, but recover after a minute.
LONGEST = {429: timedelta(minutes=15), 503: timedelta(minutes=2)}
LONGEST_OF_ALL = max(LONGEST.values())
LONGEST_FOR_HOST = timedelta(seconds=60)
"""If a page asks for a pause, checks of the other pages of its host pause for at most this long. Checks of the page
itself pause for as long as the page asked."""
_PAGE, _SCREENSHOT = "page ", "screenshot "
_LONGEST_NAME = 200


def page_name(url: str) -> str:
    """Return the name under which a page is paused. The prefix distinguishes it from the name of a host."""
    return _PAGE + _shorten(url)


def screenshot_name(place: str) -> str:
    """Return the name under which screenshots of a page or of a host are paused."""
    return _SCREENSHOT + _shorten(place)


def _shorten(place: str) -> str:
    return place if len(place) <= _LONGEST_NAME else sha256_hex(place.encode())


def is_screenshot_name(name: str) -> bool:
    return name.startswith(_SCREENSHOT)


def is_page_queue(name: str) -> bool:
    return name.startswith(_PAGE)


def requested_pause(status: int | None, headers: Sequence[tuple[str, str]]) -> timedelta:
    """Return how long a response asks us to wait, limited by `LONGEST`.

    The result is zero if the response does not ask for a pause, or if its headers cannot be parsed. A date in
    Retry-After is compared with the response's Date header, because the clock of the host may differ from ours.
    Source: RFC 9110, section 10.2.3, and RFC 6585, section 4.

    :param headers: pairs of a name in lower case and a value.
    """
    longest = LONGEST.get(status or 0)
    values = dict(headers)
    written = values.get("retry-after", "").strip()
    if longest is None or not written:
        return timedelta(0)
    if written.isascii() and written.isdigit():
        # Use only the first nine digits, because a very long number would overflow the timedelta.
        return min(longest, timedelta(seconds=int(written[:9])))
    until, said = _instant(written), _instant(values.get("date", ""))
    return max(timedelta(0), min(longest, until - said)) if until and said else timedelta(0)


def _instant(written: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        # Python raises OverflowError if a number is too large for a date or for an offset.
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


# Without this cache, each of a hundred sweeps would compute a hundred hashes for each host every second.
@lru_cache(maxsize=20_000)
def find_owner(host: str, holders: frozenset[str]) -> str:
    """Return the name of the sweep that monitors a host, chosen by rendezvous hashing.

    If a sweep is added, it takes some hosts from the other sweeps. If a sweep is removed, the other sweeps take its
    hosts. All other hosts stay with their sweeps.

    :param holders: the names of the sweeps, at least one.
    """

    def weight(holder: str) -> bytes:
        return blake2b(f"{holder} {host}".encode(), digest_size=8).digest()

    return max(sorted(holders), key=weight)
