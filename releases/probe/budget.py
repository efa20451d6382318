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


DEFAULT_BUDGET = Budget(connections=20, per_second=50)
LIFTED = Budget(connections=1_000_000, per_second=1_000_000)


class Lane[T]:
    """What waits for one host, and what its budget still allows; instants are monotonic seconds."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.waiting: deque[T] = deque()
        self.in_flight = 0
        self.listed = False
        self._begun: deque[float] = deque()

    def seconds_to_wait(self, at: float) -> float | None:
        """Say for how many seconds nothing may begin; None means: until something has ended."""
        if self.in_flight >= self.budget.connections:
            return None
        while self._begun and self._begun[0] <= at - 1:
            self._begun.popleft()
        if len(self._begun) < self.budget.per_second:
            return 0.0
        return self._begun[0] + 1 - at

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
        lane = self._lanes.get(place)
        if lane is None:
            budget = self._budgets.get(place) or self._budgets.get(_host(place)) or self._default
            lane = self._lanes[place] = Lane(budget)
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

    def next_moment(self) -> float | None:
        """Return when a rate lets the next item begin; None if only an end can."""
        return self._later[0][0] if self._later else None

    def _list(self, lane: Lane[T]) -> None:
        if lane.waiting and not lane.listed:
            lane.listed = True
            self._ready.append(lane)


def _host(place: str) -> str:
    host, colon, port = place.rpartition(":")
    return host if colon and port.isdigit() else place
