"""What the sweep looks through: the probe, or in tests a publisher by the script."""

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Protocol

from releases.core.judging.evidence import Expectation, Finding
from releases.core.looks.answer import Answer
from releases.core.looks.errand import Errand


class Looker(Protocol):
    """What the sweep needs of the outside world: requests made, and answers examined."""

    def start(self, errand: Errand) -> None:
        """Begin one request as soon as the host's budget allows."""

    def waits(self, key: Hashable) -> bool:
        """Tell whether the errand of a key waits for the host's budget, so that nothing of it was sent."""

    def hand_turn(self, key: Hashable, errand: Errand) -> None:
        """Let an errand for the same address take the turn of one that waits, which is never made then."""

    def poll(self, timeout_seconds: float) -> list[tuple[Errand, Answer]]:
        """Return what was answered, waiting up to a number of seconds for the first answer."""

    @property
    def in_flight(self) -> int:
        """How many requests have no answer yet."""

    @property
    def held_until(self) -> datetime | None:
        """When the first request goes on, if each that has no answer yet waits for the end of a pause; else None."""

    @property
    def pauses(self) -> Mapping[str, datetime]:
        """Until when which host or page is left alone, because it asked for that."""

    def pause(self, name: str, *, until: datetime) -> None:
        """Leave a host or page alone until an aware instant; only decisive errands wait for the end of that."""

    def give_up_waits(self) -> None:
        """End what waits for the end of a pause, because this process has to end."""

    def rest(self, place: str, *, seconds: float) -> None:
        """Begin nothing at a host for so many seconds; what comes for it waits."""

    def fetched_address(self, adapter: str, url: str) -> str:
        """Return the address that an adapter fetches for an announced one."""

    def examine(self, adapter: str, answer: Answer, expectation: Expectation) -> Finding:
        """Return what an answer shows, and wait for it."""

    def begin_examination(
        self, key: Hashable, adapter: str, answer: Answer, expectation: Expectation
    ) -> Finding | None:
        """Return what an answer shows if that is known at once; else `examined` will return it under the same key."""

    def begin_text_of(self, key: Hashable, answer: Answer) -> str | None:
        """Return the text of a site's own page of absence if that is known at once; else `examined` will return it."""

    def examined(self, timeout_seconds: float) -> list[tuple[Hashable, Finding | str | Exception]]:
        """Return what is examined by now, waiting for the first of it at most so long; a fault of ours as such."""

    def give_up_examinations(self, *, after_seconds: float | None) -> None:
        """Report as not examined what is not examined by then, because a sweep has to end; None to go on as usual."""
