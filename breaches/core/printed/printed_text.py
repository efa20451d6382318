"""What of a typed text may be printed."""

import unicodedata

# Marks that reverse or embed the direction of what follows could make a printed address look like another.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """Return a text with control characters made spaces and marks that turn its direction left out."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        " " if char != "\n" and unicodedata.category(char) in {"Cc", "Cs"} else char
        for char in lines
        if char not in DIRECTION_MARKS
    )
