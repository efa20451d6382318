"""Findings remembered: where a page comes back as it was, nobody reads it again.

While a release is waited for, most looks bring the very same bytes, and reading a page takes ten times as long as
fetching it.
"""

from collections.abc import Hashable

from releases.core.canonical import sha256_hex
from releases.core.judging.evidence import Expectation, Finding
from releases.core.looks.answer import Answer

# More than are watched at once; each takes some two kilobytes.
MOST = 12_000


class Findings:
    """What answers showed, by all that the rules of evidence read of them; the oldest are forgotten first.

    It belongs to one thread, as the probe does.
    """

    def __init__(self, *, most: int = MOST) -> None:
        """Begin with none.

        :param most: how many are remembered.
        """
        self._most = most
        self._found: dict[Hashable, Finding] = {}

    def known(self, page: Hashable) -> Finding | None:
        """Return what a page showed before, or None if it was not examined yet.

        :param page: as `name_of` names it.
        """
        return self._found.get(page)

    def remember(self, page: Hashable, found: Finding) -> None:
        """Take in what a page showed."""
        self._found[page] = found
        if len(self._found) > self._most:
            del self._found[next(iter(self._found))]


def name_of(adapter: str, answer: Answer, expectation: Expectation) -> Hashable:
    """Name all that a rule can read of an answer: its way, status, headers of content, bytes, and side of due.

    Where the name is the same, so is the finding. The bytes are hashed, so call it once for an answer.
    """
    due_at = expectation.due_at
    return (
        adapter,
        expectation,
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
