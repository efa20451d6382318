"""An anchor as the text that leaves the office: in emails, in the manifest of a backup and in evidence bundles."""

import email
import email.policy
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from selectolax.lexbor import LexborHTMLParser

from releases.core.merkle import Head, root_of

_HEAD = r"[a-z]+\.[a-z_]+ \d+ [0-9a-f]{64} \d+ [0-9a-f]{64}\b"
# Quoted mail and JSON have other characters between two lines.
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


def read_file(content: bytes) -> list[WrittenAnchor]:
    """Find the anchors in a file: a saved email, a plain text or the manifest of a backup; each different one once.

    An email can be attached to another one, and its text can be HTML.
    """
    mail = _mail_of(content)
    texts = _texts_of(mail) if mail["MIME-Version"] else _texts_in(content.decode(errors="replace"))
    found: list[WrittenAnchor] = []
    for text in texts:
        found.extend(anchor for anchor in read(text) if anchor not in found)
    return found


def _mail_of(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def _texts_of(mail: EmailMessage) -> Iterator[str]:
    for part in mail.walk():
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):  # it has parts itself
            continue
        if part.get_content_maintype() == "text":
            yield from _texts_in(_decoded(content, part.get_content_charset("utf-8")))
        elif (part.get_filename() or "").lower().endswith(".eml"):
            yield from _texts_of(_mail_of(content))


def _texts_in(text: str) -> Iterator[str]:
    yield text
    if "</" in text:
        yield " ".join(LexborHTMLParser(text).text(separator=" ").split())


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, errors="replace")
    except LookupError:  # Python does not know it
        return content.decode(errors="replace")
