"""Messages as HTML: the same text as the plain one, without external resources."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string

ITEM = "- "


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line; a link if it is an address of this service."""

    words: str
    is_link: bool


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of a paragraph, or the items of a list."""

    lines: tuple[tuple[Piece, ...], ...]
    is_list: bool


def render_html(*, subject: str, text: str) -> str:
    """Return a message as an HTML document that loads nothing.

    Text is escaped. Only addresses of this service become links.

    :param text: plain text; a blank line separates paragraphs, and "- " begins an item of a list.
    """
    return render_to_string(
        "notifications/mail.html", {"subject": subject, "blocks": split_blocks(text), "office": settings.OFFICE_NAME}
    )


def split_blocks(text: str) -> list[Block]:
    blocks: list[Block] = []
    for paragraph in re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n")):
        lines: list[str] = []
        for line in paragraph.split("\n"):
            if lines and line.startswith(ITEM) != lines[-1].startswith(ITEM):
                blocks.append(_block(lines))
                lines = []
            lines.append(line)
        blocks.append(_block(lines))
    return blocks


def _block(lines: list[str]) -> Block:
    is_list = lines[0].startswith(ITEM)
    return Block(tuple(_pieces(line.removeprefix(ITEM) if is_list else line) for line in lines), is_list)


def _pieces(line: str) -> tuple[Piece, ...]:
    # The host must end where ours does; otherwise https://office.example.evil would match.
    parts = re.split(rf"({re.escape(settings.ADDRESS)}(?=[/\s]|$)\S*)", line)
    return tuple(Piece(part, is_link=bool(place % 2)) for place, part in enumerate(parts) if part)
