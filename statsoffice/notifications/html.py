"""Emails: the text from a template, and the same as HTML without external resources."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine
from django.template.loader import render_to_string

from statsoffice.notifications.notification import one_line

ITEM = re.compile(r"- |\d{1,2}\. ")
# The line before the reason why a person gets the message.
RULE = "---"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line; a link if it is an address of this service."""

    words: str
    is_link: bool


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of a paragraph, or the items of a list: "ul", or "ol" if they are numbered.

    `is_note` says that the block follows the line of dashes, and so belongs to the note in small print at the end.
    """

    lines: tuple[tuple[Piece, ...], ...]
    list_tag: str
    is_note: bool


def render_text(template: str, context: Mapping[str, object]) -> tuple[str, str]:
    """Return the subject and the text of a template, whose first paragraph is the subject."""
    values = {**context, "office": settings.OFFICE_NAME, "site": settings.ADDRESS}
    # The result is plain text, so nothing is escaped.
    rendered = Engine.get_default().get_template(template).render(Context(values, autoescape=False))
    subject, _blank, text = rendered.lstrip().partition("\n\n")
    return one_line(subject), text.rstrip("\n") + "\n"


def compose_email(
    *,
    name: str,
    subject: str,
    text: str,
    to: str,
    reply_to: str = "",
    attachments: Sequence[tuple[str, bytes, str]] = (),
) -> EmailMultiAlternatives:
    """Return an email with the text as plain text and as HTML.

    :param name: the part of the Message-ID before the @.
    """
    # RFC 5322, section 3.6.4, recommends the sender's domain for a Message-ID.
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    mail = EmailMultiAlternatives(
        subject=subject,
        body=text,
        to=[to],
        reply_to=[reply_to] if reply_to else None,
        attachments=attachments,
        headers={"Message-ID": f"<{name}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(render_html(subject=subject, text=text), "text/html")
    return mail


def render_html(*, subject: str, text: str) -> str:
    """Return a message as an HTML document that loads nothing.

    Text is escaped. Only addresses of this service become links.

    :param text: plain text; a blank line separates paragraphs, "- " or "1. " begins an item of a list, and a line of
        dashes begins the note at the end.
    """
    return render_to_string(
        "notifications/mail.html", {"subject": subject, "blocks": split_blocks(text), "office": settings.OFFICE_NAME}
    )


def split_blocks(text: str) -> list[Block]:
    blocks: list[Block] = []
    is_note = False
    for paragraph in re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n")):
        if paragraph == RULE:
            is_note = True
            continue
        lines: list[str] = []
        for line in paragraph.split("\n"):
            if lines and line.startswith("   "):
                # An indented line continues the item of a list.
                lines[-1] += f"\n{line.strip()}"
                continue
            if lines and bool(ITEM.match(line)) != bool(ITEM.match(lines[-1])):
                blocks.append(_block(lines, is_note=is_note))
                lines = []
            lines.append(line)
        blocks.append(_block(lines, is_note=is_note))
    return blocks


def _block(lines: list[str], *, is_note: bool) -> Block:
    mark = ITEM.match(lines[0])
    list_tag = ("ul" if mark[0] == "- " else "ol") if mark else ""
    return Block(tuple(_pieces(ITEM.sub("", line, count=1) if mark else line) for line in lines), list_tag, is_note)


def _pieces(line: str) -> tuple[Piece, ...]:
    # The host must end where ours does; otherwise https://office.example.evil would match.
    parts = re.split(rf"({re.escape(settings.ADDRESS)}(?=[/\s]|$)\S*)", line)
    return tuple(Piece(part, is_link=bool(place % 2)) for place, part in enumerate(parts) if part)
