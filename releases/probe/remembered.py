"""Findings remembered: where a page comes back as it was, nobody reads it again.

While a release is waited for, most looks bring the very same bytes, and reading a page takes ten times as long as
fetching it.
"""

import threading
from collections.abc import Callable, Hashable
from datetime import datetime

from releases.core.canonical import sha256_hex
from releases.core.judging.evidence import Expectation, Finding
from releases.core.looks.answer import Answer

# More than are watched at once; each takes some two kilobytes.
MOST = 12_000


class Findings:
    """What answers showed, by all that the rules of evidence read of them; the oldest are forgotten first."""

    def __init__(self, *, most: int = MOST) -> None:
        """Begin with none.

        :param most: how many are remembered.
        """
        self._most = most
        self._found: dict[Hashable, Finding] = {}
        self._one_at_a_time = threading.Lock()

    def of(
        self, answer: Answer, expectation: Expectation, examine: Callable[[Answer, Expectation], Finding]
    ) -> Finding:
        """Return what an answer shows: as it was found before, if nothing differs, else by examining it.

        :param examine: rules that go by nothing but what `_read_of` names.
        """
        found = self.known(answer, expectation)
        if found is None:
            found = examine(answer, expectation)
            self.remember(answer, expectation, found)
        return found

    def known(self, answer: Answer, expectation: Expectation) -> Finding | None:
        """Return what an answer shows as it was found before, or None if anything differs."""
        key = (_read_of(answer, due_at=expectation.due_at), expectation)
        with self._one_at_a_time:
            return self._found.get(key)

    def remember(self, answer: Answer, expectation: Expectation, found: Finding) -> None:
        """Take in what an answer showed."""
        key = (_read_of(answer, due_at=expectation.due_at), expectation)
        with self._one_at_a_time:
            self._found[key] = found
            if len(self._found) > self._most:
                del self._found[next(iter(self._found))]


def _read_of(answer: Answer, *, due_at: datetime | None) -> Hashable:
    """Return what a rule can read of an answer: its way, status, headers of content, bytes, and side of due."""
    return (
        due_at is not None and answer.completed_at >= due_at,
        answer.failure,
        answer.status,
        answer.requested_url,
        answer.final_url,
        answer.hops,
        answer.left_allowed_hosts,
        answer.header("content-type"),
        sha256_hex(answer.body),
    )
