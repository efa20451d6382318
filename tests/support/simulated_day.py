"""One release day as pure simulation: a publisher, monitoring processes with their own clocks, and all that goes wrong.

Seconds are true seconds after the release is due; what a monitoring process notes is what its own clock shows.
"""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from releases.detection.finding import CheckOutcome
from releases.detection.rules import examine
from releases.rules.cadence import next_check_at
from releases.rules.clock_error import ClockMonitor, ClockSample, Figures, Voucher
from releases.rules.host_budget import LEAST_LONGEST_GAP
from releases.rules.response import Failure
from releases.verdict.address import (
    LIVE_AT_LAST,
    AddressVerdict,
    BeforeDue,
    Outcome,
    Sighting,
    count_result,
    judge_address,
    settles_at,
)
from tests.support import release_pages
from tests.support.checks import DUE, at

LARGEST_ERROR = timedelta(seconds=1)
FOR_EVER = float("inf")
LONG_BEFORE = -100_000.0


def _shown_by(*answers, **expectation) -> tuple[CheckOutcome, ...]:
    return tuple(examine(answer, release_pages.expected(**expectation)).result for answer in answers)


# What the real rules make of the answers that a publisher's site sends, and of missing ones.
ABSENT = _shown_by(
    release_pages.answered(status=404),
    release_pages.answered(status=410),
    release_pages.answered(
        release_pages.page("<h1>Coming soon</h1><p>Road fuel prices, June 2026 will be published soon.</p>")
    ),
)
PRESENT = _shown_by(release_pages.answered(release_pages.release_page()))
UNCLEAR = _shown_by(
    release_pages.answered(status=503),
    release_pages.answered(status=429),
    release_pages.answered(failure=Failure.TIMEOUT),
    release_pages.answered(failure=Failure.TLS),
)
(ASKED_TO_WAIT,) = _shown_by(release_pages.answered(failure=Failure.ASKED_TO_WAIT))
OURS = _shown_by(
    release_pages.answered(failure=Failure.CONNECT), release_pages.answered(failure=Failure.DNS), controls_fail=True
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one true second until another, the end not included."""

    start: float
    end: float = FOR_EVER

    def holds(self, second: float) -> bool:
        return self.start <= second < self.end


def _within(stretches: tuple[Stretch, ...], second: float) -> Stretch | None:
    return next((stretch for stretch in stretches if stretch.holds(second)), None)


@dataclass(frozen=True, slots=True)
class Clock:
    """How far a monitoring process's clock is ahead, and what its time source confirms: nothing confirms a step."""

    ahead: float
    bound: float | None
    steps: tuple[Stretch, ...] = ()
    by: float = 0.0

    def error(self, second: float) -> float:
        return self.ahead + (self.by if _within(self.steps, second) else 0.0)

    def figures(self, second: float) -> tuple[Figures, ...]:
        if self.bound is None or _within(self.steps, second):
            return ()
        return (Figures(Voucher.KERNEL, bound=timedelta(seconds=self.bound)),)


@dataclass(frozen=True, slots=True)
class Day:
    """What happens to one release: the truth, and all obstacles to observing it."""

    tolerance: float
    starts: float
    ends: float
    shown: tuple[Stretch, ...]
    theirs_down: tuple[Stretch, ...]
    ours_down: tuple[Stretch, ...]
    dead: tuple[Stretch, ...]
    clocks: tuple[Clock, ...]
    slow: float
    lost: float
    waits: tuple[Stretch, ...] = ()
    hiccups: float = 0.0
    tells_gone: bool = False

    @property
    def matched_all_along(self) -> bool:
        """Whether the marker matches a page that was there before monitoring began, such as the last edition's."""
        return any(stretch.start < LONG_BEFORE for stretch in self.shown)


@dataclass(slots=True)
class Address:
    """One address as it is monitored on one day; after each answer that may matter it is judged anew."""

    day: Day
    chance: random.Random
    key: str
    looks: list[Sighting] = field(default_factory=list)
    verdicts: list[AddressVerdict] = field(default_factory=list)

    def play(self) -> None:
        """Monitor from the beginning to the end of the day."""
        watch = _SimulatedMonitoring(self)
        for _ in watch.answers():
            if watch.may_matter():
                self.verdicts.append(watch.judge())
        self.verdicts.append(watch.judge(over=True))

    @property
    def final(self) -> AddressVerdict:
        return self.verdicts[-1]


@dataclass(slots=True)
class _SimulatedMonitoring:
    address: Address
    number: int = 0
    planned: datetime | None = None
    flying: dict[int, datetime] = field(default_factory=dict)
    watch: ClockMonitor = field(default_factory=ClockMonitor)
    live_since: datetime | None = None
    live_early: datetime | None = None
    now: float = 0.0

    @property
    def day(self) -> Day:
        return self.address.day

    @property
    def clock(self) -> Clock:
        return self.day.clocks[min(self.number, len(self.day.clocks) - 1)]

    @property
    def limit_at(self) -> datetime:
        return at(self.day.tolerance)

    def shown(self, second: float) -> datetime:
        return at(second + self.clock.error(second))

    def plan(self, after: datetime | None) -> None:
        self.planned = next_check_at(
            due_at=DUE,
            limit_at=self.limit_at,
            after=after,
            now=self.shown(self.now),
            key=self.address.key,
            live_since=self.live_since,
            live_early=self.live_early,
        )

    def answers(self) -> Iterator[None]:
        """Send every check at its instant and take every answer at its own, in the order of true time."""
        self.now = self.day.starts
        self.read_clock()
        self.plan(after=None)
        numbers = count()
        under_way: list[tuple[float, int, Sighting]] = []
        deaths = sorted(self.day.dead, key=lambda dead: dead.start)
        while True:
            answered_at = under_way[0][0] if under_way else FOR_EVER
            send_at = self.send_at()
            if deaths and deaths[0].start <= min(answered_at, send_at, self.day.ends):
                # Monitoring dies with all that it has under way; another takes over, by its own clock.
                under_way.clear()
                self.flying.clear()
                self.number += 1
                self.now, self.watch = max(self.now, deaths.pop(0).end), ClockMonitor()
                self.read_clock()
            elif answered_at <= send_at:
                self.now, number, look = heapq.heappop(under_way)
                del self.flying[number]
                self.take(look)
                yield
            elif send_at >= self.day.ends:
                return
            else:
                self.now = send_at
                number = next(numbers)
                completed, look = self.send()
                heapq.heappush(under_way, (completed, number, look))
                self.flying[number] = look.planned_at
                self.plan(after=look.planned_at)

    def send_at(self) -> float:
        """Return when the next check leaves: when this clock shows its instant."""
        return self.day.ends if self.planned is None else self.due_by_clock(self.now)

    def due_by_clock(self, second: float) -> float:
        assert self.planned is not None
        wanted = (self.planned - DUE).total_seconds()
        edges = sorted(edge for step in self.clock.steps for edge in (step.start, step.end) if edge > second)
        for edge in edges:
            due = max(second, wanted - self.clock.error(second))
            if due < edge:
                return due
            second = edge
        return max(second, wanted - self.clock.error(second))

    def send(self) -> tuple[float, Sighting]:
        chance, day = self.address.chance, self.day
        assert self.planned is not None
        wait = _within(day.waits, self.now)
        if wait and self.planned not in {DUE, self.limit_at}:
            # Nothing is sent: the host or the page asked us to wait.
            return self.now, Sighting(ASKED_TO_WAIT, self.planned, self.shown(self.now), self.shown(self.now))
        left = (wait.end if wait else self.now) + chance.choice((0.0, 0.0, 0.003, chance.uniform(0, day.slow)))
        done = left + chance.choice((0.02, 0.2, chance.uniform(0, day.slow), chance.uniform(0, 4 * day.slow)))
        reached = chance.uniform(left, done)
        result = self.seen(reached)
        text = "the last edition" if result is CheckOutcome.LIVE and day.matched_all_along else ""
        gone = day.tells_gone and result is CheckOutcome.NOT_LIVE and any(each.end <= reached for each in day.shown)
        look = Sighting(result, self.planned, self.shown(left), self.shown(done), text_digest=text, taken_away=gone)
        return done, look

    def seen(self, second: float) -> CheckOutcome:
        chance, day = self.address.chance, self.day
        if _within(day.ours_down, second):
            return chance.choice(OURS)
        if _within(day.theirs_down, second) or chance.random() < day.lost:
            return chance.choice(UNCLEAR)
        there = _within(day.shown, second) and chance.random() >= day.hiccups
        return chance.choice(PRESENT if there else ABSENT)

    def read_clock(self):
        reading = ClockSample(wall=self.shown(self.now), steady=timedelta(seconds=self.now + 1e6))
        return self.watch.take(reading, self.clock.figures(self.now))

    def take(self, look: Sighting) -> None:
        """Keep a check as it is judged: with the clock's bound, and as a fault of ours where the clock is wrong."""
        error = self.read_clock()
        result = count_result(look.result, None, clock_off=error.is_off(largest=LARGEST_ERROR))
        bound = error.bound or timedelta(0)
        self.address.looks.append(replace(look, result=result, clock_bound=bound))

    def may_matter(self) -> bool:
        last = self.address.looks[-1]
        recent = len(self.address.verdicts) < 12 or self.address.chance.random() < 0.1
        return recent and (last.result is CheckOutcome.LIVE or self.shown(self.now) >= self.limit_at)

    def judge(self, *, over: bool = False) -> AddressVerdict:
        looks = self.address.looks
        settled_at = settles_at(looks, limit_at=self.limit_at)
        waiting = [*self.flying.values(), *([self.planned] if self.planned else [])]
        settled = over or (self.shown(self.now) >= settled_at and all(planned > settled_at for planned in waiting))
        verdict = judge_address(
            looks, due_at=DUE, limit_at=self.limit_at, longest_gap=LEAST_LONGEST_GAP, settled=settled
        )
        live = verdict.from_due in LIVE_AT_LAST and verdict.outcome is not Outcome.PENDING
        self.live_since = verdict.first_live_at if live else None
        early = [look.planned_at for look in looks if look.result is CheckOutcome.LIVE and look.surely_by < DUE]
        self.live_early = early[0] if verdict.before is BeforeDue.SEEN_ONCE and len(early) == 1 else None
        return verdict
