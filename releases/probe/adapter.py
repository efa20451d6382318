"""What an adapter is: one way to find out from outside whether a release is live."""

from typing import Protocol

from releases.core.judging.evidence import Expectation, Finding
from releases.core.looks.answer import Answer


class Adapter(Protocol):
    """Knows what to fetch for an address and how to read what comes back; it makes no request itself."""

    @property
    def name(self) -> str:
        """The name that an address of a release stores."""

    @property
    def reads(self) -> str:
        """What it reads, in a few words for whoever records an address."""

    def address(self, url: str) -> str:
        """Return what is to be fetched for the announced address."""

    def leads_to(self, body: bytes, *, url: str) -> str:
        """Return the address to which a body sends its reader, or an empty text if it sends nobody anywhere.

        It is asked of every answer with status 200; where it names an address, that is fetched under the same rules
        as the target of any redirect, and both addresses are kept with the look.

        :param body: as decoded.
        :param url: where it came from.
        """

    def examine(self, answer: Answer, expectation: Expectation) -> Finding:
        """Return what the answer shows."""
