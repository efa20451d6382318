"""Which texts stood at an address before its release was due, and were not put there while we watched.

The previous edition's page stands there from the first look on. A text that took the place of another one, or of no
page at all, may be the release itself a few seconds early, under a title that nobody expected.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from releases.core.judging.reading.finding import LookResult, Reason

_SHOW_SOMETHING = frozenset({LookResult.NOT_LIVE, LookResult.UNRECOGNISED})
_STAND_BEFORE_THE_PAGE = frozenset({
    Reason.OBSTACLE, Reason.CONSENT, Reason.FAULT_TEXT, Reason.SCRIPT_SHELL, Reason.LEADS_ON, Reason.OTHER_HOST,
})  # fmt: skip


@dataclass(slots=True)
class TextsBefore:
    """The texts of the looks at one address before its release was due, each with its first and its last instant.

    An empty text stands for looks that surely showed no page.
    """

    _spans: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    _standing: frozenset[str] | None = None

    def note(self, result: LookResult, reasons: Iterable[str], digest: str, *, first: datetime, last: datetime) -> None:
        """Take in looks that showed the same: one, or all of them with the instants of the first and the last.

        What shows nothing of the page, such as a fault or a check for robots, is passed over; so is a live look.
        """
        if result not in _SHOW_SOMETHING or _STAND_BEFORE_THE_PAGE.intersection(reasons):
            return
        known = self._spans.get(digest, (first, last))
        self._spans[digest] = min(known[0], first), max(known[1], last)
        self._standing = None

    @property
    def standing(self) -> frozenset[str]:
        """The texts that took no other one's place for good: each earlier one was seen again after them."""
        if self._standing is None:
            self._standing = frozenset(self._find_standing())
        return self._standing

    @property
    def all(self) -> frozenset[str]:
        """Every text that was seen."""
        return frozenset(self._spans) - {""}

    def _find_standing(self) -> Iterable[str]:
        in_order = sorted(self._spans.items(), key=lambda span: span[1])
        earlier_end: datetime | None = None
        for digest, (first, last) in in_order:
            if digest and (earlier_end is None or earlier_end > first):
                yield digest
            earlier_end = last if earlier_end is None else min(earlier_end, last)
