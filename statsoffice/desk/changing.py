"""What of the day's list changes by itself, told apart, so that all else stays where it is under whoever reads it.

A list that is put in anew as a whole takes their place from those who hear it, and is read out anew at the cursor.
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from django.utils.safestring import SafeString
from selectolax.lexbor import LexborHTMLParser

# Bytes of a digest: of all that stands still, and of each piece. A day of 200 releases fits into a request’s address.
FRAME = 12
PIECE = 3
# How many characters of base64 each becomes.
FRAME_LENGTH, PIECE_LENGTH = FRAME * 4 // 3, PIECE * 4 // 3


@dataclass(frozen=True, slots=True)
class Changing:
    """The pieces of a text that change by themselves, by their identifiers; `shown` says which text somebody has."""

    pieces: dict[str, SafeString]
    shown: str

    def since(self, shown: str) -> dict[str, SafeString] | None:
        """Return the pieces that differ from those shown; None if anything around them does, so that all is new."""
        frame, theirs = shown[:FRAME_LENGTH], shown[FRAME_LENGTH:]
        if frame != self.shown[:FRAME_LENGTH] or len(shown) != len(self.shown):
            return None
        ours = self.shown[FRAME_LENGTH:]
        starts = range(0, len(ours), PIECE_LENGTH)
        return {
            name: piece
            for start, (name, piece) in zip(starts, self.pieces.items(), strict=True)
            if theirs[start : start + PIECE_LENGTH] != ours[start : start + PIECE_LENGTH]
        }


def told_apart(text: SafeString) -> Changing:
    """Return what changes by itself in a text of ours: the inside of each element with an `id` and `data-changing`."""
    tree = LexborHTMLParser(text)
    pieces = {}
    for node in tree.css("[data-changing]"):
        pieces[str(node.attributes["id"])] = SafeString(node.inner_html)
        node.inner_html = ""
    frame = _digest(str(tree.html), FRAME)
    return Changing(pieces, frame + "".join(_digest(piece, PIECE) for piece in pieces.values()))


def _digest(text: str, size: int) -> str:
    return urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=size).digest()).decode()
