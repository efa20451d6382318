"""The site's own page for what it does not have, as a control look at an address that cannot exist shows it."""

import re
from collections import Counter
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from releases.core.judging.reading.characters import words
from releases.core.judging.reading.page_text import PageText

MOST_CHARACTERS = 20_000
_FEWEST_WORDS = 8
_LIKE = 0.85
_ECHO = re.compile(r"(?<!\S)\S*/\S*|https?:\S+")
_DIGITS = re.compile(r"\d+")


def own_text(page: PageText) -> str:
    """Return the folded title and the page's own blocks, a line each, up to 20,000 characters."""
    lines = (page.headings[0], *(block.text for block in page.own_blocks))
    return "\n".join(line for line in lines if line)[:MOST_CHARACTERS]


def is_like_not_found(text: str, not_found_text: str, *, url: str) -> bool:
    """Say whether two texts are practically the same, whatever address they repeat and whatever date they carry.

    :param text: what stands at an address, as `own_text` gives it.
    :param not_found_text: what the same site gave for an address that cannot exist; too short, it is like nothing.
    :param url: the address that was asked for; its words are not counted where the text repeats them.
    """
    echoed = set(words(unquote(urlsplit(url).path)).split())
    ours, theirs = _counted(text, without=echoed), _counted(not_found_text, without=echoed)
    if min(ours.total(), theirs.total()) < _FEWEST_WORDS:
        return False
    return 2 * (ours & theirs).total() >= _LIKE * (ours.total() + theirs.total())


def _counted(text: str, *, without: set[str]) -> Counter[tuple[str, str]]:
    """Count the pairs of neighbouring words, so that the same words in another order are another text."""
    found = [
        _DIGITS.sub("0", word)
        for word in words(_ECHO.sub(" ", text)).split()
        if word not in without and word[0].isalnum()
    ]
    return Counter(pairwise(found))
