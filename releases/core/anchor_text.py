"""An anchor as the text that leaves the office: in emails, in the manifest of a backup and in evidence bundles."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from releases.core.merkle import Head, root_of

_HEAD = r"[a-z]+\.[a-z_]+ \d+ [0-9a-f]{64} \d+ [0-9a-f]{64}\b"
# Between two lines may stand the signs of quoted mail, or of JSON.
_ANCHOR = re.compile(
    rf"\banchor (?P<number>\d+)\W+made \S+\W+root (?P<root>[0-9a-f]{{64}})\b(?P<heads>(?:\W+{_HEAD})+)"
)


@dataclass(frozen=True, slots=True)
class WrittenAnchor:
    """An anchor as a text outside the database states it."""

    number: int
    root: str
    heads: Sequence[Head]

    def is_consistent(self) -> bool:
        """Say whether the root is the one of the heads."""
        return root_of(self.heads) == self.root


def lines_of(number: int, *, made_at: datetime, root: str, heads: Iterable[Head]) -> list[str]:
    """Write an anchor as lines: its number, when it was made, its root, and each head as it is hashed."""
    made = made_at.astimezone(UTC).isoformat(timespec="microseconds")
    return [f"anchor {number}", f"made {made}", f"root {root}", *(head.canonical() for head in heads)]


def read(text: str) -> Iterator[WrittenAnchor]:
    """Find the anchors in a text, such as a saved email or the manifest of a backup."""
    for found in _ANCHOR.finditer(text):
        lines = (line.split(" ") for line in re.findall(_HEAD, found["heads"]))
        heads = [
            Head(chain, int(position), row_hash, int(first), rows) for chain, position, row_hash, first, rows in lines
        ]
        yield WrittenAnchor(int(found["number"]), found["root"], heads)
