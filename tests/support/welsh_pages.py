"""Welsh pages in tests: switched on, and read for English words that are not marked as English."""

import re

from selectolax.lexbor import LexborHTMLParser

from statsoffice import welsh

# Words that no Welsh sentence of ours contains.
ENGLISH = re.compile(
    r"\b(the|of|and|this|you|your|for|with|not|from|be|was|were|has|have|by|before|after|release|releases|date"
    r"|page|published|announced|January|February|March|May|June|July|August|October|December|Monday|Tuesday)\b",
    re.IGNORECASE,
)
# Addresses, and what a reader has typed.
NO_WORDS = re.compile(r"\S+@\S+|https?://\S+|“[^”]*”")
PERSON = "Approving Person"


def approve_welsh(settings) -> None:
    settings.WELSH_APPROVED_BY = PERSON
    settings.WELSH_APPROVED_TEXTS = welsh.current_digest()


def english_texts(html: bytes | str) -> list[str]:
    """List the texts of a Welsh page that look English and are not marked as such."""
    page = LexborHTMLParser(html)
    for node in page.css('script, style, [lang="en"]'):
        node.decompose()
    texts = [node.text(separator="\n") for node in page.css("title, body")]
    for name in ("aria-label", "placeholder", "content", "title"):
        texts += [node.attributes[name] or "" for node in page.css(f"[{name}]")]
    lines = (line.strip() for text in texts for line in text.splitlines())
    return [line for line in lines if ENGLISH.search(NO_WORDS.sub("", line))]
