"""How hard one host may be asked: connections at a time, and requests in any one second."""

import heapq
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so many requests in flight, and so many begun within any one second, both at least 1."""

    connections: int
    per_second: int

    def __post_init__(self) -> None:
        """Check the two limits.

        :raises ValueError: if one of them is below 1.
        """
        if self.connections < 1 or self.per_second < 1:
            message = f"A budget of {self.connections}/{self.per_second} would never look; both must be 1 or more."
            raise ValueError(message)

    @property
    def beside(self) -> "Budget | None":
        """What is kept of it for looks beside the watch, by whichever process; None if it is too small to part."""
        return Budget(connections=1, per_second=1) if self.connections > 1 and self.per_second > 1 else None

    @property
    def for_the_watch(self) -> "Budget":
        """What is left of it for the watch, so that both together never ask more than it allows."""
        return Budget(self.connections - 1, self.per_second - 1) if self.beside else self


DEFAULT_BUDGET = Budget(connections=20, per_second=50)
LIFTED = Budget(connections=1_000_000, per_second=1_000_000)


class Lane[T]:
    """What waits for one host, and what its budget still allows; instants are monotonic seconds."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.waiting: deque[T] = deque()
        self.in_flight = 0
        self.listed = False
        self.rests_until = 0.0
        self._begun: deque[float] = deque()

    def seconds_to_wait(self, at: float) -> float | None:
        """Say for how many seconds nothing may begin; None means: until something has ended."""
        if self.in_flight >= self.budget.connections:
            return None
        while self._begun and self._begun[0] <= at - 1:
            self._begun.popleft()
        rest = max(0.0, self.rests_until - at)
        if len(self._begun) < self.budget.per_second:
            return rest
        return max(rest, self._begun[0] + 1 - at)

    def begin(self, at: float) -> T:
        """Take the first that waits and count it against the budget."""
        self.in_flight += 1
        self._begun.append(at)
        return self.waiting.popleft()


class Lanes[T]:
    """One lane for each host; what may begin is handed out fairly, host by host.

    A sliding second is counted, not a bucket that refills: a bucket would let twice the rate through
    in the second after a quiet one, which is just when a release is due.
    """

    def __init__(self, budgets: Mapping[str, Budget], *, default: Budget) -> None:
        self._budgets = budgets
        self._default = default
        self._lanes: dict[str, Lane[T]] = {}
        self._ready: deque[Lane[T]] = deque()
        self._later: list[tuple[float, int, Lane[T]]] = []
        self._order = count()
        self.waiting = 0

    def add(self, place: str, item: T, *, first: bool = False) -> None:
        """Let an item wait for its host, behind the others or, for one under way already, before them.

        :param place: host or host:port; the budget is the one of that, else the host's, else the default.
        """
        lane = self._lane(place)
        if first:
            lane.waiting.appendleft(item)
        else:
            lane.waiting.append(item)
        self.waiting += 1
        self._list(lane)

    def next(self, at: float) -> T | None:
        """Hand out the next item that may begin now and count it as begun, or None if none may."""
        while self._later and self._later[0][0] <= at:
            self._ready.append(heapq.heappop(self._later)[2])
        while self._ready:
            lane = self._ready.popleft()
            lane.listed = False
            if not lane.waiting:
                continue
            wait = lane.seconds_to_wait(at)
            if wait == 0:
                item = lane.begin(at)
                self.waiting -= 1
                self._list(lane)
                return item
            if wait is not None:
                lane.listed = True
                heapq.heappush(self._later, (at + wait, next(self._order), lane))
        return None

    def ended(self, place: str) -> None:
        """Note that a request to this host is over."""
        lane = self._lanes[place]
        lane.in_flight -= 1
        self._list(lane)

    def rest(self, place: str, *, until: float) -> None:
        """Begin nothing at a host before an instant: another process may have used up the second before it."""
        lane = self._lane(place)
        lane.rests_until = max(lane.rests_until, until)

    def clear(self, place: str) -> list[T]:
        """Take out and return all that waits for a host."""
        lane = self._lane(place)
        waiting = list(lane.waiting)
        lane.waiting.clear()
        self.waiting -= len(waiting)
        return waiting

    def next_moment(self) -> float | None:
        """Return when a rate lets the next item begin; None if only an end can."""
        return self._later[0][0] if self._later else None

    def _lane(self, place: str) -> Lane[T]:
        if place not in self._lanes:
            self._lanes[place] = Lane(budget_of(place, self._budgets, default=self._default))
        return self._lanes[place]

    def _list(self, lane: Lane[T]) -> None:
        if lane.waiting and not lane.listed:
            lane.listed = True
            self._ready.append(lane)


def budget_of(place: str, budgets: Mapping[str, Budget], *, default: Budget = DEFAULT_BUDGET) -> Budget:
    """Return the budget of a host: the one of host:port, else the host's, else the default.

    :param budgets: by host or host:port.
    """
    return budgets.get(place) or budgets.get(_host(place)) or default


def _host(place: str) -> str:
    host, colon, port = place.rpartition(":")
    return host if colon and port.isdigit() else place
