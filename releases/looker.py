"""What the sweep looks through: the probe, or in tests a publisher by the script."""

from typing import Protocol

from releases.answer import Answer
from releases.errand import Errand
from releases.evidence import Expectation, Finding


class Looker(Protocol):
    """What the sweep needs of the outside world: requests made, and answers examined."""

    def start(self, errand: Errand) -> None:
        """Begin one request as soon as the host's budget allows."""

    def poll(self, timeout_seconds: float) -> list[tuple[Errand, Answer]]:
        """Return what was answered, waiting up to a number of seconds for the first answer."""

    @property
    def in_flight(self) -> int:
        """How many requests have no answer yet."""

    def fetched_address(self, adapter: str, url: str) -> str:
        """Return the address that an adapter fetches for an announced one."""

    def examine(self, adapter: str, answer: Answer, expectation: Expectation) -> Finding:
        """Return what an answer shows."""
