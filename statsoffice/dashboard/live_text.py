"""The parts of a page that update automatically, for the dashboard and minute briefs."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from django.utils.safestring import SafeString
from selectolax.lexbor import LexborHTMLParser

# The lengths in bytes of the digest of the frame (the text around the parts) and of the digest of each part. The
# digests are short, so that the digests of a day with 200 releases fit into the address of a request.
FRAME = 12
PIECE = 3
# The lengths of these digests in base64 characters.
FRAME_LENGTH, PIECE_LENGTH = FRAME * 4 // 3, PIECE * 4 // 3


@dataclass(frozen=True, slots=True)
class LiveText:
    """The parts of a rendered text that are updated on the page, by the `id` of their element.

    `shown` contains the digest of the frame (the text around the parts), followed by the digest of each part.
    """

    pieces: dict[str, SafeString]
    shown: str

    def since(self, shown: str) -> dict[str, SafeString] | None:
        """Return the parts that changed since a page was sent; None if the frame or the number of parts changed.

        :param shown: the digests of the text that the page shows, as in the attribute `shown`.
        """
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


def split_live_text(text: SafeString) -> LiveText:
    """Extract the content of each element with an `id` and `data-changing`.

    Elements with `data-strip` are emptied first, so a new strip changes no digest. Strips are sent separately, when
    their release has a new check.
    """
    tree = LexborHTMLParser(text)
    for node in tree.css("[data-strip]"):
        node.inner_html = ""
    pieces = {}
    for node in tree.css("[data-changing]"):
        pieces[str(node.attributes["id"])] = SafeString(node.inner_html)
        node.inner_html = ""
    frame = _digest(str(tree.html), FRAME)
    return LiveText(pieces, frame + "".join(_digest(piece, PIECE) for piece in pieces.values()))


def _digest(text: str, size: int) -> str:
    return urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=size).digest()).decode()
