"""What one text has that another has not, word by word."""

import re
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

_WORDS = re.compile(r"\s+|[^\s]+")


class Change(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


class Piece(NamedTuple):
    """Some words in a row, and what became of them."""

    change: Change
    text: str


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """Part two texts into what both have, what only the earlier has, and what only the later has, in reading order.

    The pieces that are not new give the earlier text, those that are not gone the later one.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[Piece] = []
    for _, begin, end, new_begin, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = "".join(old[begin:end]), "".join(new[new_begin:new_end])
        if gone == came:
            pieces.append(Piece(Change.SAME, gone))
            continue
        pieces += [piece for piece in (Piece(Change.GONE, gone), Piece(Change.NEW, came)) if piece.text]
    return tuple(pieces)
