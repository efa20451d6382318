"""Finds words for people in a template that no translation can reach: text between tags, and texts in attributes."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from django.template.base import Lexer, TokenType

# Attributes that people read, or that screen readers read out.
READ = {"alt", "aria-label", "placeholder", "title"}
# What a template hands to another one to be read: {% include "..." with text="..." %}.
HANDED = re.compile(r"\b(?:text|title|action|hint|label|subject|key|status|caption)=(\"[^\"]*\"|'[^']*')")
DEFAULTS = re.compile(r"\|default:(\"[A-Z][^\"]*\"|'[A-Z][^']*')")
# Parts of a tag that another template fills in: no one reads them.
INSIDE_A_TAG = re.compile(r"block \w+_(classes|attributes)")
# Names that are the same in every language.
NAMES = re.compile(r"SHA-256|\(PDF\)|\bGET\b")
WORD = re.compile(r"[^\W\d_]{2,}")
TRANSLATED = {"blocktranslate": "endblocktranslate", "blocktrans": "endblocktrans", "comment": "endcomment"}
IN_THE_PLACE_OF_A_TAG = "\ufffc"


def untranslated(source: str) -> list[str]:
    """List the texts of a template that are in no translation, in order."""
    tokens = list(_outside_translations(source))
    markup = "".join(
        token.contents if token.token_type == TokenType.TEXT else IN_THE_PLACE_OF_A_TAG for token in tokens
    )
    page = _Page()
    page.feed(markup)
    page.close()
    handed = [
        text[1:-1]
        for token in tokens
        if token.token_type in {TokenType.BLOCK, TokenType.VAR}
        for pattern in (HANDED, DEFAULTS)
        for text in pattern.findall(token.contents)
        if not token.contents.startswith(("translate", "trans "))
    ]
    return [text for text in (*page.texts, *handed) if WORD.search(NAMES.sub("", text))]


def _outside_translations(source: str) -> Iterator:
    until = ""
    for token in Lexer(source).tokenize():
        name = token.split_contents()[0] if token.token_type == TokenType.BLOCK else ""
        if until:
            until = "" if name == until else until
        elif name in TRANSLATED:
            until = TRANSLATED[name]
        elif name == "block" and INSIDE_A_TAG.fullmatch(token.contents):
            until = "endblock"
        elif token.token_type != TokenType.COMMENT:
            yield token


class _Page(HTMLParser):
    """Reads what people read of a page; styles and scripts are for machines."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style"}
        for name, value in attributes:
            if value and (name in READ or (tag == "input" and name == "value" and ("type", "submit") in attributes)):
                self._read(value)

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self._read(data)

    def _read(self, text: str) -> None:
        self.texts += [part.strip() for part in text.split(IN_THE_PLACE_OF_A_TAG) if part.strip()]
