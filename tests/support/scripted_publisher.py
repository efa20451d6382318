"""A publisher by the script: what each address answers and how long that takes, on a clock that jumps."""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from email.utils import format_datetime

from releases.detection.finding import Expectation, Finding
from releases.detection.rules import read_not_found_text
from releases.monitoring.clock import ScriptedClock
from releases.probe.adapters import get_adapter
from releases.rules.response import Answer, CheckRequest, Hop


class MorningOver(Exception):
    """The instant up to which the morning is played has come."""


class JumpingClock(ScriptedClock):
    """A clock that is wherever someone waits for; on the way it lets people act at their instants."""

    def __init__(self, start: datetime, *, ends_at: datetime) -> None:
        self._now, self._ends_at = start, ends_at
        self._acts: list[tuple[datetime, Callable[[], object]]] = []

    def now(self) -> datetime:
        return self._now

    def act(self, at: datetime, what: Callable[[], object]) -> None:
        self._acts.append((at, what))
        self._acts.sort(key=lambda act: act[0])

    def sleep_until(self, instant: datetime) -> None:
        while self._acts and self._acts[0][0] <= instant:
            at, what = self._acts.pop(0)
            self._now = max(self._now, at)
            what()
        if instant > self._ends_at:
            raise MorningOver
        self._now = max(self._now, instant)


class ScriptedPublisher:
    """Answers each check_request with what the script has for its address and the instant at which it was sent.

    The script has a status, a page and the seconds that the answer takes.
    """

    def __init__(self, clock: JumpingClock, script: Callable[[str, datetime], tuple[int, str, float]]) -> None:
        self._clock, self._script = clock, script
        self._under_way: list[tuple[datetime, CheckRequest, Answer]] = []
        self.asked: list[CheckRequest] = []
        self.rests: list[tuple[str, float]] = []
        self._pauses: dict[str, datetime] = {}

    @property
    def in_flight(self) -> int:
        return len(self._under_way)

    @property
    def held_until(self) -> None:
        """Nothing is held: each request is answered by the script."""

    def start(self, check_request: CheckRequest) -> None:
        self.asked.append(check_request)
        sent_at = self._clock.now()
        status, page, takes = self._script(check_request.url, sent_at)
        completed_at = sent_at + timedelta(seconds=takes)
        answer = Answer(
            requested_url=check_request.url,
            planned_at=check_request.planned_at,
            sent_at=sent_at,
            completed_at=completed_at,
            status=status,
            hops=(Hop(check_request.url, status),),
            final_url=check_request.url,
            headers=(("content-type", "text/html; charset=utf-8"), ("date", format_datetime(sent_at, usegmt=True))),
            body=page.encode(),
        )
        self._under_way.append((completed_at, check_request, self.brought(check_request, answer)))
        self._under_way.sort(key=lambda one: one[0])

    def waits(self, key: Hashable) -> bool:
        return False

    def hand_turn(self, key: Hashable, check_request: CheckRequest) -> None:
        raise KeyError(key)

    def brought(self, check_request: CheckRequest, answer: Answer) -> Answer:
        """Return what an check_request brings: as the script says, or as a network in between makes of it."""
        return answer

    def poll(self, timeout_seconds: float) -> list[tuple[CheckRequest, Answer]]:
        until = self._clock.now() + timedelta(seconds=timeout_seconds)
        if self._under_way and self._under_way[0][0] <= until:
            completed_at, check_request, answer = self._under_way[0]
            self._clock.sleep_until(completed_at)
            self._under_way.pop(0)
            return [(check_request, answer)]
        self._clock.sleep_until(until)
        return []

    @property
    def pauses(self) -> dict[str, datetime]:
        return dict(self._pauses)

    def pause(self, place: str, *, until: datetime) -> None:
        self._pauses[place] = until

    def give_up_waits(self) -> None:
        """Nothing waits here: each request is answered by the script."""

    def rest(self, place: str, *, seconds: float) -> None:
        self.rests.append((place, seconds))

    def fetched_address(self, adapter: str, url: str) -> str:
        return get_adapter(adapter).address(url)

    def examine(self, adapter: str, answer: Answer, expectation: Expectation) -> Finding:
        return get_adapter(adapter).examine(answer, expectation)

    def begin_examination(self, key: Hashable, adapter: str, answer: Answer, expectation: Expectation) -> Finding:
        """Examine at once: nothing here is hostile."""
        return self.examine(adapter, answer, expectation)

    def begin_text_of(self, key: Hashable, answer: Answer) -> str:
        return read_not_found_text(answer)

    def examined(self, timeout_seconds: float) -> list[tuple[Hashable, Finding | str | Exception]]:
        return []

    def give_up_examinations(self, *, after_seconds: float | None) -> None:
        """Nothing is under examination."""
