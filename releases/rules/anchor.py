"""Merkle trees over the heads of hash chains (RFC 6962, section 2.1), and the text format of anchors."""

import email
import email.policy
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from selectolax.lexbor import LexborHTMLParser

LEAF, NODE = b"\x00", b"\x01"
"""Prefixes that are hashed before the content of a leaf or a node, so that a node cannot be mistaken for a leaf."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a chain when an anchor was made, and a digest of the rows added since the previous anchor.

    Outsiders do not have the content of every row, so they cannot recompute every row hash. `rows_sha256` can be
    verified with the hashes alone. It covers a line "position previous_hash row_hash" for each added row.

    :param first: the position of the first row added since the previous anchor; `position` + 1 if no row was added.
    """

    chain: str
    position: int
    row_hash: str
    first: int
    rows_sha256: str

    def canonical(self) -> str:
        """Return the line of text that is hashed for this head, without a newline."""
        return f"{self.chain} {self.position} {self.row_hash} {self.first} {self.rows_sha256}"


@dataclass(frozen=True, slots=True)
class Step:
    neighbour: str
    on_left: bool


def chain_line(position: int, previous_hash: str, row_hash: str) -> bytes:
    """Format one row of a chain as a line, for `Head.rows_sha256` and for the files of an evidence bundle."""
    return f"{position} {previous_hash} {row_hash}\n".encode()


def digest_of_rows(rows: Iterable[tuple[int, str, str]]) -> str:
    """Compute the digest of the rows added to a chain.

    :param rows: a tuple (position, previous hash, hash of the row) for each row, in order of position.
    """
    digest = hashlib.sha256()
    for row in rows:
        digest.update(chain_line(*row))
    return digest.hexdigest()


def merkle_root(heads: Iterable[Head]) -> str:
    """Compute the root of the Merkle tree over some heads, sorted by the names of their chains.

    :raises ValueError: if there are no heads.
    """
    return _root(_leaves(heads)).hex()


def inclusion_proof(heads: Iterable[Head], chain: str) -> list[Step]:
    """Return the proof that the root includes the head of one chain.

    The proof consists of the neighbours on the path from the leaf to the root.

    :raises ValueError: if there is no head of this chain.
    """
    ordered = _ordered(heads)
    index = [head.chain for head in ordered].index(chain)
    return _path(_leaves(ordered), index)


def _ordered(heads: Iterable[Head]) -> list[Head]:
    return sorted(heads, key=lambda head: head.chain)


def _leaves(heads: Iterable[Head]) -> list[bytes]:
    return [_leaf(head) for head in _ordered(heads)]


def _leaf(head: Head) -> bytes:
    return hashlib.sha256(LEAF + head.canonical().encode()).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        raise ValueError("A tree needs at least one leaf.")
    if len(leaves) == 1:
        return leaves[0]
    middle = _split(len(leaves))
    return _node(_root(leaves[:middle]), _root(leaves[middle:]))


def _path(leaves: Sequence[bytes], index: int) -> list[Step]:
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*_path(leaves[:middle], index), Step(_root(leaves[middle:]).hex(), on_left=False)]
    return [*_path(leaves[middle:], index - middle), Step(_root(leaves[:middle]).hex(), on_left=True)]


_HEAD = r"[a-z]+\.[a-z_]+ \d+ [0-9a-f]{64} \d+ [0-9a-f]{64}\b"
# In a quoted email or in JSON, two lines are separated not only by a newline, but also by characters such as ">" or
# quotation marks. So the expression allows `\W+` between lines.
_ANCHOR = re.compile(
    rf"\banchor (?P<number>\d+)\W+made \S+\W+root (?P<root>[0-9a-f]{{64}})\b(?P<heads>(?:\W+{_HEAD})+)"
)


@dataclass(frozen=True, slots=True)
class WrittenAnchor:
    number: int
    root: str
    heads: Sequence[Head]

    def is_consistent(self) -> bool:
        return merkle_root(self.heads) == self.root


def anchor_lines(number: int, *, made_at: datetime, root: str, heads: Iterable[Head]) -> list[str]:
    made = made_at.astimezone(UTC).isoformat(timespec="microseconds")
    return [f"anchor {number}", f"made {made}", f"root {root}", *(head.canonical() for head in heads)]


def read_anchor(text: str) -> Iterator[WrittenAnchor]:
    for found in _ANCHOR.finditer(text):
        lines = (line.split(" ") for line in re.findall(_HEAD, found["heads"]))
        heads = [
            Head(chain, int(position), row_hash, int(first), rows) for chain, position, row_hash, first, rows in lines
        ]
        yield WrittenAnchor(int(found["number"]), found["root"], heads)


def read_anchor_file(content: bytes) -> list[WrittenAnchor]:
    """Return the distinct anchors in a saved email, a plain text file or the manifest of a backup.

    Emails that are attached to an email, and texts in HTML, are read too.
    """
    mail = _mail_of(content)
    texts = _texts_of(mail) if mail["MIME-Version"] else _texts_in(content.decode(errors="replace"))
    found: list[WrittenAnchor] = []
    for text in texts:
        found.extend(anchor for anchor in read_anchor(text) if anchor not in found)
    return found


def _mail_of(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def _texts_of(mail: EmailMessage) -> Iterator[str]:
    for part in mail.walk():
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):  # a multipart container has no content
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
    except LookupError:  # Python does not know the character set
        return content.decode(errors="replace")
