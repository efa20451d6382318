"""The parts of a page that update automatically, for the dashboard and minute briefs."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from selectolax.lexbor import LexborHTMLParser

# The lengths of the digests in bytes. FRAME is for the digest of the frame, which is the text around the parts. PIECE
# is for the digest of each part. The digests are short, so that all digests of a day with 200 releases fit into a URL.
FRAME = 12
PIECE = 3
# The lengths of these digests in base64 characters.
FRAME_LENGTH, PIECE_LENGTH = FRAME * 4 // 3, PIECE * 4 // 3


@dataclass(frozen=True, slots=True)
class LiveText:
    """A rendered text, split into the parts that are updated on the page.

    `pieces` maps the `id` of each part's element to the HTML inside the element. `shown` contains the digest of the
    frame (the text around the parts), followed by the digest of each part.
    """

    pieces: dict[str, SafeString]
    shown: str

    def since(self, shown: str) -> dict[str, SafeString] | None:
        """Return the parts that differ from those on a page. Return None if the frame or the number of parts differs.

        :param shown: the value of `shown` for the text on the page.
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
    """Extract the content of each element that has an `id` and `data-changing`.

    Elements with `data-strip` are emptied first, so that a new strip does not change any digest. When a release has a
    new check, its strip is sent separately.
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


def join_live_texts(texts: Sequence[LiveText]) -> LiveText:
    """Return texts that were split one by one as one text. Its frame has the frames of all of them, in order."""
    frames = "".join(text.shown[:FRAME_LENGTH] for text in texts)
    digests = "".join(text.shown[FRAME_LENGTH:] for text in texts)
    pieces = {name: piece for text in texts for name, piece in text.pieces.items()}
    return LiveText(pieces, _digest(frames, FRAME) + digests)


def _digest(text: str, size: int) -> str:
    return urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=size).digest()).decode()
