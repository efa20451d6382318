"""Queues of requests that respect the budget of each host, and the pauses that hosts ask for."""

import heapq
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count

from releases.rules.host_budget import LONGEST_FOR_HOST, LONGEST_OF_ALL, Budget, budget_of, page_name


class Pauses:
    """The pauses of hosts and pages that asked us to wait. No requests are sent to them during a pause.

    Pauses are keyed by name. The name of a host is "host" or "host:port". The name of a page is made by `page_name`.

    If a page asks for a pause, the page is paused for as long as it asked. Its host is paused as well, but for at most
    a minute. If the same page asks again within `LONGEST_OF_ALL`, the host is not paused again. Otherwise, one page
    could prevent the checks of all other pages of its host.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._until: dict[str, datetime] = {}
        self._paused_host_at: dict[str, datetime] = {}

    def add(self, name: str, *, until: datetime) -> None:
        """Pause a host or a page until an aware instant, unless it is already paused for longer."""
        self._until[name] = max(until, self._until.get(name, until))

    def take_request(self, *, place: str, url: str, wait: timedelta) -> bool:
        """Pause a page that asked for a pause, and return whether its host is paused too.

        :param place: the host that sent the response.
        """
        now = self._now()
        self.add(page_name(url), until=now + wait)
        last = self._paused_host_at.get(url)
        if last is not None and timedelta(0) <= now - last <= LONGEST_OF_ALL:
            return False
        self._paused_host_at[url] = now
        self.add(place, until=now + min(wait, LONGEST_FOR_HOST))
        return True

    def find(self, *, place: str, url: str) -> tuple[str, datetime] | None:
        """Return the name and the end of the pause that applies to a page of a host, or None if there is no pause.

        If both the page and the host are paused, the pause that ends later applies.
        """
        waits = [(until, name) for name in (place, page_name(url)) if (until := self._of(name))]
        return (max(waits)[1], max(waits)[0]) if waits else None

    def all(self) -> Mapping[str, datetime]:
        return {name: until for name in list(self._until) if (until := self._of(name))}

    def _of(self, name: str) -> datetime | None:
        until = self._until.get(name)
        # If a pause would last longer than the longest possible pause, the clock was set back.
        if until and not timedelta(0) < until - self._now() <= LONGEST_OF_ALL:
            del self._until[name]
            return None
        return until


class Lane[T]:
    """The queue of requests to one host, and the used part of its budget. Instants are in monotonic seconds."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.waiting: deque[T] = deque()
        self.in_flight = 0
        self.listed = False
        self.rests_until = 0.0
        self._begun: deque[float] = deque()

    def seconds_to_wait(self, at: float) -> float | None:
        """Return the seconds until the next request may begin, or None if another request must end first."""
        if self.in_flight >= self.budget.connections:
            return None
        while self._begun and self._begun[0] <= at - 1:
            self._begun.popleft()
        rest = max(0.0, self.rests_until - at)
        if len(self._begun) < self.budget.per_second:
            return rest
        return max(rest, self._begun[0] + 1 - at)

    def begin(self, at: float) -> T:
        self.in_flight += 1
        self._begun.append(at)
        return self.waiting.popleft()


class Lanes[T]:
    """The queues of all hosts. Hosts take turns, so that no host has to wait until another host's queue is empty.

    The rate limit applies to every period of one second (a sliding window). A token bucket is not used, because it
    would allow twice the rate in the second after a quiet second, for example when a release becomes due.
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
        """Add an item to the queue of its host.

        :param place: "host" or "host:port". A budget for host:port takes precedence over a budget for the host. If
            there is neither, the default budget applies.
        :param first: whether to add the item at the front of the queue. This is for items that have already begun or
            are decisive.
        """
        lane = self._lane(place)
        if first:
            lane.waiting.appendleft(item)
        else:
            lane.waiting.append(item)
        self.waiting += 1
        self._list(lane)

    def next(self, at: float) -> T | None:
        """Return the next item that may begin now, and count it as begun. Return None if no item may begin."""
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
        lane = self._lanes[place]
        lane.in_flight -= 1
        self._list(lane)

    def rest(self, place: str, *, until: float) -> None:
        """Delay requests to a host until an instant, because another process may just have used the host's budget."""
        lane = self._lane(place)
        lane.rests_until = max(lane.rests_until, until)

    def clear(self, place: str) -> list[T]:
        lane = self._lane(place)
        waiting = list(lane.waiting)
        lane.waiting.clear()
        self.waiting -= len(waiting)
        return waiting

    def next_moment(self) -> float | None:
        """Return when the rate limit allows the next item to begin. Return None if no item waits for the rate limit."""
        return self._later[0][0] if self._later else None

    def _lane(self, place: str) -> Lane[T]:
        if place not in self._lanes:
            self._lanes[place] = Lane(budget_of(place, self._budgets, default=self._default))
        return self._lanes[place]

    def _list(self, lane: Lane[T]) -> None:
        if lane.waiting and not lane.listed:
            lane.listed = True
            self._ready.append(lane)
